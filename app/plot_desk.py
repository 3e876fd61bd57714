"""The background's side of plots: reads a session and says what its curves are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.orbit_stage import world_in
from pipeline.curves.book import CurveBook
from pipeline.curves.values import Series, Wish
from pipeline.job import Job
from pipeline.session.store import Store
from pipeline.smpl import BodyModel, find_body
from pipeline.structures import Changes


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What was read.

    Attributes:
        series: The numbers by track and curve.
        engines: Ids of the engines they come from.
        bodies: Ids of the body models they were measured on.
        bodiless: Those of them that are not here, so that joints are not known.
    """

    series: Mapping[tuple[int, Wish], Series]
    engines: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    bodiless: tuple[str, ...] = ()


class PlotDesk:
    """One session's curves. Belongs to one lane; the session is only read, on connections of its own."""

    def __init__(self, path: Path, body_files: tuple[Path, ...], time_of: Callable[[int], float]) -> None:
        self._path = path
        self._body_files = body_files
        self._bodies: dict[str, BodyModel | None] = {}
        self._book = CurveBook(self._find_body, time_of, world_in)

    def tell(self, changes: Changes, tracks: Sequence[int], wishes: Sequence[Wish], job: Job) -> Told:
        """Read what changed, and measure what is wished.

        Raises:
            SessionError: The session cannot be read.
        """
        with Store(self._path, read_only=True) as store:
            self._book.update(store, changes, tracks, job.report)
        series = {}
        for track in tracks:
            for wish in wishes:
                job.check()
                series[track, wish] = self._book.series(track, wish)
        missing = tuple(body for body in self._book.bodies if self._find_body(body) is None)
        return Told(series, self._book.engines, self._book.bodies, missing)

    def _find_body(self, body: str) -> BodyModel | None:
        if body not in self._bodies:
            self._bodies[body] = find_body(body, self._body_files)
        return self._bodies[body]
