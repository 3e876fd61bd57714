"""What the problem widgets show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipeline.structures import Float, Int

State = Literal["open", "fixed", "ignored"]

Chip = tuple[int, tuple[int, int, int]]

ProblemKey = tuple[str, int, int, int]
"""Signal, track, first and last frame: what tells a problem from all others."""

STATES: tuple[tuple[State, str, str, str], ...] = (
    ("open", "Open", "warning", "bad"),
    ("fixed", "Fixed", "done", "good"),
    ("ignored", "Ignored", "ignored", "muted"),
)
"""Each state's name, title, icon, and the theme's colour for it."""


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """One problem.

    Attributes:
        signal: Key of its signal.
        title: The signal's name.
        meaning: What the signal says, in a sentence.
        track: The person, or 0 if it is the frame's.
        people: Names of the people concerned.
        chips: Their tracks and colours, (R, G, B) in 0..255.
        first: First frame.
        last: Last frame, inclusive.
        worst: The frame to look at.
        severity: The worst value as a share of the threshold: 1 is just a problem.
        value: The worst value with its unit.
        threshold: The threshold with its unit.
        state: What has become of it.
    """

    signal: str
    title: str
    meaning: str
    track: int
    people: tuple[str, ...]
    chips: tuple[Chip, ...]
    first: int
    last: int
    worst: int
    severity: float
    value: str
    threshold: str
    state: State

    @property
    def key(self) -> ProblemKey:
        """What tells it from all others."""
        return self.signal, self.track, self.first, self.last

    @property
    def frames(self) -> int:
        """How many frames it spans."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, eq=False)
class StripRow:
    """One signal over the whole video.

    Attributes:
        signal: Key of the signal.
        title: Its name.
        threshold: The threshold with its unit.
        frames: (M,) frames in which it was measured, ascending.
        severity: (M,) how bad it is there, as a share of the threshold.
        open: (K, 2) first and last frame of each open problem, by first frame.
        ignored: (L, 2) the same of ignored ones.
        text_of: Says a severity as a value with its unit.
    """

    signal: str
    title: str
    threshold: str
    frames: Int
    severity: Float
    open: Int
    ignored: Int
    text_of: Callable[[float], str]


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """A threshold that can be chosen.

    Attributes:
        signal: Key of its signal.
        title: The signal's name.
        meaning: What it says.
        unit: Behind the number; may be empty.
        above: Whether values above it are a problem, or values below.
        value: As it is.
        default: As it is at first.
        low: The least.
        high: The greatest.
        step: By how much it is changed.
        decimals: Digits behind the point.
    """

    signal: str
    title: str
    meaning: str
    unit: str
    above: bool
    value: float
    default: float
    low: float
    high: float
    step: float
    decimals: int
