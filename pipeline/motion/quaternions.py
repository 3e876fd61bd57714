"""Rotations as unit quaternions w, x, y, z, the form in which they are averaged and interpolated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

Array = npt.NDArray[np.float64]


def from_matrices(matrices: npt.NDArray[np.floating]) -> Array:
    """(..., 4) of rotations (..., 3, 3)."""
    flat = Rotation.from_matrix(np.asarray(matrices, np.float64).reshape(-1, 3, 3)).as_quat()
    return np.asarray(np.roll(flat, 1, axis=1).reshape(*matrices.shape[:-2], 4), np.float64)


def to_matrices(quaternions: Array) -> Array:
    """(..., 3, 3) of quaternions (..., 4) of any length but zero."""
    flat = np.roll(quaternions.reshape(-1, 4), -1, axis=1)
    matrices: Array = Rotation.from_quat(flat).as_matrix()
    return matrices.reshape(*quaternions.shape[:-1], 3, 3)


def aligned(quaternions: Array) -> Array:
    """Signs chosen so that neighbours along the first axis are the near ones of the two of each rotation."""
    signs = np.ones(quaternions.shape[:-1])
    turned = (quaternions[1:] * quaternions[:-1]).sum(-1) < 0
    signs[1:] = np.cumprod(np.where(turned, -1.0, 1.0), axis=0)
    return quaternions * signs[..., None]


def slerp(start: Array, end: Array, share: float | Array) -> Array:
    """The rotation at a share of the shortest way from one to another, at constant angular speed.

    Shoemake, "Animating rotation with quaternion curves", 1985.

    Args:
        start: (..., 4) unit quaternions.
        end: (..., 4) unit quaternions.
        share: 0 gives `start`, 1 `end`; broadcast against (..., 1).
    """
    cosine = (start * end).sum(-1, keepdims=True)
    end = np.where(cosine < 0, -end, end)
    angle = np.arccos(np.clip(np.abs(cosine), 0.0, 1.0))
    sine = np.sin(angle)
    near = sine < 1e-6  # so near that a straight line is the arc
    safe = np.where(near, 1.0, sine)
    first = np.where(near, 1 - share, np.sin((1 - share) * angle) / safe)
    second = np.where(near, share, np.sin(share * angle) / safe)
    mixed = first * start + second * end
    return np.asarray(mixed / np.linalg.norm(mixed, axis=-1, keepdims=True), np.float64)


def angles(one: Array, other: Array) -> Array:
    """(...) angle in rad between rotations (..., 4)."""
    cosine = np.abs((one * other).sum(-1))
    return np.asarray(2 * np.arccos(np.clip(cosine, 0.0, 1.0)), np.float64)
