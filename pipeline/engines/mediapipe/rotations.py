"""Rotations: from vectors, frames and axes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_TINY = 1e-9


def unit(vector: Array) -> Array:
    """Scaled to length 1; zero stays zero."""
    length = np.sqrt((vector * vector).sum(-1, keepdims=True))
    return np.asarray(vector / np.maximum(length, _TINY), np.float64)


def cross(one: Array, other: Array, axis: int = -1) -> Array:
    """Cross product of vectors along an axis of length 3; `np.cross` takes ten times as long for a few."""
    a, b = np.moveaxis(one, axis, 0), np.moveaxis(other, axis, 0)
    parts = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return np.asarray(np.stack(parts, axis if axis >= 0 or parts[0].ndim else 0), np.float64)


def exp(vectors: Array) -> Array:
    """Rotations (..., 3, 3) by rotation vectors (..., 3) in rad (Rodrigues)."""
    angle = np.sqrt((vectors * vectors).sum(-1))[..., None, None]
    spin = skew(vectors / np.maximum(angle[..., 0], _TINY))
    return np.asarray(np.eye(3) + np.sin(angle) * spin + (1 - np.cos(angle)) * (spin @ spin), np.float64)


def skew(vectors: Array) -> Array:
    """Matrices (..., 3, 3) that take the cross product with vectors (..., 3)."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    zero = np.zeros_like(x)
    rows = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1)
    return rows.reshape(*vectors.shape[:-1], 3, 3)


def log(matrix: Array) -> Array:
    """Rotation vector (3,) of a rotation (3, 3), of length at most pi."""
    # By way of the quaternion, which is well conditioned at any angle.
    w = np.sqrt(max(1 + np.trace(matrix), 0)) / 2
    x, y, z = (np.sqrt(max(1 + 2 * matrix[k, k] - np.trace(matrix), 0)) / 2 for k in range(3))
    vector = np.array([x, y, z])
    lead = int(vector.argmax())
    if w > 0.1:
        signed = np.array(
            [matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]]
        )
        vector = signed / (4 * w)
    else:
        vector = np.array([matrix[lead, k] + matrix[k, lead] for k in range(3)]) / (4 * vector[lead])
        vector[lead] = (x, y, z)[lead]
        twist = (matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1])[lead]
        vector *= 1 if twist * vector[lead] >= 0 else -1
    sine = float(np.linalg.norm(vector))
    return np.asarray(vector * (2 * np.arctan2(sine, w) / max(sine, _TINY)), np.float64)


def arc(source: Array, target: Array) -> Array:
    """The shortest rotation (3, 3) that turns one direction (3,) into another."""
    one, other = unit(source), unit(target)
    axis = cross(one, other)
    sine, cosine = float(np.linalg.norm(axis)), float(one @ other)
    if sine < 1e-6:
        if cosine > 0:
            return np.eye(3)
        axis = cross(one, np.eye(3)[int(np.abs(one).argmin())])
    return exp(unit(axis) * np.arctan2(sine, cosine))


def frame(primary: Array, secondary: Array) -> Array:
    """Orthonormal columns: along `primary`, `secondary` made square to it, and their cross product."""
    first = unit(primary)
    second = unit(secondary - first * (first @ secondary))
    return np.stack([first, second, cross(first, second)], -1)


def turn_frame(rest: tuple[Array, Array], now: tuple[Array, Array]) -> Array:
    """The rotation (3, 3) that takes a pair of directions at rest to where they are now, the first exactly."""
    return np.asarray(frame(*now) @ frame(*rest).T, np.float64)


def twist_about(matrix: Array, axis: Array) -> float:
    """How far a rotation turns about a unit axis (3,), in rad in (-pi, pi]: the twist of swing-twist."""
    cosine = (np.trace(matrix) - 1) / 2
    half = np.sqrt(max((1 + cosine) / 2, 0))
    vector = log(matrix)
    angle = float(np.linalg.norm(vector))
    along = float(vector @ axis) / max(angle, _TINY) * np.sin(angle / 2)
    turned = 2 * np.arctan2(along, half)
    return float((turned + np.pi) % (2 * np.pi) - np.pi)


def limited(matrix: Array, angle: float) -> Array:
    """The same rotation, turned by at most `angle` rad."""
    vector = log(matrix)
    length = float(np.linalg.norm(vector))
    return matrix if length <= angle else exp(vector * (angle / length))


def part(matrix: Array, share: float) -> Array:
    """A share of a rotation."""
    return exp(log(matrix) * share)
