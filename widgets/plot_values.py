"""What the plots show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from widgets.values import Color, Int, Range

Double = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]

FOUND, FILLED, SMOOTHED = 0, 1, 2
"""Codes of frames: as an engine found the person, or as a layer made the pose."""


@dataclass(frozen=True, slots=True)
class CurveRow:
    """A curve one may choose.

    Attributes:
        key: Its name in signals.
        title: Its name.
        unit: Of its values; may be empty.
        meaning: How it is measured.
        choices: What exactly may be chosen, as value and title; the first is the default.
        group: Curves of a group stand together, under its title.
    """

    key: str
    title: str
    unit: str
    meaning: str
    choices: tuple[tuple[str, str], ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody whose curves are shown.

    Attributes:
        track_id: The track.
        title: Its name.
        color: (R, G, B) in 0..255.
        pinned: Whether it stays when somebody else is selected.
    """

    track_id: int
    title: str
    color: Color
    pinned: bool


@dataclass(frozen=True, slots=True, eq=False)
class PlotPerson:
    """One person's numbers in a plot.

    Attributes:
        title: The name.
        color: (R, G, B) in 0..255.
        frames: (K,) ascending.
        values: (K, L), a column for each line of the plot; NaN where there is no number.
        joined: (K,) whether a line is drawn from the row before: not over a gap.
        made: (K,) codes.
    """

    title: str
    color: Color
    frames: Int
    values: Double
    joined: npt.NDArray[np.bool_]
    made: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """One plot.

    Attributes:
        key: Of its curve.
        title: What it shows.
        unit: Of its values; may be empty.
        lines: Names of the lines of each person; one empty name for a single line.
        people: Whose numbers.
        meaning: How it is measured.
        decimals: Digits behind the point.
        floor: A value that is always in view, or NaN.
        threshold: From where on it is a problem, or NaN.
        span: First and last frame of what is highlighted.
    """

    key: str
    title: str
    unit: str
    lines: tuple[str, ...]
    people: tuple[PlotPerson, ...]
    meaning: str = ""
    decimals: int = 1
    floor: float = float("nan")
    threshold: float = float("nan")
    span: Range | None = None

    def text(self, value: float) -> str:
        """A value as it is shown, without its unit; a dash if there is none."""
        return f"{round(value, self.decimals) + 0.0:.{self.decimals}f}" if value == value else "–"
