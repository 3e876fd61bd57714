"""Joint angles of many bodies. The people are the last axis, as in `pipeline.problems.kinematics`."""

from __future__ import annotations

import numpy as np

from pipeline.smpl.joints import JOINT_NAMES
from pipeline.structures import Float

_J = {name: joint for joint, name in enumerate(JOINT_NAMES)}
FLEXIONS = ("knee", "elbow", "hip", "shoulder")
"""What `flexions` measures, each left and right."""


def flexions(joints: Float, roots: Float) -> Float:
    """The angles of FLEXIONS, left and right of each, in degrees: (8, K).

    Knee and elbow: 0 where both bones are in line. Shoulder: between the upper arm and the line from neck to
    pelvis, 0 for a hanging arm. Hip: the thigh in the pelvis' sagittal plane, seen from its own axes (x to its
    left, y up, z forward), 0 straight down, positive to the front, as gait analysis has it.

    Args:
        joints: (24, 3, K) m, in any one place.
        roots: (3, 3, K) global orientations, in the axes of the joints.
    """
    down = joints[_J["pelvis"]] - joints[_J["neck"]]
    rows = []
    for side in ("left", "right"):
        hip, knee, ankle, shoulder, elbow, wrist = (
            joints[_J[f"{side}_{name}"]] for name in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
        )
        rows.append(
            [
                _between(knee - hip, ankle - knee),
                _between(elbow - shoulder, wrist - elbow),
                _raised(knee - hip, roots),
                _between(elbow - shoulder, down),
            ]
        )
    left, right = rows
    return np.stack([one for pair in zip(left, right, strict=True) for one in pair])


def _between(one: Float, other: Float) -> Float:
    """(K,) degrees in [0, 180] between vectors (3, K); by arc tangent, which is exact near 0 and 180 as well."""
    across = np.linalg.norm(np.cross(one, other, axis=0), axis=0)
    angle: Float = np.degrees(np.arctan2(across, (one * other).sum(0)))
    return angle


def _raised(thigh: Float, roots: Float) -> Float:
    """(K,) degrees in (-180, 180]."""
    mine = np.einsum("ijk,ik->jk", roots, thigh)
    angle: Float = np.degrees(np.arctan2(mine[2], -mine[1]))
    return angle


def turned_by(rotations: Float) -> Float:
    """(J, K) degrees in [0, 180] by which rotations (J, 3, 3, K) turn."""
    skew = np.stack([rotations[:, i, j] - rotations[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))])
    cosine = np.einsum("jiik->jk", rotations) - 1
    angle: Float = np.degrees(np.arctan2(np.sqrt((skew**2).sum(0)), cosine))
    return angle
