"""The fast detector's backbone: the picture's colours, and a batch norm that has counted its batches."""

from __future__ import annotations

import torch
from torch import nn


class FPN(nn.Module):
    padding_constraints = {"size_divisiblity": 32, "square_size": 0}  # noqa: RUF012 - upstream has a property

    def __init__(self) -> None:
        super().__init__()
        self.colours = nn.Conv2d(3, 2, 4, stride=4)
        self.norm = nn.BatchNorm2d(2)
        self.last = nn.Conv2d(3, 1, 32, stride=32)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"p2": self.norm(self.colours(x)), "p6": self.last(x)}
