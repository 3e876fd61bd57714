"""Plots one below the other over the same frames. Imports pyqtgraph: made when plots are shown first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPen
from PySide6.QtWidgets import QWidget

from widgets.plot_values import Plot, PlotLine
from widgets.theme import colors
from widgets.units import format_time

HEIGHT = 132
"""Least height of a plot, px."""

_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_SIGNS = ("──", "– –", "····", "–·–")
_AXIS = 50
_LEAST_SPAN = 5.0
_MANY = 5000
"""Points from which on lines are drawn without smooth edges, which then take most of the time."""


class Chart(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Plots with one cursor and one range.

    Click or drag goes to a frame; Shift and drag sets the range; the wheel zooms; dragging with the middle or
    right button pans; a double click shows all.

    Signals:
        frame_requested: A frame.
        range_requested: First and last frame.
        x_changed: What is in view now, first and last, in frames, after the reviewer moved it.
    """

    frame_requested = Signal(int)
    range_requested = Signal(int, int)
    x_changed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Plots over frames")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.ci.layout.setContentsMargins(4, 4, 10, 4)
        self.ci.layout.setVerticalSpacing(2)
        self.plots: tuple[Plot, ...] = ()
        self._panes: list[_Pane] = []
        self._signature: tuple[Any, ...] = ()
        self._frame, self._count = 0, 1
        self._range: tuple[int, int] | None = None
        self._view: tuple[float, float] | None = None
        self._time_of: Callable[[int], float] | None = None

    @property
    def view_range(self) -> tuple[float, float]:
        """First and last place in view, frames."""
        return self._view or (-0.5, self._count - 0.5)

    def set_times(self, time_of: Callable[[int], float] | None) -> None:
        """What says when a frame is presented, s."""
        self._time_of = time_of

    def set_count(self, count: int) -> None:
        """How many frames there are."""
        if count != self._count:
            self._count = max(count, 1)
            self.look_at(*self.view_range)

    def set_plots(self, plots: Sequence[Plot]) -> None:
        """Show plots; the part in view stays."""
        self.plots = tuple(plots)
        signature = (colors(), *((plot.key, plot.threshold, *map(_look, plot.lines)) for plot in plots))
        if signature != self._signature:
            self._signature = signature
            self._build()
        for pane, plot in zip(self._panes, self.plots, strict=True):
            pane.set_plot(plot)
        self.set_frame(self._frame)
        self.look_at(*self.view_range)

    def set_frame(self, frame: int) -> None:
        """Move the cursor, and say the values there."""
        self._frame = frame
        for pane in self._panes:
            pane.set_frame(frame)

    def set_range(self, span: tuple[int, int] | None) -> None:
        """Show the range."""
        self._range = span
        for pane in self._panes:
            pane.set_range(span)

    def look_at(self, first: float, last: float) -> None:
        """Show a part, as far as there are frames."""
        span = min(max(last - first, _LEAST_SPAN), float(max(self._count, _LEAST_SPAN)))
        first = min(max(first, -0.5), max(self._count - 0.5 - span, -0.5))
        whole = span >= self._count
        self._view = None if whole else (first, first + span)
        for pane in self._panes:
            pane.box.setXRange(first, first + span, padding=0)

    def fit(self) -> None:
        """Show all frames."""
        self._move(-0.5, self._count - 0.5)

    def zoom(self, factor: float, at: float) -> None:
        """Magnify; the place `at` stays where it is."""
        first, last = self.view_range
        span = min(max((last - first) / factor, _LEAST_SPAN), float(self._count))
        share = (at - first) / (last - first)
        self._move(at - share * span, at + (1 - share) * span)

    def pan(self, frames: float) -> None:
        """Move the part in view."""
        first, last = self.view_range
        self._move(first + frames, last + frames)

    def tick_text(self, value: float) -> str:
        """A frame and its time, for the axis."""
        if value != round(value) or not 0 <= value < self._count:
            return ""
        time = "" if self._time_of is None else f"\n{format_time(self._time_of(int(value)))}"
        return f"{int(value)}{time}"

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus zoom around the cursor; other keys are the window's."""
        factor = {Qt.Key.Key_Plus: 1.5, Qt.Key.Key_Minus: 1 / 1.5}.get(Qt.Key(event.key()))
        if factor is None:
            event.ignore()
        else:
            self.zoom(factor, self._frame)

    def go_to(self, x: float) -> None:
        """Wish for the frame at a place."""
        self.frame_requested.emit(self._frame_at(x))

    def mark(self, start: float, end: float) -> None:
        """Wish for a range between two places."""
        first, last = sorted((self._frame_at(start), self._frame_at(end)))
        self.range_requested.emit(first, last)

    def _frame_at(self, x: float) -> int:
        return min(max(math.floor(x + 0.5), 0), self._count - 1)

    def _move(self, first: float, last: float) -> None:
        self.look_at(first, last)
        self.x_changed.emit(*self.view_range)

    def _build(self) -> None:
        self.clear()
        theme = colors()
        self.setBackground(theme.surface)
        self._panes = []
        people = dict.fromkeys((line.person, line.color) for plot in self.plots for line in plot.lines)
        names = "&nbsp;&nbsp; ".join(f'<span style="color:{_hex(c)}">■</span> {escape(n)}' for n, c in people)
        self.addLabel(f'<span style="color:{theme.text}">{names}</span>', row=0, col=0, justify="left")
        for row, plot in enumerate(self.plots):
            last = row == len(self.plots) - 1
            pane = _Pane(self, plot, last)
            self.addItem(pane.item, row=row + 1, col=0)
            pane.set_range(self._range)
            self._panes.append(pane)
        self.setMinimumHeight(HEIGHT * len(self.plots) + 50)


class _Pane:
    """One plot's items."""

    def __init__(self, chart: Chart, plot: Plot, last: bool) -> None:
        theme = colors()
        self.box = _Box(chart)
        axis = _FrameAxis(chart, last)
        self.item = pg.PlotItem(viewBox=self.box, axisItems={"bottom": axis})
        self.item.hideButtons()
        self.item.setMenuEnabled(False)
        self.item.showGrid(x=False, y=True, alpha=0.15)
        self.item.setTitle(" ", justify="left", size="9pt")
        for side in ("left", "bottom"):
            self.item.getAxis(side).setPen(theme.strong)
            self.item.getAxis(side).setTextPen(theme.muted)
        self.item.getAxis("left").setWidth(_AXIS)
        self.item.getAxis("left").enableAutoSIPrefix(False)
        self.box.setAutoVisible(y=True)
        self._plot = plot
        self._curves = [self._add(line) for line in plot.lines]
        self._cursor = pg.InfiniteLine(angle=90, movable=False, pen=pg.mkPen(theme.accent, width=1.5))
        self._region = pg.LinearRegionItem(
            movable=False, brush=_tinted(theme.accent, 38).color(), pen=_tinted(theme.accent, 110)
        )
        self._region.setZValue(-10)
        self._region.hide()
        self.item.addItem(self._region, ignoreBounds=True)
        self.item.addItem(self._cursor, ignoreBounds=True)
        if plot.threshold is not None:
            dashed = pg.mkPen(theme.warn, width=1.2, style=Qt.PenStyle.DashLine)
            self.item.addItem(pg.InfiniteLine(pos=plot.threshold, angle=0, pen=dashed))

    def set_plot(self, plot: Plot) -> None:
        """Show other values in the same lines."""
        self._plot = plot
        for curves, line in zip(self._curves, plot.lines, strict=True):
            for curve, (x, y) in zip(
                curves, (line.only_made(1), line.only_made(2), line.broken()), strict=True
            ):
                curve.setData(x, y, antialias=len(x) < _MANY)
            if len(line.x) >= _MANY:
                curves[-1].setPen(_plain_pen(line))
            else:
                curves[-1].setPen(_pen(line, _shade(line)))

    def set_frame(self, frame: int) -> None:
        """Move the cursor, and say what the first person's values are there."""
        self._cursor.setPos(frame)
        self.item.titleLabel.setText(self._title(frame))

    def set_range(self, span: tuple[int, int] | None) -> None:
        """Show the range."""
        self._region.setVisible(span is not None)
        if span is not None:
            self._region.setRegion((span[0] - 0.5, span[1] + 0.5))

    def _add(self, line: PlotLine) -> list[Any]:
        """Filled and smoothed parts lie under the line: a broad band, and a narrower one."""
        color = _shade(line)
        pens = (_tinted(color, 100, 8), _tinted(color, 80, 4), _pen(line, color))
        return [self._curve(pen) for pen in pens]

    def _curve(self, pen: QPen) -> Any:
        curve = pg.PlotDataItem(pen=pen, connect="finite")
        curve.setDownsampling(auto=True, method="peak")
        curve.opts["autoDownsampleFactor"] = 1.0  # two points a pixel; usual are ten, and paint for seconds
        curve.setClipToView(True)
        self.item.addItem(curve)
        return curve

    def _title(self, frame: int) -> str:
        theme, plot = colors(), self._plot
        unit = f" ({plot.unit})" if plot.unit else ""
        parts = [f'<b style="color:{theme.text}">{escape(plot.title)}{escape(unit)}</b>']
        first = [line for line in plot.lines if line.person == plot.lines[0].person]
        parts += [_said(line, frame, len(first) > 3) for line in first]
        if plot.threshold is not None:
            parts.append(f'<span style="color:{theme.warn}">– – {plot.threshold:g}</span>')
        if any((line.made == 1).any() for line in plot.lines):
            parts.append("▬ filled")
        if any((line.made == 2).any() for line in plot.lines):
            parts.append("▪ smoothed")
        return f'<span style="color:{theme.muted}">{"&nbsp; ".join(parts)}</span>'


class _Box(pg.ViewBox):  # type: ignore[misc]
    """A plot's inside: what the mouse does there."""

    def __init__(self, chart: Chart) -> None:
        super().__init__(enableMenu=False)
        self._chart = chart

    def mouseClickEvent(self, event: Any) -> None:
        """Go to the frame, or show all."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        event.accept()
        if event.double():
            self._chart.fit()
        else:
            self._chart.go_to(self._x(event.scenePos()))

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Go along, mark a range, or move the view."""
        event.accept()
        here, start = self._x(event.scenePos()), self._x(event.buttonDownScenePos())
        if event.button() != Qt.MouseButton.LeftButton:
            self._chart.pan(self._x(event.lastScenePos()) - here)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._chart.mark(start, here)
        else:
            self._chart.go_to(here)

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        """Zoom at the pointer; with Shift move."""
        event.accept()
        notches = event.delta() / 120
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            first, last = self._chart.view_range
            self._chart.pan(-notches * (last - first) / 10)
        else:
            self._chart.zoom(1.25**notches, self._x(event.scenePos()))

    def _x(self, place: QPointF) -> float:
        return float(self.mapSceneToView(place).x())


class _FrameAxis(pg.AxisItem):  # type: ignore[misc]
    """Frames, and below them their times."""

    def __init__(self, chart: Chart, labelled: bool) -> None:
        super().__init__("bottom")
        self._chart = chart
        self.enableAutoSIPrefix(False)
        self.setStyle(showValues=labelled, hideOverlappingLabels=True)
        self.setHeight(38 if labelled else 6)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, Any]]:  # noqa: N802
        """Whole frames at least 80 px apart: 1, 2 or 5 times a power of ten."""
        least = max((high - low) * 80 / max(size, 1.0), 1.0)
        power = 10 ** math.floor(math.log10(least))
        step = next(power * digit for digit in (1, 2, 5, 10) if power * digit >= least)
        return [(step, np.arange(math.ceil(low / step) * step, high, step))]

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:  # noqa: N802
        """Their texts."""
        return [self._chart.tick_text(float(value)) for value in values]


def _look(line: PlotLine) -> tuple[Any, ...]:
    return line.title, line.person, line.color, line.style


def _hex(color: tuple[int, int, int]) -> str:
    return QColor(*color).name()


def _shade(line: PlotLine) -> QColor:
    """Of more lines than there are styles, each further round is lighter or darker."""
    color = QColor(*line.color)
    turn = line.style // len(_STYLES)
    return color if not turn else color.lighter(150) if turn == 1 else color.darker(150)


def _pen(line: PlotLine, color: QColor) -> QPen:
    pen: QPen = pg.mkPen(color, width=1.6, style=_STYLES[line.style % len(_STYLES)])
    return pen


def _plain_pen(line: PlotLine) -> QPen:
    """A thin solid line, for very many points: to dash those takes seconds. Each line has a lightness instead."""
    pen: QPen = pg.mkPen(_shade(line).lighter(100 + 35 * (line.style % len(_STYLES))), width=1)
    return pen


def _tinted(color: QColor | str, alpha: int, width: float = 1.0) -> QPen:
    tint = QColor(color)
    tint.setAlpha(alpha)
    pen: QPen = pg.mkPen(tint, width=width)
    return pen


def _said(line: PlotLine, frame: int, short: bool) -> str:
    sign = f'<span style="color:{_shade(line).name()}">{_SIGNS[line.style % len(_SIGNS)]}</span>'
    value = line.value_at(frame)
    if short or value is None:
        return f"{sign} {escape(line.title)}"
    return f'{sign} {escape(line.title)} <span style="color:{colors().text}">{value:.4g}</span>'
