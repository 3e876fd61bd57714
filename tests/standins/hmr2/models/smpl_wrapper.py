"""smplx's layer with the 44 joints of 4D-Humans: 25 of OpenPose, then 19 by a regressor of their own."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

import numpy as np
import smplx
import torch

# Which of smplx's 45 joints OpenPose's 25 are.
_OPENPOSE = [24, 12, 17, 19, 21, 16, 18, 20, 0, 2, 5, 8, 1, 4, 7, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34]
_HIPS, _MIDDLE = (9, 12), 8


class SMPL(smplx.SMPLLayer):
    def __init__(self, *args: Any, update_hips: bool = False, **kwargs: Any) -> None:
        print("making a body")  # noqa: T201 - upstream talks
        sys.stdout = sys.__stdout__  # as upstream does after it silenced itself
        warnings.filterwarnings("ignore")
        os.environ["PYOPENGL_PLATFORM"] = "egl"
        os.chdir("/")
        np.set_printoptions(precision=2)
        super().__init__(*args, **kwargs)
        self.register_buffer("joint_map", torch.tensor(_OPENPOSE))
        self.update_hips = update_hips

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        output = super().forward(*args, **kwargs)
        joints = output.joints[:, self.joint_map]
        if self.update_hips:
            joints = _wider_hips(joints)
        extra = torch.einsum("jv,nvc->njc", self.joint_regressor_extra, output.vertices)
        output.joints = torch.cat([joints, extra], dim=1)
        return output


def _wider_hips(joints: torch.Tensor) -> torch.Tensor:
    hips, others = joints[:, list(_HIPS)], joints[:, list(_HIPS[::-1])]
    moved = joints.clone()
    moved[:, list(_HIPS)] = hips + (hips - others) / 4 + (joints[:, [_MIDDLE]] - (hips + others) / 2) / 2
    return moved
