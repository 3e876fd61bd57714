"""Pose, shape and camera from a picture's features."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from hmr2.models.backbones.vit import WIDTH
from hmr2.utils.geometry import rot6d_to_rotmat

_DIM = 24


class SMPLTransformerDecoderHead(nn.Module):
    def __init__(self, cfg: Any) -> None:
        super().__init__()
        self.joints = cfg.SMPL.NUM_BODY_JOINTS + 1
        self.transformer = nn.Sequential(nn.Linear(2 * WIDTH, _DIM), nn.Tanh())
        self.decpose = nn.Linear(_DIM, 6 * self.joints)
        self.decshape = nn.Linear(_DIM, 10)
        self.deccam = nn.Linear(_DIM, 3)
        with np.load(cfg.SMPL.MEAN_PARAMS) as mean:
            for name, key in (("init_body_pose", "pose"), ("init_betas", "shape"), ("init_cam", "cam")):
                self.register_buffer(name, torch.from_numpy(mean[key].astype(np.float32))[None])

    def forward(self, x: torch.Tensor, **_options: object) -> tuple[Any, torch.Tensor, Any]:
        count, tokens = len(x), x.flatten(2)
        token = self.transformer(torch.cat([tokens.mean(2), tokens.amax(2)], dim=1))
        pose = rot6d_to_rotmat(self.init_body_pose + self.decpose(token)).view(count, self.joints, 3, 3)
        betas = self.init_betas + self.decshape(token)
        camera = self.init_cam + self.deccam(token)
        parameters = {"global_orient": pose[:, [0]], "body_pose": pose[:, 1:], "betas": betas}
        return parameters, camera, {"betas": betas, "cam": camera}


def build_smpl_head(cfg: Any) -> SMPLTransformerDecoderHead:
    if cfg.MODEL.SMPL_HEAD.get("TYPE", "hmr") != "transformer_decoder":
        raise ValueError("another head")
    return SMPLTransformerDecoderHead(cfg)
