"""Every widget is tested in the dress it wears."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from widgets.theme import apply_theme


@pytest.fixture(autouse=True)
def _dressed(qapp):
    if not qapp.styleSheet():
        apply_theme(qapp, "dark")


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
