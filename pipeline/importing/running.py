"""Boxes of a file, reconstructed by an engine frame by frame."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.headless import Headless, Step
from pipeline.importing.boxes import BoxTable, GivenBox
from pipeline.importing.entering import free_numbers
from pipeline.session.store import Store
from pipeline.session.tracks import Cell
from pipeline.splice import overlaps
from pipeline.structures import FrameResult, RunOptions

_SAME = 0.5


def run_boxes(
    headless: Headless, table: BoxTable, frames: list[int], options: RunOptions, tell: Callable[[Step], None]
) -> dict[int, int]:
    """Run frames on the boxes a file has for them, and name the people as the file does.

    Who a person is counts as said by a reviewer, so that tracking leaves it alone. What was said so before, by a
    reviewer or by an earlier run on boxes, holds. Without frames only people that an earlier run left without
    names get them; no engine is needed for that.

    Returns:
        Tracks of the file, with their numbers in the session.

    Raises:
        ResultsError: The boxes are not of this video.
    """
    table.within(headless.video.frame_count, headless.video.info.size)
    store = headless.store
    left = _unnamed(store, table)
    if not frames and not left:
        return {}
    names = _numbers(headless, table)
    for frame, version in left.items():
        _assign(headless, store.result_of(version), table.frames[frame], names)
    done = 0

    def told(step: Step) -> None:
        nonlocal done
        done += 1
        if isinstance(step.outcome, FrameResult):
            _assign(headless, step.outcome, table.frames[step.outcome.frame_index], names)
        tell(replace(step, done=done))

    for frame in frames:
        boxes = tuple(one.box for one in table.frames[frame])
        headless.run([frame], replace(options, boxes=boxes), told)
    return names


def _numbers(headless: Headless, table: BoxTable) -> dict[int, int]:
    """The session's number of each track; the same again when a run that was stopped goes on."""
    store = headless.store
    digest = hashlib.sha256(repr(sorted(table.frames.items())).encode()).hexdigest()[:12]
    known = store.remembered(f"boxes_{digest}")
    if known is not None:
        return {int(track): int(number) for track, number in known.items()}
    names = free_numbers(table.tracks, store)
    store.remember(f"boxes_{digest}", names)
    return names


def _unnamed(store: Store, table: BoxTable) -> dict[int, int]:
    """Frames whose run was ended after it was stored and before its people were named, with their versions."""
    said = store.assignment_table()
    done = set(store.frames_with_results().tolist()) - set(said.frames[said.by_reviewer].tolist())
    left: dict[int, int] = {}
    for frame in sorted(done & table.frames.keys()):
        boxes = tuple(one.box for one in table.frames[frame])
        left.update(
            (frame, version.id)
            for version in store.versions(frame)
            if version.counts and version.options.boxes == boxes
        )
    return left


def _assign(
    headless: Headless, result: FrameResult, boxes: tuple[GivenBox, ...], names: dict[int, int]
) -> None:
    """Name the people of a frame's counting version. Whom a reviewer named, and as whom, stays."""
    store, frame = headless.store, result.frame_index
    version = store.counting_version(frame)
    pairs = _pairs(boxes, result)
    if version is None or not pairs:
        return
    cells = store.cells(frame, version)
    fixed = {cell.slot for cell in cells if cell.reviewer}
    held = {cell.track for cell in cells if cell.reviewer}
    with store.transaction():
        # A number of the file's is nobody else's, also where it comes up only later.
        taken = set(names.values())
        store.set_cells(
            cell._replace(track=None) for cell in cells if not cell.reviewer and cell.track in taken
        )
        store.set_cells(
            Cell(frame, version, slot, names[track], True)
            for track, slot in pairs
            if slot not in fixed and names[track] not in held
        )


def _pairs(boxes: Sequence[GivenBox], result: FrameResult) -> list[tuple[int, int]]:
    """Track and slot: each named box takes the person that overlaps it most, the surest pair first."""
    named = [(one.track, one.box) for one in boxes if one.track is not None]
    if not named or not len(result.people):
        return []
    shares = np.array([overlaps(box, result.people.detections.boxes) for _, box in named])
    pairs = []
    while shares.max() >= _SAME:
        row, slot = np.unravel_index(int(shares.argmax()), shares.shape)
        pairs.append((named[int(row)][0], int(slot)))
        shares[row, :], shares[:, slot] = -1, -1
    return pairs
