"""One plot of the stack: lines, marks, threshold, cursor and range."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPen

from widgets.plot_axes import FrameAxis, ValueAxis
from widgets.plot_box import PlotBox
from widgets.plot_header import PlotHeader, Reading
from widgets.plot_style import WIDTH, legible, line_pen
from widgets.plot_thin import Stroke, alone, part_of, spaced, span_of, stroke_of, thinned
from widgets.plot_values import FILLED, SMOOTHED, Plot
from widgets.theme import colors
from widgets.values import Color, Range

_ROOM = 0.08
"""Share of the values' span left free above and below."""

_MARKS_APART = 9.0
_SYMBOLS = {FILLED: "o", SMOOTHED: "d"}


class Strand:
    """One line of one person, with its marks."""

    def __init__(self, color: Color, line: int) -> None:
        self.color, self.line = color, line
        self.stroke = Stroke(*(np.zeros(0, kind) for kind in (float, float, bool, np.uint8)))
        self.seen = self.stroke
        self.curve = pg.PlotCurveItem(antialias=True)
        self.marks = pg.ScatterPlotItem(pxMode=True, antialias=True)
        for item in (self.curve, self.marks):  # or every move of the cursor would stroke all lines again
            item.setCacheMode(pg.GraphicsObject.CacheMode.DeviceCoordinateCache)
        self.marks.setZValue(2)
        self._view = 0.0, 1.0, 1

    def dress(self) -> None:
        """Take the theme's colours."""
        self._dress_curve()
        self._draw_marks()

    def _dress_curve(self) -> None:
        """With a point for each px, thin and without smoothing: nobody sees it, and it takes a fiftieth of the time."""
        dense = len(self.seen.x) > self._view[2]
        self.curve.opts["antialias"] = not dense
        self.curve.setPen(line_pen(self.color, self.line, 1.0 if dense else WIDTH))

    def look_at(self, first: float, last: float, columns: int) -> None:
        """Draw what is in view, in so many columns of px."""
        self._view = first, last, columns
        self.seen = thinned(part_of(self.stroke, first, last), columns)
        joined = np.append(self.seen.joined[1:], [False])[: len(self.seen.x)]
        self.curve.setData(self.seen.x, self.seen.y, connect=joined.astype(np.int32))
        self._dress_curve()
        self._draw_marks()

    def _draw_marks(self) -> None:
        """Rings where a layer filled somebody in, diamonds where it smoothed; dots for frames on their own."""
        first, last, columns = self._view
        apart = (last - first) * _MARKS_APART / max(columns, 1)
        pen, ground = _pen(legible(QColor(*self.color)), 1.4), QColor(colors().surface)
        spots = [
            {
                "pos": (x, y),
                "symbol": _SYMBOLS.get(code, "o"),
                "size": 6 if code else 3.5,
                "pen": pen,
                "brush": brush,
            }
            for x, y, code, brush in self._marked(apart, ground, pen.color())
        ]
        self.marks.setData(spots)

    def _marked(
        self, apart: float, ground: QColor, color: QColor
    ) -> Iterator[tuple[float, float, int, QBrush]]:
        seen, single = self.seen, alone(self.seen)
        for code, chosen, fill in (
            (FILLED, seen.made == FILLED, ground),
            (SMOOTHED, seen.made == SMOOTHED, ground),
            (0, single & (seen.made == 0), color),
        ):
            for row in spaced(seen.x, chosen, apart).tolist():
                yield float(seen.x[row]), float(seen.y[row]), code, QBrush(fill)

    def value_at(self, frame: int) -> float:
        """The value of a frame; NaN if there is none."""
        row = int(np.searchsorted(self.stroke.x, frame))
        return (
            float(self.stroke.y[row]) if row < len(self.stroke.x) and self.stroke.x[row] == frame else np.nan
        )


class PlotRow:
    """What stands under one title. The stack decides what is in view."""

    def __init__(self, formatter: Callable[[int], str]) -> None:
        self.header = PlotHeader()
        self.box = PlotBox()
        self.frames, self.values = FrameAxis(formatter), ValueAxis()
        self.item = pg.PlotItem(viewBox=self.box, axisItems={"bottom": self.frames, "left": self.values})
        self.item.hideButtons()
        self.item.setMenuEnabled(False)
        self.item.setContentsMargins(0, 0, 8, 0)
        self.cursor = pg.InfiniteLine(angle=90, movable=False)
        self.region, self.highlight = (pg.LinearRegionItem(movable=False) for _ in range(2))
        self.limit = pg.InfiniteLine(angle=0, movable=False)
        for z, item in ((20, self.cursor), (-10, self.region), (-9, self.highlight), (5, self.limit)):
            item.setZValue(z)
            self.box.addItem(item, ignoreBounds=True)
        for item in (self.region, self.highlight, self.limit):
            item.hide()
        self.plot: Plot | None = None
        self.strands: list[Strand] = []
        self._stretch: tuple[float, float] | None = None  # values in view, if somebody chose them
        self._frame = 0
        self._connect()

    def _connect(self) -> None:
        self.box.stretched.connect(self._on_stretched)
        self.box.shifted.connect(self._on_shifted)
        self.box.reset.connect(self.fit_values)

    def set_plot(self, plot: Plot) -> None:
        """What is shown. It is drawn with the next `look_at`."""
        self.plot = plot
        self.header.set_plot(plot)
        wanted = [(person, line) for person in plot.people for line in range(len(plot.lines))]
        while len(self.strands) > len(wanted):
            self._remove(self.strands.pop())
        for place, (person, line) in enumerate(wanted):
            if place == len(self.strands):
                self._add(Strand(person.color, line))
            strand = self.strands[place]
            strand.color, strand.line, strand.stroke = person.color, line, stroke_of(person, line)
        self.limit.setVisible(plot.threshold == plot.threshold)
        if plot.threshold == plot.threshold:
            self.limit.setValue(plot.threshold)
        _set_span(self.highlight, plot.span)
        self._tell_values()

    def _add(self, strand: Strand) -> None:
        self.box.addItem(strand.curve, ignoreBounds=True)
        self.box.addItem(strand.marks, ignoreBounds=True)
        self.strands.append(strand)

    def _remove(self, strand: Strand) -> None:
        self.box.removeItem(strand.curve)
        self.box.removeItem(strand.marks)

    # what is in view

    def look_at(self, first: float, last: float, columns: int) -> None:
        """Show the frames between two places."""
        self.box.setXRange(first, last, padding=0)
        for strand in self.strands:
            strand.look_at(first, last, columns)
        self._show_values()

    def fit_values(self) -> None:
        """Show all values of the frames in view, whatever was chosen."""
        self._stretch = None
        self._show_values()

    def _show_values(self) -> None:
        low, high = self._stretch or self._span()
        self.box.setYRange(low, high, padding=0)

    def _span(self) -> tuple[float, float]:
        plot = self.plot
        others = (plot.floor, plot.threshold) if plot is not None else ()
        low, high = span_of([strand.seen for strand in self.strands], others) or (0.0, 1.0)
        decimals = plot.decimals if plot is not None else 1
        room = max((high - low) * _ROOM, 10.0**-decimals)  # the noise of something still is not blown up
        return low - room, high + room

    def _on_stretched(self, factor: float, at: float) -> None:
        low, high = self.box.viewRange()[1]
        self._stretch = at - (at - low) / factor, at + (high - at) / factor
        self._show_values()

    def _on_shifted(self, by: float) -> None:
        low, high = self.box.viewRange()[1]
        self._stretch = low + by, high + by
        self._show_values()

    # where one is

    def set_frame(self, frame: int) -> None:
        """The current frame."""
        self._frame = frame
        self.cursor.setValue(frame)
        self._tell_values()

    def set_range(self, chosen: Range | None) -> None:
        """The range that is chosen."""
        _set_span(self.region, chosen)

    def _tell_values(self) -> None:
        if (plot := self.plot) is not None:
            self.header.set_readings(
                tuple(Reading(plot.text(one.value_at(self._frame)), one.color) for one in self.strands)
            )

    # looks

    def dress(self) -> None:
        """Take the theme's colours."""
        theme = colors()
        self.frames.dress()
        self.values.dress()
        self.item.showGrid(x=True, y=True, alpha=0.22)
        self.cursor.setPen(_pen(QColor(theme.text), 1.2))
        self.limit.setPen(_pen(QColor(theme.bad), 1.2, Qt.PenStyle.DashLine))
        _dress_region(self.region, QColor(theme.accent), 45)
        _dress_region(self.highlight, QColor(theme.bad), 40)
        for strand in self.strands:
            strand.dress()
        self.header.update()


def _set_span(region: pg.LinearRegionItem, span: Range | None) -> None:
    region.setVisible(span is not None)
    if span is not None:
        region.setRegion((span[0] - 0.5, span[1] + 0.5))


def _dress_region(region: pg.LinearRegionItem, color: QColor, alpha: int) -> None:
    wash = QColor(color)
    wash.setAlpha(alpha)
    region.setBrush(QBrush(wash))
    for line in region.lines:
        line.setPen(_pen(color, 1))


def _pen(color: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen whose width is px, whatever the scale of what it draws."""
    pen = QPen(color, width, style)
    pen.setCosmetic(True)
    return pen
