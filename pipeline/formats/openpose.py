"""The 45 joints of 4D-Humans' files, taken from a posed body of any SMPL-format mesh.

Upstream picks the face and feet points of BODY_25 by vertex number of the licensed mesh, and the 19 extra joints
with a regressor learnt on it. Neither fits another mesh, so they are the places `pipeline.smpl.skin_points`
finds, and the skeleton's own joints where it has them. Against upstream's regressor the extra joints differ by
centimetres; they are for display and matching, not for measuring.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pipeline.smpl import JOINT_NAMES, BodyModel
from pipeline.smpl.skin_points import skin_points
from pipeline.structures import Float, People

JOINT_COUNT = 45

_BODY_25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "middle_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye",
    "left_eye", "right_ear", "left_ear", "left_foot_index", "left_small_toe", "left_heel", "right_foot_index",
    "right_small_toe", "right_heel",
)  # fmt: skip
_EXTRA_19 = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
    "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top", "middle_hip", "spine3",
    "spine2", "chin", "head",
)  # fmt: skip


def openpose_joints(body: BodyModel, people: People) -> Float:
    """The 45 joints of each person, (N, 45, 3) m in camera axes, without the translation."""
    vertices, joints = body.skin(people.smpl)
    points: dict[str, npt.NDArray[np.floating]] = {name: joints[:, i] for i, name in enumerate(JOINT_NAMES)}
    points |= {name: vertices[:, vertex] for name, (_, vertex) in _skin(body).items()}
    points["middle_hip"] = (points["left_hip"] + points["right_hip"]) / 2
    # BODY_25's neck lies between the shoulders.
    points["neck"] = (points["left_shoulder"] + points["right_shoulder"]) / 2
    named = [points[name] for name in _BODY_25 + _EXTRA_19]
    return np.stack([*named, np.zeros((len(people), 3))], axis=1).astype(np.float32)


_skin = lru_cache(maxsize=4)(skin_points)
