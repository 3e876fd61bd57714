"""How lines of plots look: whose they are by colour, which they are by dashes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from widgets.theme import colors
from widgets.values import Color

WIDTH = 1.5
"""Of a line, device-independent px."""

_DASHES: tuple[tuple[float, ...], ...] = ((), (4.0, 2.5), (1.0, 2.0), (6.0, 2.0, 1.0, 2.0))
_LEAST_CONTRAST = 2.6
"""Against the ground. Text needs 4.5 and large shapes 3; a line keeps its hue best a little below."""


def line_pen(color: Color, line: int, width: float = WIDTH) -> QPen:
    """The pen of a person's n-th line: solid, dashed, dotted, dash-dotted, then the same in paler colours."""
    shade = legible(QColor(*color))
    for _ in range(line // len(_DASHES)):
        shade = _mixed(shade, QColor(colors().muted), 0.45)
    pen = QPen(shade, width)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    if dashes := _DASHES[line % len(_DASHES)]:
        pen.setDashPattern([dash * 1.5 / width for dash in dashes])
    return pen


def legible(color: QColor) -> QColor:
    """The colour, moved towards the text's as far as it takes to be seen on the panel."""
    ground, text = QColor(colors().surface), QColor(colors().text)
    for share in range(9):
        mixed = _mixed(color, text, share / 10)
        if contrast(mixed, ground) >= _LEAST_CONTRAST:
            return mixed
    return text


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: QColor) -> float:
    parts = (color.redF(), color.greenF(), color.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mixed(one: QColor, other: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        *(
            a + (b - a) * share
            for a, b in zip(one.getRgbF()[:3], other.getRgbF()[:3], strict=True)  # type: ignore[index]
        )
    )
