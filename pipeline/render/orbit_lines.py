"""Straight lines in space, drawn smoothly, hidden where a body is nearer.

Lines are laid under the bodies first, all of them; then the pieces that lie before a body are laid over it.
So bodies keep their soft edges, and no line needs a depth of its own in every pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.palette import Color
from pipeline.render.bodies import NEAREST, Raster
from pipeline.structures import Float, Image, Int

CLEAR = 0.01
"""m that a line must lie before a body to be drawn over it; soles and the floor they stand on touch."""

_MARGIN = 8.0
_STEP = 1.5
_SHIFT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """Lines of one look.

    Attributes:
        segments: (S, 2, 3) ends in m.
        color: (R, G, B) in 0..255.
        width: px.
    """

    segments: Float
    color: Color
    width: float


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Lines as a camera sees them.

    Attributes:
        ends: (S, 2, 2) px, inside the picture or a little beyond.
        nearness: (S, 2) 1 / z in 1/m, which is linear on the screen.
        owner: (S,) ascending, which of the strokes each is of.
        strokes: What was seen; drawn in this order.
    """

    ends: Float
    nearness: Float
    owner: Int
    strokes: tuple[Strokes, ...]


def see(
    strokes: Sequence[Strokes], view: tuple[Float, Float], focal_length: float, size: tuple[int, int]
) -> Seen:
    """Cut lines to what can be seen, and project them.

    Args:
        strokes: On the stage.
        view: As `pipeline.orbit.Orbit.view` gives it.
        focal_length: px.
        size: (W, H) of the picture.
    """
    rotation, shift = view
    everything = np.concatenate([np.zeros((0, 2, 3)), *(one.segments for one in strokes)])
    owner = np.repeat(np.arange(len(strokes)), [len(one.segments) for one in strokes])
    segments = everything.astype(np.float32) @ rotation.T + shift
    for normal, offset in _planes(focal_length, size):
        segments, owner = _cut(segments, owner, normal, offset)
    nearness = 1 / segments[..., 2]
    ends = segments[..., :2] * nearness[..., None] * focal_length + np.array(size) / 2
    return Seen(ends.astype(np.float32), nearness.astype(np.float32), owner, tuple(strokes))


def draw(rgba: Image, seen: Seen) -> None:
    """Draw lines in their order."""
    _draw(rgba, seen.ends, seen.owner, seen.strokes)


def draw_before(rgba: Image, seen: Seen, raster: Raster) -> None:
    """Draw the pieces that lie nearer than the bodies of a raster that has depths, where bodies are."""
    pieces, owner = _pieces_before(seen, raster)
    _draw(rgba, pieces, owner, seen.strokes)


def _planes(focal_length: float, size: tuple[int, int]) -> list[tuple[Float, float]]:
    """Normals and offsets, so that n p + offset > 0 where a point p of the view can be seen."""
    half_width, half_height = size[0] / 2 + _MARGIN, size[1] / 2 + _MARGIN
    sides = [
        (focal_length, 0.0, half_width),
        (-focal_length, 0.0, half_width),
        (0.0, focal_length, half_height),
        (0.0, -focal_length, half_height),
    ]
    return [(np.array([0, 0, 1], np.float32), -NEAREST), *((np.array(n, np.float32), 0.0) for n in sides)]


def _cut(segments: Float, owner: Int, normal: Float, offset: float) -> tuple[Float, Int]:
    """The parts of (S, 2, 3) on the seen side of a plane, and whose they are."""
    side = segments @ normal + offset
    kept = (side > 0).any(1)
    segments, side = segments[kept], side[kept]
    for end, other in ((0, 1), (1, 0)):
        beyond = side[:, end] <= 0
        share = (side[beyond, other] / (side[beyond, other] - side[beyond, end]))[:, None]
        segments[beyond, end] = segments[beyond, other] + share * (
            segments[beyond, end] - segments[beyond, other]
        )
    return segments, owner[kept]


def _pieces_before(seen: Seen, raster: Raster) -> tuple[Float, Int]:
    """(K, 2, 2) px and owners (K,): runs of samples along the lines that lie before a body."""
    near = _near(seen.ends, raster)
    ends, nearness, owner = seen.ends[near], seen.nearness[near], seen.owner[near]
    line, share = _samples(ends)
    at = ends[line, 0] + share[:, None] * (ends[line, 1] - ends[line, 0])
    depth = 1 / (nearness[line, 0] + share * (nearness[line, 1] - nearness[line, 0]))
    before = _before(at, depth, raster)
    # A run ends where the next sample is not before a body, or is of another line.
    joined = before[1:] & before[:-1] & (line[1:] == line[:-1])
    first = np.flatnonzero(before & ~np.concatenate([[False], joined]))
    last = np.flatnonzero(before & ~np.concatenate([joined, [False]]))
    return np.stack([at[first], at[last]], 1), owner[line[first]]


def _near(ends: Float, raster: Raster) -> npt.NDArray[np.bool_]:
    """(S,) whether a line comes near the raster's rectangle."""
    rect, low, high = raster.rect, ends.min(1), ends.max(1)
    near: npt.NDArray[np.bool_] = ((high >= (rect.x0, rect.y0)) & (low <= (rect.x1, rect.y1))).all(1)
    return near


def _samples(ends: Float) -> tuple[Int, Float]:
    """Line (P,) and place on it (P,) in [0, 1] of samples `_STEP` px apart."""
    lengths = np.abs(ends[:, 1] - ends[:, 0]).max(1) if len(ends) else np.zeros(0, np.float32)
    counts = np.ceil(lengths / _STEP).astype(np.int64) + 1
    line = np.repeat(np.arange(len(ends)), counts)
    place = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    return line, (place / np.maximum(counts[line] - 1, 1)).astype(np.float32)


def _before(at: Float, depth: Float, raster: Raster) -> npt.NDArray[np.bool_]:
    """(P,) whether a body is at these px of the picture, farther away than these depths."""
    if raster.depth is None:
        raise ValueError("the raster has no depths")
    width, height = raster.rect.size
    column = np.floor(at[:, 0]).astype(np.int64) - raster.rect.x0
    row = np.floor(at[:, 1]).astype(np.int64) - raster.rect.y0
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    of_body = raster.depth[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return inside & np.isfinite(of_body) & (depth < of_body - CLEAR)


def _draw(rgba: Image, ends: Float, owner: Int, strokes: Sequence[Strokes]) -> None:
    fixed = np.rint((ends - 0.5) * 2**_SHIFT).astype(np.int32)
    limits = np.searchsorted(owner, np.arange(len(strokes) + 1))
    for one, first, last in zip(strokes, limits[:-1], limits[1:], strict=True):
        if first < last:
            width = max(1, round(one.width))
            cv2.polylines(rgba, list(fixed[first:last]), False, (*one.color, 255), width, cv2.LINE_AA, _SHIFT)
