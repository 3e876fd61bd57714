"""The colours a track may have."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QMenu, QWidget

from pipeline.palette import PALETTE
from pipeline.structures import Track
from widgets.theme import colors

_NAMES = ("Sky", "Orange", "Rose", "Violet", "Lime", "Plum", "Aqua", "Red", "Blue", "Green", "Sand", "Pink")


class ColorMenu(QMenu):
    """The twelve colours that can be told apart, with names for those who cannot see them.

    Signals:
        chosen: Track and (R, G, B) in 0..255.
    """

    chosen = Signal(int, tuple)

    def __init__(self, track: Track, parent: QWidget | None = None) -> None:
        super().__init__("Colour", parent)
        self._track_id = track.track_id
        for index, color in enumerate(PALETTE):
            name = _NAMES[index] if index < len(_NAMES) else f"Colour {index + 1}"
            action = QAction(_swatch(color, self.devicePixelRatioF()), name, self)
            action.setIconVisibleInMenu(True)
            action.setCheckable(True)
            action.setChecked(color == track.color)
            action.setData(color)
            action.triggered.connect(self._on_triggered)
            self.addAction(action)

    def _on_triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            red, green, blue = action.data()
            self.chosen.emit(self._track_id, (int(red), int(green), int(blue)))


def _swatch(color: tuple[int, int, int], ratio: float) -> QIcon:
    pixmap = QPixmap(round(16 * ratio), round(16 * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colors().strong), 1))
    painter.setBrush(QColor(*color))
    painter.drawRoundedRect(1, 1, 14, 14, 4, 4)
    painter.end()
    return QIcon(pixmap)
