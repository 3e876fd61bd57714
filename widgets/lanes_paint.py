"""How the lanes look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPixmap, QPolygonF

from widgets.coverage import Int, hatching, paint_runs, pixel_runs, runs_of, thinned
from widgets.theme import colors
from widgets.time_scale import GUTTER, MARGIN, TimeScale
from widgets.values import Lane, Range

LANE = 26
"""Height of a lane, px."""

_BAR = 12.0
_MARKS_APART = 7
_MOST_DASHED = 120
_SECOND = "2nd"


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


def paint_lane(canvas: Canvas, lane: Lane, top: float, mark: str) -> None:
    """One lane: title, bar where the person is seen, notches, lines and diamonds for what is not as found.

    Args:
        canvas: Where to.
        lane: What.
        top: Its upper edge, px.
        mark: "selected", "second" for the track marked beside that one, or empty.
    """
    painter = canvas.painter
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_mark(canvas, top, mark)
    _paint_title(painter, lane, top, mark)
    row = QRectF(GUTTER, top + (LANE - _BAR) / 2, canvas.inner, _BAR)
    color = QColor(*lane.color, 255 if lane.visible else 90)
    if lane.deleted:
        _paint_deleted(canvas, lane, row)
        return
    paint_runs(painter, _pixels(canvas, lane.segments), row, QBrush(color), canvas.ratio)
    _paint_narrow_gaps(canvas, lane.segments, row)
    _paint_made(canvas, lane, row, color)
    _paint_edits(canvas, lane, row)


def paint_range(painter: QPainter, scale: TimeScale, chosen: Range, width: float, height: float) -> None:
    """The range that is chosen, over all lanes: a wash with an edge on either side."""
    wash, edge = QColor(colors().accent), QColor(colors().accent)
    wash.setAlpha(38)
    edge.setAlpha(170)
    left = max(scale.x_of(chosen[0], width), GUTTER)
    right = min(scale.x_of(chosen[1] + 1, width), width - MARGIN)
    painter.fillRect(QRectF(left, 0, max(right - left, 0), height), wash)
    for x, inside in ((left, left > GUTTER), (right - 1, right < width - MARGIN)):
        if inside and right > left:
            painter.fillRect(QRectF(x, 0, 1, height), edge)


def _pixels(canvas: Canvas, runs: Int) -> Int:
    """Runs of frames as device pixels of the part with frames; even a single frame can be seen."""
    scale, width = canvas.scale, round(canvas.inner * canvas.ratio)
    return pixel_runs(runs, scale.first, scale.span, width, round(2 * canvas.ratio))


def _paint_mark(canvas: Canvas, top: float, mark: str) -> None:
    painter, theme = canvas.painter, colors()
    if mark:
        painter.fillRect(QRectF(0, top, canvas.width, LANE), QColor(theme.tint))
    else:
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(QPointF(0, top + LANE - 0.5), QPointF(canvas.width, top + LANE - 0.5))
    if mark == "selected":
        painter.fillRect(QRectF(0, top, 3, LANE), QColor(theme.accent))
    elif mark == "second":
        for y in range(0, LANE, 6):
            painter.fillRect(QRectF(0, top + y, 3, 3), QColor(theme.accent))


def _paint_deleted(canvas: Canvas, lane: Lane, row: QRectF) -> None:
    """Nobody is there any more: dashed boxes, as they are on the picture."""
    painter, inner = canvas.painter, row.adjusted(0, 2, 0, -2)
    pen = QPen(QColor(colors().muted), 1, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([3, 2])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    runs = _pixels(canvas, lane.segments)
    if len(runs) > _MOST_DASHED:
        paint_runs(painter, runs, inner, QBrush(QColor(colors().muted)), canvas.ratio)
        return
    for left, right in (runs / canvas.ratio).tolist():
        painter.drawRect(QRectF(inner.left() + left + 0.5, inner.top(), right - left - 1, inner.height()))


def _paint_narrow_gaps(canvas: Canvas, segments: Int, row: QRectF) -> None:
    """A notch for gaps that are narrower than a pixel at this zoom, so that none goes unseen."""
    scale, ratio = canvas.scale, canvas.ratio
    per_frame = canvas.inner * ratio / scale.span
    begin, end = np.searchsorted(segments[:, 0], (scale.first, scale.first + scale.span))
    inside = segments[max(int(begin) - 1, 0) : int(end) + 1]
    narrow = (inside[1:, 0] - inside[:-1, 1] - 1) * per_frame < 1.5
    places = np.rint((inside[1:, 0][narrow] - scale.first) * per_frame).astype(np.int64)
    places = thinned(places[(places > 0) & (places < round(canvas.inner * ratio))], round(5 * ratio))
    thick = max(round(ratio), 1)
    runs = np.stack((places, np.minimum(places + thick, round(canvas.inner * ratio))), axis=1)
    top = QRectF(row.left(), row.top(), row.width(), 4)
    paint_runs(canvas.painter, runs, top, QBrush(QColor(colors().surface)), ratio)


def _paint_made(canvas: Canvas, lane: Lane, row: QRectF, color: QColor) -> None:
    """Hatch what was filled in; underline what was smoothed: neither is what an engine found."""
    filled = _pixels(canvas, lane.filled)
    faint = QColor(color)
    faint.setAlpha(80)
    paint_runs(canvas.painter, filled, row, QBrush(faint), canvas.ratio)
    paint_runs(canvas.painter, filled, row, hatching(color, canvas.ratio), canvas.ratio)
    under = QRectF(row.left(), row.bottom() + 2, row.width(), 2.0)
    paint_runs(
        canvas.painter, _pixels(canvas, lane.smoothed), under, QBrush(QColor(colors().text)), canvas.ratio
    )


def paint_preview(canvas: Canvas, runs: Int, top: float) -> None:
    """What an operation would touch, over the lane of a track it would change."""
    wash = QColor(colors().warn)
    wash.setAlpha(90)
    area = QRectF(GUTTER, top, canvas.inner, LANE)
    paint_runs(canvas.painter, _pixels(canvas, runs), area, QBrush(wash), canvas.ratio)


def _paint_title(painter: QPainter, lane: Lane, top: float, mark: str) -> None:
    theme = colors()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*lane.color))
    chip = QRectF(12, top + LANE / 2 - 5, 10, 10)
    if lane.visible and not lane.deleted:
        painter.drawRoundedRect(chip, 3, 3)
    else:
        style = Qt.PenStyle.DashLine if lane.deleted else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(*lane.color), 1.5, style))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(chip.adjusted(1, 1, -1, -1), 3, 3)
    font = QFont(painter.font())
    font.setPixelSize(12)
    font.setWeight(QFont.Weight.DemiBold if mark else QFont.Weight.Normal)
    painter.setFont(font)
    painter.setPen(QColor(theme.text if lane.visible and not lane.deleted else theme.muted))
    room = QRectF(30, top, GUTTER - 38, LANE)
    if mark == "second":
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, _SECOND)
        room.setRight(room.right() - painter.fontMetrics().horizontalAdvance(_SECOND) - 6)
    title = painter.fontMetrics().elidedText(lane.title, Qt.TextElideMode.ElideRight, int(room.width()))
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, title)


def _paint_edits(canvas: Canvas, lane: Lane, row: QRectF) -> None:
    """A line over the frames that a reviewer assigned, with a diamond where each stretch of them begins."""
    runs = _pixels(canvas, runs_of(lane.edited))
    over = QRectF(row.left(), row.top() - 4, row.width(), 2.0)
    paint_runs(canvas.painter, runs, over, QBrush(QColor(colors().text)), canvas.ratio)
    half_frame = 0.5 * canvas.inner / canvas.scale.span
    stamp, middle = _diamond_stamp(canvas.ratio), row.center().y()
    for x in thinned((runs[:, 0] / canvas.ratio).astype(np.int64), _MARKS_APART).tolist():
        painter_x = GUTTER + x + min(half_frame, 6)
        canvas.painter.drawPixmap(QPointF(painter_x - 6, middle - 6), stamp)


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
