"""Where the 33 landmarks are on a body.

MediaPipe's shoulders, elbows, wrists, knees and ankles are joints. Face, hands and feet are places on the
skin, found by `pipeline.smpl.skin_points`, so that any body in SMPL's format will do. Each marker is fixed to
one joint.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.engines.mediapipe.landmarks import INDEX, LANDMARK_COUNT, LANDMARK_NAMES
from pipeline.engines.mediapipe.rotations import Array
from pipeline.smpl import PARENTS, BodyModel
from pipeline.smpl.skin_points import skin_points

# Landmarks that are joints of SMPL, by landmark.
_JOINTS = {
    "left_shoulder": 16, "right_shoulder": 17, "left_elbow": 18, "right_elbow": 19, "left_wrist": 20,
    "right_wrist": 21, "left_knee": 4, "right_knee": 5, "left_ankle": 7, "right_ankle": 8,
}  # fmt: skip
# MediaPipe's hips lie 0.63 times as far apart as its shoulders (mean over our clips); SMPL's hip joints lie
# closer together than that, those of the built-in body just so.
_HIP_WIDTH = 0.63
# Where MediaPipe puts a landmark against the place of that name on the body: up and forward at rest, in shares
# of the stature. Means over a rendered walk whose truth is known; on real footage they bring the body's outline
# nearer to the person's mask, so they are MediaPipe's habit and not the walk's.
_HABITS = {
    "shoulder": (0.008, 0.003), "hip": (0.0, 0.014), "ankle": (0.010, 0.004), "ear": (0.0, 0.025),
    "foot_index": (0.010, -0.010), "thumb": (0.0, -0.022),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Rest:
    """A body of one shape at rest, m.

    Attributes:
        joints: (24, 3).
        markers: (33, 3).
    """

    joints: Array
    markers: Array


@dataclass(frozen=True, eq=False)
class Markers:
    """The landmarks on a body model.

    Attributes:
        joint: (33,) the joint each is fixed to.
        template: (33, 3) m, at rest, mean shape.
        shapedirs: (33, 3, 10) m by one unit of each shape coefficient.
        J_template: (24, 3) m.
        J_shapedirs: (24, 3, 10) m.
        stature: m, height of the mean shape.
        stature_dirs: (10,) m by one unit of each shape coefficient.
    """

    joint: npt.NDArray[np.int64]
    template: Array
    shapedirs: Array
    J_template: Array
    J_shapedirs: Array
    stature: float
    stature_dirs: Array

    def rest(self, betas: Array) -> Rest:
        """The body of one shape (10,)."""
        return Rest(self.J_template + self.J_shapedirs @ betas, self.template + self.shapedirs @ betas)


def markers_of(body: BodyModel) -> Markers:
    """Find the landmarks on a body."""
    vertices = body.v_template.astype(np.float64)
    joint, template = np.zeros(LANDMARK_COUNT, np.int64), np.zeros((LANDMARK_COUNT, 3))
    shapedirs = np.zeros((LANDMARK_COUNT, 3, 10))
    for name, (fixed_to, vertex) in skin_points(body).items():
        if name not in INDEX:
            continue
        joint[INDEX[name]], template[INDEX[name]] = fixed_to, vertices[vertex]
        shapedirs[INDEX[name]] = body.shapedirs[vertex]
    for name, number in _JOINTS.items():
        # Fixed to the bone above, which is where the offsets of `_HABITS` belong.
        joint[INDEX[name]], template[INDEX[name]] = PARENTS[number], body.J_template[number]
        shapedirs[INDEX[name]] = body.J_shapedirs[number]
    for name, number in (("left_hip", 1), ("right_hip", 2)):
        wide = _widening(body, number)
        template[INDEX[name]] = body.J_template[number] * wide
        shapedirs[INDEX[name]] = body.J_shapedirs[number] * wide[:, None]
    for side in ("left", "right"):
        # The eyes themselves may be missing from a body: halfway between their corners.
        corners = [INDEX[f"{side}_eye_inner"], INDEX[f"{side}_eye_outer"]]
        template[INDEX[f"{side}_eye"]] = template[corners].mean(0)
    top, bottom = int(vertices[:, 1].argmax()), int(vertices[:, 1].argmin())
    stature = float(vertices[top, 1] - vertices[bottom, 1])
    return Markers(
        joint=joint,
        template=template + _habits() * stature,
        shapedirs=shapedirs,
        J_template=body.J_template.astype(np.float64),
        J_shapedirs=body.J_shapedirs.astype(np.float64),
        stature=stature,
        stature_dirs=(body.shapedirs[top, 1] - body.shapedirs[bottom, 1]).astype(np.float64),
    )


def _habits() -> Array:
    """MediaPipe's habits by landmark, (33, 3) in shares of the stature."""
    moved = np.zeros((LANDMARK_COUNT, 3))
    for word, (up, forward) in _HABITS.items():
        moved[[word in name for name in LANDMARK_NAMES]] = 0.0, up, forward
    return moved


def _widening(body: BodyModel, hip: int) -> Array:
    """Factors (3,) that move a hip joint sideways to where MediaPipe puts the hip."""
    shoulders = float(body.J_template[16, 0] - body.J_template[17, 0])
    return np.array([max(1.0, _HIP_WIDTH * shoulders / 2 / abs(float(body.J_template[hip, 0]))), 1, 1])


def chains() -> Array:
    """(24, 24) with 1 where the column's joint moves the row's, itself included."""
    moves = np.eye(24)
    for joint in range(1, 24):
        moves[joint] += moves[PARENTS[joint]]
    return moves
