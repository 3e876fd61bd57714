"""How the lanes look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPixmap, QPolygonF

from widgets.coverage import Int, hatching, paint_runs, pixel_runs, thinned
from widgets.theme import colors
from widgets.time_scale import GUTTER, MARGIN, TimeScale
from widgets.values import Lane

LANE = 26
"""Height of a lane, px."""

_BAR = 12.0
_MARKS_APART = 7


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where lanes are painted.

    Attributes:
        painter: On the widget.
        scale: Which frames are in view.
        width: Of the widget, device-independent px.
        ratio: Device px per device-independent px.
    """

    painter: QPainter
    scale: TimeScale
    width: float
    ratio: float

    @property
    def inner(self) -> float:
        """Width of the part with frames, device-independent px."""
        return self.width - GUTTER - MARGIN


def paint_lane(canvas: Canvas, lane: Lane, top: float, selected: bool) -> None:
    """One lane: title, bar where the person is seen, diamonds where a reviewer decided."""
    painter, theme = canvas.painter, colors()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if selected:
        painter.fillRect(QRectF(0, top, canvas.width, LANE), QColor(theme.tint))
        painter.fillRect(QRectF(0, top, 3, LANE), QColor(theme.accent))
    else:
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(QPointF(0, top + LANE - 0.5), QPointF(canvas.width, top + LANE - 0.5))
    _paint_title(painter, lane, top, selected)
    row = QRectF(GUTTER, top + (LANE - _BAR) / 2, canvas.inner, _BAR)
    color = QColor(*lane.color, 255 if lane.visible else 90)
    width = round(canvas.inner * canvas.ratio)
    scale = canvas.scale
    pixels = pixel_runs(lane.segments, scale.first, scale.span, width, round(2 * canvas.ratio))
    paint_runs(painter, pixels, row, QBrush(color), canvas.ratio)
    _paint_made(canvas, lane, row, color)
    _paint_edits(canvas, lane, row.center().y())


def _paint_made(canvas: Canvas, lane: Lane, row: QRectF, color: QColor) -> None:
    """Hatch what was filled in; underline what was smoothed: neither is what an engine found."""
    scale, width = canvas.scale, round(canvas.inner * canvas.ratio)
    least = round(2 * canvas.ratio)
    filled = pixel_runs(lane.filled, scale.first, scale.span, width, least)
    faint = QColor(color)
    faint.setAlpha(80)
    paint_runs(canvas.painter, filled, row, QBrush(faint), canvas.ratio)
    paint_runs(canvas.painter, filled, row, hatching(color, canvas.ratio), canvas.ratio)
    smoothed = pixel_runs(lane.smoothed, scale.first, scale.span, width, least)
    under = QRectF(row.left(), row.bottom() + 1.5, row.width(), 2.0)
    paint_runs(canvas.painter, smoothed, under, QBrush(QColor(colors().text)), canvas.ratio)


def paint_preview(canvas: Canvas, runs: Int, height: float) -> None:
    """What an operation would touch, over all lanes."""
    wash = QColor(colors().warn)
    wash.setAlpha(70)
    scale, width = canvas.scale, round(canvas.inner * canvas.ratio)
    pixels = pixel_runs(runs, scale.first, scale.span, width, round(2 * canvas.ratio))
    paint_runs(canvas.painter, pixels, QRectF(GUTTER, 0, canvas.inner, height), QBrush(wash), canvas.ratio)


def _paint_title(painter: QPainter, lane: Lane, top: float, selected: bool) -> None:
    theme = colors()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*lane.color))
    chip = QRectF(12, top + LANE / 2 - 5, 10, 10)
    if lane.visible:
        painter.drawRoundedRect(chip, 3, 3)
    else:
        painter.setPen(QPen(QColor(*lane.color), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(chip.adjusted(1, 1, -1, -1), 3, 3)
    font = QFont(painter.font())
    font.setPixelSize(12)
    font.setWeight(QFont.Weight.DemiBold if selected else QFont.Weight.Normal)
    painter.setFont(font)
    painter.setPen(QColor(theme.text if lane.visible else theme.muted))
    title = painter.fontMetrics().elidedText(lane.title, Qt.TextElideMode.ElideRight, GUTTER - 38)
    painter.drawText(QRectF(30, top, GUTTER - 38, LANE), Qt.AlignmentFlag.AlignVCenter, title)


def _paint_edits(canvas: Canvas, lane: Lane, middle: float) -> None:
    scale, painter = canvas.scale, canvas.painter
    per_frame = canvas.inner / scale.span
    inside = lane.edited[(lane.edited >= np.floor(scale.first)) & (lane.edited <= scale.first + scale.span)]
    places = ((inside + 0.5 - scale.first) * per_frame).astype(np.int64)
    stamp = _diamond_stamp(canvas.ratio)
    for x in thinned(places, _MARKS_APART).tolist():
        painter.drawPixmap(QPointF(GUTTER + x - 6, middle - 6), stamp)


@lru_cache(maxsize=4)
def _diamond_stamp(ratio: float) -> QPixmap:
    """The mark of a reviewer's decision; a picture paints faster than a polygon, and there may be hundreds."""
    stamp = QPixmap(round(12 * ratio), round(12 * ratio))
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    painter = QPainter(stamp)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("#000000"), 1))
    painter.setBrush(QColor("#ffffff"))
    painter.drawPolygon(QPolygonF([QPointF(6 + dx, 6 + dy) for dx, dy in ((0, -4), (4, 0), (0, 4), (-4, 0))]))
    painter.end()
    return stamp
