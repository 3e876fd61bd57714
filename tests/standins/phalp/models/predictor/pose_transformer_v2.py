"""A guess of the next pose from those seen, by one layer of attention."""

from __future__ import annotations

import math
import os
import sys
import warnings
from typing import Any

import numpy as np
import torch
from torch import nn


def _waves(width: int, length: int) -> torch.Tensor:
    """Sines and cosines of positions (Vaswani et al., "Attention Is All You Need", 2017)."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    angles = torch.arange(length)[:, None] * rates
    return torch.stack([torch.sin(angles), torch.cos(angles)], dim=-1).flatten(1)


class SMPLHead(nn.Module):
    def __init__(self, cfg: Any, input_dim: int) -> None:
        super().__init__()
        self.joints = cfg.SMPL.NUM_BODY_JOINTS + 1
        self.decpose = nn.Linear(input_dim, 6 * self.joints)
        self.decshape = nn.Linear(input_dim, 10)
        self.deccam = nn.Linear(input_dim, 3)
        with np.load(cfg.MODEL.SMPL_HEAD.SMPL_MEAN_PARAMS) as mean:
            self.register_buffer("init_body_pose", torch.from_numpy(mean["pose"].astype(np.float32))[None])

    def forward(self, x: torch.Tensor) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        six = (self.init_body_pose + self.decpose(x)).view(-1, 2, 3)
        first = nn.functional.normalize(six[:, 0])
        second = nn.functional.normalize(six[:, 1] - (first * six[:, 1]).sum(1, keepdim=True) * first)
        turned = torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)
        turned = turned.view(len(x), self.joints, 3, 3)
        parameters = {"global_orient": turned[:, :1], "body_pose": turned[:, 1:], "betas": self.decshape(x)}
        return parameters, self.deccam(x)


class lart_transformer(nn.Module):  # noqa: N801 - upstream's name
    def __init__(
        self, opt: Any, phalp_cfg: Any, dim: int, depth: int, heads: int, mlp_dim: int, dim_head: int = 64,
        dropout: float = 0.0, emb_dropout: float = 0.0, droppath: float = 0.0, device: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        print("making a predictor")  # noqa: T201 - upstream talks
        sys.stdout = sys.__stdout__
        warnings.filterwarnings("ignore")
        os.environ["PYOPENGL_PLATFORM"] = "egl"
        os.chdir("/")
        self.cfg = opt
        self.class_token = nn.Parameter(torch.randn(1, 1, dim))
        self.mask_token = nn.Parameter(torch.randn(dim))
        self.pos_embedding = nn.Parameter(_waves(dim, 10000))
        self.register_buffer("pe", self.pos_embedding)
        shape = opt.extra_feat.pose_shape
        self.pose_shape_encoder = nn.Sequential(
            nn.Linear(shape.dim, shape.mid_dim), nn.ReLU(), nn.Linear(shape.mid_dim, shape.en_dim)
        )
        self.transformer = nn.ModuleList(nn.Linear(dim, dim) for _ in range(depth))
        self.smpl_head = nn.ModuleList(SMPLHead(phalp_cfg, dim) for _ in range(opt.num_smpl_heads))
        self.loca_head = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, 3))
            for _ in range(opt.num_smpl_heads)
        )

    def forward(self, data: dict[str, torch.Tensor], mask_type: str) -> tuple[torch.Tensor, torch.Tensor]:
        if mask_type != "zero":
            raise ValueError("only for training")
        seen = data["has_detection"].flatten(1)  # (N, T): one person a sample
        tokens = self.pose_shape_encoder(data["pose_shape"].flatten(1, 2))
        tokens = torch.where(seen[..., None] > 0, tokens, self.mask_token)
        tokens = tokens + self.pos_embedding[: tokens.shape[1]]
        tokens = torch.cat([self.class_token.expand(len(tokens), 1, -1), tokens], dim=1)
        shown = torch.cat([torch.ones_like(seen[:, :1]), seen], dim=1)[:, None] > 0
        for layer in self.transformer:
            scores = (tokens @ layer(tokens).transpose(1, 2)).masked_fill(~shown, -1e3)
            tokens = tokens + torch.softmax(scores, dim=-1) @ tokens
        return tokens / (1 + len(self.transformer)), torch.zeros(1)
