"""Rotations as three angles in a row, without jumps: what BVH and its readers turn by."""

from __future__ import annotations

import numpy as np

from pipeline.formats.motion import Array

_LOCKED = 1e-6
"""Where the cosine of the middle angle is smaller only the sum of the other two is known."""


def zyx_degrees(rotations: Array) -> Array:
    """Angles z, y, x in degrees with R = Rz Ry Rx, each sample's near those of the one before.

    Each rotation has two triples of angles, and every angle may be a turn further: of all these the nearest is taken,
    because programs interpolate the angles one by one.

    Args:
        rotations: (M, J, 3, 3).

    Returns:
        (M, J, 3).
    """
    first = _zyx(rotations)
    other = np.stack([first[..., 0] + np.pi, np.pi - first[..., 1], first[..., 2] + np.pi], -1)
    near = np.empty_like(first)
    near[:1] = first[:1]
    for row in range(1, len(first)):
        one, two = (_unwound(angles[row], near[row - 1]) for angles in (first, other))
        nearer = np.abs(one - near[row - 1]).sum(-1) <= np.abs(two - near[row - 1]).sum(-1)
        near[row] = np.where(nearer[:, None], one, two)
    degrees: Array = np.degrees(near)
    return degrees


def _zyx(rotations: Array) -> Array:
    """(..., 3) rad; x is 0 where the other two turn about the same axis."""
    cosine = np.hypot(rotations[..., 0, 0], rotations[..., 1, 0])
    locked = cosine < _LOCKED
    y = np.arctan2(-rotations[..., 2, 0], cosine)
    z = np.where(
        locked,
        np.arctan2(-rotations[..., 0, 1], rotations[..., 1, 1]),
        np.arctan2(rotations[..., 1, 0], rotations[..., 0, 0]),
    )
    x = np.where(locked, 0.0, np.arctan2(rotations[..., 2, 1], rotations[..., 2, 2]))
    return np.stack([z, y, x], -1)


def _unwound(angles: Array, near: Array) -> Array:
    turns: Array = np.round((near - angles) / (2 * np.pi))
    return angles + 2 * np.pi * turns
