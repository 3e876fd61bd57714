"""What is written over the picture's area: the empty state, badges, the frame shown while dropping."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from widgets.theme import colored_pixmap, colors

_ICON = 48
_SPACE = 16


def paint_message(painter: QPainter, area: QRect, text: str) -> None:
    """An icon and the message in the middle; its first line stands out, the others are quiet."""
    if not text:
        return
    lines, theme = text.splitlines(), colors()
    heights = [26.0 if row == 0 else 22.0 for row in range(len(lines))]
    top = area.center().y() - (_ICON + _SPACE + sum(heights)) / 2
    device = painter.device()
    ratio = device.devicePixelRatio() if device is not None else 1.0
    painter.drawPixmap(
        QPointF(area.center().x() - _ICON / 2, top), colored_pixmap("film", theme.faint, _ICON, ratio)
    )
    top += _ICON + _SPACE
    for row, (line, height) in enumerate(zip(lines, heights, strict=True)):
        font = QFont(painter.font())
        font.setPixelSize(16 if row == 0 else 13)
        painter.setFont(font)
        painter.setPen(QColor(theme.text if row == 0 else theme.muted))
        painter.drawText(QRectF(area.left(), top, area.width(), height), Qt.AlignmentFlag.AlignCenter, line)
        top += height


def paint_badge(painter: QPainter, area: QRect, text: str) -> None:
    """A small sign in the upper right corner, readable on any picture."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    width = QFontMetricsF(font).horizontalAdvance(text) + 20
    box = QRectF(area.right() - width - 11, 12, width, 24)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 165))
    painter.drawRoundedRect(box, 12, 12)
    painter.setPen(QColor(255, 255, 255, 235))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def paint_drop_frame(painter: QPainter, area: QRect, inset: int = 8) -> None:
    """A dashed frame, `inset` px inside the area: what one holds can be dropped here."""
    accent = QColor(colors().accent)
    wash = QColor(accent)
    wash.setAlpha(28)
    painter.fillRect(area, wash)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(accent, 2, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(QRectF(area).adjusted(inset, inset, -inset, -inset), 8, 8)
