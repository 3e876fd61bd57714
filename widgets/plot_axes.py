"""The axes of the plots: frames with their times below, values at the left."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont

from widgets.theme import colors

LEFT = 46
"""Room for values left of the plots, device-independent px: the same for all, so that frames are under each other."""

_BOTTOM = 36
_ROOM = 76.0
"""Px between two labelled frames."""


class FrameAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Frame numbers, and under each its time."""

    def __init__(self, formatter: Callable[[int], str]) -> None:
        super().__init__("bottom")
        self.formatter = formatter
        self.enableAutoSIPrefix(False)
        self.setStyle(tickLength=-4, tickTextOffset=4, autoExpandTextSpace=False)
        self.dress()

    def dress(self) -> None:
        """Take the theme's colours."""
        _dress(self)

    def set_labelled(self, labelled: bool) -> None:
        """Show the numbers; only the lowest plot has them."""
        self.setStyle(showValues=labelled)
        self.setHeight(_BOTTOM if labelled else 3)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N802, N803 - pyqtgraph's
        """Whole frames, 1, 2 or 5 times a power of ten apart."""
        step = frame_step(maxVal - minVal, size)
        first = math.ceil(minVal / step)
        return [(step, [step * k for k in range(max(first, 0), math.floor(maxVal / step) + 1)])]

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """With room for half a label beyond either end: the first frame has one, too."""
        whole: QRectF = super().boundingRect()
        return whole.adjusted(-30, 0, 30, 0)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 - pyqtgraph's
        """The frame above, the time below."""
        return [f"{round(value)}\n{self.formatter(round(value))}" for value in values]


class ValueAxis(pg.AxisItem):  # type: ignore[misc]
    """Values; few, and never with a prefix: the unit is in the title."""

    def __init__(self) -> None:
        super().__init__("left")
        self.enableAutoSIPrefix(False)
        self.setStyle(tickLength=-4, tickTextOffset=6, autoExpandTextSpace=False)
        self.setStyle(maxTickLevel=0)
        self.setWidth(LEFT)
        self.dress()

    def dress(self) -> None:
        """Take the theme's colours."""
        _dress(self)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """With room for half a label beyond either end."""
        whole: QRectF = super().boundingRect()
        return whole.adjusted(0, -6, 0, 6)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N802, N803 - pyqtgraph's
        """Round values, three or four of them."""
        step = value_step(maxVal - minVal, size)
        first, last = math.ceil(minVal / step - 1e-9), math.floor(maxVal / step + 1e-9)
        return [(step, [step * k for k in range(first, last + 1)])]


def _dress(axis: Any) -> None:
    theme = colors()
    font = QFont()
    font.setPixelSize(11)
    axis.setTickFont(font)
    axis.setPen(QColor(theme.strong))
    axis.setTextPen(QColor(theme.muted))
    axis.setTickPen(QColor(theme.strong))


def frame_step(frames: float, size: float) -> int:
    """Frames between labels so that they do not touch on an axis of `size` px."""
    least = max(frames * _ROOM / max(size, 1.0), 1.0)
    power: int = 10 ** int(math.log10(least))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= least)


def value_step(values: float, size: float) -> float:
    """Distance of labels on an axis of `size` px: 1, 2 or 5 times a power of ten."""
    least = max(values, 1e-12) / min(max(size / 26.0, 3.0), 4.0)
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= least * (1 - 1e-9))
