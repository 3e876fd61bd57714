"""Boxes of a file, reconstructed by an engine frame by frame."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
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


def _assign(
    headless: Headless, result: FrameResult, boxes: tuple[GivenBox, ...], names: dict[int, int]
) -> None:
    """Each named box takes the person that overlaps it most, the surest pair first."""
    store, frame = headless.store, result.frame_index
    version = store.counting_version(frame)
    named = [one for one in boxes if one.track is not None]
    if version is None or not named or not len(result.people):
        return
    shares = np.array([overlaps(one.box, result.people.detections.boxes) for one in named])
    cells = []
    while shares.max() >= _SAME:
        row, slot = np.unravel_index(int(shares.argmax()), shares.shape)
        track = named[int(row)].track
        assert track is not None
        cells.append(Cell(frame, version, int(slot), names[track], True))
        shares[row, :], shares[:, slot] = -1, -1
    with store.transaction():
        # A number of the file's is nobody else's, also where it comes up only later.
        taken, others = set(names.values()), store.cells(frame, version)
        store.set_cells(cell._replace(track=None) for cell in others if cell.track in taken)
        store.set_cells(cells)
