"""The background's side of finding problems: measures a session and says what is wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.problem_opening import Opening
from pipeline.job import Job
from pipeline.problems import SIGNALS, Problem, ProblemBook, Thresholds
from pipeline.problems.ledger import Ledger
from pipeline.session.layered import shown_frames
from pipeline.session.store import Store
from pipeline.smpl import BodyModel, find_body
from pipeline.structures import Changes, Float, Int

_MASKS = "mask"
_MASKS_AT_A_TIME = 50
_LOOKED_FOR = frozenset(signal.key for signal in SIGNALS if signal.key != _MASKS)


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What is wrong in a session.

    Attributes:
        found: What is wrong now, by frame.
        fixed: What was wrong.
        strips: By signal with a problem: frames, ascending, and how bad each is as a share of the threshold.
        thresholds: What all of it was compared with.
        frames: How many frames were looked at.
        masks_to_do: In how many of them masks were not looked at yet.
        known: To be remembered: see `Ledger.to_plain`.
    """

    found: tuple[Problem, ...]
    fixed: tuple[Problem, ...]
    strips: Mapping[str, tuple[Int, Float]]
    thresholds: Thresholds
    frames: int
    masks_to_do: int
    known: list[Any]


class ProblemDesk:
    """One session's problems. Belongs to one lane; the session is only read, on connections of its own."""

    def __init__(self, opening: Opening) -> None:
        self._path = opening.path
        self._body_files = opening.body_files
        self._bodies: dict[str, BodyModel | None] = {}
        self._book = ProblemBook(self._find_body, opening.time_of)
        self._ledger = Ledger(opening.known)
        self._owed = opening.owed
        self._seen: Int | None = None
        self._masks_touched: Int | None = np.zeros(0, np.int64)

    def update(self, changes: Changes, thresholds: Thresholds, job: Job) -> Findings:
        """Measure what changed.

        Raises:
            SessionError: The session cannot be read.
        """
        with Store(self._path, read_only=True) as store:
            seen = np.union1d(shown_frames(store), np.array(sorted(store.failures()), np.int64))
            self._book.update(store, changes, job.report)
        touched = self._touched(changes)
        self._seen, self._owed = seen, frozenset()
        self._masks_touched = _either(self._masks_touched, touched)
        self._ledger.renew(self._found(thresholds, _LOOKED_FOR), thresholds, touched, _LOOKED_FOR)
        return self._findings(thresholds)

    def weigh(self, thresholds: Thresholds, job: Job) -> Findings:
        """Compare what is measured with other thresholds."""
        job.check()
        self._ledger.renew(self._found(thresholds, _LOOKED_FOR), thresholds, _NONE, _LOOKED_FOR)
        return self._findings(thresholds)

    def look_at_masks(self, thresholds: Thresholds, job: Job) -> Findings:
        """Look at the masks of some more frames."""
        job.check()
        with Store(self._path, read_only=True) as store:
            self._book.measure_masks(store, _MASKS_AT_A_TIME)
        return self._findings(thresholds)

    def curve(self, key: str, track: int, job: Job) -> tuple[Int, Float]:
        """Frames, ascending, and values of a signal of a person, or of frames for track 0."""
        job.check()
        return self._book.curve(key, track)

    def _touched(self, changes: Changes) -> Int | None:
        """Which of the frames looked at before were changed; None for all."""
        frames = self._owed if self._seen is None else changes.frames
        if frames is None:
            return None
        touched = np.array(sorted(frames), np.int64)
        return touched if self._seen is None else touched[np.isin(touched, self._seen)]

    def _findings(self, thresholds: Thresholds) -> Findings:
        self._settle_masks(thresholds)
        found = self._ledger.found
        keys = {one.signal for one in found}
        return Findings(
            found,
            self._ledger.fixed_at(thresholds),
            {key: self._book.strip(key, thresholds) for key in keys},
            thresholds,
            self._book.frames,
            self._book.masks_to_do,
            self._ledger.to_plain(),
        )

    def _settle_masks(self, thresholds: Thresholds) -> None:
        """What is wrong with masks is known only once all were looked at; until then it stays as it was."""
        if not self._book.masks_to_do:
            found = self._found(thresholds, frozenset({_MASKS}))
            self._ledger.renew(found, thresholds, self._masks_touched, (_MASKS,))
            self._masks_touched = _NONE

    def _found(self, thresholds: Thresholds, keys: frozenset[str]) -> tuple[Problem, ...]:
        return tuple(one for one in self._book.problems(thresholds) if one.signal in keys)

    def _find_body(self, body: str) -> BodyModel | None:
        if body not in self._bodies:
            self._bodies[body] = find_body(body, self._body_files)
        return self._bodies[body]


_NONE: Int = np.zeros(0, np.int64)


def _either(one: Int | None, other: Int | None) -> Int | None:
    return None if one is None or other is None else np.union1d(one, other)
