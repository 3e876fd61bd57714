"""Which problems there were: what an edit or a run made vanish is fixed, until it is back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from pipeline.problems.values import BY_KEY, Problem, Thresholds
from pipeline.structures import Int

_BESIDE = 2
"""Frames beside a problem that are still part of it: a spike is seen before and after the frame that is wrong."""

_MOST = 5000
"""Problems of each kind that are remembered."""

Place = tuple[str, int]


class Ledger:
    """The problems of a session as they were found last, and those that were fixed before.

    A problem that is found no longer is fixed only if frames of it were run again or edited. What vanishes
    because more of the video was run, or since a threshold is another, was no problem after all.

    Attributes:
        found: What is wrong now.
        fixed: What was wrong, by frame.
    """

    def __init__(self, rows: Iterable[Any] = ()) -> None:
        """Go on from what `to_plain` gave."""
        known = [(row[0], _from_row(row)) for row in rows if isinstance(row, list) and row[1] in BY_KEY]
        self.found: tuple[Problem, ...] = tuple(one for state, one in known if state == "open")
        self.fixed: tuple[Problem, ...] = tuple(one for state, one in known if state == "fixed")
        self._wholes: dict[Problem, Problem] = {}

    def to_plain(self) -> list[Any]:
        """All of it as JSON: state, signal, track, first, last and worst frame, value, threshold, people."""
        states = (("open", self.found), ("fixed", self.fixed))
        return [_to_row(state, one) for state, problems in states for one in problems[:_MOST]]

    def renew(
        self,
        found: Sequence[Problem],
        thresholds: Thresholds,
        touched: Int | None,
        signals: Collection[str] = tuple(BY_KEY),
    ) -> None:
        """Take over what is found now.

        Args:
            found: The problems of these signals, by frame.
            thresholds: What they were found with.
            touched: Frames, ascending, that had been looked at before and were run again or edited; None for all.
            signals: Keys of the signals that were looked for; the others stay as they were.
        """
        here = _Places(found)
        gone = [one for one in self.found if one.signal in signals and not here.has(one)]
        mended = dict.fromkeys(
            self._wholes.get(one, one)
            for one in gone
            if one.threshold == thresholds.of(one.signal) and _lies_in(one, touched)
        )
        fixed = [one for one in (*self.fixed, *mended) if one.signal not in signals or not here.has(one)]
        self._follow(found, touched, signals)
        self.fixed = _by_frame(fixed)[-_MOST:]
        self.found = _by_frame([*(one for one in self.found if one.signal not in signals), *found])

    def _follow(self, found: Sequence[Problem], touched: Int | None, signals: Collection[str]) -> None:
        """Remember what is mended frame by frame as it was at first: that is what is fixed in the end."""
        before = _Places([one for one in self.found if one.signal in signals])
        wholes = {one: whole for one, whole in self._wholes.items() if one.signal not in signals}
        for one in found:
            old = before.match(one)
            if old is None:
                continue
            whole = self._wholes.get(old, old)
            if _is_part(one, whole) and (old in self._wholes or _lies_in(whole, touched)):
                wholes[one] = whole
        self._wholes = wholes

    def fixed_at(self, thresholds: Thresholds) -> tuple[Problem, ...]:
        """Those of the fixed that would be problems with these thresholds too."""
        return tuple(
            one
            for one in self.fixed
            if bool(BY_KEY[one.signal].is_problem(np.float32(one.value), thresholds.of(one.signal)))
        )


class _Places:
    """Finds out whether a problem is among others; its ends may have moved, and its track have another number."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self._by_place: dict[Place, list[Problem]] = {}
        for one in sorted(problems, key=lambda one: one.first):
            self._by_place.setdefault((one.signal, one.track), []).append(one)
        self._firsts = {place: [one.first for one in ones] for place, ones in self._by_place.items()}
        self._measured = {_measure(one) for one in problems}

    def has(self, problem: Problem) -> bool:
        """Whether one of the same signal and person is where it was, or one with the very same value."""
        return self.match(problem) is not None or _measure(problem) in self._measured

    def match(self, problem: Problem) -> Problem | None:
        """One of the same signal and person that shares frames with it."""
        place = (problem.signal, problem.track)
        firsts = self._firsts.get(place, [])
        # Problems of a signal and a person overlap only where two others are concerned.
        end = bisect_right(firsts, problem.last)
        near = self._by_place[place][max(end - 3, 0) : end] if firsts else []
        return next((one for one in reversed(near) if one.last >= problem.first), None)


def _measure(one: Problem) -> tuple[str, int, str]:
    return one.signal, one.worst_frame, f"{one.value:.4g}"


def _is_part(one: Problem, whole: Problem) -> bool:
    return whole.first <= one.first and one.last <= whole.last and one.frames < whole.frames


def _lies_in(problem: Problem, frames: Int | None) -> bool:
    """Whether any of ascending frames is in the problem or just beside it."""
    if frames is None:
        return True
    first, end = np.searchsorted(frames, (problem.first - _BESIDE, problem.last + _BESIDE + 1))
    return bool(end > first)


def _by_frame(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda one: (one.first, one.signal, one.track)))


def _to_row(state: str, one: Problem) -> list[Any]:
    frames = (one.first, one.last, one.worst_frame)
    return [state, one.signal, one.track, *frames, one.value, one.threshold, list(one.people)]


def _from_row(row: list[Any]) -> Problem:
    signal, track, first, last, worst, value, threshold, people = row[1:9]
    return Problem(signal, track, first, last, worst, value, threshold, tuple(people))
