"""A posed body's joints and markers, and how they move when its parameters do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.engines.mediapipe.markers import Markers, chains
from pipeline.engines.mediapipe.rotations import Array, cross, exp
from pipeline.smpl import PARENTS

_MOVES = chains()


@dataclass(frozen=True, eq=False)
class Posed:
    """A posed body, m, in camera axes, without `cam_t`.

    Attributes:
        turned: (24, 3, 3) rotations of the joints in camera axes.
        joints: (24, 3).
        markers: (33, 3).
    """

    turned: Array
    joints: Array
    markers: Array


def pose(markers: Markers, local: Array, betas: Array) -> Posed:
    """Pose a body by rotations (24, 3, 3) relative to the parent and shape (10,)."""
    rest = markers.rest(betas)
    turned, joints = local.copy(), rest.joints.copy()
    for joint in range(1, 24):
        parent = PARENTS[joint]
        turned[joint] = turned[parent] @ local[joint]
        joints[joint] = joints[parent] + turned[parent] @ (rest.joints[joint] - rest.joints[parent])
    lever = rest.markers - rest.joints[markers.joint]
    placed = joints[markers.joint] + (turned[markers.joint] @ lever[..., None])[..., 0]
    return Posed(turned, joints, placed)


def by_turning(markers: Markers, posed: Posed, local: Array, freedoms: Array) -> Array:
    """How the markers move, (33, 3, D) m, when D degrees of freedom change.

    Args:
        markers: The landmarks on the body.
        posed: The body now.
        local: (24, 3, 3) its rotations.
        freedoms: (24, 3, D) rad: how each freedom turns each joint, in the axes of the parent.
    """
    parents = posed.turned @ local.transpose(0, 2, 1)
    spin = parents @ freedoms
    chain = _MOVES[markers.joint]
    # Each joint j above marker m adds spin_j x (m - j).
    total = np.tensordot(chain, spin, 1)
    moments = np.tensordot(chain, cross(spin, posed.joints[:, :, None], axis=1), 1)
    return np.asarray(cross(total, posed.markers[:, :, None], axis=1) - moments, np.float64)


def by_shaping(markers: Markers, posed: Posed) -> Array:
    """How the markers move, (33, 3, 10) m, by one unit of each shape coefficient."""
    moved = markers.J_shapedirs.copy()
    for joint in range(1, 24):
        parent = PARENTS[joint]
        bone = markers.J_shapedirs[joint] - markers.J_shapedirs[parent]
        moved[joint] = moved[parent] + posed.turned[parent] @ bone
    lever = markers.shapedirs - markers.J_shapedirs[markers.joint]
    return np.asarray(moved[markers.joint] + posed.turned[markers.joint] @ lever, np.float64)


def turn(local: Array, freedoms: Array, step: Array) -> Array:
    """Rotations (24, 3, 3) after the degrees of freedom changed by `step` (D,)."""
    return np.asarray(exp(freedoms @ step) @ local, np.float64)
