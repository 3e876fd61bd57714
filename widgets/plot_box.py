"""The inside of a plot under the mouse."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal

_NOTCH = 120
_STEP = 1.25
_LEFT = Qt.MouseButton.LeftButton
_SHIFT, _ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


class PlotBox(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """Tells what is wished; what is in view is decided outside, for all plots at once.

    Left drag goes through the frames, with Shift it marks a range; the other buttons drag what is in view. The
    wheel zooms at the pointer, with Shift or sideways it moves, with Alt it steps; over the values it zooms them.

    Signals:
        pointed: A place in frames, as it is clicked or dragged over.
        drag_started: The left button drags.
        ranged: Two places in frames, while they are marked.
        panned: By so many frames.
        zoomed: By a factor, about a place in frames.
        stepped: By so many frames.
        stretched: The values, by a factor, about one of them.
        shifted: The values, by so much.
        reset: The values as they fit.
    """

    pointed = Signal(float)
    drag_started = Signal()
    ranged = Signal(float, float)
    panned = Signal(float)
    zoomed = Signal(float, float)
    stepped = Signal(int)
    stretched = Signal(float, float)
    shifted = Signal(float)
    reset = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.disableAutoRange()
        self.setMouseEnabled(False, False)

    def mouseClickEvent(self, ev: Any) -> None:
        """Go there; a double-click fits the values."""
        if ev.button() == _LEFT:
            ev.accept()
            if ev.double():
                self.reset.emit()
            elif ev.modifiers() & _SHIFT:
                place = self._place(ev.scenePos()).x()
                self.ranged.emit(place, place)
            else:
                self.pointed.emit(self._place(ev.scenePos()).x())

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """Scrub, mark a range, or move what is in view."""
        ev.accept()
        here, last = self._place(ev.scenePos()), self._place(ev.lastScenePos())
        if axis == 1:
            self.shifted.emit(last.y() - here.y())
        elif ev.button() != _LEFT or axis == 0:
            self.panned.emit(last.x() - here.x())
        elif ev.modifiers() & _SHIFT:
            self.ranged.emit(self._place(ev.buttonDownScenePos()).x(), here.x())
        else:
            if ev.isStart():
                self.drag_started.emit()
            self.pointed.emit(here.x())

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:
        """Zoom, move or step."""
        ev.accept()
        notches, at = ev.delta() / _NOTCH, self._place(ev.scenePos())
        sideways = ev.orientation() == Qt.Orientation.Horizontal
        if axis == 1:
            self.stretched.emit(_STEP**notches, at.y())
        elif ev.modifiers() & _ALT:
            self.stepped.emit(-round(notches) or (-1 if notches > 0 else 1))
        elif sideways or ev.modifiers() & _SHIFT:
            self.panned.emit(-notches * 0.1 * self.viewRect().width())
        else:
            self.zoomed.emit(_STEP**notches, at.x())

    def _place(self, point: Any) -> Any:
        """A point of the scene in frames and values."""
        return self.mapToView(self.mapFromScene(point))
