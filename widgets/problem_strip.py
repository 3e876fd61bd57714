"""A thin row of heat for each signal that found something, under the seek bar and on its time axis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QSizePolicy, QToolTip, QWidget

from widgets.kept_area import KeptArea
from widgets.lanes_paint import Canvas
from widgets.problem_strip_paint import ROW, paint_row, paint_selected
from widgets.problem_values import ProblemKey, StripRow
from widgets.seek_bar_paint import paint_playhead
from widgets.theme import colors
from widgets.time_scale import GUTTER, TimeScale
from widgets.units import format_count

_NOTCH = 120
_MOST_ROWS = 6
_EDGE = 2
_NEAR = 4.0
"""Px beside a problem that still mean it."""


def _far(by: QPointF) -> bool:
    return by.manhattanLength() >= QApplication.startDragDistance()


class ProblemStrip(KeptArea):
    """A click on a problem asks for it, elsewhere for the frame; the wheel zooms, over titles it scrolls; drag moves.

    Signals:
        problem_requested: Key of a signal, and the frame that was clicked within a problem of it.
        frame_requested: A frame to show.
    """

    problem_requested = Signal(str, int)
    frame_requested = Signal(int)

    def __init__(self, scale: TimeScale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Problem strip")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the Problems tab has all of it for the keyboard
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(ROW)
        self._scale = scale
        self._rows: tuple[StripRow, ...] = ()
        self._selected: ProblemKey | None = None
        self._position = 0
        self._formatter: Callable[[int], str] = str
        self._pressed: QPointF | None = None
        self._panned_from: QPointF | None = None
        scale.changed.connect(self.renew)
        self.verticalScrollBar().valueChanged.connect(self.renew)
        self.hide()

    @property
    def rows(self) -> tuple[StripRow, ...]:
        """What is shown, from top to bottom."""
        return self._rows

    def set_rows(self, rows: tuple[StripRow, ...]) -> None:
        """The signals that found something; without any, the strip takes no room."""
        same = len(rows) == len(self._rows)
        self._rows = rows
        if not same:
            self.setVisible(bool(rows))
            self.setFixedHeight(min(len(rows), _MOST_ROWS) * ROW + 2 * _EDGE)
        self.measure()
        self.renew()

    def set_selected(self, key: ProblemKey | None) -> None:
        """The problem that is selected; its row is scrolled into view."""
        self._selected = key
        if key is not None and (place := self._place_of(key[0])) is not None:
            bar, height = self.verticalScrollBar(), self.viewport().height() - 2 * _EDGE
            bar.setValue(min(max(bar.value(), (place + 1) * ROW - height), place * ROW))
        self.renew()

    def set_position(self, index: int) -> None:
        """The frame that is shown."""
        self._position = index
        self.viewport().update()

    def set_time_formatter(self, formatter: Callable[[int], str]) -> None:
        """How to say the time of a frame."""
        self._formatter = formatter

    # painting

    def sizeHint(self) -> QSize:
        """As many rows as there are, up to a limit."""
        return QSize(600, min(len(self._rows), _MOST_ROWS) * ROW + 2 * _EDGE)

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return QSize(240, self.sizeHint().height())

    def content_height(self) -> int:
        """All rows."""
        return len(self._rows) * ROW + 2 * _EDGE

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rows from a picture kept between changes; the selected problem and the playhead on top."""
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self.kept_picture())
        x = self._scale.middle_of(self._position, self.width())
        if self._scale.count and GUTTER <= x <= self.width():
            paint_playhead(painter, x, self.viewport().height(), head=False)
        if self._selected is not None and (place := self._place_of(self._selected[0])) is not None:
            span = self._selected[2], self._selected[3]
            paint_selected(painter, self._scale, self.width(), self._top_of(place), span)
        painter.end()

    def paint_kept(self, painter: QPainter, ratio: float) -> None:
        """The rows in view, and the line below them."""
        size = self.viewport().size()
        painter.setClipRect(0, _EDGE, self.width(), size.height() - 2 * _EDGE)
        canvas = Canvas(painter, self._scale, self.width(), ratio)
        for place, row in enumerate(self._rows):
            if -ROW < self._top_of(place) < size.height():
                mine = self._selected is not None and row.signal == self._selected[0]
                paint_row(canvas, row, self._top_of(place), mine)
        painter.setClipping(False)
        painter.setPen(QColor(colors().border))
        painter.drawLine(0, size.height() - 1, self.width(), size.height() - 1)

    def _top_of(self, place: int) -> float:
        return float(_EDGE + place * ROW - self.verticalScrollBar().value())

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a pan."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the view in time."""
        here = event.position()
        if self._panned_from is not None:
            self._scale.pan((self._panned_from - here).x() / self._scale.per_frame(self.width()))
            self._panned_from = here
        elif self._pressed is not None and _far(here - self._pressed):
            self._panned_from = here
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press without a drag goes there; on a title, to the next problem of the signal."""
        clicked = self._pressed is not None and self._panned_from is None
        self._pressed = self._panned_from = None
        self.viewport().unsetCursor()
        if clicked and event.button() == Qt.MouseButton.LeftButton:
            self._click(event.position().toPoint())

    def _click(self, point: QPoint) -> None:
        row = self._row_at(point)
        if point.x() < GUTTER:
            if row is not None and len(runs := row.open if len(row.open) else row.ignored):
                after = runs[runs[:, 0] > self._position]
                self.problem_requested.emit(row.signal, int((after if len(after) else runs)[0, 0]))
        elif row is not None and (frame := self._problem_at(row, point.x())) is not None:
            self.problem_requested.emit(row.signal, frame)
        elif self._scale.count:
            self.frame_requested.emit(self._scale.frame_at(point.x(), self.width()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom the time axis at the pointer; over titles or with Shift, scroll; sideways, pan."""
        delta = event.angleDelta()
        over_titles = event.position().x() < GUTTER
        if over_titles or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - round((delta.y() or delta.x()) / _NOTCH * ROW))
        elif abs(delta.x()) > abs(delta.y()):
            self._scale.pan(-delta.x() / _NOTCH * 0.1 * self._scale.span)
        else:
            at = self._scale.position_at(event.position().x(), self.width())
            self._scale.zoom(1.25 ** (delta.y() / _NOTCH), at)
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Signal, frame, value and threshold under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self.viewport())
            return True
        return super().viewportEvent(event)

    def tip_at(self, point: QPoint) -> str:
        """What is said of a place."""
        row = self._row_at(point)
        if row is None:
            return ""
        if point.x() < GUTTER:
            ignored = f", {format_count(len(row.ignored))} ignored" if len(row.ignored) else ""
            return f"{row.title}: {format_count(len(row.open))} open{ignored}\nThreshold {row.threshold}"
        frame = self._problem_at(row, point.x())
        frame = self._scale.frame_at(point.x(), self.width()) if frame is None else frame
        place = int(np.searchsorted(row.frames, frame))
        known = place < len(row.frames) and row.frames[place] == frame
        value = row.text_of(float(row.severity[place])) if known else "not measured"
        where = f"frame {format_count(frame)}   {self._formatter(frame)}"
        return f"{row.title}, {where}\n{value}, the threshold is {row.threshold}"

    def _row_at(self, point: QPoint) -> StripRow | None:
        place = (point.y() - _EDGE + self.verticalScrollBar().value()) // ROW
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def _problem_at(self, row: StripRow, x: float) -> int | None:
        """A frame of the problem at a pixel or just beside it; ignored ones only where none is open."""
        near = _NEAR / self._scale.per_frame(self.width())
        at = self._scale.position_at(x, self.width())
        for runs in (row.open, row.ignored):
            beside = np.maximum(runs[:, 0] - at, at - runs[:, 1] - 1)
            if len(beside) and beside.min() <= near:
                first, last = runs[int(beside.argmin())].tolist()
                return int(min(max(np.floor(at), first), last))
        return None

    def _place_of(self, signal: str) -> int | None:
        return next((place for place, row in enumerate(self._rows) if row.signal == signal), None)
