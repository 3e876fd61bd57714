"""From frames to pixels: however many frames there are, no more is painted than pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPixmap, QTransform

Int = npt.NDArray[np.int64]

_SINGLE_SHAPES = 120
"""Up to so many runs are drawn one by one with round corners, more as one row of pixels."""

_TILE = 6
"""Distance of hatching lines, device-independent px."""


def runs_of(frames: Int) -> Int:
    """Runs of consecutive numbers in sorted frames: (K, 2) first and last, both included."""
    if not frames.size:
        return np.zeros((0, 2), np.int64)
    breaks = np.flatnonzero(np.diff(frames) > 1)
    starts = np.concatenate(([0], breaks + 1))
    ends = np.concatenate((breaks, [frames.size - 1]))
    return np.stack((frames[starts], frames[ends]), axis=1)


def pixel_runs(runs: Int, first: float, span: float, width: int, least: int = 1) -> Int:
    """Which pixels of a row runs of frames cover.

    Args:
        runs: (K, 2) sorted, disjoint runs of frames, both ends included.
        first: Frame at the row's left edge.
        span: Frames the row shows.
        width: Pixels in the row.
        least: Pixels even a single frame takes.

    Returns:
        (M, 2) first pixel and the one after the last, M <= width.
    """
    if width <= 0 or not len(runs):
        return np.zeros((0, 2), np.int64)
    begin = int(np.searchsorted(runs[:, 1], np.floor(first), side="left"))
    end = int(np.searchsorted(runs[:, 0], first + span, side="right"))
    edges = (runs[begin:end] + np.array((0, 1)) - first) * (width / span)
    left = np.rint(edges[:, 0]).astype(np.int64)
    right = np.maximum(np.rint(edges[:, 1]).astype(np.int64), left + least)
    seen = (right > 0) & (left < width)
    left, right = np.clip(left[seen], 0, width), np.clip(right[seen], 0, width)
    steps = np.bincount(left, minlength=width + 1) - np.bincount(right, minlength=width + 1)
    covered = np.concatenate(([0], np.cumsum(steps)[:width] > 0, [0]))
    return np.flatnonzero(np.diff(covered)).reshape(-1, 2)


def thinned(pixels: Int, apart: int) -> Int:
    """Of sorted pixel positions so many that any two are at least `apart`, about evenly."""
    if not pixels.size:
        return pixels
    _, index = np.unique(pixels // max(apart, 1), return_index=True)
    return pixels[index]


def paint_runs(painter: QPainter, runs: Int, row: QRectF, brush: QBrush, ratio: float) -> None:
    """Fill runs of pixels within a row.

    Args:
        painter: On the widget.
        runs: (M, 2) device px from the row's left edge, as `pixel_runs` gives them.
        row: The row, device-independent px.
        brush: What to fill with; a pattern only shows while the runs are few.
        ratio: Device px per device-independent px.
    """
    if len(runs) > _SINGLE_SHAPES:
        painter.drawImage(row, _row_image(runs, round(row.width() * ratio), brush.color()))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush)
    for left, right in (runs / ratio).tolist():
        shape = QRectF(row.left() + left, row.top(), right - left, row.height())
        radius = min(2.5, shape.width() / 3)
        painter.drawRoundedRect(shape, radius, radius)


def _row_image(runs: Int, width: int, color: QColor) -> QImage:
    steps = np.bincount(runs[:, 0], minlength=width + 1) - np.bincount(runs[:, 1], minlength=width + 1)
    row = np.where(np.cumsum(steps)[:width] > 0, np.uint32(color.rgba()), np.uint32(0)).astype(np.uint32)
    return QImage(row.data, width, 1, 4 * width, QImage.Format.Format_ARGB32).copy()


def hatching(color: QColor, ratio: float) -> QBrush:
    """Slanted lines, to tell a state from a solid one without seeing the colour; as wide at every scale."""
    size = round(_TILE * ratio)
    tile = QPixmap(size, size)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, 1.4 * ratio, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
    for shift in (-size, 0, size):  # the neighbours' lines meet at the corners
        painter.drawLine(shift, size, shift + size, 0)
    painter.end()
    brush = QBrush(tile)
    brush.setTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
    return brush
