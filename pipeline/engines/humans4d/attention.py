"""Attention without matrices of all tokens by all tokens.

Both backbones write their attention out; PyTorch's fused function gives the same numbers in less time and memory.
ViTDet adds relative positions to the scores, so there the scores' bias has to be made; it is made for some rows of the
picture at a time. At 1024 px one block's matrices otherwise take 1 GiB each, three to four at once.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

_BIAS_BYTES = 2**27  # of the bias made at a time: 128 MiB


def fuse_hmr(backbone: nn.Module) -> int:
    """Let HMR 2.0's blocks use the fused function; returns how many do."""
    return _replace(
        backbone, _plain_attention, lambda part: hasattr(part, "qkv") and hasattr(part, "attn_drop")
    )


def fuse_vitdet(backbone: nn.Module) -> int:
    """Let ViTDet's blocks use the fused function; returns how many do."""
    return _replace(
        backbone, _positioned_attention, lambda part: hasattr(part, "qkv") and hasattr(part, "use_rel_pos")
    )


def _replace(
    backbone: nn.Module, forward: Callable[..., torch.Tensor], wanted: Callable[[nn.Module], bool]
) -> int:
    parts = [part for part in backbone.modules() if wanted(part)]
    for part in parts:
        part.forward = types.MethodType(forward, part)
    return len(parts)


def _plain_attention(self: Any, x: torch.Tensor) -> torch.Tensor:
    """`hmr2.models.backbones.vit.Attention.forward`; x is (B, tokens, channels)."""
    batch, tokens, _ = x.shape
    qkv = self.qkv(x).reshape(batch, tokens, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
    mixed = scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], scale=self.scale)
    out: torch.Tensor = self.proj(mixed.transpose(1, 2).reshape(batch, tokens, -1))
    return out


def _positioned_attention(self: Any, x: torch.Tensor) -> torch.Tensor:
    """`detectron2.modeling.backbone.vit.Attention.forward`; x is (B, H, W, channels)."""
    batch, height, width, _ = x.shape
    qkv = self.qkv(x).reshape(batch, height * width, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
    q, k, v = qkv[0], qkv[1], qkv[2]  # (B, heads, tokens, channels of a head)
    if not self.use_rel_pos:
        mixed = scaled_dot_product_attention(q, k, v, scale=self.scale)
    else:
        mixed = torch.cat(list(_by_rows(self, q, k, v, (height, width))), dim=2)
    mixed = mixed.view(batch, self.num_heads, height, width, -1).permute(0, 2, 3, 1, 4)
    out: torch.Tensor = self.proj(mixed.reshape(batch, height, width, -1))
    return out


def _by_rows(
    attention: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, size: tuple[int, int]
) -> Iterator[torch.Tensor]:
    """Attend for some rows of queries at a time; the decomposed relative positions are those of MViTv2."""
    from detectron2.modeling.backbone.utils import get_rel_pos

    height, width = size
    batch, heads, _tokens, channels = q.shape
    tall = get_rel_pos(height, height, attention.rel_pos_h).to(q.dtype)
    wide = get_rel_pos(width, width, attention.rel_pos_w).to(q.dtype)
    placed = q.view(batch, heads, height, width, channels)
    each = max(1, _BIAS_BYTES // (batch * heads * width * height * width * q.element_size()))
    for top in range(0, height, each):
        rows = placed[:, :, top : top + each]
        vertical = torch.einsum("bnhwc,hkc->bnhwk", rows, tall[top : top + each])
        horizontal = torch.einsum("bnhwc,wkc->bnhwk", rows, wide)
        bias = vertical[..., :, None] + horizontal[..., None, :]
        count = rows.shape[2] * width
        yield scaled_dot_product_attention(
            rows.reshape(batch, heads, count, channels),
            k,
            v,
            attn_mask=bias.reshape(batch, heads, count, height * width),
            scale=attention.scale,
        )
