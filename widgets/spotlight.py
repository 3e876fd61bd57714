"""Darkens a window but for one part of it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from widgets.theme import colors

_DARKNESS = 150
_ROUND = 8.0


class Spotlight(QWidget):
    """Lies over its parent and lets every click through, so that what it shows can be tried at once."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Part of the window that is explained")
        self._hole = QRect()

    @property
    def hole(self) -> QRect:
        """The part that stays bright, px of the parent; empty if there is none."""
        return self._hole

    def show_part(self, hole: QRect) -> None:
        """Cover the parent but for a part of it; with an empty part nothing is darkened."""
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        self._hole = hole
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The shade, and a ring around the part."""
        if self._hole.isEmpty():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bright = QRectF(self._hole).adjusted(1.5, 1.5, -1.5, -1.5)
        shade = QPainterPath()
        shade.addRect(QRectF(self.rect()))
        shade.addRoundedRect(bright, _ROUND, _ROUND)
        painter.fillPath(shade, QColor(0, 0, 0, _DARKNESS))
        painter.setPen(QPen(QColor(colors().accent), 3.0))
        painter.drawRoundedRect(bright, _ROUND, _ROUND)
        painter.end()
