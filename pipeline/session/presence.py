"""Which track is in which frames, kept in memory: asked for at every move of the pointer, and 100,000 frames long."""

from __future__ import annotations

import numpy as np

from pipeline.session.store import Store
from pipeline.session.tracks import AssignmentTable
from pipeline.structures import Changes, Int, Track

_NOBODY = -1
_MANY = 4
"""More than one in so many frames changed: the whole table is read again."""


class Presence:
    """Who is in the counting versions. Belongs to the store's thread; told of changes by whoever makes them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table: AssignmentTable | None = None
        self._stale: set[int] = set()
        self._rows: dict[int, Int] = {}
        self._looks: tuple[Track, ...] | None = None

    def forget(self, changes: Changes) -> None:
        """Look again at what changed, once somebody asks."""
        if changes.frames is None:
            self._table = None
        elif self._table is not None:
            self._stale |= changes.frames
        if changes.tracks or changes.frames is None or changes.frames:
            self._looks = None

    def tracks(self) -> tuple[Track, ...]:
        """The tracks that somebody is in, by id, as `Store.tracks` has them."""
        self._renew()
        if self._looks is None:
            self._looks = self._store.described(self._counts())
        return self._looks

    def frames(self, track: int) -> Int:
        """The frames a track is in, ascending."""
        return _distinct(self._renew().frames[self._of(track)])

    def said(self, track: int) -> Int:
        """Those of them in which a reviewer said so, ascending."""
        table, rows = self._renew(), self._of(track)
        return _distinct(table.frames[rows[table.by_reviewer[rows]]])

    def deleted(self) -> Int:
        """The frames from which a reviewer deleted somebody, ascending."""
        return self.said(_NOBODY)

    def _of(self, track: int) -> Int:
        """Rows of the table, in order."""
        if track not in self._rows:
            self._rows[track] = np.flatnonzero(self._renew().tracks == track)
        return self._rows[track]

    def _counts(self) -> list[tuple[int, int, int, int]]:
        """Track, people, first and last frame."""
        table = self._renew()
        known = table.tracks != _NOBODY
        tracks, frames = table.tracks[known], table.frames[known]
        people = np.bincount(tracks)
        first, last = np.zeros((2, len(people)), np.int64)
        first[tracks[::-1]] = frames[::-1]  # of those that go to one place the last remains
        last[tracks] = frames
        ids = np.flatnonzero(people)
        return list(
            zip(*(column.tolist() for column in (ids, people[ids], first[ids], last[ids])), strict=True)
        )

    def _renew(self) -> AssignmentTable:
        table = self._table
        if table is None or len(self._stale) * _MANY > len(table.frames):
            table = self._store.assignment_table()
        elif self._stale:
            table = _patched(table, self._store, sorted(self._stale))
        if table is not self._table:
            self._table, self._rows = table, {}
        self._stale.clear()
        return table


def _patched(table: AssignmentTable, store: Store, frames: list[int]) -> AssignmentTable:
    """The table with these frames read anew."""
    new = store.assignment_table(frames)
    first, end = (np.searchsorted(table.frames, frames, side) for side in ("left", "right"))
    kept = np.ones(len(table.frames), bool)
    for start, stop in zip(first.tolist(), end.tolist(), strict=True):
        kept[start:stop] = False
    places = np.searchsorted(table.frames[kept], new.frames)
    return AssignmentTable(
        np.insert(table.frames[kept], places, new.frames),
        np.insert(table.slots[kept], places, new.slots),
        np.insert(table.tracks[kept], places, new.tracks),
        np.insert(table.by_reviewer[kept], places, new.by_reviewer),
    )


def _distinct(ascending: Int) -> Int:
    return ascending[np.diff(ascending, prepend=-1) > 0]
