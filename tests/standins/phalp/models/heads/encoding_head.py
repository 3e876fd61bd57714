"""From a texture map (4, 256, 256) to (16, 16, 16): colours of tiles, mixed."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class EncodingHead(nn.Module):
    def __init__(self, cfg: Any, img_H: int = 64, img_W: int = 128) -> None:  # noqa: N803 - upstream's names
        super().__init__()
        if cfg.phalp.encode_type != "4c":
            raise ValueError("another map")
        self.pool = nn.AvgPool2d((img_H // 16, img_W // 16))
        self.conv1x = nn.Conv2d(4, 16, 1)
        self.t_conv1x = nn.Conv2d(16, 4, 1)
        self.t_bn_1x = nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor, en: bool = True) -> torch.Tensor:
        return torch.relu(self.conv1x(self.pool(x))) if en else self.t_bn_1x(self.t_conv1x(x))
