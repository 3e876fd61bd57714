"""The picture with its overlay, to zoom, pan, pick people and draw boxes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
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
from PySide6.QtWidgets import QApplication, QWidget

from widgets.frame_canvas import FrameCanvas

Tool = Literal["select", "box"]

_NOTCH = 120
"""What a mouse wheel reports for one step."""

_SMALLEST_BOX = 4.0
"""Image px; less is a slip of the hand."""


class FrameView(FrameCanvas):
    """Wheel zooms at the pointer, drag pans, double-click fits, click picks a person, the box tool draws.

    Signals:
        person_clicked: Slot of the person clicked, or -1 for nobody.
        box_drawn: x1, y1, x2, y2 in image px, inside the picture.
        scrub_requested: Frames to go, from Alt+wheel.
        files_dropped: Paths dropped from outside.
    """

    person_clicked = Signal(int)
    box_drawn = Signal(float, float, float, float)
    scrub_requested = Signal(int)
    files_dropped = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._boxes: npt.NDArray[np.float32] = np.zeros((0, 4), np.float32)
        self._slots: tuple[int, ...] = ()
        self._tool: Tool = "select"
        self._pressed: QPointF | None = None
        self._panned_from: QPointF | None = None
        self._draft: QRectF | None = None
        self._wheel = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)

    def set_people(self, boxes: npt.NDArray[np.float32], slots: Sequence[int]) -> None:
        """Who can be clicked: (N, 4) boxes in px and their slots."""
        self._boxes, self._slots = boxes, tuple(slots)

    def set_tool(self, tool: Tool) -> None:
        """What dragging does: move the picture, or draw a box."""
        self._tool = tool
        self._draft = None
        self.setCursor(Qt.CursorShape.CrossCursor if tool == "box" else Qt.CursorShape.ArrowCursor)
        self.update()

    def clear(self) -> None:
        """Show no frame, only the message; nobody can be clicked."""
        self.set_people(np.zeros((0, 4), np.float32), ())
        self._draft = None
        super().clear()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, and the box being drawn."""
        super().paintEvent(event)
        if self._draft is not None:
            painter = QPainter(self)
            self._paint_draft(painter, self._draft)
            painter.end()

    def _paint_draft(self, painter: QPainter, box: QRectF) -> None:
        shown = QRectF(self._place.to_widget(box.topLeft()), self._place.to_widget(box.bottomRight()))
        for color, style in (("#000000", Qt.PenStyle.SolidLine), ("#ffffff", Qt.PenStyle.DashLine)):
            painter.setPen(QPen(QColor(color), 1.5, style))
            painter.drawRect(shown)

    # mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, a pan or a box."""
        if self._image is None:
            return
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self._tool == "box":
            start = self._in_picture(event.position())
            self._draft = QRectF(start, start)
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
        elif self._panned_from is not None:
            self._move_to(self._place.moved(here - self._panned_from))
            self._panned_from = here
        elif self._pressed is not None:
            if (here - self._pressed).manhattanLength() >= QApplication.startDragDistance():
                self._panned_from = self._pressed
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._tool == "select":
            over = self._slot_at(here) >= 0
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Finish the box or the pan, or tell who was clicked."""
        if self._draft is not None:
            self._finish_box()
        elif self._panned_from is None and self._pressed is not None:
            self.person_clicked.emit(self._slot_at(event.position()))
        if self._tool == "select":
            self.unsetCursor()
        self._pressed = self._panned_from = None

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
        """Plus, minus and 0 zoom; Esc drops a box being drawn."""
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
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

    def _slot_at(self, point: QPointF) -> int:
        """Of the people whose boxes hold the point the smallest: the one in front is rarely larger."""
        here = self._place.to_image(point)
        x, y = here.x(), here.y()
        x1, y1, x2, y2 = self._boxes.T
        hits = np.flatnonzero((x1 <= x) & (x <= x2) & (y1 <= y) & (y <= y2))
        if not hits.size:
            return -1
        areas = ((x2 - x1) * (y2 - y1))[hits]
        return self._slots[int(hits[np.argmin(areas)])]

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
