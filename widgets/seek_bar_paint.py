"""How the seek bar looks: ruler, states of the frames, range and playhead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPolygonF

from widgets.coverage import Int, hatching, paint_runs, pixel_runs, runs_of, thinned
from widgets.theme import colors
from widgets.time_scale import GUTTER, MARGIN, TimeScale
from widgets.units import format_count
from widgets.values import Marks, Range

HEIGHT = 52
RULER = 20.0
"""Height of the strip with numbers and handles, px."""

_GROOVE = (27.0, 12.0)
_DECODED = (42.0, 3.0)


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The marks as runs of frames, made once for each set of marks."""

    decoded: Int
    inferred: Int
    failed: Int
    running: Int
    verified: Int
    problems: Int
    ignored: Int
    notes: Int

    @classmethod
    def of(cls, marks: Marks) -> Runs:
        """The runs of what is marked."""
        decoded = np.array(sorted(marks.decoded), np.int64).reshape(-1, 2)
        running = np.array([marks.running] if marks.running else [], np.int64).reshape(-1, 2)
        return cls(
            decoded=decoded,
            inferred=runs_of(marks.inferred),
            failed=runs_of(marks.failed),
            running=running,
            verified=runs_of(marks.verified),
            problems=runs_of(marks.problems),
            ignored=runs_of(marks.ignored),
            notes=marks.notes,
        )


def paint_states(painter: QPainter, scale: TimeScale, width: float, ratio: float, runs: Runs) -> None:
    """Ruler and states: everything that does not move with the playhead."""
    theme = colors()
    inner = width - GUTTER - MARGIN
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_ruler(painter, scale, width)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.groove))
    painter.drawRoundedRect(QRectF(GUTTER, _GROOVE[0], inner, _GROOVE[1]), 2.5, 2.5)

    def fill(states: Int, place: tuple[float, float], color: str, least: float = 1.0) -> Int:
        pixels = pixel_runs(
            states, scale.first, scale.span, round(inner * ratio), max(round(least * ratio), 1)
        )
        row = QRectF(GUTTER, place[0], inner, place[1])
        paint_runs(painter, pixels, row, QBrush(QColor(color)), ratio)
        return pixels

    fill(runs.inferred, _GROOVE, theme.inferred)
    fill(runs.decoded, _DECODED, theme.decoded)
    fill(runs.running, (_GROOVE[0] - 3, 2.0), theme.warn, 2.0)
    failed = fill(runs.failed, _GROOVE, theme.bad, 3.0)
    _paint_failures(painter, failed, inner, ratio)
    # Verdicts lie in the groove one above the other: verified below, a problem above, ignored between.
    fill(runs.verified, (_GROOVE[0] + 8.5, 3.5), theme.good, 2.0)
    fill(runs.ignored, (_GROOVE[0] + 5.0, 2.0), theme.muted, 2.0)
    fill(runs.problems, (_GROOVE[0], 3.5), theme.warn, 2.0)
    _paint_notes(painter, scale, width, runs.notes)


def _paint_notes(painter: QPainter, scale: TimeScale, width: float, frames: Int) -> None:
    """A pin at the first frame of each note."""
    places = np.array([scale.middle_of(int(frame), width) for frame in frames], np.int64)
    painter.setPen(QPen(QColor(colors().surface), 1))
    painter.setBrush(QColor(colors().text))
    for x in thinned(places, 6).tolist():
        if GUTTER <= x <= width - MARGIN:
            painter.drawEllipse(QPointF(x, RULER + 2.5), 3.0, 3.0)


def _paint_failures(painter: QPainter, failed: Int, inner: float, ratio: float) -> None:
    """Hatch what failed and put a triangle over it: it must not take colour to see it."""
    row = QRectF(GUTTER, _GROOVE[0], inner, _GROOVE[1])
    if len(failed) <= 120:
        paint_runs(painter, failed, row, hatching(QColor(colors().surface), ratio), ratio)
    middles = thinned(failed.sum(axis=1) // 2, round(7 * ratio)) / ratio
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colors().bad))
    tip = _GROOVE[0] - 1
    for middle in middles.tolist():
        x = GUTTER + middle
        painter.drawPolygon(
            QPolygonF([QPointF(x - 3.5, tip - 6), QPointF(x + 3.5, tip - 6), QPointF(x, tip)])
        )


def _paint_ruler(painter: QPainter, scale: TimeScale, width: float) -> None:
    theme = colors()
    font = QFont(painter.font())
    font.setPixelSize(11)
    painter.setFont(font)
    step = scale.tick_step(width, 72)
    small = max(step // 5, 1) if step % 5 == 0 else max(step // 2, 1)
    first = int(scale.first // step) * step
    last = min(int(scale.first + scale.span) + 1, scale.count)
    for frame in range(first, last, small):
        x = scale.middle_of(frame, width)
        if x < GUTTER or x > width - MARGIN:
            continue
        labelled = frame % step == 0
        painter.setPen(QPen(QColor(theme.strong if labelled else theme.border), 1))
        painter.drawLine(QPointF(x, RULER - (6 if labelled else 3)), QPointF(x, RULER))
        if labelled:
            painter.setPen(QColor(theme.muted))
            left = min(max(x - 40, GUTTER), width - MARGIN - 80) if x - 12 > GUTTER else GUTTER
            flag = Qt.AlignmentFlag.AlignHCenter if left == x - 40 else Qt.AlignmentFlag.AlignLeft
            if left == width - MARGIN - 80:
                flag = Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(left, 0, 80, RULER - 6), flag, format_count(frame))


def paint_range(painter: QPainter, scale: TimeScale, width: float, chosen: Range) -> None:
    """The chosen range: a wash with a bracket at each end that can be dragged."""
    accent = QColor(colors().accent)
    wash = QColor(accent)
    wash.setAlpha(44)
    left, right = scale.x_of(chosen[0], width), scale.x_of(chosen[1] + 1, width)
    painter.save()
    painter.setClipRect(QRectF(GUTTER - 4, 0, width - GUTTER - MARGIN + 8, HEIGHT))
    painter.fillRect(QRectF(left, 0, right - left, HEIGHT), wash)
    painter.setPen(QPen(accent, 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for x, inwards in ((left, 5.0), (right, -5.0)):
        painter.drawPolyline(
            [QPointF(x + inwards, 1), QPointF(x, 1), QPointF(x, HEIGHT - 1), QPointF(x + inwards, HEIGHT - 1)]
        )
        painter.fillRect(QRectF(x if inwards > 0 else x - 4, 1, 4, RULER - 5), accent)
    painter.restore()


def paint_playhead(painter: QPainter, x: float, height: float, head: bool) -> None:
    """The line at the current frame; with a head where it can be taken hold of."""
    line = QColor(colors().text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(line, 1.5))
    painter.drawLine(QPointF(x, 10 if head else 0), QPointF(x, height))
    if head:
        painter.setPen(QPen(QColor(colors().surface), 1))
        painter.setBrush(line)
        painter.drawPolygon(
            QPolygonF([QPointF(x + dx, y) for dx, y in ((-5.5, 2), (5.5, 2), (5.5, 9), (0, 15), (-5.5, 9))])
        )


def paint_caption(painter: QPainter, rows: tuple[str, str], progress: float | None) -> None:
    """Two rows in the gutter; under them a bar while something is counted."""
    theme = colors()
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    for text, top, color in ((rows[0], 6, theme.text), (rows[1], 24, theme.muted)):
        painter.setPen(QColor(color))
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, GUTTER - 24)
        painter.drawText(QRectF(12, top, GUTTER - 24, 18), Qt.AlignmentFlag.AlignVCenter, elided)
    if progress is not None:
        painter.setPen(Qt.PenStyle.NoPen)
        for share, color in ((1.0, theme.groove), (progress, theme.accent)):
            painter.setBrush(QColor(color))
            painter.drawRoundedRect(QRectF(12, 43, (GUTTER - 28) * share, 3), 1.5, 1.5)
