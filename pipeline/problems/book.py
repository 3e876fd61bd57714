"""The problems of a session, kept up to date as it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from pipeline.problems import absence, identity, movement, place, sliding
from pipeline.problems.marks import Marks, problems_of, strip_of
from pipeline.problems.measuring import Measured, Meter, Report, TimeOf
from pipeline.problems.observed import FindBody, sheet_of
from pipeline.problems.silhouette import mask_overlaps
from pipeline.problems.table import Table
from pipeline.problems.values import BY_KEY, SIGNALS, IgnoredProblem, Problem, Thresholds, is_ignored
from pipeline.session.layered import all_shown, shown_frames
from pipeline.session.store import Store
from pipeline.structures import Changes, Float, Int

_RANK = {signal.key: rank for rank, signal in enumerate(SIGNALS)}

_PER_PERSON: dict[str, Callable[[Table], Float]] = {
    "flip": movement.flips,
    "turn": movement.sudden_turns,
    "frozen": movement.frozen_for,
    "acceleration": movement.acceleration_spikes,
    "rotation": movement.rotation_spikes,
    "depth": place.depth_jumps,
    "betas": place.shape_changes,
    "score": place.score_dips,
    "box": place.box_overlap,
    "foot": sliding.foot_slides,
}


class ProblemBook:
    """What is wrong in a session, from its results alone.

    It belongs to one thread at a time, and so do the stores it is given. `update` reads what
    changed; everything else is answered from what is kept, some 600 bytes a person and frame. Masks take
    several times longer than all other signals together, so they are looked at apart::

        book = ProblemBook(find_body, time_of)
        book.update(store, Changes(None))
        show(book.problems(thresholds, store.ignored_problems()))
        while book.measure_masks(store, 200):
            ...
    """

    def __init__(self, find_body: FindBody, time_of: TimeOf) -> None:
        """Nothing is known yet.

        Args:
            find_body: The body model of an id, or None if it is not here; then what needs joints is not measured.
            time_of: Presentation time of a frame in s, ascending; frame rates may vary.
        """
        self._find_body = find_body
        self._time_of = time_of
        self._meter = Meter(find_body, time_of)
        self._measured = Measured()
        self._owed: frozenset[int] | None = None  # all of it, to begin with
        self._looked_at: Int = np.zeros(0, np.int64)
        self._failed: frozenset[int] = frozenset()
        self._masks: dict[int, tuple[Int, Float]] = {}
        self._marks: dict[str, Marks] = {}

    @property
    def frames(self) -> int:
        """How many frames were looked at."""
        return len(self._looked_at)

    @property
    def masks_to_do(self) -> int:
        """In how many frames masks were not looked at yet."""
        return len(self._measured.masked)

    def update(self, store: Store, changes: Changes, report: Report | None = None) -> None:
        """Measure again what changed, and the frames next to it; the first time all of it.

        Args:
            store: The session, as it is after the changes.
            changes: What changed since the last update.
            report: Told from time to time which share is done. It may raise to stop: what was known is kept, and
                what was to be measured is measured by the next update.
        """
        owed = self._owed = (Changes(self._owed) | changes).frames
        looked_at = shown_frames(store)
        if owed is None or 2 * len(owed) > len(looked_at):
            self._measured, self._masks = self._meter.all(store, len(looked_at), report), {}
        elif owed:
            self._measure_again(store, looked_at, owed)
        self._looked_at, self._owed = looked_at, frozenset()
        self._failed = frozenset(store.failures())
        self._marks.clear()

    def problems(
        self, thresholds: Thresholds | None = None, ignored: Iterable[IgnoredProblem] = ()
    ) -> tuple[Problem, ...]:
        """What is wrong, by frame, without what a reviewer ignores."""
        limits, left_out = thresholds or Thresholds(), tuple(ignored)
        found = [
            one
            for signal in SIGNALS
            for one in problems_of(signal, self._marks_of(signal.key), limits.of(signal.key))
            if not is_ignored(one, left_out)
        ]
        return tuple(sorted(found, key=lambda one: (one.first, _RANK[one.signal], one.track)))

    def strip(self, key: str, thresholds: Thresholds | None = None) -> tuple[Int, Float]:
        """How bad a signal is: frames, ascending, and the worst person's value as a share of the threshold.

        0 is fine, 1 and more is a problem; frames in which it was not measured are left out.
        """
        limit = (thresholds or Thresholds()).of(key)
        return strip_of(BY_KEY[key], self._marks_of(key), limit)

    def curve(self, key: str, track: int = 0) -> tuple[Int, Float]:
        """Frames, ascending, and values of a signal, in its unit, of a person, or of frames for track 0."""
        return self._marks_of(key).of(track)

    def measure_masks(self, store: Store, limit: int = 200) -> int:
        """Look at the masks of some more frames; returns in how many they are still to be looked at."""
        chosen = sorted(self._measured.masked)[:limit]
        for sheet in map(sheet_of, all_shown(store, chosen)):
            self._masks[sheet.frame] = sheet.slots, mask_overlaps(sheet, self._find_body)
        self._measured.masked.difference_update(chosen)
        if chosen:
            self._marks.pop("mask", None)
        return len(self._measured.masked)

    def _measure_again(self, store: Store, looked_at: Int, owed: frozenset[int]) -> None:
        touched = np.array(sorted(owed), np.int64)
        near, part = self._meter.some(store, looked_at, touched)
        self._measured = self._measured.replaced(touched, near, part)
        for frame in owed:
            self._masks.pop(frame, None)

    def _marks_of(self, key: str) -> Marks:
        if key not in self._marks:
            with np.errstate(invalid="ignore"):
                self._marks[key] = self._compute(key)
        return self._marks[key]

    def _compute(self, key: str) -> Marks:
        table, time_of = self._measured.table, self._time_of
        if key in _PER_PERSON:
            return _of_people(table, _PER_PERSON[key](table))
        if key == "failed":
            return absence.failed(self._failed, time_of)
        if key == "degraded":
            return absence.degraded(self._measured.efforts, time_of)
        if key == "gap":
            return absence.gaps(table, self._looked_at, time_of)
        if key == "switch":
            return identity.switches(table)
        return self._measured.pairs.marks() if key == "duplicate" else self._mask_marks(table)

    def _mask_marks(self, table: Table) -> Marks:
        found = {
            (frame, slot): value
            for frame, part in self._masks.items()
            for slot, value in zip(*(column.tolist() for column in part), strict=True)
        }
        keys = zip(table.frames.tolist(), table.slots.tolist(), strict=True)
        values = np.fromiter((found.get(key, np.nan) for key in keys), np.float32, len(table))
        return _of_people(table, values)


def _of_people(table: Table, values: Float) -> Marks:
    before = table.frames.copy()
    rows = np.flatnonzero(table.followed(place.NEAR_BOX))
    before[rows] = table.frames[rows - 1]
    return Marks(table.frames, table.times, table.tracks, np.zeros_like(table.tracks), values, before)
