"""What a problem is: the signals, their thresholds, and what was found.

A signal is a number that is measured for each frame, or for each person of it, from stored results alone.
Where it is worse than its threshold there is a problem. The table below is all that windows, settings
and reports need to show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.structures import Float


@dataclass(frozen=True, slots=True)
class Signal:
    """One kind of problem.

    Attributes:
        key: Its name in settings and sessions.
        title: Its name to show.
        unit: Of its values, to be written behind a number; empty for a bare share or count.
        meaning: What it says, in one sentence.
        worse: Whether values "above" or "below" the threshold are a problem; the threshold itself is one.
        threshold: The default.
        low: The least threshold one may choose; where it equals `high` there is nothing to choose.
        high: The greatest.
        step: By how much a threshold is changed.
        per_track: Whether it is measured for each person; otherwise for the frame.
        decimals: Digits to show behind the point.
        best: The value of a frame without any problem; `severity` is 0 there.
    """

    key: str
    title: str
    unit: str
    meaning: str
    threshold: float
    low: float
    high: float
    step: float
    worse: Literal["above", "below"] = "above"
    per_track: bool = True
    decimals: int = 1
    best: float = 0.0

    def severity(self, values: Float, threshold: float) -> Float:
        """Values as shares of the way from `best` to the threshold: 0 is fine, 1 and more is a problem."""
        way = threshold - self.best
        shares: Float = (np.asarray(values, np.float32) - np.float32(self.best)) / np.float32(way or 1e-6)
        return np.maximum(shares, 0)

    def is_problem(self, values: Float | np.float32, threshold: float) -> npt.NDArray[np.bool_]:
        """Which values are at the threshold or worse; NaN, which stands for nothing measured, is not."""
        # Stored as float32, so that a count equal to its threshold is not lost to rounding.
        edge = np.float32(threshold)
        return np.asarray(values >= edge if self.worse == "above" else values <= edge)

    def text(self, value: float) -> str:
        """A value as it is shown."""
        number = f"{value:.{self.decimals}f}"
        if not self.unit:
            return number
        unit = self.unit.removesuffix("s") if number == "1" else self.unit
        return f"{number}{unit}" if unit == "°" else f"{number} {unit}"


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "failed", "Failed frame", "", "The engine gave no result for the frame.",
        1, 1, 1, 0, per_track=False, decimals=0,
    ),
    Signal(
        "degraded", "Degraded frame", "steps",
        "The frame was run with less than the session's best: a smaller detector, less precision, on the CPU, or "
        "after running out of memory.",
        1, 1, 5, 1, per_track=False, decimals=0,
    ),
    Signal(
        "gap", "Track gap", "s", "The person is missing between two frames in which they were found.",
        0.01, 0, 5, 0.05, decimals=2,
    ),
    Signal(
        "switch", "Identity switch", "",
        "The person looks, is shaped or stands like somebody else from here on: two people may have been mixed up.",
        0.5, 0.05, 1, 0.05, decimals=2,
    ),
    Signal(
        "duplicate", "Duplicate", "", "Two people take up the same place: one person may have been found twice.",
        0.7, 0.3, 1, 0.05, decimals=2,
    ),
    Signal(
        "flip", "Left/right flip", "%",
        "The person moves less from frame to frame if left and right are swapped, by this share of the motion.",
        40, 5, 95, 5, decimals=0,
    ),
    Signal(
        "turn", "Sudden turn", "°", "The person turns about the upright further than people can in that time.",
        90, 30, 180, 10, decimals=0,
    ),
    Signal(
        "frozen", "Frozen", "s",
        "The body does not move at all, though it did before and after: the same result several times.",
        0.06, 0.02, 2, 0.02, decimals=2,
    ),
    Signal(
        "acceleration", "Acceleration spike", "σ",
        "The joints are jerked: their acceleration is this many robust deviations above the person's usual.",
        10, 2, 50, 1,
    ),
    Signal(
        "rotation", "Rotation spike", "σ",
        "The joints turn by jerks: their angular acceleration is this many robust deviations above the person's usual.",
        10, 2, 50, 1,
    ),
    Signal(
        "depth", "Depth jump", "%", "The distance to the camera jumps by this share, more than the motion says.",
        10, 2, 100, 1,
    ),
    Signal(
        "betas", "Body shape", "%",
        "The shape of the body differs from the person's usual one, by this share of the height.",
        1.5, 0.5, 20, 0.5,
    ),
    Signal(
        "score", "Score dip", "", "The detection score is this much below that of the frames around.",
        0.15, 0.02, 0.9, 0.01, decimals=2,
    ),
    Signal(
        "box", "Box jump", "", "The box overlaps this little with where the frames around say it should be.",
        0.5, 0, 0.95, 0.05, worse="below", decimals=2, best=1.0,
    ),
    Signal(
        "foot", "Foot slide", "% height",
        "A foot that stands slides along the floor, further than usual, by this share of the height in 0.3 s.",
        12, 1, 50, 1,
    ),
    Signal(
        "mask", "Mask and mesh", "", "The body covers this little of what the person's mask covers, and no more.",
        0.6, 0, 0.95, 0.05, worse="below", decimals=2, best=1.0,
    ),
)  # fmt: skip
"""All signals, in the order they are shown."""

BY_KEY: Mapping[str, Signal] = {signal.key: signal for signal in SIGNALS}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which value a signal is a problem: the defaults but for those that were changed.

    Attributes:
        changed: By key, thresholds that are not the default.
    """

    changed: Mapping[str, float] = field(default_factory=dict)

    def of(self, key: str) -> float:
        """A signal's threshold; an unknown key is a KeyError."""
        return float(self.changed.get(key, BY_KEY[key].threshold))

    def with_(self, key: str, value: float) -> Thresholds:
        """With another threshold for a signal, kept within what may be chosen."""
        signal = BY_KEY[key]
        kept = min(max(float(value), signal.low), signal.high)
        changed = {name: one for name, one in self.changed.items() if name != key}
        return Thresholds(changed if kept == signal.threshold else {**changed, key: kept})

    def to_plain(self) -> dict[str, float]:
        """What was changed, for JSON."""
        return dict(self.changed)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Thresholds:
        """From what `to_plain` gave; what is unknown or no number is left out."""
        thresholds = cls()
        for key, value in plain.items():
            if key in BY_KEY and isinstance(value, (int, float)) and value == value:
                thresholds = thresholds.with_(key, value)
        return thresholds


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that may be wrong in frames that follow one another.

    Attributes:
        signal: Key of the signal.
        track: The person, or 0 if it is the frame's or the person has no track.
        first: First frame.
        last: Last frame, inclusive.
        worst_frame: The frame to look at.
        value: The worst value, in the signal's unit.
        threshold: What it was compared with.
        people: Tracks concerned: none, one, or two for a switch or a duplicate.
    """

    signal: str
    track: int
    first: int
    last: int
    worst_frame: int
    value: float
    threshold: float
    people: tuple[int, ...] = ()

    @property
    def frames(self) -> int:
        """How many frames it spans."""
        return self.last - self.first + 1


class IgnoredProblem(Protocol):
    """What a reviewer said is no problem, such as `pipeline.session.reviews.Ignored`."""

    @property
    def signal(self) -> str:
        """Key of the signal."""

    @property
    def track(self) -> int:
        """The person, or 0."""

    @property
    def first(self) -> int:
        """First frame."""

    @property
    def last(self) -> int:
        """Last frame, inclusive."""


def is_ignored(problem: Problem, ignored: Iterable[IgnoredProblem]) -> bool:
    """Whether a reviewer ignores a problem: one of the same signal and person that shares most frames with it.

    Half of the frames is enough: an edit beside it, or another threshold, moves its ends a little.
    """
    for one in ignored:
        if one.signal == problem.signal and one.track == problem.track:
            shared = min(one.last, problem.last) - max(one.first, problem.first) + 1
            if 2 * shared >= problem.frames:
                return True
    return False
