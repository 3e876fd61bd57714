"""People as small chips with the number and the colour of their track."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap

from widgets.problem_values import Chip

CHIP = 17
"""Width of a chip with its distance to the next, px."""

HEIGHT = 16
_DIGITS = 2


@lru_cache(maxsize=512)
def chips_icon(chips: tuple[Chip, ...]) -> QIcon:
    """All chips beside one another."""
    icon = QIcon()
    for scale in (1.0, 2.0):
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # or Qt tints it
            icon.addPixmap(_pixmap(chips, scale), mode)
    return icon


def _pixmap(chips: tuple[Chip, ...], scale: float) -> QPixmap:
    pixmap = QPixmap(round(CHIP * len(chips) * scale), round(HEIGHT * scale))
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for place, (track, color) in enumerate(chips):
        _paint(painter, QRectF(CHIP * place, 1, CHIP - 2, HEIGHT - 2), track, QColor(*color))
    painter.end()
    return pixmap


def _paint(painter: QPainter, room: QRectF, track: int, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(room, 3, 3)
    font = QFont(painter.font())
    text = str(track)
    font.setPixelSize(11 if len(text) < _DIGITS else 9 if len(text) == _DIGITS else 7)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    # Relative luminance by the primaries' weights of Rec. 709.
    light = 0.2126 * color.redF() + 0.7152 * color.greenF() + 0.0722 * color.blueF() > 0.45
    painter.setPen(QColor("#000000" if light else "#ffffff"))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
