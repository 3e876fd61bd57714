"""Joints of many people at once, without their skins, and what can be said of their rotations.

Here, unlike everywhere else, the people are the last axis: with ten thousands of them, numpy then works on
long rows instead of on 3x3 matrices, which is five times faster.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.smpl.joints import JOINT_NAMES, PARENTS
from pipeline.structures import Float

_FEET, _HEAD = [10, 11], 15
_TILE = 256  # people turned about at a time, so that both sides stay in the processor's cache


def _other_side(name: str) -> str:
    turned = name.replace("left_", "right_")
    return turned if turned != name else name.replace("right_", "left_")


MIRRORED = [JOINT_NAMES.index(_other_side(name)) for name in JOINT_NAMES]
"""The joint on the other side, of each joint."""


def people_last(array: Float, rows: slice | np.ndarray | None = None) -> Float:
    """(..., K) of (K, ...): some rows of it, in that order, with the people as last axis."""
    flat = array.reshape(len(array), math.prod(array.shape[1:]))
    order = np.arange(len(array))[slice(None) if rows is None else rows]
    turned = np.empty((flat.shape[1], len(order)), np.float32)
    for start in range(0, len(order), _TILE):
        turned[:, start : start + _TILE] = flat[order[start : start + _TILE]].T
    return turned.reshape(*array.shape[1:], len(order))


def posed_joints(rotations: Float, rest: Float) -> Float:
    """Where joints are from the pelvis, (24, 3, K) m in the axes of the root's rotation.

    The chain of `pipeline.smpl.body.pose_joints`.

    Args:
        rotations: (24, 3, 3, K) relative to the parent.
        rest: (24, 3, K) m joints at rest.
    """
    turned = np.empty_like(rotations)
    joints = np.zeros_like(rest)
    turned[0] = rotations[0]
    for joint, parent in list(enumerate(PARENTS))[1:]:
        if joint in PARENTS:
            np.einsum("ijk,jlk->ilk", turned[parent], rotations[joint], out=turned[joint])
        bone = rest[joint] - rest[parent]
        joints[joint] = joints[parent] + np.einsum("ijk,jk->ik", turned[parent], bone)
    return joints


def stature(rest: Float) -> Float:
    """(K,) m from the lower foot's joint to the head's, along the spine, of (24, 3, K) joints at rest.

    Lengths are given as shares of it, so that a child's problems are measured as an adult's are.
    """
    height: Float = rest[_HEAD, 1] - rest[_FEET, 1].min(0)
    return np.maximum(height, np.float32(0.1))


def turns(one: Float, other: Float) -> Float:
    """Rotation vectors (J, 3, K) rad that lead from rotations (J, 3, 3, K) to others, in the axes of the first."""

    def relative(i: int, j: int) -> Float:
        product: Float = np.einsum("jak,jak->jk", one[:, :, i], other[:, :, j])
        return product

    skew = np.stack(
        [
            relative(2, 1) - relative(1, 2),
            relative(0, 2) - relative(2, 0),
            relative(1, 0) - relative(0, 1),
        ],
        1,
    )
    sine = np.sqrt(np.einsum("jak,jak->jk", skew, skew)) / 2
    cosine = (np.einsum("jabk,jabk->jk", one, other) - 1) / 2
    # Near zero the angle is its sine; at a half turn the axis is lost, and the length is what counts.
    factor = np.full_like(sine, 0.5)
    np.divide(np.arctan2(sine, cosine), 2 * sine, out=factor, where=sine > 1e-6)
    vectors: Float = skew * factor[:, None]
    return vectors


def yaw_between(one: Float, other: Float) -> Float:
    """(K,) rad in [0, pi]: by how much bodies turned about their own upright, from roots (3, 3, K) to others.

    It is the twist about y of the swing-twist decomposition of the relative rotation.
    """
    relative = np.einsum("aik,ajk->ijk", one, other)
    yaw: Float = np.abs(np.arctan2(relative[0, 2] - relative[2, 0], relative[0, 0] + relative[2, 2]))
    return yaw


_SIGNS = np.array([[1, -1, -1], [-1, 1, 1], [-1, 1, 1]], np.float32)


def mirrored_pose(rotations: Float) -> Float:
    """The same people with left and right exchanged about their own middle, the root kept: (24, 3, 3, K).

    Each joint's rotation is the other side's, reflected in x: `S R S` with S = diag(-1, 1, 1), as data
    augmentation for SMPL does it (`flip_pose` of SPIN and its successors).
    """
    flipped: Float = rotations[MIRRORED] * _SIGNS[None, :, :, None]
    flipped[0] = rotations[0]
    return flipped
