"""What the plots show, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.structures import Float, Int

Double = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PlotLine:
    """One line.

    Attributes:
        title: Which of the plot's lines, such as "left"; may be empty.
        person: Whose it is.
        color: (R, G, B).
        style: Which of the lines of a person it is, from 0; each is drawn differently.
        x: (K,) frames, ascending.
        y: (K,) values; NaN is a break.
        made: (K,) 1 for filled, 2 for smoothed, else 0.
        follows: (K,) whether no gap lies before it.
    """

    title: str
    person: str
    color: tuple[int, int, int]
    style: int
    x: Int
    y: Float
    made: npt.NDArray[np.int8]
    follows: npt.NDArray[np.bool_]

    def value_at(self, frame: int) -> float | None:
        """The value of a frame, or None."""
        row = int(np.searchsorted(self.x, frame))
        there = row < len(self.x) and self.x[row] == frame and not np.isnan(self.y[row])
        return float(self.y[row]) if there else None

    def broken(self) -> tuple[Double, Double]:
        """X and y with a NaN wherever the line is to break."""
        at = np.flatnonzero(~self.follows[1:]) + 1 if len(self.x) else np.zeros(0, np.int64)
        x = self.x.astype(np.float64)
        return np.insert(x, at, x[at]), np.insert(self.y.astype(np.float64), at, np.nan)

    def only_made(self, how: int) -> tuple[Double, Double]:
        """The same, only where a layer made the poses, and up to the frames next to them."""
        marked = self.made == how
        if not marked.any():
            return np.zeros(0), np.zeros(0)
        near = marked.copy()
        near[1:] |= marked[:-1]
        near[:-1] |= marked[1:]
        part = PlotLine(
            "", "", self.color, 0, self.x, np.where(near, self.y, np.nan), self.made, self.follows
        )
        return part.broken()


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """One plot.

    Attributes:
        key: Its name.
        title: Its name to show.
        unit: Of its values.
        lines: The selected person's first.
        threshold: From where on values are a problem, or None.
    """

    key: str
    title: str
    unit: str
    lines: tuple[PlotLine, ...]
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class PlotChoice:
    """Something that can be ticked: a curve or a person.

    Attributes:
        key: Its name, or the track's number.
        title: Its name to show.
        tip: What it means.
        group: Choices of different groups have a line between them.
    """

    key: str
    title: str
    tip: str = ""
    group: int = 0
