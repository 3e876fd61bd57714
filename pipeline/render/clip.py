"""Cutting triangles at the camera's near plane."""

from __future__ import annotations

import numpy as np

from pipeline.render.bodies import NEAREST
from pipeline.structures import Float


def clip_near(corners: Float, normals: Float) -> tuple[Float, Float]:
    """Cut triangles at z = `NEAREST`.

    Args:
        corners: (T, 3, 3) m in the camera frame.
        normals: (T, 3, 3) at the corners.

    Returns:
        Corners and normals of what lies beyond the plane; a triangle with one corner before it becomes two.
        Each keeps its turning direction.
    """
    points = np.concatenate([corners, normals], 2)
    beyond = corners[..., 2] > NEAREST
    count = beyond.sum(1)
    one, two = points[count == 1], points[count == 2]
    # The lone corner goes first: the one beyond of `one`, the one before the plane of `two`.
    one = _turned(one, beyond[count == 1])
    two = _turned(two, ~beyond[count == 2])
    tip = np.stack([one[:, 0], _cut(one[:, 0], one[:, 1]), _cut(one[:, 0], one[:, 2])], 1)
    left, right = _cut(two[:, 0], two[:, 1]), _cut(two[:, 0], two[:, 2])
    first, second = np.stack([left, two[:, 1], two[:, 2]], 1), np.stack([left, two[:, 2], right], 1)
    kept = np.concatenate([points[count == 3], tip, first, second])
    return kept[..., :3], kept[..., 3:]


def _turned(points: Float, lone: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Float:
    """Triangles (T, 3, 6) with the corner first that `lone` (T, 3) marks, in the same turning direction."""
    order = (lone.argmax(1)[:, None] + np.arange(3)) % 3
    turned: Float = np.take_along_axis(points, order[..., None], 1)
    return turned


def _cut(a: Float, b: Float) -> Float:
    """(T, 6) where the lines from a to b meet the plane."""
    share = (NEAREST - a[:, 2:3]) / (b[:, 2:3] - a[:, 2:3])
    met: Float = a + share * (b - a)
    met[:, 2] = NEAREST
    return met
