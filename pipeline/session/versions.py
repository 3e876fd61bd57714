"""The part of a session that engines write: runs, versions of frames' results, failures."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.codec import CodecError, from_parts, pack, to_parts, unpack_result
from pipeline.errors import SessionError
from pipeline.session.database import Database
from pipeline.structures import FrameFailure, FrameResult, Int, Plan, RunOptions

KEPT_RESULTS = 256
"""Unpacked results kept: what linking, trails and the overlay look at again; some 20 kB each with masks."""

NONE = -1
"""In place of a version: that none counts."""

_CHUNK = 64  # results read at a time while going through all


@dataclass(frozen=True, slots=True)
class Version:
    """One run of one frame.

    Attributes:
        id: Number of the version in the session, from 1.
        run: The run it belongs to.
        engine_id: Engine, version, weights and configuration hash.
        created: ISO 8601, UTC.
        counts: Whether it is the frame's version that is shown and exported.
        plan: How it was run.
        options: What was asked for.
        people: How many were found.
        seconds: How long it took.
        shelved: Whether the run that made it was undone.
    """

    id: int
    run: int
    engine_id: str
    created: str
    counts: bool
    plan: Plan
    options: RunOptions
    people: int
    seconds: float
    shelved: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """What counts for a frame before another.

    Attributes:
        frame: The frame.
        version: The version that counts.
        engine_id: What made it.
        options: What was asked for.
    """

    frame: int
    version: int
    engine_id: str
    options: RunOptions


class RunRow(NamedTuple):
    """One press of a run button, or one `retake run`.

    Attributes:
        number: From 1.
        engine_id: Engine, version, weights and configuration hash.
        title: Such as "Run 20 frames".
        started: ISO 8601, UTC.
        results: Versions of frames it made.
    """

    number: int
    engine_id: str
    title: str
    started: str
    results: int


class Versions(Database):
    """Runs, results and failures."""

    def __init__(self, path: Path | str, *, read_only: bool = False, vfs: str = "") -> None:
        super().__init__(path, read_only=read_only, vfs=vfs)
        self._kept: OrderedDict[int, FrameResult] = OrderedDict()
        self._counted: Int | None = None

    def start_run(self, engine_id: str, options: RunOptions, title: str) -> int:
        """Begin a run, in the open transaction or one of its own; returns its number."""
        with self._in_transaction():
            return self._write(
                "INSERT INTO run (engine_id, options, title, started) VALUES (?, ?, ?, ?)",
                engine_id,
                _to_json(options),
                title,
                _now(),
            )

    def add_result(self, result: FrameResult, run: int) -> int:
        """Add a version of a frame; it becomes the one that counts, and the frame's failure is over.

        Returns:
            The version's id. Its people belong to nobody yet.
        """
        frame = result.frame_index
        version = self._write(
            "INSERT INTO version (frame, run, engine_id, created, people, seconds, plan) VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(
                frame,
                run,
                result.engine_id,
                _now(),
                len(result.people),
                _seconds(result),
                _to_json(result.plan),
            ),
        )
        self._write("INSERT INTO result VALUES (?, ?)", version, pack(result))
        self._write_many(
            "INSERT INTO assignment VALUES (?, ?, NULL, 0)", ((version, s) for s in range(len(result.people)))
        )
        self._write("DELETE FROM failure WHERE frame = ?", frame)
        self._count(frame, version)
        self._keep(version, result)
        return version

    def add_failure(self, failure: FrameFailure, run: int) -> None:
        """Remember why a frame has no new result; an older result goes on counting."""
        self._write(
            "INSERT OR REPLACE INTO failure VALUES (?, ?, ?)", failure.frame_index, run, _to_json(failure)
        )

    def failures(self) -> dict[int, FrameFailure]:
        """By frame, ascending, the failures that no later result made good."""
        rows = self._rows("SELECT frame, failure FROM failure ORDER BY frame")
        return {frame: self._from_json(text) for frame, text in rows}

    def use_version(self, frame: int, version: int) -> None:
        """Let a version of a frame count; 0 is the newest, `NONE` none at all.

        Raises:
            ValueError: The frame has no such version.
        """
        if version == NONE:
            self._write("DELETE FROM counting WHERE frame = ?", frame)
            if self._counted is not None:
                self._counted = self._counted[self._counted != frame]
            return
        chosen = version or self.newest_version(frame)
        if chosen is None or self._value("SELECT frame FROM version WHERE id = ?", chosen) != frame:
            raise ValueError(f"frame {frame} has no version {version}")
        self._count(frame, chosen)

    def counting_version(self, frame: int) -> int | None:
        """Id of the version that counts, or None if the frame was never run."""
        version: int | None = self._value("SELECT version FROM counting WHERE frame = ?", frame)
        return version

    def newest_version(self, frame: int) -> int | None:
        """Id of the newest version that was not undone, or None if there is none."""
        sql = "SELECT MAX(id) FROM version WHERE frame = ? AND id NOT IN (SELECT version FROM shelved)"
        version: int | None = self._value(sql, frame)
        return version

    def result(self, frame: int) -> FrameResult | None:
        """What counts for a frame, or None if it was never run."""
        version = self.counting_version(frame)
        return None if version is None else self.result_of(version)

    def result_of(self, version: int) -> FrameResult:
        """What a version holds.

        Raises:
            SessionError: It is damaged.
            KeyError: There is no such version.
        """
        if version in self._kept:
            self._kept.move_to_end(version)
            return self._kept[version]
        data = self._value("SELECT data FROM result WHERE version = ?", version)
        if data is None:
            raise KeyError(version)
        return self._keep(version, self._unpack(version, data))

    def versions(self, frame: int) -> tuple[Version, ...]:
        """All runs of a frame, oldest first, those that were undone among them."""
        rows = self._rows(
            """SELECT version.id, run, version.engine_id, created, counting.version IS version.id,
                   plan, options, people, seconds, shelved.version IS NOT NULL
               FROM version JOIN run ON run.id = version.run LEFT JOIN counting USING (frame)
               LEFT JOIN shelved ON shelved.version = version.id
               WHERE frame = ? ORDER BY version.id""",
            frame,
        )
        return tuple(
            Version(
                *(id_, run, engine, created, bool(counts), self._from_json(plan), self._from_json(options)),
                *(people, seconds, bool(shelved)),
            )
            for id_, run, engine, created, counts, plan, options, people, seconds, shelved in rows
        )

    def earlier(self, frame: int, reach: int) -> Iterator[Earlier]:
        """What counts in the `reach` frames before a frame, nearest first.

        Raises:
            SessionError: A run's options are damaged.
        """
        rows = self._rows(
            """SELECT counting.frame, version.id, version.engine_id, options
               FROM counting JOIN version ON version.id = counting.version JOIN run ON run.id = version.run
               WHERE counting.frame BETWEEN ? AND ? ORDER BY counting.frame DESC""",
            *(frame - reach, frame - 1),
        )
        read: dict[str, RunOptions] = {}
        for seen, version, engine_id, text in rows:
            if text not in read:
                read[text] = self._from_json(text)
            yield Earlier(seen, version, engine_id, read[text])

    def last_in_order(self, sequence: str) -> int:
        """The last frame that was run in order under a name, or -1. It goes through all versions."""
        said = f'"sequence":{json.dumps(sequence)}'
        sql = "SELECT MAX(frame) FROM version JOIN run ON run.id = version.run WHERE INSTR(options, ?)"
        last: int | None = self._value(sql, said)
        return -1 if last is None else last

    def runs(self) -> list[RunRow]:
        """All runs, oldest first."""
        rows = self._rows(
            """SELECT run.id, run.engine_id, title, started, COUNT(version.id)
               FROM run LEFT JOIN version ON version.run = run.id GROUP BY run.id ORDER BY run.id"""
        )
        return [RunRow(*row) for row in rows]

    def engines(self) -> dict[str, int]:
        """By engine, of how many frames the version that counts is its."""
        sql = """SELECT engine_id, COUNT(*) FROM counting JOIN version ON version.id = counting.version
                 GROUP BY engine_id ORDER BY engine_id"""
        return dict(self._rows(sql))

    def version_count(self) -> int:
        """How many versions there are, of all frames."""
        count: int = self._value("SELECT COUNT(*) FROM version")
        return count

    def run_options(self, run: int) -> RunOptions:
        """What a run was asked for.

        Raises:
            KeyError: There is no such run.
            SessionError: It is damaged.
        """
        text = self._value("SELECT options FROM run WHERE id = ?", run)
        if text is None:
            raise KeyError(run)
        options: RunOptions = self._from_json(text)
        return options

    def frames_with_results(self) -> Int:
        """The frames that have a result, ascending.

        Whoever writes the session keeps them, since the window asks at each outcome of a run; another
        connection sees what was written since by reading them anew.
        """
        if self._counted is None or self.read_only:
            self._counted = self._integers("SELECT frame FROM counting ORDER BY frame", 1)[:, 0]
            self._counted.flags.writeable = False
        return self._counted

    def results(self, frames: Iterable[int] | None = None) -> Iterator[FrameResult]:
        """The counting results, of all frames or of some, in frame order.

        They are read as one goes, and not kept; frames without a result are left out.
        """
        wanted = None if frames is None else frozenset(frames)
        rows = self._rows("SELECT frame, version FROM counting ORDER BY frame")
        versions = [version for frame, version in rows if wanted is None or frame in wanted]
        for start in range(0, len(versions), _CHUNK):
            yield from self._chunk(versions[start : start + _CHUNK])

    def _chunk(self, versions: list[int]) -> Iterator[FrameResult]:
        marks = ",".join("?" * len(versions))
        blobs: dict[int, bytes] = dict(
            self._rows(f"SELECT version, data FROM result WHERE version IN ({marks})", *versions)
        )
        for version in versions:
            yield self._kept.get(version) or self._unpack(version, blobs[version])

    def _unpack(self, version: int, data: bytes) -> FrameResult:
        try:
            return unpack_result(data)
        except CodecError as error:
            raise SessionError(
                f"A result in {self.path.name} cannot be read (version {version}: {error}).",
                "Run the frame again, or choose another version of it.",
            ) from error

    def _keep(self, version: int, result: FrameResult) -> FrameResult:
        self._kept[version] = result
        if len(self._kept) > KEPT_RESULTS:
            self._kept.popitem(last=False)
        return result

    def _rolled_back(self) -> None:
        """What is kept of a change that came to nothing is read again."""
        self._counted = None
        self._kept.clear()

    def _count(self, frame: int, version: int) -> None:
        self._write("INSERT OR REPLACE INTO counting VALUES (?, ?)", frame, version)
        if self._counted is not None:
            at = int(np.searchsorted(self._counted, frame))
            if at == len(self._counted) or self._counted[at] != frame:
                self._counted = np.insert(self._counted, at, frame)

    def _integers(self, sql: str, columns: int, *args: object) -> Int:
        """Rows of integers as (rows, columns)."""
        rows = self._rows(sql, *args)
        return np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * columns).reshape(-1, columns)

    def _from_json(self, text: str) -> Any:
        try:
            return from_parts(json.loads(text), [])
        except (CodecError, ValueError) as error:
            raise SessionError(f"{self.path.name} is damaged: {error}.", "Run the frame again.") from error


def _to_json(value: RunOptions | Plan | FrameFailure) -> str:
    return json.dumps(to_parts(value)[0], separators=(",", ":"))


def _seconds(result: FrameResult) -> float:
    return float(result.timings.get("total", sum(result.timings.values())))


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
