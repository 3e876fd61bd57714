"""What curves are made of, kept up to date as a session changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline.curves.rows import Rows, joined, no_rows, rows_of
from pipeline.problems.observed import FindBody
from pipeline.session.layered import Shown, all_shown, shown_frames
from pipeline.session.store import Store
from pipeline.structures import Changes

_BLOCK = 1000  # frames that are put into columns at a time


class CurveBook:
    """The people of all tracks of a session, some 400 bytes a person and frame. Belongs to one thread at a time."""

    def __init__(self, find_body: FindBody, time_of: Callable[[int], float]) -> None:
        self._find_body = find_body
        self._time_of = time_of
        self._rows = no_rows()
        self._owed: frozenset[int] | None = None  # all of it, to begin with

    def update(self, store: Store, changes: Changes, report: Callable[[float], None] | None = None) -> None:
        """Read what changed since the last time; the first time all.

        Args:
            store: The session, as it is after the changes.
            changes: What changed. Settings, such as the camera, change every frame.
            report: Told which share is read. It may raise to stop; the next update then reads what is missing.
        """
        if changes.settings:
            changes = Changes(None)
        owed = self._owed = (Changes(self._owed) | changes).frames
        if owed is not None and not owed:
            return
        frames = shown_frames(store)
        whole = owed is None or 2 * len(owed) > len(frames)
        parts = [] if whole else [self._rows.take(~np.isin(self._rows.frames, list(owed or ())))]
        total = len(frames) if whole else len(owed or ())
        held: list[Shown] = []
        for place, seen in enumerate(all_shown(store, None if whole else owed)):
            held.append(seen)
            if len(held) == _BLOCK:
                parts.append(rows_of(held, self._find_body, self._time_of))
                held = []
                if report is not None:
                    report(place / total)
        parts.append(rows_of(held, self._find_body, self._time_of))
        self._rows, self._owed = joined(parts), frozenset()

    def rows(self, track: int) -> Rows:
        """What is known of a track."""
        return self._rows.of(track)
