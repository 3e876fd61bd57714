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

from pipeline.smpl import JOINT_NAMES, BodyModel, project
from pipeline.smpl.body import NEAREST
from pipeline.smpl.skin_points import skin_points
from pipeline.structures import Float, People, SmplParams

JOINT_COUNT = 45

BODY_25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "middle_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye",
    "left_eye", "right_ear", "left_ear", "left_foot_index", "left_small_toe", "left_heel", "right_foot_index",
    "right_small_toe", "right_heel",
)  # fmt: skip
"""OpenPose's BODY_25, in its order: the first 25 of the joints."""
_EXTRA_19 = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
    "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top", "middle_hip", "spine3",
    "spine2", "chin", "head",
)  # fmt: skip


def openpose_joints(body: BodyModel, people: People) -> Float:
    """The 45 joints of each person, (N, 45, 3) m in camera axes, without the translation."""
    points = named_points(body, people.smpl)
    # BODY_25's neck lies between the shoulders.
    points["neck"] = points["middle_shoulder"]
    named = [points[name] for name in BODY_25 + _EXTRA_19]
    return np.stack([*named, np.zeros((len(people), 3))], axis=1).astype(np.float32)


def named_points(body: BodyModel, smpl: SmplParams) -> dict[str, npt.NDArray[np.floating]]:
    """Points of N bodies by name, (N, 3) m in the axes of `global_orient`, without a translation.

    SMPL's joints, the places on the skin of `pipeline.smpl.skin_points`, and the middles of hips and shoulders.
    """
    vertices, joints = body.skin(smpl)
    points: dict[str, npt.NDArray[np.floating]] = {name: joints[:, i] for i, name in enumerate(JOINT_NAMES)}
    points |= {name: vertices[:, vertex] for name, (_, vertex) in _skin(body).items()}
    for name in ("hip", "shoulder"):
        points[f"middle_{name}"] = (points[f"left_{name}"] + points[f"right_{name}"]) / 2
    return points


def seen_points(body: BodyModel, people: People) -> tuple[Float, npt.NDArray[np.bool_]]:
    """BODY_25 as the camera sees it.

    Returns:
        (N, 25, 2) px, and (N, 25) whether a point is before the camera and in the picture. Whether something hides it
        is not known.
    """
    points = openpose_joints(body, people)[:, : len(BODY_25)] + people.cam_t[:, None]
    pixels = project(points, people.focal_length, people.image_size)
    inside = (pixels >= 0) & (pixels < np.array(people.image_size, np.float32))
    return pixels, inside.all(-1) & (points[..., 2] > NEAREST)


_skin = lru_cache(maxsize=4)(skin_points)
