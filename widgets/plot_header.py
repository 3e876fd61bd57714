"""The line over a plot: what it shows, what its dashes mean, and the values at the current frame."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from widgets.plot_style import legible, line_pen
from widgets.plot_values import Plot
from widgets.theme import colors, tabular
from widgets.values import Color

HEIGHT = 22
_MARGIN, _SAMPLE = 8.0, 20.0
_MOST_READINGS = 8  # more could not be told apart
_VCENTER = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Reading:
    """A value at the current frame.

    Attributes:
        text: The number, or a dash.
        color: The person's.
    """

    text: str
    color: Color


class PlotHeader(pg.GraphicsWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Title, unit, samples of the lines; at the right the values, as many as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._plot: Plot | None = None
        self._readings: tuple[Reading, ...] = ()
        self.setFixedHeight(HEIGHT)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The values that are said."""
        return self._readings

    def set_plot(self, plot: Plot) -> None:
        """What the plot shows."""
        self._plot = plot
        unit = f" ({plot.unit})" if plot.unit else ""
        self.setToolTip(f"{plot.title}{unit}\n{plot.meaning}".strip())
        self.update()

    def set_readings(self, readings: tuple[Reading, ...]) -> None:
        """The values at the current frame, person by person, line by line."""
        if readings != self._readings:
            self._readings = readings
            self.update()

    def sizeHint(self, which: Qt.SizeHint, constraint: QSizeF | None = None) -> QSizeF:
        """As wide as the plot, and one line high."""
        del constraint
        return QSizeF(100 if which != Qt.SizeHint.MaximumSize else 1e6, HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """From the left title, unit and samples; from the right the values."""
        if self._plot is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = self._paint_title(painter, self._plot)
        right = self._paint_readings(painter, left)
        if len(self._plot.lines) > 1:
            self._paint_samples(painter, self._plot, left, right)

    def _paint_title(self, painter: QPainter, plot: Plot) -> float:
        x = _MARGIN
        for text, color, bold in ((plot.title, colors().text, True), (plot.unit, colors().muted, False)):
            x = self._write(painter, text, x, color, bold) + 5 if text else x
        return x

    def _paint_samples(self, painter: QPainter, plot: Plot, left: float, right: float) -> None:
        """A piece of each line with its name, in the first person's colour."""
        color = plot.people[0].color if plot.people else (128, 128, 128)
        font, middle, x = _font(), HEIGHT / 2, left + 6
        for line, name in enumerate(plot.lines):
            width = _SAMPLE + 4 + QFontMetricsF(font).horizontalAdvance(name)
            if x + width > right - 4:
                return
            painter.setPen(line_pen(color, line))
            painter.drawLine(QPointF(x, middle), QPointF(x + _SAMPLE, middle))
            x = self._write(painter, name, x + _SAMPLE + 4, colors().muted, False) + 9

    def _paint_readings(self, painter: QPainter, left: float) -> float:
        font = _font()
        x: float = self.size().width() - _MARGIN
        if len(self._readings) > _MOST_READINGS:
            return x
        for reading in reversed(self._readings):
            width = QFontMetricsF(font).horizontalAdvance(reading.text)
            if x - width < left:
                break
            self._write(painter, reading.text, x - width, legible(QColor(*reading.color)).name(), False)
            x -= width + 8
        return x

    def _write(self, painter: QPainter, text: str, x: float, color: str, bold: bool) -> float:
        """Write a text; returns where it ends."""
        font = _font(bold)
        width = QFontMetricsF(font).horizontalAdvance(text)
        painter.setFont(font)
        painter.setPen(QColor(color))
        painter.drawText(QRectF(x, 0, width + 4, HEIGHT), _VCENTER, text)
        return x + width


def _font(bold: bool = False) -> QFont:
    font = tabular(QFont())
    font.setPixelSize(12)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font
