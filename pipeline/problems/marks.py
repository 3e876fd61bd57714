"""Values of signals frame by frame, and the intervals in which they are a problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.problems.observed import Double
from pipeline.problems.values import Problem, Signal
from pipeline.structures import Float, Int

_CLOSE = 0.2
"""Seconds between two bad frames that are still one problem."""

_STEP_CLOSE = 0.5
"""The same for signals that see only the beginning and the end of what is wrong."""

STEPS = frozenset({"flip", "turn", "depth", "box", "switch"})
"""Signals that compare with the sighting before: what is wrong lies between two marks."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """A signal's values.

    Attributes:
        frames: (M,) frame of each.
        times: (M,) s.
        tracks: (M,) person, or 0.
        others: (M,) a second person concerned, or 0.
        values: (M,) in the signal's unit; NaN where nothing was to be measured.
        before: (M,) the frame that the value was compared with; the frame itself if with none.
    """

    frames: Int
    times: Double
    tracks: Int
    others: Int
    values: Float
    before: Int

    def of(self, track: int) -> tuple[Int, Float]:
        """Frames, ascending, and values of one person, or of the frames for track 0."""
        rows = np.flatnonzero(((self.tracks == track) | (self.others == track)) & ~np.isnan(self.values))
        rows = rows[np.argsort(self.frames[rows], kind="stable")]
        return self.frames[rows], self.values[rows]


def strip_of(signal: Signal, marks: Marks, threshold: float) -> tuple[Int, Float]:
    """Frames, ascending, and how bad the worst person in each is, as a share of the threshold."""
    there = ~np.isnan(marks.values)
    frames, severity = marks.frames[there], signal.severity(marks.values[there], threshold)
    if not len(frames):
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    order = np.argsort(frames, kind="stable")
    frames, severity = frames[order], severity[order]
    starts = np.flatnonzero(np.diff(frames, prepend=-1))
    return frames[starts], np.maximum.reduceat(severity, starts)


def problems_of(signal: Signal, marks: Marks, threshold: float) -> list[Problem]:
    """Intervals of the same people in which a signal is at its threshold or worse, small gaps closed."""
    bad = np.flatnonzero(signal.is_problem(marks.values, threshold))
    if not len(bad):
        return []
    bad = bad[np.lexsort((marks.times[bad], marks.others[bad], marks.tracks[bad]))]
    tracks, others, times = marks.tracks[bad], marks.others[bad], marks.times[bad]
    close = _STEP_CLOSE if signal.key in STEPS else _CLOSE
    apart = (np.diff(tracks) != 0) | (np.diff(others) != 0) | (np.diff(times) > close)
    ends = np.flatnonzero(np.append(apart, True)) + 1
    return [
        _problem(signal, marks, bad[first:end], threshold)
        for first, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)
    ]


def _problem(signal: Signal, marks: Marks, rows: Int, threshold: float) -> Problem:
    values = marks.values[rows]
    worst = int(rows[values.argmax() if signal.worse == "above" else values.argmin()])
    track, other = int(marks.tracks[worst]), int(marks.others[worst])
    first, last = int(marks.frames[rows].min()), int(marks.frames[rows].max())
    if signal.key in STEPS and last > first:
        # The last mark is the first frame that is right again.
        last = max(first, int(marks.before[rows[-1]]))
    frame = min(max(int(marks.frames[worst]), first), last)
    people = tuple(sorted({track, other} - {0}))
    return Problem(
        signal.key, track, first, last, frame, float(marks.values[worst]), float(threshold), people
    )
