"""Every widget is tested in the dress it wears."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication

from widgets.theme import apply_theme


@pytest.fixture(autouse=True)
def _dressed(qapp):
    if not qapp.styleSheet():
        apply_theme(qapp, "dark")


class Shot:
    """What a widget looks like, asked in device-independent px, at whatever scale the screen has."""

    def __init__(self, widget) -> None:
        self.image = widget.grab().toImage()
        self.ratio = self.image.devicePixelRatio()

    def __call__(self, x: float, y: float) -> tuple[int, int, int]:
        """(R, G, B) in the middle of a device-independent pixel."""
        at = (int((x + 0.5) * self.ratio), int((y + 0.5) * self.ratio))
        return QColor(self.image.pixel(*at)).getRgb()[:3]


@pytest.fixture
def shot():
    """Looks at a widget."""
    return Shot


@pytest.fixture
def wheel():
    """Turns the wheel over a widget: positive is away from the person."""

    def turn(widget, at, notches, modifiers=Qt.KeyboardModifier.NoModifier, sideways=False):
        turned = round(120 * notches)
        delta = QPoint(turned, 0) if sideways else QPoint(0, turned)
        where = QPointF(*at)
        event = QWheelEvent(
            where,
            QPointF(widget.mapToGlobal(where.toPoint())),
            QPoint(),
            delta,
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    return turn
