"""Boxes of a file, reconstructed by an engine frame by frame."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pipeline.headless import Headless, Step
from pipeline.importing.boxes import BoxTable, GivenBox
from pipeline.importing.entering import free_numbers
from pipeline.session.tracks import Cell
from pipeline.splice import overlaps
from pipeline.structures import FrameResult, RunOptions

_SAME = 0.5


def run_boxes(
    headless: Headless, table: BoxTable, frames: list[int], options: RunOptions, tell: Callable[[Step], None]
) -> dict[int, int]:
    """Run frames on the boxes a file has for them, and name the people as the file does.

    Who a person is counts as said by a reviewer, so that tracking leaves it alone.

    Returns:
        Tracks of the file, with their numbers in the session.

    Raises:
        ResultsError: The boxes are not of this video.
    """
    table.within(headless.video.frame_count, headless.video.info.size)
    names = _numbers(headless, table)
    _catch_up(headless, table, names, frames[0] if frames else 0)
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


def _catch_up(headless: Headless, table: BoxTable, names: dict[int, int], first: int) -> None:
    """Name the people of the last frame before, should its run have been killed after it was stored."""
    store, earlier = headless.store, [frame for frame in table.frames if frame < first]
    frame = max(earlier, default=-1)
    boxes = table.frames.get(frame, ())
    for version in store.versions(frame):
        from_boxes = version.counts and version.options.boxes == tuple(one.box for one in boxes)
        if from_boxes and not any(cell.reviewer for cell in store.cells(frame, version.id)):
            _assign(headless, store.result_of(version.id), boxes, names)


def _assign(
    headless: Headless, result: FrameResult, boxes: tuple[GivenBox, ...], names: dict[int, int]
) -> None:
    store, frame = headless.store, result.frame_index
    version = store.counting_version(frame)
    pairs = _pairs(boxes, result)
    if version is None or not pairs:
        return
    with store.transaction():
        # A number of the file's is nobody else's, also where it comes up only later.
        taken, others = set(names.values()), store.cells(frame, version)
        store.set_cells(cell._replace(track=None) for cell in others if cell.track in taken)
        store.set_cells(Cell(frame, version, slot, names[track], True) for track, slot in pairs)


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
