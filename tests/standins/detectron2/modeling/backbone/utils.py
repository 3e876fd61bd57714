"""Relative positions (Li et al., "MViTv2", 2022)."""

from __future__ import annotations

import torch
from torch.nn.functional import interpolate


def get_rel_pos(q_size: int, k_size: int, rel_pos: torch.Tensor) -> torch.Tensor:
    """(q, k, C) of a table (L, C), which is stretched if it is of another size."""
    length = 2 * max(q_size, k_size) - 1
    if len(rel_pos) != length:
        rel_pos = interpolate(rel_pos.T[None], size=length, mode="linear")[0].T
    far = torch.arange(q_size)[:, None] - torch.arange(k_size)[None] + k_size - 1
    return rel_pos[far]
