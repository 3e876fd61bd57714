"""Keys painted as they look on a keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeySequence, QPainter, QPen

from widgets.theme import colors

CAP_HEIGHT = 20
_GAP, _AROUND = 4, 6


def canonical_keys(keys: Iterable[str]) -> tuple[str, ...]:
    """Keys spelt one way on every platform, each once, without those that are none."""
    plain = QKeySequence.SequenceFormat.PortableText
    spelt = (QKeySequence(key).toString(plain) for key in keys)
    return tuple(dict.fromkeys(key for key in spelt if key))


def native_keys(keys: Sequence[str]) -> tuple[str, ...]:
    """Keys such as "Ctrl+K" as this platform calls them."""
    native = QKeySequence.SequenceFormat.NativeText
    return tuple(QKeySequence(key).toString(native) for key in keys)


def caps_width(metrics: QFontMetrics, keys: Sequence[str]) -> int:
    """How much room keys take, px."""
    return sum(metrics.horizontalAdvance(key) + 2 * _AROUND for key in keys) + _GAP * max(len(keys) - 1, 0)


def paint_caps(painter: QPainter, right: int, middle: int, keys: Sequence[str], *, dim: bool = False) -> int:
    """Paint keys, the last one ending at `right`, around the height `middle`.

    Returns:
        Where the first begins, px.
    """
    theme, metrics = colors(), painter.fontMetrics()
    left = right - caps_width(metrics, keys)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    x = left
    for key in keys:
        width = metrics.horizontalAdvance(key) + 2 * _AROUND
        cap = QRectF(x + 0.5, middle - CAP_HEIGHT / 2 + 0.5, width - 1, CAP_HEIGHT - 1)
        painter.setPen(QPen(QColor(theme.border if dim else theme.strong), 1.0))
        painter.setBrush(QColor(theme.surface if dim else theme.raised))
        painter.drawRoundedRect(cap, 4, 4)
        painter.setPen(QColor(theme.faint if dim else theme.text))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
        x += width + _GAP
    painter.restore()
    return left
