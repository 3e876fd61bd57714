"""Reading a session, or a part of it, and measuring what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from pipeline.problems.absence import Effort, effort_of
from pipeline.problems.motion import NEAR
from pipeline.problems.observed import FindBody, Flags, Sheet, observed, sheet_of
from pipeline.problems.pairs import Pairs, find_pairs, joined_pairs, no_pairs
from pipeline.problems.table import Table, empty_table, joined, table_of
from pipeline.session.layered import all_shown
from pipeline.session.store import Store
from pipeline.structures import Int

_BLOCK = 1000  # frames measured at a time
_REACH = NEAR + 1e-6  # s around a frame within which its neighbours in time lie

Report = Callable[[float], None]
TimeOf = Callable[[int], float]


@dataclass(slots=True, eq=False)
class Measured:
    """What some frames hold.

    Attributes:
        table: Their people.
        pairs: Those who may be one and the same.
        efforts: How each frame was run.
        masked: The frames that have masks.
    """

    table: Table = field(default_factory=empty_table)
    pairs: Pairs = field(default_factory=no_pairs)
    efforts: dict[int, Effort] = field(default_factory=dict)
    masked: set[int] = field(default_factory=set)

    def replaced(self, frames: Int, near: Int, new: Measured) -> Measured:
        """With new measures: of `frames` all of them, of `near` those that depend on neighbours."""
        gone, changed = np.union1d(frames, near), set(frames.tolist())
        table = self.table.take(~np.isin(self.table.frames, gone))
        pairs = self.pairs.take(~np.isin(self.pairs.frames, gone))
        efforts = {frame: effort for frame, effort in self.efforts.items() if frame not in changed}
        efforts |= {frame: effort for frame, effort in new.efforts.items() if frame in changed}
        masked = self.masked - changed | new.masked & changed
        return Measured(joined([table, new.table]), joined_pairs([pairs, new.pairs]), efforts, masked)


class Meter:
    """Measures frames of sessions."""

    def __init__(self, find_body: FindBody, time_of: TimeOf) -> None:
        self._find_body = find_body
        self._time_of = time_of

    def all(self, store: Store, frames: int, report: Report | None) -> Measured:
        """Everything, some thousand people at a time; `report` is told which share of so many frames is done."""
        whole = Measured()
        tables, pairs = [whole.table], [whole.pairs]
        for table, found in self._blocks(self._read(store, None, whole)):
            tables.append(table)
            pairs.append(found)
            if report is not None:
                report(min(len(whole.efforts) / max(frames, 1), 1.0))
        whole.table, whole.pairs = joined(tables), joined_pairs(pairs)
        return whole

    def some(self, store: Store, frames: Int, touched: Int) -> tuple[Int, Measured]:
        """Those of a session's frames that lie near others: which they are, and what they hold.

        Args:
            store: The session.
            frames: All its frames, ascending.
            touched: Frames, of the session or not.
        """
        times = self._times(frames)
        near = frames[_within(times, self._times(touched))]
        around = frames[_within(times, self._times(near))]
        part = Measured()
        sheets = list(self._read(store, around, part))
        part.table, part.pairs = self._measure(sheets, near)
        return near, part

    def _times(self, frames: Int) -> np.ndarray:
        return np.array([self._time_of(frame) for frame in frames.tolist()], np.float64)

    def _read(self, store: Store, frames: Int | None, into: Measured) -> Iterator[Sheet]:
        """Frame by frame; its plan and whether it has masks are noted."""
        for seen in all_shown(store, None if frames is None else frames.tolist()):
            sheet = sheet_of(seen)
            into.efforts[sheet.frame] = effort_of(seen.result)
            if any(mask is not None for mask in sheet.people.detections.masks):
                into.masked.add(sheet.frame)
            yield sheet

    def _blocks(self, reading: Iterator[Sheet]) -> Iterator[tuple[Table, Pairs]]:
        """Measure sheets as they come, block by block, each with the neighbours that it needs."""
        held: list[Sheet] = []
        fresh = 0  # where in the held ones those begin that were not measured
        for sheet in reading:
            held.append(sheet)
            # What is near the end waits for the neighbours that follow.
            cut = self._first_from(held, -_REACH, sheet) if len(held) - fresh > _BLOCK else fresh
            if cut > fresh:
                yield self._measure(held, _frames_of(held[fresh:cut]))
                kept = self._first_from(held, -_REACH, held[cut])
                held, fresh = held[kept:], cut - kept
        yield self._measure(held, _frames_of(held[fresh:]))

    def _first_from(self, sheets: list[Sheet], offset: float, sheet: Sheet) -> int:
        """Place of the first sheet that is no earlier than another one and an offset in s."""
        start = self._time_of(sheet.frame) + offset
        place = len(sheets)
        while place and self._time_of(sheets[place - 1].frame) >= start:
            place -= 1
        return place

    def _measure(self, sheets: list[Sheet], frames: Int) -> tuple[Table, Pairs]:
        """Measure some sheets, and keep what is of certain frames."""
        people = observed(sheets, self._find_body, self._time_of)
        table, pairs = table_of(people), find_pairs(people)
        return table.take(np.isin(table.frames, frames)), pairs.take(np.isin(pairs.frames, frames))


def _frames_of(sheets: list[Sheet]) -> Int:
    return np.array([sheet.frame for sheet in sheets], np.int64)


def _within(times: np.ndarray, centres: np.ndarray) -> Flags:
    """Which of ascending times lie within reach of any of the centres."""
    covered = np.zeros(len(times) + 1, np.int64)
    np.add.at(covered, np.searchsorted(times, centres - _REACH, side="left"), 1)
    np.add.at(covered, np.searchsorted(times, centres + _REACH, side="right"), -1)
    return np.asarray(np.cumsum(covered[:-1]) > 0)
