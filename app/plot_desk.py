"""The background's side of plots: reads a session, and makes curves of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.curves.book import CurveBook
from pipeline.curves.kinds import BY_KEY, Curve, curves_of
from pipeline.job import Job
from pipeline.session.store import Store
from pipeline.smpl import BodyModel, find_body
from pipeline.structures import Changes

Found = dict[int, tuple[Curve, ...]]


class PlotDesk:
    """One session's curves. Belongs to one lane; the session is only read, on connections of its own."""

    def __init__(self, path: Path, body_files: tuple[Path, ...], time_of: Callable[[int], float]) -> None:
        self._path = path
        self._body_files = body_files
        self._bodies: dict[str, BodyModel | None] = {}
        self._book = CurveBook(self._find_body, time_of)

    def curves(self, changes: Changes, tracks: Sequence[int], keys: Sequence[str], job: Job) -> Found:
        """The curves of some kinds, of some tracks, after changes.

        Raises:
            SessionError: The session cannot be read.
        """
        with Store(self._path, read_only=True) as store:
            self._book.update(store, changes, job.report)
        found = {}
        for track in tracks:
            rows = self._book.rows(track)
            found[track] = tuple(curve for key in keys for curve in curves_of(rows, BY_KEY[key]))
        return found

    def _find_body(self, body: str) -> BodyModel | None:
        if body not in self._bodies:
            self._bodies[body] = find_body(body, self._body_files)
        return self._bodies[body]
