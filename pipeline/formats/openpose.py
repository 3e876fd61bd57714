"""The 45 joints of 4D-Humans' files, taken from a posed body of any SMPL-format mesh.

Upstream picks the face and feet points of BODY_25 by vertex number of the licensed mesh, and the 19 extra joints
with a regressor learnt on it. Neither fits another mesh, so both are found here by where they are on the rest
pose: noses stick out, ears are widest, heels are hindmost. For joints that the skeleton has, the skeleton's are
taken. Against upstream's regressor the extra joints differ by centimetres; they are for display and
matching, not for measuring.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pipeline.smpl import JOINT_NAMES, BodyModel
from pipeline.structures import Float, People

JOINT_COUNT = 45

_BODY_25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "middle_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye",
    "left_eye", "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe",
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
    points |= {name: vertices[:, vertex] for name, vertex in _surface_points(body).items()}
    points["middle_hip"] = (points["left_hip"] + points["right_hip"]) / 2
    points["neck"] = (
        points["left_shoulder"] + points["right_shoulder"]
    ) / 2  # BODY_25's neck lies between them
    named = [points[name] for name in _BODY_25 + _EXTRA_19]
    return np.stack([*named, np.zeros((len(people), 3))], axis=1).astype(np.float32)


@lru_cache(maxsize=4)
def _surface_points(body: BodyModel) -> Mapping[str, int]:
    """Vertices of face and feet, found on the rest pose (y up, z forward, x to the subject's left)."""
    owner = body.weights.argmax(1)
    points = _face(body.v_template, owner == JOINT_NAMES.index("head"))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        part = np.isin(owner, [JOINT_NAMES.index(f"{side}_ankle"), JOINT_NAMES.index(f"{side}_foot")])
        points |= {f"{side}_{name}": vertex for name, vertex in _foot(body.v_template, part, sign).items()}
    return points


def _best(score: Float, among: npt.NDArray[np.bool_]) -> int:
    return int(np.where(among, score, -np.inf).argmax())


def _face(v: Float, head: npt.NDArray[np.bool_]) -> dict[str, int]:
    middle = head & (np.abs(v[:, 0]) < 0.02)
    nose = _best(v[:, 2], middle)
    eye_height = v[nose, 1] + 0.04
    points = {"nose": nose, "head_top": _best(v[:, 1], head)}
    below = middle & (v[:, 1] < v[nose, 1] - 0.04)
    points["chin"] = _best(v[:, 2] - v[:, 1] * 0.5, below)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        level = head & (np.abs(v[:, 1] - v[nose, 1]) < 0.05)
        points[f"{side}_ear"] = _best(sign * v[:, 0], level)
        distance = np.hypot(v[:, 0] - sign * 0.032, v[:, 1] - eye_height)
        points[f"{side}_eye"] = _best(-distance, head & (v[:, 2] > v[nose, 2] - 0.06))
    return points


def _foot(v: Float, foot: npt.NDArray[np.bool_], sign: float) -> dict[str, int]:
    sole = foot & (v[:, 1] < v[foot, 1].min() + 0.06)
    middle = float(np.median(v[sole, 0]))
    outside = sign * (v[:, 0] - middle)
    return {
        "heel": _best(-v[:, 2], sole),
        "big_toe": _best(v[:, 2], sole & (outside <= 0)),
        "small_toe": _best(v[:, 2] + outside, sole & (outside > 0)),
    }
