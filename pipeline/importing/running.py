"""Boxes of a file, reconstructed by an engine frame by frame."""

from __future__ import annotations

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

    Who a person is counts as said by a reviewer, so that tracking leaves it alone.

    Returns:
        Tracks of the file, with their numbers in the session.

    Raises:
        ResultsError: The boxes are not of this video.
    """
    table.within(headless.video.frame_count, headless.video.info.size)
    names = _names(headless.store, table)
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


def _names(store: Store, table: BoxTable) -> dict[int, int]:
    """Tracks of the file, with their numbers in the session.

    They are those of an earlier run on these boxes, which is gone on with, else free ones.
    """
    known: dict[int, int] = {}
    for frame in sorted(set(table.frames) & set(store.frames_with_results().tolist())):
        version = store.counting_version(frame)
        cells = () if version is None else store.cells(frame, version)
        said = {cell.slot: cell.track for cell in cells if cell.reviewer and cell.track is not None}
        if version is not None and said:
            pairs = _pairs(table.frames[frame], store.result_of(version))
            known |= {track: said[slot] for track, slot in pairs if slot in said and track not in known}
    return known | free_numbers([track for track in table.tracks if track not in known], store)


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
