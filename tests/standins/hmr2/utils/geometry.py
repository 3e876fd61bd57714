"""Rotations from two columns (Zhou et al., "On the Continuity of Rotation Representations", 2019)."""

from __future__ import annotations

import torch
from torch.nn.functional import normalize


def rot6d_to_rotmat(x: torch.Tensor) -> torch.Tensor:
    pairs = x.reshape(-1, 2, 3)
    first = normalize(pairs[:, 0])
    rest = pairs[:, 1] - (first * pairs[:, 1]).sum(1, keepdim=True) * first
    second = normalize(rest)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)
