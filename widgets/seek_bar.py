"""The bar one drags along to scrub, with the state of every frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets.seek_bar_paint import (
    HEIGHT,
    RULER,
    Runs,
    paint_caption,
    paint_playhead,
    paint_range,
    paint_states,
)
from widgets.theme import colors
from widgets.time_scale import GUTTER, TimeScale
from widgets.units import format_count
from widgets.values import Marks, Range

_NOTCH = 120
_GRIP = 6
"""How near one must press to take hold of a range's end, px."""


class SeekBar(QWidget):
    """Drag scrubs, Shift+drag chooses a range, its ends can be dragged, the wheel zooms.

    Signals:
        frame_requested: A frame to show.
        drag_started: Scrubbing begins.
        drag_finished: Scrubbing is over.
        range_selected: First and last frame, both included.
        range_cleared: No range any more.
    """

    frame_requested = Signal(int)
    drag_started = Signal()
    drag_finished = Signal()
    range_selected = Signal(int, int)
    range_cleared = Signal()

    def __init__(self, scale: TimeScale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Seek bar")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._scale = scale
        self._runs = Runs.of(Marks())
        self._position = 0
        self._range: Range | None = None
        self._progress: float | None = None
        self._formatter: Callable[[int], str] = str
        self._states: QPixmap | None = None
        self._drag: Literal["", "seek", "range"] = ""
        self._anchor = 0
        self._wheel = 0
        scale.changed.connect(self._on_scale_changed)

    @property
    def position(self) -> int:
        """The frame under the playhead."""
        return self._position

    def set_marks(self, marks: Marks) -> None:
        """The state of each frame."""
        self._runs = Runs.of(marks)
        self._on_scale_changed()

    def set_position(self, index: int) -> None:
        """The frame that is shown."""
        self._position = index
        self.setAccessibleDescription(f"Frame {index} of {self._scale.count}")
        self.update()

    def set_range(self, chosen: Range | None) -> None:
        """The range that is chosen."""
        if self._drag != "range":
            self._range = chosen
            self.update()

    def set_index_progress(self, fraction: float | None) -> None:
        """How far counting the frames has come; None when they are counted."""
        self._progress = fraction
        self.update()

    def set_time_formatter(self, formatter: Callable[[int], str]) -> None:
        """How to say the time of a frame."""
        self._formatter = formatter

    # painting

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(600, HEIGHT)

    def _on_scale_changed(self) -> None:
        self._states = None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: paint anew."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._on_scale_changed()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """States from a picture kept between changes; range and playhead on top."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._states_pixmap())
        if self._scale.count:
            if self._range is not None:
                paint_range(painter, self._scale, self.width(), self._range)
            x = self._scale.middle_of(self._position, self.width())
            if GUTTER <= x <= self.width():
                paint_playhead(painter, x, self.height(), head=True)
        paint_caption(painter, self._caption(), self._progress)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QColor(colors().accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _states_pixmap(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        kept = self._states
        if kept is not None and kept.size() == self.size() * ratio and kept.devicePixelRatio() == ratio:
            return kept
        kept = QPixmap(self.size() * ratio)
        kept.setDevicePixelRatio(ratio)
        kept.fill(QColor(colors().surface))
        painter = QPainter(kept)
        painter.setFont(self.font())
        paint_states(painter, self._scale, self.width(), ratio, self._runs)
        painter.end()
        self._states = kept
        return kept

    def _caption(self) -> tuple[str, str]:
        frames = f"{format_count(self._scale.count)} frames" if self._scale.count else "No video"
        if self._progress is not None:
            return frames, f"Indexing {self._progress:.0%}"
        if self._range is None:
            return frames, ""
        first, last = self._range
        return f"{format_count(first)} – {format_count(last)}", f"{format_count(last - first + 1)} in range"

    # mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to scrub or to choose a range."""
        x = event.position().x()
        if event.button() != Qt.MouseButton.LeftButton or not self._scale.count or x < GUTTER - _GRIP:
            return
        frame = self._frame_at(x)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._drag, self._anchor = "range", frame
            self._range = None
        elif self._range is not None and (end := self._grip_at(event.position().toPoint())) is not None:
            self._drag, self._anchor = "range", self._range[1 - end]
        else:
            self._drag = "seek"
            self.drag_started.emit()
            self._request(frame)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub, widen the range, or tell what is under the pointer."""
        frame = self._frame_at(event.position().x())
        if self._drag == "seek" and frame != self._position:
            self._request(frame)
        elif self._drag == "range" and (self._range is not None or frame != self._anchor):
            self._range = (min(self._anchor, frame), max(self._anchor, frame))
            self.update()
        elif not self._drag:
            grip = self._grip_at(event.position().toPoint()) is not None
            self.setCursor(Qt.CursorShape.SizeHorCursor if grip else Qt.CursorShape.ArrowCursor)
        if self._drag:
            self._tell(event.position().toPoint(), frame)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Scrubbing is over, or the range is chosen; Shift+click without a drag clears it."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        drag, self._drag = self._drag, ""
        if drag == "seek":
            self.drag_finished.emit()
        elif drag == "range":
            self.update()
            self.range_selected.emit(*self._range) if self._range else self.range_cleared.emit()

    def event(self, event: QEvent) -> bool:
        """Frame and time under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            if event.pos().x() >= GUTTER and self._scale.count:
                self._tell(event.pos(), self._frame_at(event.pos().x()))
            else:
                QToolTip.showText(event.globalPos(), "Drag to scrub, Shift+drag to choose a range", self)
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom the time axis at the pointer; with Alt, scrub."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._wheel += turned
            steps = int(self._wheel / _NOTCH)
            self._wheel -= steps * _NOTCH
            if steps:
                self._request(self._position - steps)
        elif turned:
            at = self._scale.position_at(event.position().x(), self.width())
            self._scale.zoom(1.25 ** (turned / _NOTCH), at)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The transport keys, for when the bar stands alone."""
        last, tenth = self._scale.count - 1, max(self._scale.count // 10, 1)
        ten = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        moves = {
            Qt.Key.Key_Left: self._position - (10 if ten else 1),
            Qt.Key.Key_Right: self._position + (10 if ten else 1),
            Qt.Key.Key_PageUp: self._position - tenth,
            Qt.Key.Key_PageDown: self._position + tenth,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        target = moves.get(Qt.Key(event.key()))
        if target is None:
            super().keyPressEvent(event)
        else:
            self._request(target)

    def _request(self, frame: int) -> None:
        """Ask for a frame and show the playhead there at once: the bar must not lag behind the hand."""
        if self._scale.count:
            self.set_position(min(max(frame, 0), self._scale.count - 1))
            self.frame_requested.emit(self._position)

    def _frame_at(self, x: float) -> int:
        return self._scale.frame_at(x, self.width())

    def _grip_at(self, point: QPoint) -> int | None:
        """0 or 1 over the first or last frame's handle."""
        if self._range is None or point.y() > RULER:
            return None
        first, last = self._range
        ends = (self._scale.x_of(first, self.width()), self._scale.x_of(last + 1, self.width()))
        return next((which for which, x in enumerate(ends) if abs(point.x() - x) <= _GRIP), None)

    def _tell(self, point: QPoint, frame: int) -> None:
        text = f"{format_count(frame)}   {self._formatter(frame)}"
        QToolTip.showText(self.mapToGlobal(QPoint(point.x() + 8, -36)), text, self)
