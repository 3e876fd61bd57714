"""Lines of many frames as so many points as can be seen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from widgets.plot_values import Codes, Double, PlotPerson

Flags = npt.NDArray[np.bool_]


class Stroke(NamedTuple):
    """One line.

    Attributes:
        x: (M,) frames, ascending, those without a number left out.
        y: (M,) values.
        joined: (M,) whether a line is drawn from the point before.
        made: (M,) codes.
    """

    x: Double
    y: Double
    joined: Flags
    made: Codes


def stroke_of(person: PlotPerson, line: int) -> Stroke:
    """A line of a person; a missing number breaks it."""
    values = person.values[:, line]
    there = np.isfinite(values)
    joined = person.joined & there & np.append([False], there[:-1])[: len(there)]
    return Stroke(person.frames[there].astype(np.float64), values[there], joined[there], person.made[there])


def part_of(stroke: Stroke, first: float, last: float) -> Stroke:
    """What is between two places, and one point more at each side."""
    start = max(int(np.searchsorted(stroke.x, first)) - 1, 0)
    end = int(np.searchsorted(stroke.x, last, side="right")) + 1
    part = slice(start, end)
    return Stroke(stroke.x[part], stroke.y[part], stroke.joined[part], stroke.made[part])


def thinned(stroke: Stroke, columns: int) -> Stroke:
    """At most two points for each of so many columns of equal width: its least and its greatest value.

    What can be seen stays the same: no peak is lost, however narrow.
    """
    if len(stroke.x) <= 2 * columns:
        return stroke
    width = (stroke.x[-1] - stroke.x[0]) / columns
    column = np.minimum(((stroke.x - stroke.x[0]) / width).astype(np.int64), columns - 1)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    low, high = np.minimum.reduceat(stroke.y, starts), np.maximum.reduceat(stroke.y, starts)
    rising = stroke.y[starts] <= (low + high) / 2
    y = np.stack([np.where(rising, low, high), np.where(rising, high, low)], 1).ravel()
    joined = np.stack([stroke.joined[starts], np.ones(len(starts), bool)], 1).ravel()
    made = np.maximum.reduceat(stroke.made, starts)
    return Stroke(np.repeat(stroke.x[starts], 2), y, joined, np.repeat(made, 2))


def alone(stroke: Stroke) -> Flags:
    """(M,) which points have no line to either side."""
    single: Flags = ~stroke.joined & ~np.append(stroke.joined[1:], [False])[: len(stroke.joined)]
    return single


def spaced(x: Double, chosen: Flags, apart: float) -> npt.NDArray[np.int64]:
    """Indices of chosen points of ascending places, one at most in each cell of a width."""
    rows = np.flatnonzero(chosen)
    if not len(rows) or apart <= 0:
        return rows
    cells = np.floor(x[rows] / apart)
    return rows[np.flatnonzero(np.diff(cells, prepend=np.nan) != 0)]


def span_of(strokes: list[Stroke], others: tuple[float, ...]) -> tuple[float, float] | None:
    """Least and greatest value of some lines and of other values that are to be seen; None if there is none."""
    ends = [one for one in others if one == one]
    for stroke in strokes:
        if len(stroke.y):
            ends += [float(stroke.y.min()), float(stroke.y.max())]
    return (min(ends), max(ends)) if ends else None
