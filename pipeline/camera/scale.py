"""How many metres the unit of a solved camera is, from feet that do not slide.

While a foot rests at a place q of the camera (m) it stays where it is in the world, so between two frames of one rest
s ΔC + Δ(R q) = 0 for centres C in units of the solve: s is what fits most of them, weighted by how far the camera
went.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.camera.errors import CameraError
from pipeline.camera.feet import Mask, Steps, placed_by
from pipeline.camera.values import Array, Camera
from pipeline.structures import Int

_WHILE = 0.25  # s: longer than that an engine's depth drifts
_EDGE = 0.08  # s at both ends of a rest in which the foot comes down and goes
_STILL = 0.02  # m that the camera must go while a foot rests
_FEWEST = 5
_UNSURE = 0.5  # of the scale


def scale_from(steps: Steps, camera: Camera) -> tuple[float, float, int]:
    """Metres in a unit of the solve, its standard error, and how many pairs of frames say so.

    Raises:
        CameraError: The feet do not rest, or the camera does not move meanwhile.
    """
    turns, centres = placed_by(camera, steps.frames)
    rests = steps.resting(turns, np.zeros_like(centres))
    soles = np.einsum("tij,tfj->tfi", turns, steps.soles)
    pairs = list(_pairs(rests, steps.frames, steps.times))
    moved = np.array([centres[b] - centres[a] for a, b, _foot in pairs]).reshape(-1, 3)
    slid = np.array([soles[b, foot] - soles[a, foot] for a, b, foot in pairs]).reshape(-1, 3)
    length = np.linalg.norm(moved, axis=1)
    there = length > 1e-9
    if there.sum() < _FEWEST:
        raise CameraError(
            "The scale cannot be told: the camera does not move while the feet of that person rest.",
            "Select somebody else, or type the scale.",
        )
    each = -(moved[there] * slid[there]).sum(1) / length[there] ** 2
    scale = _weighted_median(each, length[there])
    off = _weighted_median(np.abs(each - scale), length[there])
    error = 1.4826 * off / np.sqrt(there.sum())
    if scale <= 0 or error > _UNSURE * scale or np.median(length[there]) * scale < _STILL:
        raise CameraError(
            "The scale cannot be told: the feet of that person do not stay where they are as the camera moves.",
            "Select somebody who stands or walks, or type the scale.",
        )
    return float(scale), float(error), int(there.sum())


def _pairs(rests: Mask, frames: Int, times: Array) -> Iterator[tuple[int, int, int]]:
    """First and last row of each rest, or of the parts of long ones, and the foot."""
    for foot in (0, 1):
        for first, last in _runs(rests[:, foot], frames):
            inside = np.flatnonzero((times >= times[first] + _EDGE) & (times <= times[last] - _EDGE))
            while len(inside) > 1:
                row = int(min(np.searchsorted(times[inside], times[inside[0]] + _WHILE), len(inside) - 1))
                yield int(inside[0]), int(inside[row]), foot
                inside = inside[row:]


def _runs(rests: Mask, frames: Int) -> Iterator[tuple[int, int]]:
    """First and last row of rests that are not broken by more than a frame."""
    rows = np.flatnonzero(rests)
    if not len(rows):
        return
    breaks = np.flatnonzero((np.diff(rows) > 1) | (np.diff(frames[rows]) > 2))
    for first, last in zip([0, *(breaks + 1)], [*breaks, len(rows) - 1], strict=True):
        yield int(rows[first]), int(rows[last])


def _weighted_median(values: Array, weights: Array) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
