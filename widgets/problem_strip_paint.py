"""How the problem strip looks: a row of heat for each signal, and blocks where it is a problem."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QImage, QPainter, QPen, QPolygonF

from pipeline.structures import Float, Int
from widgets.coverage import hatching, paint_runs, pixel_runs
from widgets.lanes_paint import Canvas
from widgets.problem_values import StripRow
from widgets.theme import colors
from widgets.time_scale import GUTTER, TimeScale
from widgets.units import format_count
from widgets.values import Range

ROW = 13
"""Height of a row, px."""

_BLOCK = 9.0
_HEAT = 4.0
_LEAST = 3.0
"""Width of a problem of one frame in a long video, px."""


def paint_row(canvas: Canvas, row: StripRow, top: float, selected: bool) -> None:
    """Title, how bad each frame is, blocks where there are problems; ignored ones are hatched."""
    painter, theme = canvas.painter, colors()
    _paint_title(painter, row, top, selected)
    middle = top + ROW / 2
    painter.fillRect(QRectF(GUTTER, middle - 0.5, canvas.inner, 1), QColor(theme.groove))
    image = heat_image(row, canvas.scale, round(canvas.inner * canvas.ratio))
    painter.drawImage(QRectF(GUTTER, top + ROW - _HEAT - 2, canvas.inner, _HEAT), image)
    block = QRectF(GUTTER, top + (ROW - _BLOCK) / 2, canvas.inner, _BLOCK)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ignored = _pixels(canvas, row.ignored)
    paint_runs(painter, ignored, block, QBrush(QColor(theme.groove)), canvas.ratio)
    if len(ignored) <= 120:
        paint_runs(painter, ignored, block, hatching(QColor(theme.muted), canvas.ratio), canvas.ratio)
    paint_runs(painter, _pixels(canvas, row.open), block, QBrush(QColor(theme.bad)), canvas.ratio)


def paint_selected(painter: QPainter, scale: TimeScale, width: float, top: float, span: Range) -> None:
    """A frame around the selected problem and a pointer at each side: to be seen without its colour."""
    left, right = scale.x_of(span[0], width), scale.x_of(span[1] + 1, width)
    middle = (left + right) / 2
    half = max((right - left) / 2, _LEAST / 2) + 2
    painter.save()
    painter.setClipRect(QRectF(GUTTER - 8, 0, width - GUTTER + 8, top + ROW + 4))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colors().surface), 3.5))
    painter.drawRect(QRectF(middle - half, top + 1, 2 * half, ROW - 2))
    painter.setPen(QPen(QColor(colors().text), 1.5))
    painter.drawRect(QRectF(middle - half, top + 1, 2 * half, ROW - 2))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colors().text))
    y = top + ROW / 2
    for x, way in ((middle - half - 1, -1), (middle + half + 1, 1)):
        painter.drawPolygon(
            QPolygonF([QPointF(x, y), QPointF(x + 5 * way, y - 4), QPointF(x + 5 * way, y + 4)])
        )
    painter.restore()


def heat_image(row: StripRow, scale: TimeScale, width: int) -> QImage:
    """One line of pixels: the worst frame of each, the fainter the better it is."""
    worst = column_worst(row.frames, row.severity, scale.first, scale.span, width)
    color = QColor(colors().warn)
    alpha = (np.clip(worst, 0, 1) * 255).astype(np.uint32)
    rgb = np.stack([(alpha * part) // 255 for part in (color.red(), color.green(), color.blue())])
    line = (alpha << 24 | rgb[0] << 16 | rgb[1] << 8 | rgb[2]).astype(np.uint32)
    return QImage(line.data, width, 1, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()


def column_worst(frames: Int, severity: Float, first: float, span: float, width: int) -> Float:
    """(width,) the worst of the frames in each pixel; a frame wider than one covers several."""
    worst = np.zeros(max(width, 1), np.float32)
    begin = int(np.searchsorted(frames, np.floor(first)))
    end = int(np.searchsorted(frames, first + span, side="right"))
    if begin == end:
        return worst
    scale = width / span
    left = np.floor((frames[begin:end] - first) * scale).astype(np.int64)
    right = np.maximum(np.ceil((frames[begin:end] + 1 - first) * scale).astype(np.int64), left + 1)
    left, values = np.clip(left, 0, width - 1), severity[begin:end]
    starts = np.flatnonzero(np.diff(left, prepend=-1))
    worst[left[starts]] = np.maximum.reduceat(values, starts)
    if scale > 1:
        _widen(worst, left, np.clip(right, 1, width), values)
    return worst


def _widen(worst: Float, left: Int, right: Int, values: Float) -> None:
    """Frames are wider than pixels, so there are few of them."""
    for begin, end, value in zip(left.tolist(), right.tolist(), values.tolist(), strict=True):
        worst[begin:end] = np.maximum(worst[begin:end], value)


def merged(runs: Int) -> Int:
    """Runs of frames sorted by their first, with those that overlap made one: people share frames."""
    if not len(runs):
        return runs
    ends = np.maximum.accumulate(runs[:, 1])
    starts = np.flatnonzero(np.append(True, runs[1:, 0] > ends[:-1]))
    return np.stack([runs[starts, 0], ends[np.append(starts[1:], len(runs)) - 1]], 1)


def _pixels(canvas: Canvas, runs: Int) -> Int:
    width = round(canvas.inner * canvas.ratio)
    return pixel_runs(
        merged(runs), canvas.scale.first, canvas.scale.span, width, round(_LEAST * canvas.ratio)
    )


def _paint_title(painter: QPainter, row: StripRow, top: float, selected: bool) -> None:
    theme = colors()
    font = QFont(painter.font())
    font.setPixelSize(11)
    font.setWeight(QFont.Weight.DemiBold if selected else QFont.Weight.Normal)
    painter.setFont(font)
    count = format_count(len(row.open)) if len(row.open) else "–"
    room = QRectF(12, top - 1, GUTTER - 22, ROW + 2)
    painter.setPen(QColor(theme.text if len(row.open) else theme.muted))
    painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)
    painter.setPen(QColor(theme.text if selected else theme.muted))
    left = room.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(count) - 8, 0)
    title = painter.fontMetrics().elidedText(row.title, Qt.TextElideMode.ElideRight, round(left.width()))
    painter.drawText(left, Qt.AlignmentFlag.AlignVCenter, title)
