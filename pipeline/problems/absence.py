"""Signals of frames without what should be there: people, results, or an engine's full effort."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from pipeline.problems.marks import Marks
from pipeline.problems.table import Table
from pipeline.structures import FrameResult, Int, Plan

LONGEST_GAP = 5.0
"""Seconds after which somebody who comes back was away, not missed: as long as tracking looks for them."""

_PRECISION = ("float32", "bfloat16", "float16")  # best first


class Effort(NamedTuple):
    """How a frame was run, as far as one frame's can be compared with another's.

    Attributes:
        engine_id: Only frames of the same engine are compared.
        device: 1 on the CPU, 0 on a GPU.
        precision: Place in _PRECISION.
        detector: Minus the detector's input in px.
        memory: 1 if the memory ran out on the way, else 0.
    """

    engine_id: str
    device: int
    precision: int
    detector: int
    memory: int


def effort_of(result: FrameResult) -> Effort:
    """What a result's plan says."""
    plan = result.plan
    precision = _PRECISION.index(plan.precision) if plan.precision in _PRECISION else 0
    return Effort(
        result.engine_id, int(plan.device == "cpu"), precision, -plan.detector_size, int(_ran_out(plan))
    )


def _ran_out(plan: Plan) -> bool:
    """Whether a rung of the memory ladder was taken: the engine says so in words, as "detect: smaller input"."""
    steps = ("detect", "reconstruct", "appearance", "track", "masks")
    return any(note.split(":")[0].strip() in steps and ":" in note for note in plan.notes)


def degraded(efforts: Mapping[int, Effort], time_of: Callable[[int], float]) -> Marks:
    """In how many ways each frame was run with less than the best frame of the same engine."""
    best: dict[str, tuple[int, ...]] = {}
    for effort in set(efforts.values()):
        ways = tuple(effort[1:])
        before = best.get(effort.engine_id, ways)
        best[effort.engine_id] = tuple(min(pair) for pair in zip(before, ways, strict=True))
    worse = {
        effort: sum(way > least for way, least in zip(effort[1:], best[effort.engine_id], strict=True))
        for effort in set(efforts.values())
    }
    frames = np.fromiter(sorted(efforts), np.int64, len(efforts))
    return _of_frames(frames, np.array([worse[efforts[f]] for f in frames.tolist()]), time_of)


def failed(frames: Iterable[int], time_of: Callable[[int], float]) -> Marks:
    """1 for each frame whose last run failed."""
    wrong = np.array(sorted(frames), np.int64)
    return _of_frames(wrong, np.ones(len(wrong)), time_of)


def _of_frames(frames: Int, values: np.ndarray, time_of: Callable[[int], float]) -> Marks:
    nobody = np.zeros(len(frames), np.int64)
    times = np.array([time_of(frame) for frame in frames.tolist()], np.float64)
    return Marks(frames, times, nobody, nobody, values.astype(np.float32), frames)


def gaps(table: Table, looked_at: Int, time_of: Callable[[int], float]) -> Marks:
    """For each person and frame in which they are missing between two sightings, for how many s they are.

    Args:
        table: The people.
        looked_at: The frames that have a result, ascending; others say nothing about who was there.
        time_of: Presentation time of a frame in s.
    """
    place = np.searchsorted(looked_at, table.frames)
    same = np.zeros(len(table), bool)
    same[1:] = (table.tracks[1:] == table.tracks[:-1]) & (table.tracks[1:] != 0)
    missing = np.where(same, np.diff(place, prepend=0) - 1, 0)
    away = np.diff(table.times, prepend=0)
    back = np.flatnonzero((missing > 0) & (away <= LONGEST_GAP))
    frames, tracks, values = [], [], []
    for row in back.tolist():
        gone = looked_at[place[row] - missing[row] : place[row]]
        # From when they were first missed: the frame before the gap was one.
        seconds = table.times[row] - time_of(int(gone[0]))
        frames.append(gone)
        tracks.append(np.full(len(gone), table.tracks[row]))
        values.append(np.full(len(gone), seconds, np.float32))
    if not frames:
        return _of_frames(np.zeros(0, np.int64), np.zeros(0), time_of)
    where = np.concatenate(frames)
    times = np.array([time_of(frame) for frame in where.tolist()], np.float64)
    nobody = np.zeros(len(where), np.int64)
    return Marks(where, times, np.concatenate(tracks), nobody, np.concatenate(values), where)
