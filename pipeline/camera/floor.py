"""The floor, from where the feet of a person rest.

A plane is fitted to the soles with Tukey's weights, so that steps that are wrong do not count. Somebody who walks
straight on leaves a line, which says nothing of how the floor tilts across it; so the floor is also taken to be
square to the body's trunk, as closely as people stand upright.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.camera.errors import CameraError
from pipeline.camera.feet import Mask, Steps, mean_direction, placed_by
from pipeline.camera.floor_setting import FloorSetting
from pipeline.camera.values import Array, Camera

_LEANING = math.tan(math.radians(8))  # how far from upright people stand and walk
_LEAST = 0.01  # m: feet are not known better than that
_WORST = 0.20  # m: what is not nearer to a plane than that is no floor
_FEWEST = 5  # frames
_TUKEY = 4.685  # times the spread: Tukey's biweight, as efficient as least squares to 95 %
_ROUNDS = 30


def floor_of(steps: Steps, camera: Camera) -> FloorSetting:
    """The floor under a person.

    Args:
        steps: Their feet, as the camera sees them.
        camera: It; one that is not solved is taken to stand still.

    Raises:
        CameraError: The feet do not rest, or not on one plane.
    """
    turns, centres = placed_by(camera, steps.frames)
    centres = centres * camera.setting.scale
    rests = steps.resting(turns, centres)
    if rests.any(1).sum() < _FEWEST:
        raise CameraError(
            f"The feet of that person rest in {int(rests.any(1).sum())} frames only; {_FEWEST} are needed.",
            "Run more frames, or select somebody who stands or walks.",
        )
    points = (np.einsum("tij,tfj->tfi", turns, steps.soles) + centres[:, None])[rests]
    upright = mean_direction(np.einsum("tij,tj->ti", turns, steps.up))
    normal, offset, spread = fit_plane(points, upright, _contacts(rests))
    if spread > _WORST:
        raise CameraError(
            f"The feet of that person rest on no plane: they lie {100 * spread:.0f} cm off it.",
            "Select somebody whose feet are seen, or smooth the track first.",
        )
    middle = len(turns) // 2
    x, y, z = normal.tolist()
    return FloorSetting(
        (x, y, z),
        offset,
        camera.key,
        steps.focal_length,
        tilt=math.degrees(math.acos(float(np.clip(normal @ -turns[middle][:, 1], -1, 1)))),
        height=float(np.median(centres @ normal)) - offset,
        frames=int(rests.any(1).sum()),
        spread=spread,
        track=steps.track,
    )


def fit_plane(points: Array, upright: Array, contacts: int) -> tuple[Array, float, float]:
    """The plane most of (M, 3) m lie on.

    Args:
        points: Places where feet rest, and some where they do not.
        upright: (3,) about where up is.
        contacts: How many times a foot came down: so many points are worth as much as all of them, for the errors
            of one step are alike.

    Returns:
        Normal of length 1, upwards, offset, and how far two thirds of the points are off it at most, m.
    """
    across = np.linalg.svd(upright[None])[2][1:]
    middle = np.median(points, 0)
    flat, height = (points - middle) @ across.T, (points - middle) @ upright
    columns = np.column_stack([flat, np.ones(len(points))])
    # Feet that do not rest are above the floor, so it begins low.
    slopes = np.array([0.0, 0.0, np.quantile(height, 0.3)])
    worth = max(contacts, 1) / len(points)
    for _round in range(_ROUNDS):
        off = height - columns @ slopes
        sigma = max(1.4826 * float(np.median(np.abs(off))), _LEAST)
        weights = worth * np.clip(1 - (off / (_TUKEY * sigma)) ** 2, 0, None) ** 2 / sigma**2
        held = np.diag([1 / _LEANING**2, 1 / _LEANING**2, 0.0])
        weighted = columns * weights[:, None]
        slopes = np.linalg.solve(weighted.T @ columns + held, weighted.T @ height)
    normal = upright - slopes[:2] @ across
    normal /= np.linalg.norm(normal)
    offset = float(normal @ (middle + slopes[2] * upright))
    spread = float(np.quantile(np.abs(points @ normal - offset), 2 / 3))
    return normal, offset, spread


def _contacts(rests: Mask) -> int:
    """How many times a foot came down."""
    return int(rests[0].sum() + (rests[1:] & ~rests[:-1]).sum())
