"""A person of a drawn or accepted box on the way into the session: which track, and everybody else as they are."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.session.edit_kinds import from_json
from pipeline.session.edits import AssignPerson
from pipeline.session.history import History
from pipeline.session.record import enter_step
from pipeline.session.run_edits import TakeBackRun
from pipeline.session.store import Store
from pipeline.session.tracks import Cell
from pipeline.splice import SAME_BODY, alone, person_in, same_person, splice
from pipeline.structures import Changes, Float, FrameResult
from pipeline.track import MAX_GAP, observe
from pipeline.tracking.prediction import Sighting, gather, sighting

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in px."""

_SEEN = 3  # sightings of a track on each side: enough for a velocity
_FAR, _FAR_GROWS, _FAR_MOST = 0.5, 0.05, 1.5  # how unlike a box may be, by frames since the track was seen


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track that nobody in the frame is.

    Attributes:
        track_id: The track.
        distance: How unlike the box is to where the track is expected: box heights between the middles, and
            the difference of the logs of the heights.
        gap: Frames to where the track was seen nearest.
        fits: Whether that is near enough to take it for this person unasked.
    """

    track_id: int
    distance: float
    gap: int
    fits: bool


@dataclass(frozen=True, slots=True)
class Target:
    """Where the person of a box goes.

    Attributes:
        box: What was drawn or accepted.
        track_id: The track to join; None begins a new one.
        sure: Whether a reviewer said so; else later tracking may say otherwise.
        accepted: Whether the box is one that the engine had left out.
    """

    box: Box
    track_id: int | None = None
    sure: bool = False
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the person went.

    Attributes:
        changes: What it touched.
        slot: The row in the frame's new version.
        track_id: The track joined.
        replaced: Whether somebody found before was replaced.
    """

    changes: Changes
    slot: int
    track_id: int | None
    replaced: bool


def candidates(store: Store, frame: int, box: Box) -> tuple[Candidate, ...]:
    """The tracks seen around a frame that nobody in it is, likeliest first for the person in a box."""
    version = store.counting_version(frame)
    there = {cell.track for cell in store.cells(frame, version)} if version is not None else set()
    sides = _sides(store, frame)
    tracks = sorted(set(sides) - there)
    expected = gather(((*sides[track], None) for track in tracks), frame)
    unlike = _unlike(box, expected.states)
    reach = np.minimum(_FAR + _FAR_GROWS * np.maximum(expected.gaps - 1, 0), _FAR_MOST)
    found = [
        Candidate(track, float(distance), int(gap), bool(distance <= most))
        for track, distance, gap, most in zip(tracks, unlike, expected.gaps, reach, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (not one.fits, one.distance, one.track_id)))


def place_person(store: Store, found: FrameResult, run: int, target: Target) -> Placed | None:
    """Add a version of a frame with the person of a box in it; None if the engine found nobody there.

    Everybody else keeps row, track and what the reviewer said of them. Whoever was found there before is
    replaced, and who that is stays unless the reviewer said another.

    Raises:
        SessionError: It cannot be written; the session is as before.
        EngineError: The person cannot be put beside the others.
    """
    row = person_in(found, target.box)
    if row is None:
        return None
    frame = found.frame_index
    with store.transaction():
        was = store.before_outcome(frame)
        before = None if was.before is None else store.result_of(was.before)
        slot = None if before is None else _slot(before, found, row, target.box)
        note = _note(target, replaced=slot is not None)
        result = (
            alone(found, row, note) if before is None else splice(before, found, row, slot, target.box, note)
        )
        cells = () if was.before is None else store.cells(frame, was.before)
        version = store.add_result(result, run)
        place = len(cells) if slot is None else slot
        mine = _cell(store, target, cells, Cell(frame, version, place, None, False))
        others = [cell._replace(version=version) for cell in cells if cell.slot != place]
        store.set_cells([*others, mine])
        changes = Changes(frozenset({frame}), tracks=True)
        if store.run_step(run) is not None:
            store.add_recorded(run, was, version)
            changes = dataclasses.replace(changes, history=enter_step(store, run))
    return Placed(changes, place, mine.track, slot is not None)


def choose_track(store: Store, frame: int, slot: int, run: int, track_id: int) -> Changes:
    """The reviewer says who the person of a box is.

    While the box is the last step of the history, that belongs to it, so that one undo takes back both; later
    it is an edit of its own.

    Raises:
        SessionError: It cannot be written.
    """
    version = store.counting_version(frame)
    cells = () if version is None else store.cells(frame, version)
    if slot >= len(cells):
        return Changes()
    taken = any(cell.track == track_id for cell in cells if cell.slot != slot)
    if taken or not _is_last(store, run):
        return History(store).do(AssignPerson(frame, slot, track_id))
    with store.transaction():
        store.set_cells([cells[slot]._replace(track=track_id, reviewer=True)])
    return Changes(frozenset({frame}), tracks=True)


def _is_last(store: Store, run: int) -> bool:
    step = store.next_step(done=True)
    edit = None if step is None else from_json(step[2])
    return isinstance(edit, TakeBackRun) and edit.run == run


def _slot(before: FrameResult, found: FrameResult, row: int, box: Box) -> int | None:
    drawn = same_person(before.people, box)
    return (
        drawn
        if drawn is not None
        else same_person(before.people, found.people.detections.boxes[row], SAME_BODY)
    )


def _note(target: Target, *, replaced: bool) -> str:
    where = "a box that was left out" if target.accepted else "a box drawn by hand"
    return f"One person {'replaced' if replaced else 'added'} from {where}."


def _cell(store: Store, target: Target, cells: tuple[Cell, ...], mine: Cell) -> Cell:
    """Who the person is: a track that somebody else has by now is not taken away."""
    old = cells[mine.slot] if mine.slot < len(cells) else None
    taken = target.track_id in {cell.track for cell in cells if cell.slot != mine.slot}
    said = target.sure and not taken
    if old is not None and old.track is not None and not said:
        return old._replace(version=mine.version)
    new = target.track_id is None or taken
    return mine._replace(track=store.new_track_id() if new else target.track_id, reviewer=said)


def _sides(store: Store, frame: int) -> dict[int, tuple[list[Sighting], list[Sighting]]]:
    """By track, where it was seen last before and next after a frame, nearest last."""
    sides: dict[int, tuple[list[Sighting], list[Sighting]]] = defaultdict(lambda: ([], []))
    seen = store.sightings(frame, frame - MAX_GAP, frame + MAX_GAP, _SEEN)
    for index, version in sorted(seen, key=lambda one: -abs(one[0] - frame)):
        observation = observe(store.result_of(version))
        for cell in store.cells(index, version):
            if cell.track is not None:
                sides[cell.track][index > frame].append(sighting(observation, cell.slot))
    return {track: (before[-_SEEN:], after[-_SEEN:]) for track, (before, after) in sides.items()}


def _unlike(box: Box, states: Float) -> npt.NDArray[np.float64]:
    """(T,) how unlike a box is to (T, 7) expected states."""
    x1, y1, x2, y2 = box
    height = max(y2 - y1, 1.0)
    heights = np.exp(states[:, 3].astype(float))
    away = np.hypot(states[:, 0] - (x1 + x2) / 2, states[:, 1] - (y1 + y2) / 2)
    apart = away / np.maximum(heights, height) + np.abs(np.log(heights / height))
    return np.asarray(apart, np.float64)
