"""Bodies from any side, to turn, move, zoom and pick people in."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from pipeline.orbit import Orbit
from widgets.orbit_canvas import OrbitCanvas

_DEGREES_PER_PX = 0.4
_ZOOM_PER_NOTCH = 1.15
_NOTCH = 120
_KEY_DEGREES = 15.0
_KEY_SHARE = 0.05
"""Of the view's height, moved by one key."""

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class OrbitView(OrbitCanvas):
    """Drag turns, Shift or the middle button moves, the wheel zooms, a click picks, a double-click centres.

    With Alt the arrow keys turn, with Alt and Shift they move; plus and minus zoom, 0 shows everybody.

    Signals:
        orbit_changed: The Orbit to look from now.
        person_clicked: Slot of the person clicked, or -1 for nobody.
        centre_requested: Slot of the person to have in the middle, or -1 for everybody.
        scrub_requested: Frames to go, from Alt+wheel.
    """

    orbit_changed = Signal(object)
    person_clicked = Signal(int)
    centre_requested = Signal(int)
    scrub_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._orbit: Orbit | None = None
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self._moving = False
        self._wheel = 0

    def set_orbit(self, orbit: Orbit | None) -> None:
        """Where one looks from."""
        self._orbit = orbit

    # mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click, a turn or a move."""
        middle = event.button() == Qt.MouseButton.MiddleButton
        if self._picture is None or not (middle or event.button() == Qt.MouseButton.LeftButton):
            return
        self._pressed = event.position()
        self._moving = middle or bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._dragged = self._pressed if middle else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn, move, or point at somebody."""
        here = event.position()
        if self._pressed is None:
            over = self._slot_at(here) >= 0
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
        elif self._dragged is not None:
            self._drag(here - self._dragged)
            self._dragged = here
        elif (here - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._dragged = here
            self.setCursor(Qt.CursorShape.SizeAllCursor if self._moving else Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell who was clicked, if it was a click."""
        if self._pressed is not None and self._dragged is None:
            self.person_clicked.emit(self._slot_at(event.position()))
        self._pressed = self._dragged = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Have the person in the middle, or everybody."""
        if event.button() == Qt.MouseButton.LeftButton and self._picture is not None:
            self.centre_requested.emit(self._slot_at(event.position()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom; with Alt, scrub."""
        # Alt turns the wheel sideways on some platforms.
        turned = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._wheel += turned
            steps = int(self._wheel / _NOTCH)
            self._wheel -= steps * _NOTCH
            if steps:
                self.scrub_requested.emit(-steps)
        elif turned:
            self._zoom(_ZOOM_PER_NOTCH ** (turned / _NOTCH))
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Pinching zooms; arrows with Alt belong to this view before they belong to any shortcut."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._zoom(1.0 + event.value())
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt and arrows turn or move, plus and minus zoom, 0 shows everybody."""
        if _is_ours(event):
            self._press_arrow(event)
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(_ZOOM_PER_NOTCH)
        elif event.key() == Qt.Key.Key_Minus:
            self._zoom(1 / _ZOOM_PER_NOTCH)
        elif event.key() == Qt.Key.Key_0:
            self.centre_requested.emit(-1)
        else:
            super().keyPressEvent(event)

    def _slot_at(self, point: QPointF) -> int:
        if self._picture is None:
            return -1
        height, width = self._picture.ids.shape
        return self._picture.slot_at(
            point.x() * width / max(self.width(), 1), point.y() * height / max(self.height(), 1)
        )

    def _drag(self, by: QPointF) -> None:
        if self._moving:
            self._move(by.x(), by.y())
        elif self._orbit is not None:
            self._look_from(self._orbit.turned(by.x() * _DEGREES_PER_PX, by.y() * _DEGREES_PER_PX))

    def _press_arrow(self, event: QKeyEvent) -> None:
        right, down = _ARROWS[Qt.Key(event.key())]
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            step = self.height() * _KEY_SHARE
            self._move(right * step, down * step)
        elif self._orbit is not None:
            self._look_from(self._orbit.turned(right * _KEY_DEGREES, down * _KEY_DEGREES))

    def _move(self, right: float, down: float) -> None:
        if self._orbit is not None:
            self._look_from(self._orbit.moved(right, down, self.height()))

    def _zoom(self, factor: float) -> None:
        if self._orbit is not None and factor > 0:
            self._look_from(self._orbit.zoomed(factor))

    def _look_from(self, orbit: Orbit) -> None:
        self._orbit = orbit
        self.orbit_changed.emit(orbit)


def _is_ours(event: QKeyEvent) -> bool:
    return event.key() in _ARROWS and bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
