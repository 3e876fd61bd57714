"""A transformer over the picture, 16 channels wide, and a pyramid of it that keeps the picture's colours."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import interpolate

from detectron2.modeling.backbone.utils import get_rel_pos

_WIDTH, _PATCH = 16, 64


class Attention(nn.Module):
    def __init__(self, dim: int, num_heads: int, use_rel_pos: bool, input_size: tuple[int, int]) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.scale = (dim // num_heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.use_rel_pos = use_rel_pos
        if use_rel_pos:
            self.rel_pos_h = nn.Parameter(torch.zeros(2 * input_size[0] - 1, dim // num_heads))
            self.rel_pos_w = nn.Parameter(torch.zeros(2 * input_size[1] - 1, dim // num_heads))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, high, wide, width = x.shape
        split = self.qkv(x).view(batch, high * wide, 3, self.num_heads, -1)
        q, k, v = (split[:, :, part].transpose(1, 2) for part in range(3))
        scores = self.scale * q @ k.transpose(2, 3)
        if self.use_rel_pos:
            scores = scores + self._positions(q.view(batch, self.num_heads, high, wide, -1))
        mixed = torch.softmax(scores, dim=-1) @ v
        return self.proj(mixed.transpose(1, 2).reshape(batch, high, wide, width))

    def _positions(self, q: torch.Tensor) -> torch.Tensor:
        high, wide = q.shape[2:4]
        tall = torch.einsum("bnijc,ikc->bnijk", q, get_rel_pos(high, high, self.rel_pos_h))
        flat = torch.einsum("bnijc,jkc->bnijk", q, get_rel_pos(wide, wide, self.rel_pos_w))
        return (tall[..., :, None] + flat[..., None, :]).reshape(*q.shape[:2], high * wide, high * wide)


class ViT(nn.Module):
    def __init__(self, side: int) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(3, _WIDTH, _PATCH, stride=_PATCH)
        self.pos_embed = nn.Parameter(torch.zeros(1, _WIDTH, side, side))
        self.blocks = nn.ModuleList(
            Attention(_WIDTH, 2, use_rel_pos, (side, side)) for use_rel_pos in (True, False)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.patch_embed(x)
        tokens = tokens + interpolate(self.pos_embed, tokens.shape[2:], mode="bilinear")
        tokens = tokens.permute(0, 2, 3, 1)
        for block in self.blocks:
            tokens = tokens + block(tokens)
        return tokens.permute(0, 3, 1, 2)


class SimpleFeaturePyramid(nn.Module):
    def __init__(self, net: nn.Module, square_pad: int) -> None:
        super().__init__()
        self.net = net
        self.colours = nn.Conv2d(3, 2, 4, stride=4)
        self.last = nn.Conv2d(_WIDTH, 1, 1)
        self._square_pad = square_pad

    @property
    def padding_constraints(self) -> dict[str, int]:
        return {"size_divisiblity": 64, "square_size": self._square_pad}

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"p2": self.colours(x), "p6": self.last(self.net(x))}
