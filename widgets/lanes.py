"""One lane for each track: where it is seen, and where a reviewer decided."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QToolTip, QWidget

from widgets.announce import announce
from widgets.coverage import Int, runs_of
from widgets.kept_area import KeptArea
from widgets.lane_words import frame_words, lane_words
from widgets.lanes_paint import LANE, Canvas, paint_lane, paint_preview, paint_range
from widgets.seek_bar_paint import paint_playhead
from widgets.theme import colors
from widgets.time_scale import GUTTER, TimeScale
from widgets.values import Lane, Range

_NOTCH = 120
_MARKING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
_ZOOM: dict[int, float] = {
    Qt.Key.Key_Plus: 1.25,
    Qt.Key.Key_Equal: 1.25,
    Qt.Key.Key_Minus: 0.8,
}


def _far(by: QPointF) -> bool:
    return by.manhattanLength() >= QApplication.startDragDistance()


class TrackLanes(KeptArea):
    """Click selects a track, double-click jumps, drag selects a range, the wheel zooms, over titles it scrolls.

    The middle button, or the left one with Ctrl, moves the view. A click with Ctrl or Shift marks a second
    track, which the selected one may be swapped with or joined to.

    Signals:
        track_selected: The track clicked.
        other_selected: The track clicked as a second one.
        frame_requested: A frame to show.
        range_selected: First and last frame dragged over, both included.
        menu_requested: A track, the frame under the pointer, and where on the screen to open a menu.
    """

    track_selected = Signal(int)
    other_selected = Signal(int)
    frame_requested = Signal(int)
    range_selected = Signal(int, int)
    menu_requested = Signal(int, int, QPoint)

    def __init__(self, scale: TimeScale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Track lanes")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(LANE)
        self._scale = scale
        self._lanes: tuple[Lane, ...] = ()
        self._selected: int | None = None
        self._other: int | None = None
        self._position = 0
        self._range: Range | None = None
        self._formatter: Callable[[int], str] = str
        self._pressed: QPointF | None = None
        self._panned_from: QPointF | None = None
        self._range_from: int | None = None
        self._moves = self._marks = False
        self._preview = np.zeros((0, 2), np.int64)
        self._touched: frozenset[int] = frozenset()
        scale.changed.connect(self.renew)
        self.verticalScrollBar().valueChanged.connect(self.renew)

    def set_lanes(self, lanes: tuple[Lane, ...]) -> None:
        """The tracks, from top to bottom."""
        self._lanes = lanes
        self.measure()
        self.renew()

    def set_selected(self, track_id: int | None) -> None:
        """The track that is selected; it is scrolled into view."""
        if track_id == self._selected:
            return
        self._selected = track_id
        if (row := self._row_of(track_id)) is not None:
            bar, height = self.verticalScrollBar(), self.viewport().height()
            bar.setValue(min(max(bar.value(), (row + 1) * LANE - height), row * LANE))
        self.renew()

    def set_other(self, track_id: int | None) -> None:
        """The second track that is marked."""
        if track_id != self._other:
            self._other = track_id
            self.renew()

    def set_position(self, index: int) -> None:
        """The frame that is shown."""
        self._position = index
        self.viewport().update()

    def set_range(self, chosen: Range | None) -> None:
        """The range that is chosen."""
        self._range = chosen
        self.viewport().update()

    def set_preview(self, frames: Int, tracks: Collection[int] = ()) -> None:
        """Ascending frames that an operation one is choosing would touch, and the tracks it would change."""
        self._preview, self._touched = runs_of(frames), frozenset(tracks)
        self.renew()

    def set_time_formatter(self, formatter: Callable[[int], str]) -> None:
        """How to say the time of a frame."""
        self._formatter = formatter

    # painting

    def sizeHint(self) -> QSize:
        """Room for four lanes."""
        return QSize(600, 4 * LANE)

    def minimumSizeHint(self) -> QSize:
        """Room for two lanes."""
        return QSize(240, 2 * LANE)

    def content_height(self) -> int:
        """All lanes."""
        return len(self._lanes) * LANE

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lanes from a picture kept between changes; range and playhead on top."""
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self.kept_picture())
        width, height = float(self.width()), float(self.viewport().height())
        if self._range is not None:
            paint_range(painter, self._scale, self._range, width, height)
        x = self._scale.middle_of(self._position, width)
        if self._scale.count and GUTTER <= x <= width:
            paint_playhead(painter, x, height, head=False)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QColor(colors().accent))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.end()

    def paint_kept(self, painter: QPainter, ratio: float) -> None:
        """The lanes in view."""
        self._paint_lanes(Canvas(painter, self._scale, self.width(), ratio))

    def _paint_lanes(self, canvas: Canvas) -> None:
        height, scrolled = self.viewport().height(), self.verticalScrollBar().value()
        if not self._lanes:
            canvas.painter.setPen(QColor(colors().muted))
            room = QRectF(0, 0, canvas.width, min(height, 2 * LANE))
            text = "No tracks yet: they appear as frames are run"
            canvas.painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
        first = scrolled // LANE
        for row in range(first, min(len(self._lanes), (scrolled + height) // LANE + 1)):
            lane = self._lanes[row]
            mark = "selected" if lane.track_id == self._selected else ""
            mark = "second" if lane.track_id == self._other else mark
            paint_lane(canvas, lane, row * LANE - scrolled, mark)
            if lane.track_id in self._touched:
                paint_preview(canvas, self._preview, row * LANE - scrolled)

    # mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, a range or a pan."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed = event.position()
            held = event.modifiers()
            by_middle = event.button() == Qt.MouseButton.MiddleButton
            self._moves = by_middle or bool(held & Qt.KeyboardModifier.ControlModifier)
            self._marks = not by_middle and bool(held & _MARKING)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select a range, or move the view in time and among the lanes."""
        here = event.position()
        if self._range_from is not None:
            self._drag_range(here)
        elif self._panned_from is not None:
            by = here - self._panned_from
            self._scale.pan(-by.x() / self._scale.per_frame(self.width()))
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - round(by.y()))
            self._panned_from = here
        elif self._pressed is not None and _far(here - self._pressed):
            self._begin_drag(here)

    def _begin_drag(self, here: QPointF) -> None:
        """From the titles, or with Ctrl or the middle button, the view moves; else a range is selected."""
        start = self._pressed or here
        if self._moves or start.x() < GUTTER or not self._scale.count:
            self._panned_from = here
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        self._range_from = self._scale.frame_at(start.x(), self.width())
        if (lane := self._lane_at(start.toPoint())) is not None and lane.track_id != self._selected:
            self._select(lane)
        self._drag_range(here)

    def _drag_range(self, here: QPointF) -> None:
        start, end = self._range_from or 0, self._scale.frame_at(here.x(), self.width())
        self.range_selected.emit(min(start, end), max(start, end))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press without a drag selects the track."""
        if self._pressed is not None and self._panned_from is None and self._range_from is None:
            lane = self._lane_at(event.position().toPoint())
            self._mark(lane) if self._marks else self._select(lane)
        self._pressed = self._panned_from = self._range_from = None
        self.viewport().unsetCursor()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the track under the pointer, or by the Menu key of the selected one."""
        by_keys = event.reason() == QContextMenuEvent.Reason.Keyboard
        row = self._row_of(self._selected)
        lane = self._lane_at(event.pos()) if not by_keys else (None if row is None else self._lanes[row])
        if lane is None:
            return
        over_frames = not by_keys and event.pos().x() >= GUTTER and self._scale.count
        frame = self._scale.frame_at(event.pos().x(), self.width()) if over_frames else self._position
        self._select(lane)
        self.menu_requested.emit(lane.track_id, frame, event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Jump to the frame; on a title, to the track's first."""
        lane = self._lane_at(event.position().toPoint())
        if event.position().x() >= GUTTER and self._scale.count:
            self.frame_requested.emit(self._scale.frame_at(event.position().x(), self.width()))
        elif lane is not None and len(lane.segments):
            self.frame_requested.emit(int(lane.segments[0, 0]))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom the time axis at the pointer; over titles or with Shift, scroll; sideways, pan."""
        delta = event.angleDelta()
        over_titles = event.position().x() < GUTTER
        if over_titles or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - round((delta.y() or delta.x()) / _NOTCH * LANE))
        elif abs(delta.x()) > abs(delta.y()):
            self._scale.pan(-delta.x() / _NOTCH * 0.1 * self._scale.span)
        else:
            at = self._scale.position_at(event.position().x(), self.width())
            self._scale.zoom(1.25 ** (delta.y() / _NOTCH), at)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down select a track, with Shift a second one; Return jumps to its first frame, + and - zoom."""
        row = self._row_of(self._selected)
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._lanes:
            second = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._walk(1 if event.key() == Qt.Key.Key_Down else -1, second)
        elif event.key() in _ZOOM:
            self._scale.zoom(_ZOOM[event.key()], self._position)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            if len(self._lanes[row].segments):
                self.frame_requested.emit(int(self._lanes[row].segments[0, 0]))
        else:
            event.ignore()

    def _walk(self, step: int, second: bool) -> None:
        tracks = [lane for lane in self._lanes if not lane.deleted]
        ids = [lane.track_id for lane in tracks]
        at = self._other if second and self._other in ids else self._selected
        if at not in ids:
            self._select(tracks[0] if tracks else None)
            return
        row = ids.index(at) + step
        if second and 0 <= row < len(ids) and ids[row] == self._selected:
            row += step
        if second and 0 <= row < len(ids):
            self._mark(tracks[row])
        elif not second:
            self._select(tracks[min(max(row, 0), len(ids) - 1)])

    def viewportEvent(self, event: QEvent) -> bool:
        """Track, frame and time under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._tip(event.pos()), self.viewport())
            return True
        return super().viewportEvent(event)

    def _tip(self, point: QPoint) -> str:
        lane = self._lane_at(point)
        if lane is None:
            return ""
        if point.x() < GUTTER:
            return lane_words(lane)
        frame = self._scale.frame_at(point.x(), self.width())
        return frame_words(lane, frame, self._formatter(frame))

    def _lane_at(self, point: QPoint) -> Lane | None:
        row = (point.y() + self.verticalScrollBar().value()) // LANE
        return self._lanes[row] if 0 <= row < len(self._lanes) else None

    def _row_of(self, track_id: int | None) -> int | None:
        return next((row for row, lane in enumerate(self._lanes) if lane.track_id == track_id), None)

    def _select(self, lane: Lane | None) -> None:
        if lane is not None:
            self.set_selected(lane.track_id)
            self._say(lane_words(lane))
            self.track_selected.emit(lane.track_id)

    def _mark(self, lane: Lane | None) -> None:
        if lane is None or lane.deleted:
            return
        self._say(f"Second: {lane_words(lane)}")
        self.other_selected.emit(lane.track_id)

    def _say(self, text: str) -> None:
        self.setAccessibleDescription(text)
        announce(self, text)
