"""The camera: its focal length, turning landmarks into its axes, and where a body stands in front of it."""

from __future__ import annotations

import numpy as np

from pipeline.engines.mediapipe.rotations import Array, arc

# Horizontal field of view of 45 degrees for a landscape picture, between a telephone (65) and a lens for
# portraits (25). A wrong focal length moves people in depth and hardly changes how they lie on the picture.
FOCAL_OF_SIDE = 1.2
NEAREST = 0.2


def focal_length_for(size: tuple[int, int], chosen: float) -> float:
    """Focal length in px: the one chosen, else 1.2 times the longer side of a picture of size (W, H)."""
    return chosen if chosen > 0 else FOCAL_OF_SIDE * max(size)


def towards(centre: Array, size: tuple[int, int], focal: float) -> Array:
    """Rotation (3, 3) from the axes of a region around `centre` (2,) px to the camera's.

    The landmark network sees a person as if the camera looked straight at it; beside the middle of the
    picture the camera looks past them by the angle of the ray.
    """
    ray = np.array([centre[0] - size[0] / 2, centre[1] - size[1] / 2, focal])
    return arc(np.array([0.0, 0.0, 1.0]), ray)


def projected(points: Array, focal: float, size: tuple[int, int]) -> Array:
    """Pixels (K, 2) of points (K, 3) m in the camera frame."""
    depth = np.maximum(points[:, 2:], NEAREST)
    return np.asarray(points[:, :2] * focal / depth + np.array(size) / 2, np.float64)


def by_moving(points: Array, focal: float) -> Array:
    """How the pixels (K, 2) of points (K, 3) move when the points do, (K, 2, 3) px/m."""
    depth = np.maximum(points[:, 2], NEAREST)
    moved = np.zeros((len(points), 2, 3))
    moved[:, 0, 0] = moved[:, 1, 1] = focal / depth
    moved[:, :, 2] = -points[:, :2] * (focal / depth**2)[:, None]
    return moved


def standing(points: Array, pixels: Array, weights: Array, focal: float, size: tuple[int, int]) -> Array:
    """Where a body is: the translation (3,) m that brings its points (K, 3) onto pixels (K, 2).

    Linear least squares of `focal * (x + tx) = u * (z + tz)`, u from the picture's centre; weights (K,).
    """
    seen = pixels - np.array(size) / 2
    count = len(points)
    left = np.zeros((count, 2, 3))
    left[:, 0, 0] = left[:, 1, 1] = focal
    left[:, :, 2] = -seen
    right = seen * points[:, 2:] - focal * points[:, :2]
    scale = weights[:, None]
    solved = np.linalg.lstsq(
        (left * scale[..., None]).reshape(-1, 3), (right * scale).reshape(-1), rcond=None
    )[0]
    if solved[2] + points[:, 2].min() < NEAREST:
        # Behind the camera: a degenerate set of landmarks. Put it where its extent fits, weak perspective.
        spread = float(np.ptp(pixels, axis=0).max()) or 1.0
        depth = focal * float(np.ptp(points[:, :2], axis=0).max()) / spread
        middle = (seen.mean(0) / focal) * depth - points[:, :2].mean(0)
        solved = np.array([*middle, max(depth, NEAREST - float(points[:, 2].min()))])
    return np.asarray(solved, np.float64)
