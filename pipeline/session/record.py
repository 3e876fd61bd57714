"""How results come into a session, and who is who in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from pipeline.session.edit_kinds import to_json
from pipeline.session.edits import SetCells
from pipeline.session.history import History
from pipeline.session.own_tracks import propose
from pipeline.session.run_edits import TakeBackRun
from pipeline.session.store import Store
from pipeline.session.tracks import Cell
from pipeline.structures import Changes, FrameFailure, FrameResult
from pipeline.track import MAX_GAP, NOBODY, SIGHTINGS, Observation, link, link_frame, observe


def record(store: Store, outcome: FrameResult | FrameFailure, run: int) -> Changes:
    """Store what an engine made of a frame, in one transaction, and say who its people are.

    Only the frame itself gets new assignments. Run again, its people keep their IDs and what the reviewer
    said of them; new ones continue the tracks seen shortly before and after. Where the engine has tracks of
    its own, within a run in order, these decide instead. The work does not grow with the session.

    Raises:
        SessionError: It cannot be written; the session is as before.
    """
    with store.transaction():
        was = store.before_outcome(outcome.frame_index)
        if isinstance(outcome, FrameFailure):
            store.add_failure(outcome, run)
            changes, version = Changes(frozenset({outcome.frame_index})), None
        else:
            changes, version = _record_result(store, outcome, run)
        if store.run_step(run) is not None:
            store.add_recorded(run, was, version)
            changes = dataclasses.replace(changes, history=enter_step(store, run))
    return changes


def _record_result(store: Store, outcome: FrameResult, run: int) -> tuple[Changes, int]:
    frame = outcome.frame_index
    old = store.counting_version(frame)
    before = None if old is None else _observed(store, frame, old)
    version = store.add_result(outcome, run)
    new, around = observe(outcome), list(_around(store, frame)) if len(outcome.people) else []
    proposed = propose(store, outcome, run)
    tracks, fixed = link_frame(new, around, old=before, proposed=proposed, next_id=store.new_track_id())
    said = zip(tracks.tolist(), fixed.tolist(), strict=True)
    store.set_cells(
        Cell(frame, version, slot, None if track == NOBODY else track, reviewer)
        for slot, (track, reviewer) in enumerate(said)
    )
    return Changes(frozenset({frame}), tracks=bool(len(tracks)) or before is not None), version


def enter_step(store: Store, run: int) -> bool:
    """Make a run the newest step of the history with its first outcome; whether it was."""
    label, there = store.run_step(run) or ("", True)
    if not there:
        store.forget_undone()
        store.set_run_step(run, store.add_step(label, to_json(TakeBackRun(run, label)), 0))
    return not there


def relink(store: Store) -> Changes:
    """Track all frames again, as one step that can be undone."""
    return History(store).do(propose_links(store))


def propose_links(store: Store) -> Relink:
    """What tracking all frames again would change.

    It only reads, so a long session can be tracked on another thread with a read-only store of its own;
    the edit is then done through the window's history.
    """
    cells = {version: tuple(of) for version, of in groupby(store.all_cells(), lambda cell: cell.version)}
    observations = list(_observations(store, cells))
    linked = link(observations, next_id=store.new_track_id())
    changed: list[Cell] = []
    was: list[Cell] = []
    for before, tracks in zip(cells.values(), linked, strict=True):
        after = [
            c._replace(track=None if t == NOBODY else int(t)) for c, t in zip(before, tracks, strict=True)
        ]
        if tuple(after) != before:
            changed += [cell for cell, old in zip(after, before, strict=True) if cell != old]
            was += before
    return Relink(tuple(changed), tuple(was))


@dataclass(frozen=True, slots=True)
class Relink:
    """New tracks for people, as `propose_links` found them.

    Attributes:
        cells: The people whose track changes.
        was: All people of their versions as they were; a version that somebody was assigned in since,
            or that counts no more, is left alone.
    """

    cells: tuple[Cell, ...]
    was: tuple[Cell, ...]
    label: str = "Track again"

    def apply(self, store: Store) -> SetCells:
        """Change who they are."""
        stale = {cell.version for cell in self.was} - set(self._unchanged(store))
        wanted = tuple(cell for cell in self.cells if cell.version not in stale)
        return SetCells(wanted, self.label).apply(store)

    def touched(self) -> Changes:
        """The frames of those people, and the tracks."""
        return SetCells(self.cells, self.label).touched()

    def top_track(self) -> int:
        """The highest track given."""
        return SetCells(self.cells, self.label).top_track()

    def _unchanged(self, store: Store) -> Iterator[int]:
        for (frame, version), was in groupby(self.was, lambda cell: (cell.frame, cell.version)):
            if store.counting_version(frame) == version and store.cells(frame, version) == tuple(was):
                yield version


def _around(store: Store, frame: int) -> Iterator[Observation]:
    for seen, version in store.sightings(frame, frame - MAX_GAP, frame + MAX_GAP, SIGHTINGS):
        yield _observed(store, seen, version)


def _observed(store: Store, frame: int, version: int) -> Observation:
    return _with_cells(store.result_of(version), store.cells(frame, version))


def _observations(store: Store, cells: dict[int, tuple[Cell, ...]]) -> Iterator[Observation]:
    by_frame = {of[0].frame: of for of in cells.values()}
    for result in store.results(by_frame):
        yield _with_cells(result, by_frame[result.frame_index])


def _with_cells(result: FrameResult, cells: Iterable[Cell]) -> Observation:
    who = [(NOBODY if cell.track is None else cell.track, cell.reviewer) for cell in cells]
    return observe(result, [track for track, _ in who], [reviewer for _, reviewer in who])
