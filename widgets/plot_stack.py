"""Plots under each other, over one axis of frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from widgets.plot_axes import LEFT
from widgets.plot_header import HEIGHT
from widgets.plot_row import PlotRow
from widgets.plot_values import Plot
from widgets.theme import colors
from widgets.values import Range

_LEAST = 118
"""Height of a plot with its title, px; what does not fit is scrolled to."""

_AXIS = 36
_FEWEST = 10.0
"""Frames that are in view at least."""


class PlotStack(pg.GraphicsLayoutWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Shows plots and tells what the mouse wishes.

    Signals:
        frame_requested: A frame to show.
        step_requested: Frames to go.
        drag_started: Somebody goes through the frames by hand.
        range_selected: First and last frame, both included.
        view_changed: Somebody moved or zoomed: the first frame in view, and how many.
        fit_requested: Everything is to be seen.
    """

    frame_requested = Signal(int)
    step_requested = Signal(int)
    drag_started = Signal()
    range_selected = Signal(int, int)
    view_changed = Signal(float, float)
    fit_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Plots")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.ci.layout.setSpacing(0)
        self.ci.layout.setContentsMargins(0, 0, 0, 0)
        self.ci.layout.setColumnMinimumWidth(0, 60)
        self.rows: list[PlotRow] = []
        self._spare: list[PlotRow] = []
        self._count = 0
        self._first, self._span = 0.0, 1.0
        self._frame = 0
        self._range: Range | None = None
        self._formatter: Callable[[int], str] = str
        self._dress()

    @property
    def plots(self) -> tuple[Plot, ...]:
        """What is shown, from top to bottom."""
        return tuple(row.plot for row in self.rows if row.plot is not None)

    @property
    def view(self) -> tuple[float, float]:
        """The first frame in view, and how many."""
        return self._first, self._span

    def row_of(self, key: str) -> PlotRow | None:
        """The plot of a curve."""
        return next((row for row in self.rows if row.plot is not None and row.plot.key == key), None)

    def set_plots(self, plots: tuple[Plot, ...]) -> None:
        """Show these, from top to bottom."""
        if len(plots) != len(self.rows):
            self._lay_out(len(plots))
        for row, plot in zip(self.rows, plots, strict=True):
            if row.plot is not None and row.plot.key != plot.key:
                row.fit_values()
            row.set_plot(plot)
            row.look_at(*self._edges(), self._columns())

    def _lay_out(self, count: int) -> None:
        self.ci.clear()
        self._spare += self.rows[count:]
        self.rows = self.rows[:count]
        while len(self.rows) < count:
            self.rows.append(self._spare.pop() if self._spare else self._new_row())
        for place, row in enumerate(self.rows):
            self.ci.addItem(row.header, 2 * place, 0)
            self.ci.addItem(row.item, 2 * place + 1, 0)
            row.frames.set_labelled(place == count - 1)
            row.set_frame(self._frame)
            row.set_range(self._range)
            row.dress()
        self.setMinimumHeight(_LEAST * count + _AXIS)
        self._share_height()

    def _share_height(self) -> None:
        """All plots are equally high; the lowest has the axis as well."""
        count = len(self.rows)
        inside = (self.height() - count * HEIGHT - _AXIS) / max(count, 1)
        for place, row in enumerate(self.rows):
            row.item.setFixedHeight(max(inside + (_AXIS if place == count - 1 else 0), 24))

    def _new_row(self) -> PlotRow:
        row = PlotRow(self._say_time)
        box = row.box
        box.pointed.connect(self._on_pointed)
        box.drag_started.connect(self.drag_started)
        box.ranged.connect(self._on_ranged)
        box.panned.connect(lambda by: self._wish(self._first + by, self._span))
        box.zoomed.connect(self.zoom)
        box.stepped.connect(self.step_requested)
        return row

    def _say_time(self, frame: int) -> str:
        return self._formatter(frame)

    # what is in view

    def set_count(self, count: int) -> None:
        """How many frames the video has; a view of everything stays one of everything."""
        whole = self._span >= self._count
        self._count = count
        self.look_at(0.0, float(count)) if whole else self.look_at(self._first, self._span)

    def look_at(self, first: float, span: float) -> None:
        """Show `span` frames from `first`, as far as the video allows."""
        longest = float(max(self._count, 1))
        self._span = min(max(span, _FEWEST), longest)
        self._first = min(max(first, 0.0), longest - self._span)
        self._redraw()

    def fit(self) -> None:
        """Show all frames, and all values."""
        for row in self.rows:
            row.fit_values()
        self._wish(0.0, float(self._count))

    def zoom(self, factor: float, at: float) -> None:
        """Magnify by `factor`; the frame `at` stays where it is."""
        span = min(max(self._span / factor, _FEWEST), float(max(self._count, 1)))
        self._wish(at + 0.5 - (at + 0.5 - self._first) * span / self._span, span)

    def _wish(self, first: float, span: float) -> None:
        self.look_at(first, span)
        self.view_changed.emit(self._first, self._span)

    def _edges(self) -> tuple[float, float]:
        """Frame f is drawn at f, and covers half a frame to each side."""
        return self._first - 0.5, self._first + self._span - 0.5

    def _columns(self) -> int:
        """Px in which lines are drawn, of the screen."""
        return max(int((self.width() - LEFT) * self.devicePixelRatioF()), 16)

    def _redraw(self) -> None:
        for row in self.rows:
            row.look_at(*self._edges(), self._columns())

    def resizeEvent(self, ev: QResizeEvent | None) -> None:
        """More or fewer px."""
        super().resizeEvent(ev)
        if ev is not None and hasattr(self, "rows"):  # pyqtgraph's own constructor resizes as well
            self._share_height()
            if ev.oldSize().width() != ev.size().width():
                self._redraw()

    # where one is

    def set_frame(self, frame: int) -> None:
        """The current frame; the view follows when it leaves it."""
        if frame == self._frame:
            return
        self._frame = frame
        for row in self.rows:
            row.set_frame(frame)
        if not self._first <= frame <= self._first + self._span - 1:
            lead = 0.1 if frame > self._first else 0.9
            self.look_at(frame - self._span * lead, self._span)

    def set_range(self, chosen: Range | None) -> None:
        """The range that is chosen."""
        self._range = chosen
        for row in self.rows:
            row.set_range(chosen)

    def set_time_formatter(self, formatter: Callable[[int], str]) -> None:
        """How to say the time of a frame."""
        self._formatter = formatter
        for row in self.rows:
            row.frames.picture = None
            row.frames.update()

    def _frame_at(self, place: float) -> int:
        return min(max(round(place), 0), max(self._count - 1, 0))

    def _on_pointed(self, place: float) -> None:
        if self._count:
            self.frame_requested.emit(self._frame_at(place))

    def _on_ranged(self, one: float, other: float) -> None:
        if self._count:
            first, last = sorted((self._frame_at(one), self._frame_at(other)))
            self.range_selected.emit(first, last)

    # looks and keys

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Plus and minus zoom, 0 shows everything."""
        deeds: dict[int, Callable[[], Any]] = {
            Qt.Key.Key_Plus: lambda: self.zoom(1.5, self._frame),
            Qt.Key.Key_Equal: lambda: self.zoom(1.5, self._frame),
            Qt.Key.Key_Minus: lambda: self.zoom(1 / 1.5, self._frame),
            Qt.Key.Key_0: self.fit_requested.emit,
        }
        if (deed := deeds.get(ev.key())) is not None:
            deed()
        else:
            ev.ignore()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: other colours."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "rows"):
            self._dress()

    def _dress(self) -> None:
        self.setBackground(QColor(colors().surface))
        for row in self.rows:
            row.dress()

    def sizeHint(self) -> QSize:
        """Room for three plots."""
        return QSize(320, 3 * _LEAST)
