"""Findings as the widgets show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from pipeline.structures import Int
from widgets.problem_values import Chip, ProblemRow, State, StripRow, ThresholdRow

if TYPE_CHECKING:
    from app.problem_desk import Findings
    from pipeline.problems.values import Problem, Signal, Thresholds
    from pipeline.session.reviews import Ignored

Who = Callable[[int], "tuple[str, Chip]"]
"""Says a track's name and its chip."""


class IgnoredOnes:
    """Finds what a reviewer ignores; there may be thousands, so each is looked for among those of its person."""

    def __init__(self, ignored: Iterable[Ignored]) -> None:
        self._by_place: dict[tuple[str, int], list[Ignored]] = defaultdict(list)
        for one in ignored:
            self._by_place[one.signal, one.track].append(one)

    def covering(self, problem: Problem) -> list[Ignored]:
        """Those because of which a problem is ignored."""
        near = self._by_place.get((problem.signal, problem.track))
        if not near:
            return []
        from pipeline.problems.values import is_ignored

        return [one for one in near if is_ignored(problem, (one,))]


def problem_rows(findings: Findings, ignored: IgnoredOnes, who: Who) -> tuple[ProblemRow, ...]:
    """All problems, open, ignored and fixed."""

    def row(problem: Problem, state: State) -> ProblemRow:
        return _row(problem, state, tuple(who(track) for track in problem.people))

    rows = [row(one, "ignored" if ignored.covering(one) else "open") for one in findings.found]
    return (*rows, *(row(one, "fixed") for one in findings.fixed))


@lru_cache(maxsize=200_000)  # after an edit nearly all are as they were; fewer than there are would keep none
def _row(problem: Problem, state: State, people: tuple[tuple[str, Chip], ...]) -> ProblemRow:
    from pipeline.problems.values import BY_KEY

    signal = BY_KEY[problem.signal]
    way = (problem.threshold - signal.best) or 1e-6
    return ProblemRow(
        problem.signal,
        signal.title,
        signal.meaning,
        problem.track,
        tuple(name for name, _chip in people),
        tuple(chip for _name, chip in people),
        problem.first,
        problem.last,
        problem.worst_frame,
        (problem.value - signal.best) / way,
        signal.text(problem.value),
        signal.text(problem.threshold),
        state,
    )


def strip_rows(findings: Findings, rows: Iterable[ProblemRow]) -> tuple[StripRow, ...]:
    """A row for each signal with a problem that is open or ignored."""
    from pipeline.problems.values import SIGNALS

    spans: dict[tuple[str, State], list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        spans[row.signal, row.state].append((row.first, row.last))
    return tuple(
        StripRow(
            signal.key,
            signal.title,
            signal.text(findings.thresholds.of(signal.key)),
            *findings.strips[signal.key],
            _runs(spans[signal.key, "open"]),
            _runs(spans[signal.key, "ignored"]),
            partial(_as_text, signal, findings.thresholds.of(signal.key)),
        )
        for signal in SIGNALS
        if signal.key in findings.strips
    )


def _runs(spans: list[tuple[int, int]]) -> Int:
    return np.array(sorted(spans), np.int64).reshape(-1, 2)


def _as_text(signal: Signal, threshold: float, severity: float) -> str:
    return signal.text(signal.best + severity * (threshold - signal.best))


def threshold_rows(thresholds: Thresholds) -> tuple[ThresholdRow, ...]:
    """Every threshold there is a choice of."""
    from pipeline.problems.values import SIGNALS

    return tuple(
        ThresholdRow(
            signal.key,
            signal.title,
            signal.meaning,
            signal.unit,
            signal.worse == "above",
            thresholds.of(signal.key),
            signal.threshold,
            signal.low,
            signal.high,
            signal.step,
            _digits(signal),
        )
        for signal in SIGNALS
        if signal.low < signal.high
    )


def _digits(signal: Signal) -> int:
    """As many as its step and its default need: a spin box would round the rest away."""
    exact = (f"{value:.6f}".rstrip("0") for value in (signal.step, signal.threshold))
    return max(signal.decimals, *(len(text.partition(".")[2]) for text in exact))


def frames_of(rows: Iterable[ProblemRow]) -> list[int]:
    """The frames of problems, ascending, each once."""
    return sorted({frame for row in rows for frame in range(row.first, row.last + 1)})


def same_problem(one: ProblemRow, rows: Iterable[ProblemRow]) -> ProblemRow | None:
    """What has become of a problem: it may have moved its ends, or be fixed now."""
    alike = [row for row in rows if row.signal == one.signal and row.track == one.track]
    exact = next((row for row in alike if row.key == one.key), None)
    return exact or next((row for row in alike if row.first <= one.last and one.first <= row.last), None)
