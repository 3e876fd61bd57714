"""Imported results on their way into the session: a run like an engine's, which can be undone as one step.

Results that were there stay as older versions. What a reviewer said of people holds: whoever of the file overlaps with
a person that a reviewer assigned is that person; and where such a person is not in the file, the frame stays as it is.
Everybody else is the track the file says, under the file's number where no track of the session has or had it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.importing.content import Content, ReadFrame
from pipeline.importing.made import MadeLayers
from pipeline.importing.matching import Match
from pipeline.job import Job
from pipeline.palette import track_color
from pipeline.session.edit_kinds import Several, to_json
from pipeline.session.edits import Edit, RecolorTrack, RenameTrack, ShowTrack
from pipeline.session.record import enter_step
from pipeline.session.run_edits import TakeBackRun
from pipeline.session.store import Store
from pipeline.session.tracks import Cell
from pipeline.splice import overlaps
from pipeline.structures import Changes, FrameResult, RunOptions

SAME_PERSON = 0.5
"""Overlap of boxes from which somebody of a file is the person whom a reviewer assigned."""


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of it.

    Attributes:
        frames: Frames that have a new version.
        kept: Frames that stay as they are, because a reviewer said that somebody is there whom the file lacks.
        failures: Frames that the file says could not be done.
        renumbered: Tracks of the file that got another number, with that.
    """

    frames: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    failures: int = 0
    renumbered: Mapping[int, int] = field(default_factory=dict)


class Entering:
    """One import. `put` may be called for parts of it, each within a transaction of its own.

    Belongs to the store's thread.
    """

    def __init__(self, store: Store, content: Content, match: Match) -> None:
        """Begin the run; within a transaction, or in one of its own."""
        self._store, self.content = store, content
        self._engine = f"import: {content.key}, {content.name}, {content.digest}"
        self.label = f"Import {content.name}"
        self.tracks = free_numbers(content.tracks, store)
        self._frames: list[int] = []
        self._kept: list[int] = []
        self._failures = 0
        self._layers = MadeLayers(store)
        with store.within_transaction():
            self.run = store.start_run(self._engine, RunOptions(), self.label, step=self.label)
        self._back: Edit = TakeBackRun(self.run, self.label)
        self.waiting = list(match.frames.values())

    def put(self, count: int) -> bool:
        """Put some more frames in, within the open transaction; whether any is left."""
        for frame in self.waiting[:count]:
            self._put(frame)
        del self.waiting[:count]
        if not self.waiting:
            self._finish()
        return bool(self.waiting)

    def _finish(self) -> None:
        """Lay what layers had made, and name and colour the tracks, as parts of the step that the run is."""
        if not self._frames:
            return
        looks = Several(tuple(self._looks()), self.label).apply(self._store)
        backs = (*self._layers.write(self.label), *looks.edits)
        if backs:
            self._back = Several((*backs, self._back), self.label)
            step = self._store.step_named(self.label)
            self._store.turn_step(step, to_json(self._back), done=True)

    def take_back(self) -> None:
        """Leave the session as it was, in a transaction of its own; only versions set aside are left of it."""
        with self._store.transaction():
            _label, there = self._store.run_step(self.run) or ("", False)
            if not there:  # nothing was put in, or it was not written
                return
            back = self._back.apply(self._store)
            self._store.turn_step(self._store.step_named(self.label), to_json(back), done=False)
            self._store.forget_undone()

    def entered(self) -> Entered:
        """What came of it so far."""
        renumbered = {old: new for old, new in self.tracks.items() if old != new}
        return Entered(tuple(self._frames), tuple(self._kept), self._failures, renumbered)

    def changes(self) -> Changes:
        """What it touched so far."""
        return Changes(frozenset(self._frames), tracks=True, history=True)

    def _looks(self) -> Iterable[Edit]:
        """The file's names, colours and visibilities, by the session's numbers."""
        for track, looks in self.content.looks.items():
            number = self.tracks.get(track)
            if number is not None:
                yield RenameTrack(number, looks.name)
                yield RecolorTrack(number, None if looks.color == track_color(track) else looks.color)
                yield ShowTrack(number, looks.visible)

    def _put(self, frame: ReadFrame) -> None:
        store, number = self._store, frame.number
        before = store.counting_version(number)
        was = store.before_outcome(number)
        if frame.result is None:
            if frame.failure is None or before is not None:
                return
            store.add_failure(frame.failure, self.run)
            self._failures += 1
            version = None
        else:
            said = {} if before is None else reviewed(store, number, before, frame.result)
            if said is None:
                self._kept.append(number)
                return
            version = store.add_result(self._signed(frame.result), self.run)
            store.set_cells(self._cells(frame, version, said))
            self._layers.add(
                frame.made, version, self._signed(frame.result), tuple(store.cells(number, version))
            )
        store.add_recorded(self.run, was, version)
        enter_step(store, self.run)
        self._frames.append(number)

    def _signed(self, result: FrameResult) -> FrameResult:
        """Where it is from, and what made it if that is known."""
        made_by = f"; {result.engine_id}" if result.engine_id else ""
        return replace(result, engine_id=f"{self._engine}{made_by}")

    def _cells(self, frame: ReadFrame, version: int, said: Mapping[int, Cell]) -> Iterable[Cell]:
        for slot, track in enumerate(frame.tracks):
            if slot in said:
                yield said[slot]._replace(version=version, slot=slot)
            else:
                number = None if track is None else self.tracks[track]
                yield Cell(frame.number, version, slot, number, slot in frame.reviewed)


def reviewed(store: Store, frame: int, version: int, result: FrameResult) -> dict[int, Cell] | None:
    """What a reviewer said of people, by slot of a new result of a frame.

    Returns:
        None if somebody whom the reviewer assigned is not in the new result. Whom the reviewer deleted need not be.
    """
    cells = [cell for cell in store.cells(frame, version) if cell.reviewer]
    if not cells:
        return {}
    boxes, new = store.result_of(version).people.detections.boxes, result.people.detections.boxes
    shares = np.array([overlaps(boxes[cell.slot], new) for cell in cells]).reshape(len(cells), len(new))
    said: dict[int, Cell] = {}
    for _ in cells:  # the pair that overlaps most is the surest
        if not shares.size or shares.max() < SAME_PERSON:
            break
        row, slot = np.unravel_index(int(shares.argmax()), shares.shape)
        said[int(slot)] = cells[int(row)]
        shares[row, :], shares[:, slot] = -1, -1
    missing = [cell for cell in cells if cell.track is not None and cell not in said.values()]
    return None if missing else said


def free_numbers(tracks: Sequence[int], store: Store) -> dict[int, int]:
    """For each track of a file its number in the session: its own where it is above 0 and free, else the next."""
    own = store.free_track_ids(track for track in tracks if track > 0)
    free = max(store.new_track_id(), max(tracks, default=0) + 1)
    numbers: dict[int, int] = {}
    for track in tracks:
        if track in own:
            numbers[track] = track
        else:
            numbers[track], free = free, free + 1
    return numbers


def import_all(store: Store, content: Content, match: Match, job: Job | None = None) -> Entered:
    """Put everything in, in one transaction: all of it or nothing.

    Args:
        store: The session.
        content: What was read.
        match: How it fits.
        job: Is told how far it is, and may cancel it.

    Raises:
        SessionError: It cannot be written.
        Cancelled: The job was cancelled; nothing was imported.
    """
    with store.transaction():
        entering = Entering(store, content, match)
        total = len(entering.waiting)
        while entering.put(_TOGETHER):
            if job is not None:
                job.report(1 - len(entering.waiting) / total)
    return entering.entered()


_TOGETHER = 16
