"""Plots as they are drawn and written, from numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.plot_choices import signal_of
from pipeline.curves.table import Column
from pipeline.curves.values import BY_KEY, Curve, Series, Wish, joined_to_previous
from pipeline.palette import NO_TRACK
from pipeline.problems.values import Signal
from pipeline.structures import Float, Int, Track
from widgets.plot_values import Plot, PlotPerson
from widgets.values import Range


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """Everything that may be plotted now.

    Attributes:
        people: Who is shown, the selected person first.
        choices: What exactly, by key of each curve.
        curves: By track and curve.
        signals: By signal's key and track, 0 for what is the frame's.
        threshold_of: From where on a signal is a problem.
    """

    people: Sequence[Track]
    choices: Mapping[str, str]
    curves: Mapping[tuple[int, Wish], Series]
    signals: Mapping[tuple[str, int], Series]
    threshold_of: Callable[[str], float]

    def plot(self, key: str, span: Range | None = None) -> Plot:
        """A plot of a curve or a signal, with some frames highlighted."""
        signal = signal_of(key)
        if signal is not None:
            return self._plot_of_signal(key, signal, span)
        curve, choice = BY_KEY[key], self.choices.get(key, "")
        return Plot(
            key,
            curve.title_of(choice),
            curve.unit_of(choice),
            curve.lines_of(choice),
            self._people(self.series(key), len(curve.lines_of(choice))),
            curve.meaning,
            _decimals(curve, choice),
            curve.floor,
            span=span,
        )

    def _plot_of_signal(self, key: str, signal: Signal, span: Range | None) -> Plot:
        return Plot(
            key,
            signal.title,
            signal.unit,
            ("",),
            self._people(self.series(key), 1),
            signal.meaning,
            signal.decimals,
            signal.best,
            self.threshold_of(signal.key),
            span,
        )

    def series(self, key: str) -> tuple[Series, ...]:
        """The numbers of a plot, person by person, as far as they are there."""
        signal = signal_of(key)
        if signal is not None:
            tracks = [one.track_id for one in self.people] if signal.per_track else [0]
            found = [self.signals.get((signal.key, track)) for track in tracks]
        else:
            wish = Wish(key, self.choices.get(key, ""))
            found = [self.curves.get((one.track_id, wish)) for one in self.people]
        return tuple(one for one in found if one is not None)

    def column(self, key: str) -> Column:
        """The same for a table."""
        plot = self.plot(key)
        return Column(plot.title, plot.unit, plot.lines, self.series(key))

    def _people(self, series: Sequence[Series], lines: int) -> tuple[PlotPerson, ...]:
        known = {one.track_id: one for one in self.people}
        return tuple(_person(one, known.get(one.track)) for one in series if one.values.shape[1] == lines)


def _person(series: Series, track: Track | None) -> PlotPerson:
    return PlotPerson(
        track.title if track is not None else "Frame",
        track.color if track is not None else NO_TRACK,
        series.frames,
        series.values,
        joined_to_previous(series.frames),
        series.made,
    )


def _decimals(curve: Curve, choice: str) -> int:
    return 2 if curve.key == "betas" and choice != "drift" else curve.decimals


def series_of_signal(track: int, told: tuple[Int, Float], time_of: Callable[[int], float]) -> Series:
    """A signal's numbers as a curve."""
    frames, values = told
    times = np.array([time_of(frame) for frame in frames.tolist()], np.float64)
    column = np.asarray(values, np.float64)[:, None]
    return Series(track, frames, times, column, np.zeros(len(frames), np.uint8))
