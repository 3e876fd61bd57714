"""The curves of a session, kept up to date as it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from pipeline.curves.measuring import series_of
from pipeline.curves.reading import FindBody, Reader, Report, TimeOf, World
from pipeline.curves.samples import Samples
from pipeline.curves.values import Series, Wish
from pipeline.session.layered import track_frames
from pipeline.session.store import Store
from pipeline.structures import Changes, Int

MOST = 200_000
"""Sightings kept, some 110 MB."""

_LAST = 2**62


class CurveBook:
    """Reads people when they are asked for, and again what changes of them.

    It belongs to one thread at a time, and so do the stores it is given. A session of up to `most`
    sightings is read at once, with everybody in it; of a larger one only those who are asked for::

        book = CurveBook(find_body, time_of, world_in)
        book.update(store, Changes(None), {3})
        draw(book.series(3, Wish("speed")))
    """

    def __init__(
        self, find_body: FindBody, time_of: TimeOf, world_in: Callable[[Store], World], most: int = MOST
    ) -> None:
        """Nothing is read yet.

        Args:
            find_body: The body model of an id, or None if it is not here; then there are no joints.
            time_of: Presentation time of a frame in s; frame rates may vary.
            world_in: Where a session's cameras stand.
            most: How many sightings are kept.
        """
        self._reader = Reader(find_body, time_of)
        self._world_in = world_in
        self._most = most
        self._kept: dict[int, Samples] = {}  # the one asked for last at the end
        self._owed: frozenset[int] | None = frozenset()

    @property
    def engines(self) -> tuple[str, ...]:
        """Ids of the engines whose results were read."""
        return tuple(sorted(self._reader.engines))

    @property
    def bodies(self) -> tuple[str, ...]:
        """Ids of the body models of what was read."""
        return tuple(sorted(self._reader.bodies))

    @property
    def kept(self) -> tuple[int, ...]:
        """Who is known."""
        return tuple(self._kept)

    def update(
        self, store: Store, changes: Changes, tracks: Iterable[int], report: Report | None = None
    ) -> None:
        """Read what changed of those who are known, and those of `tracks` who are not.

        Args:
            store: The session, as it is after the changes.
            changes: What changed since the last update.
            tracks: Who is asked for.
            report: Told which share is done. It may raise to stop; what is left to do is done next time.
        """
        self._owed = (Changes(self._owed) | changes).frames
        if self._owed is None:
            self._kept.clear()
        elif self._owed and self._kept:
            self._read_again(store, np.array(sorted(self._owed), np.int64), report)
        self._owed = frozenset()
        wanted = tuple(tracks)
        if missing := [track for track in wanted if track not in self._kept]:
            self._read(store, missing, report)
        for track in wanted:
            self._kept[track] = self._kept.pop(track)
        self._forget(len(wanted))

    def series(self, track: int, wish: Wish) -> Series:
        """The numbers of a curve of somebody who was asked for; a KeyError for others."""
        return series_of(self._kept[track], track, wish)

    def _read_again(self, store: Store, frames: Int, report: Report | None) -> None:
        known = frozenset(self._kept)
        new = self._reader.read(store, self._world_in(store), known, frames, report)
        for track in known:
            self._kept[track] = self._kept[track].replaced(frames, new.of(track))

    def _read(self, store: Store, missing: list[int], report: Report | None) -> None:
        world = self._world_in(store)
        if not self._kept and len(store.assignment_table().tracks) <= self._most:
            read = self._reader.read(store, world, None, None, report)
            known = {*np.unique(read.tracks).tolist(), *missing}
        else:
            frames = np.unique(np.concatenate([track_frames(store, one, 0, _LAST) for one in missing]))
            read = self._reader.read(store, world, frozenset(missing), frames, report)
            known = set(missing)
        self._kept |= {track: read.of(track) for track in known}

    def _forget(self, least: int) -> None:
        """Those not asked for the longest, until few enough are kept."""
        while len(self._kept) > least and sum(map(len, self._kept.values())) > self._most:
            del self._kept[next(iter(self._kept))]
