"""One lane for each track: where it is seen, and where a reviewer decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QToolTip, QWidget

from widgets.coverage import runs_of
from widgets.lanes_paint import LANE, Canvas, paint_lane, paint_preview
from widgets.seek_bar_paint import paint_playhead
from widgets.theme import colors
from widgets.time_scale import GUTTER, MARGIN, TimeScale
from widgets.units import format_count
from widgets.values import Lane, Range

_NOTCH = 120


def _far(by: QPointF) -> bool:
    return by.manhattanLength() >= QApplication.startDragDistance()


class TrackLanes(QAbstractScrollArea):
    """Click selects a track, double-click jumps, drag selects a range, the wheel zooms, over titles it scrolls.

    The middle button, or the left one with Ctrl, moves the view.

    Signals:
        track_selected: The track clicked.
        frame_requested: A frame to show.
        range_selected: First and last frame dragged over, both included.
        menu_requested: A track, the frame under the pointer, and where on the screen to open a menu.
    """

    track_selected = Signal(int)
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
        self._position = 0
        self._range: Range | None = None
        self._formatter: Callable[[int], str] = str
        self._kept: QPixmap | None = None
        self._pressed: QPointF | None = None
        self._panned_from: QPointF | None = None
        self._range_from: int | None = None
        self._moves = False
        self._preview = np.zeros((0, 2), np.int64)
        scale.changed.connect(self._renew)
        self.verticalScrollBar().valueChanged.connect(self._renew)

    def set_lanes(self, lanes: tuple[Lane, ...]) -> None:
        """The tracks, from top to bottom."""
        self._lanes = lanes
        self._measure()
        self._renew()

    def set_selected(self, track_id: int | None) -> None:
        """The track that is selected; it is scrolled into view."""
        if track_id == self._selected:
            return
        self._selected = track_id
        if (row := self._row_of(track_id)) is not None:
            bar, height = self.verticalScrollBar(), self.viewport().height()
            bar.setValue(min(max(bar.value(), (row + 1) * LANE - height), row * LANE))
        self._renew()

    def set_position(self, index: int) -> None:
        """The frame that is shown."""
        self._position = index
        self.viewport().update()

    def set_range(self, chosen: Range | None) -> None:
        """The range that is chosen."""
        self._range = chosen
        self.viewport().update()

    def set_preview(self, frames: Sequence[int]) -> None:
        """Ascending frames that an operation one is choosing would touch."""
        self._preview = runs_of(np.array(frames, np.int64))
        self._renew()

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

    def _measure(self) -> None:
        hidden = len(self._lanes) * LANE - self.viewport().height()
        self.verticalScrollBar().setRange(0, max(hidden, 0))
        self.verticalScrollBar().setPageStep(self.viewport().height())

    def _renew(self) -> None:
        self._kept = None
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or less to scroll."""
        self._measure()
        self._renew()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: paint anew."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._kept = None
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lanes from a picture kept between changes; range and playhead on top."""
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self._lanes_pixmap())
        width, height = float(self.width()), float(self.viewport().height())
        if self._range is not None:
            wash = QColor(colors().accent)
            wash.setAlpha(26)
            left = max(self._scale.x_of(self._range[0], width), GUTTER)
            right = min(self._scale.x_of(self._range[1] + 1, width), width - MARGIN)
            painter.fillRect(QRectF(left, 0, max(right - left, 0), height), wash)
        x = self._scale.middle_of(self._position, width)
        if self._scale.count and GUTTER <= x <= width:
            paint_playhead(painter, x, height, head=False)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QColor(colors().accent))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _lanes_pixmap(self) -> QPixmap:
        ratio, size = self.devicePixelRatioF(), self.viewport().size()
        kept = self._kept
        if kept is not None and kept.size() == size * ratio:
            return kept
        kept = QPixmap(size * ratio)
        kept.setDevicePixelRatio(ratio)
        kept.fill(QColor(colors().surface))
        painter = QPainter(kept)
        painter.setFont(self.font())
        self._paint_lanes(Canvas(painter, self._scale, self.width(), ratio))
        painter.end()
        self._kept = kept
        return kept

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
            paint_lane(canvas, lane, row * LANE - scrolled, lane.track_id == self._selected)
        if len(self._preview):
            paint_preview(canvas, self._preview, height)

    # mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, a range or a pan."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed = event.position()
            held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            self._moves = bool(held) or event.button() == Qt.MouseButton.MiddleButton

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
            self._select(self._lane_at(event.position().toPoint()))
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
        """Up and down select a track, Return jumps to its first frame."""
        row = self._row_of(self._selected)
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._lanes:
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            target = 0 if row is None else min(max(row + step, 0), len(self._lanes) - 1)
            self._select(self._lanes[target])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            if len(self._lanes[row].segments):
                self.frame_requested.emit(int(self._lanes[row].segments[0, 0]))
        else:
            event.ignore()

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
            frames = int(np.sum(lane.segments[:, 1] - lane.segments[:, 0] + 1))
            edits = f", {format_count(len(lane.edited))} assigned by hand" if len(lane.edited) else ""
            return f"{lane.title}: {format_count(frames)} frames{edits}"
        frame = self._scale.frame_at(point.x(), self.width())
        return f"{lane.title}\n{format_count(frame)}   {self._formatter(frame)}"

    def _lane_at(self, point: QPoint) -> Lane | None:
        row = (point.y() + self.verticalScrollBar().value()) // LANE
        return self._lanes[row] if 0 <= row < len(self._lanes) else None

    def _row_of(self, track_id: int | None) -> int | None:
        return next((row for row, lane in enumerate(self._lanes) if lane.track_id == track_id), None)

    def _select(self, lane: Lane | None) -> None:
        if lane is not None:
            self.set_selected(lane.track_id)
            self.track_selected.emit(lane.track_id)
