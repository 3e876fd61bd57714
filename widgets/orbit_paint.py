"""What is written over a 3D view: which way the axes point, how large a square of the floor is, why it is empty."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from pipeline.structures import Float
from widgets.theme import colored_pixmap, colors

AXES = (("x", "bad"), ("y", "good"), ("z", "accent"))
"""Letter, and role in the theme."""

_LENGTH = 26.0
_INSET = 44.0
_ICON = 40
_TEXT_PX = 12


def paint_axes(painter: QPainter, area: QRect, directions: Float) -> None:
    """Axes in the lower right corner, the one that points away first.

    Args:
        painter: On the view.
        area: Of the view.
        directions: (3, 3), each row where an axis points in the view: right, down, forward.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(_font(painter, _TEXT_PX, bold=True))
    origin = QPointF(area.right() - _INSET, area.bottom() - _INSET)
    for axis in np.argsort(-directions[:, 2]).tolist():
        letter, role = AXES[axis]
        _paint_axis(painter, origin, directions[axis], letter, QColor(getattr(colors(), role)))
    painter.restore()


def _paint_axis(painter: QPainter, origin: QPointF, direction: Float, letter: str, color: QColor) -> None:
    across, down = (float(part) for part in direction[:2])
    painter.setPen(QPen(color, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(origin, origin + QPointF(across, down) * _LENGTH)
    # An axis that points at the looker has its letter beside the origin.
    end = origin + QPointF(across, down) * (_LENGTH + 9)
    painter.drawText(QRectF(end.x() - 8, end.y() - 8, 16, 16), Qt.AlignmentFlag.AlignCenter, letter)


def paint_note(painter: QPainter, area: QRect, text: str) -> None:
    """A quiet line in the lower left corner, shortened where there is no room."""
    painter.save()
    font = _font(painter, _TEXT_PX)
    painter.setFont(font)
    painter.setPen(QColor(colors().muted))
    room = QRectF(area.left() + 10, area.bottom() - 26, area.width() - 2 * _INSET - 30, 18)
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    ground = QColor(colors().canvas)
    ground.setAlpha(190)  # lines of the floor run below it
    painter.fillRect(room.adjusted(-4, -1, metrics.horizontalAdvance(shown) - room.width() + 4, 1), ground)
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
    painter.restore()


def paint_empty(painter: QPainter, area: QRect, text: str) -> None:
    """An icon and what to do, in the middle; the first line stands out, long lines are wrapped."""
    theme, flags = colors(), Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    lines = text.splitlines()
    room = QRectF(area).adjusted(16, 8, -16, -8)
    fonts = [_font(painter, 16 if row == 0 else 13) for row in range(len(lines))]
    heights = [
        QFontMetricsF(font).boundingRect(room, int(flags), line).height() + 4
        for font, line in zip(fonts, lines, strict=True)
    ]
    top = max(room.center().y() - (_ICON + 14 + sum(heights)) / 2, room.top())
    device = painter.device()
    ratio = device.devicePixelRatio() if device is not None else 1.0
    icon = colored_pixmap("view-front", theme.faint, _ICON, ratio)
    painter.drawPixmap(QPointF(room.center().x() - _ICON / 2, top), icon)
    top += _ICON + 14
    for row, (line, font, height) in enumerate(zip(lines, fonts, heights, strict=True)):
        painter.setFont(font)
        painter.setPen(QColor(theme.text if row == 0 else theme.muted))
        painter.drawText(QRectF(room.left(), top, room.width(), height), int(flags), line)
        top += height


def _font(painter: QPainter, size: int, bold: bool = False) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(size)
    font.setBold(bold)
    return font
