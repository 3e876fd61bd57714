"""A figure of sticks for a skeleton: something to see and to skin that is nobody's licensed mesh."""

from __future__ import annotations

import numpy as np

from pipeline.formats.motion import Array
from pipeline.smpl import BONES
from pipeline.structures import Float, Index

_THICK = 0.08
"""Radius of a stick where it is thickest, as a share of its length."""
_AT = 0.15
"""Where along the stick that is."""


def stick_figure(joints: Array) -> tuple[Float, Index, Float]:
    """A double pyramid along each bone, which turns with the joint it starts from.

    Args:
        joints: (24, 3) m at rest.

    Returns:
        Vertices (138, 3) m, faces (184, 3) counter-clockwise seen from outside, weights (138, 24).
    """
    vertices, faces = [], []
    weights = np.zeros((6 * len(BONES), len(joints)), np.float32)
    for index, (parent, child) in enumerate(BONES):
        vertices.append(_stick(joints[parent], joints[child]))
        faces.append(_FACES + 6 * index)
        weights[6 * index : 6 * index + 6, parent] = 1
    return np.concatenate(vertices).astype(np.float32), np.concatenate(faces).astype(np.int32), weights


# The tip at the start, four corners around, the tip at the end.
_FACES = np.array(
    [
        [start, *pair]
        for start, turned in ((0, True), (5, False))
        for a, b in ((1, 2), (2, 3), (3, 4), (4, 1))
        for pair in [(b, a) if turned else (a, b)]
    ]
)


def _stick(start: Array, end: Array) -> Array:
    along = end - start
    length = max(float(np.linalg.norm(along)), 1e-3)
    across = np.cross(along, np.eye(3)[int(np.abs(along).argmin())])
    across *= _THICK * length / max(float(np.linalg.norm(across)), 1e-9)
    other = np.cross(along / length, across)
    middle = start + _AT * along
    corners = [middle + across, middle + other, middle - across, middle - other]
    return np.stack([start, *corners, end])
