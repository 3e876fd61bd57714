"""The picture with its overlay, to zoom, pan, pick people and draw boxes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from widgets.frame_canvas import FrameCanvas
from widgets.theme import colors

Tool = Literal["select", "box"]

_NOTCH = 120
"""What a mouse wheel reports for one step."""

_SMALLEST_BOX = 4.0
"""Image px; less is a slip of the hand."""

_NO_BOXES: npt.NDArray[np.float32] = np.zeros((0, 4), np.float32)


class FrameView(FrameCanvas):
    """Wheel zooms at the pointer, drag pans, double-click fits, click picks a person, the box tool draws.

    Signals:
        person_clicked: Slot of the person clicked, or -1 for nobody.
        rejected_clicked: Row of the person left out who was clicked.
        box_drawn: x1, y1, x2, y2 in image px, inside the picture.
        scrub_requested: Frames to go, from Alt+wheel.
        files_dropped: Paths dropped from outside.
    """

    person_clicked = Signal(int)
    rejected_clicked = Signal(int)
    box_drawn = Signal(float, float, float, float)
    scrub_requested = Signal(int)
    files_dropped = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._boxes: npt.NDArray[np.float32] = _NO_BOXES
        self._slots: tuple[int, ...] = ()
        self._rejected: npt.NDArray[np.float32] = _NO_BOXES
        self._reasons: tuple[str, ...] = ()
        self._hovered = -1
        self._pending: tuple[int, QRectF] | None = None
        self._tool: Tool = "select"
        self._pressed: QPointF | None = None
        self._panned_from: QPointF | None = None
        self._draft: QRectF | None = None
        self._wiping = False
        self._wheel = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)

    def set_people(self, boxes: npt.NDArray[np.float32], slots: Sequence[int]) -> None:
        """Who can be clicked: (N, 4) boxes in px and their slots."""
        self._boxes, self._slots = boxes, tuple(slots)

    def set_rejected(self, boxes: npt.NDArray[np.float32], reasons: Sequence[str]) -> None:
        """Who was left out and can be clicked: (N, 4) boxes in px, and why."""
        if boxes is self._rejected or not (len(boxes) or len(self._rejected)):
            return
        self._rejected, self._reasons = boxes, tuple(reasons)
        self._hover(-1)

    def set_pending(self, frame: int, box: tuple[float, float, float, float] | None) -> None:
        """A box of a frame that is being run, x1, y1, x2, y2 in px; None when it is no more."""
        if box is not None:
            self._pending = frame, QRectF(QPointF(*box[:2]), QPointF(*box[2:]))
        elif self._pending is not None and self._pending[0] == frame:
            self._pending = None
        self.update()

    def on_screen(self, box: tuple[float, float, float, float]) -> QRect:
        """Where a box in image px lies in this widget."""
        return self._shown(QRectF(QPointF(*box[:2]), QPointF(*box[2:]))).toRect()

    def set_tool(self, tool: Tool) -> None:
        """What dragging does: move the picture, or draw a box."""
        self._tool = tool
        self._draft = None
        self.setCursor(Qt.CursorShape.CrossCursor if tool == "box" else Qt.CursorShape.ArrowCursor)
        self.update()

    def clear(self) -> None:
        """Show no frame, only the message; nobody can be clicked."""
        self.set_people(_NO_BOXES, ())
        self.set_rejected(_NO_BOXES, ())
        self._draft = self._pending = None
        super().clear()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, and the boxes one is at: pointed at, being run, being drawn."""
        super().paintEvent(event)
        boxes = [(box, colors().accent) for box in self._boxes_at_hand()]
        if self._draft is not None:
            boxes.append((self._draft, "#ffffff"))
        if boxes:
            painter = QPainter(self)
            for box, color in boxes:
                self._paint_box(painter, box, color)
            painter.end()

    def _boxes_at_hand(self) -> list[QRectF]:
        found = []
        if 0 <= self._hovered < len(self._rejected):
            x1, y1, x2, y2 = self._rejected[self._hovered].tolist()
            found.append(QRectF(QPointF(x1, y1), QPointF(x2, y2)))
        if self._pending is not None and self._pending[0] == self._index:
            found.append(self._pending[1])
        return found

    def _shown(self, box: QRectF) -> QRectF:
        return QRectF(self._place.to_widget(box.topLeft()), self._place.to_widget(box.bottomRight()))

    def _paint_box(self, painter: QPainter, box: QRectF, color: str) -> None:
        for shade, width, style in (
            ("#000000", 2.5, Qt.PenStyle.SolidLine),
            (color, 1.5, Qt.PenStyle.DashLine),
        ):
            painter.setPen(QPen(QColor(shade), width, style))
            painter.drawRect(self._shown(box))

    # mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, a pan or a box."""
        if self._image is None:
            return
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self._tool == "box":
            start = self._in_picture(event.position())
            self._draft = QRectF(start, start)
        elif left and self._wipe.near(self._place, event.position()):
            self._wiping = True
        elif left:
            self._pressed = event.position()
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._panned_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw, pan, or point at somebody."""
        here = event.position()
        if self._draft is not None:
            self._draft.setBottomRight(self._in_picture(here))
            self.update()
        elif self._wiping:
            self._move_line(here.x())
        elif self._panned_from is not None:
            self._move_to(self._place.moved(here - self._panned_from))
            self._panned_from = here
        elif self._pressed is not None:
            if (here - self._pressed).manhattanLength() >= QApplication.startDragDistance():
                self._panned_from = self._pressed
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._wipe.near(self._place, here):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif self._tool == "select":
            slot, left_out = self._found_at(here)
            over = slot >= 0 or left_out >= 0
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
            self._hover(left_out)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Finish the box or the pan, or tell who was clicked."""
        if self._draft is not None:
            self._finish_box()
        elif self._panned_from is None and self._pressed is not None:
            slot, left_out = self._found_at(event.position())
            if left_out >= 0:
                self.rejected_clicked.emit(left_out)
            else:
                self.person_clicked.emit(slot)
        if self._tool == "select":
            self.unsetCursor()
        self._pressed = self._panned_from = None
        self._wiping = False

    def _move_line(self, x: float) -> None:
        """Put the line between the two compared there, in the widget."""
        self._wipe.move(self._place, x)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Nobody is pointed at any more."""
        self._hover(-1)
        super().leaveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the whole picture."""
        if event.button() == Qt.MouseButton.LeftButton and self._tool == "select":
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Alt, scrub."""
        # Alt turns the wheel sideways on some platforms.
        turned = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._wheel += turned
            steps = int(self._wheel / _NOTCH)
            self._wheel -= steps * _NOTCH
            if steps:
                self.scrub_requested.emit(-steps)
        elif turned:
            self._zoom_by(1.2 ** (turned / _NOTCH), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Pinching zooms; Esc belongs to a box being drawn before it belongs to any shortcut."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._zoom_by(1.0 + event.value(), event.position())
            return True
        if (
            self._draft is not None
            and event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus, minus and 0 zoom; Alt with an arrow moves the line of a comparison; Esc drops a box being drawn."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step and self._wipe.mode == "wipe" and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._move_line(self._wipe.line(self._place) + step * 0.05 * self._place.target().width())
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom_out()
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        elif event.key() == Qt.Key.Key_Escape and self._draft is not None:
            self._draft = None
            self.update()
        else:
            super().keyPressEvent(event)

    def _in_picture(self, point: QPointF) -> QPointF:
        inside, size = self._place.to_image(point), self._place.picture
        return QPointF(min(max(inside.x(), 0.0), size.width()), min(max(inside.y(), 0.0), size.height()))

    def _found_at(self, point: QPointF) -> tuple[int, int]:
        """Slot of the person at a point, and row of the one left out there; of both at most one is not -1.

        The smallest box that holds the point is meant: whoever is in front is rarely larger.
        """
        here = self._place.to_image(point)
        boxes = np.concatenate([self._boxes, self._rejected])
        x1, y1, x2, y2 = boxes.T
        hits = np.flatnonzero((x1 <= here.x()) & (here.x() <= x2) & (y1 <= here.y()) & (here.y() <= y2))
        if not hits.size:
            return -1, -1
        areas = ((x2 - x1) * (y2 - y1))[hits]
        best, people = int(hits[np.argmin(areas)]), len(self._boxes)
        return (self._slots[best], -1) if best < people else (-1, best - people)

    def _hover(self, row: int) -> None:
        if row == self._hovered:
            return
        self._hovered = row
        if row >= 0:
            text = f"Left out: {self._reasons[row]}.\nClick to accept."
            # Below the box: above it is the reason already, and on it is the person one decides about.
            corner = self.on_screen(tuple(self._rejected[row].tolist())).bottomLeft()
            QToolTip.showText(self.mapToGlobal(corner), text, self)
        else:
            QToolTip.hideText()
        self.update()

    def _finish_box(self) -> None:
        box, self._draft = (self._draft or QRectF()).normalized(), None
        self.update()
        if min(box.width(), box.height()) >= _SMALLEST_BOX:
            self.box_drawn.emit(box.left(), box.top(), box.right(), box.bottom())

    # drag and drop

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome local files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._set_dropping(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing will be dropped."""
        self._set_dropping(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell which files were dropped."""
        self._set_dropping(False)
        event.acceptProposedAction()
        self.files_dropped.emit([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])

    def _set_dropping(self, dropping: bool) -> None:
        self._dropping = dropping
        self.update()
