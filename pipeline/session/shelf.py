"""The part of a session that lets runs be undone: what each outcome took the place of, and what is set aside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipeline.session.poses import PoseLayers
from pipeline.session.versions import NONE
from pipeline.structures import RunOptions


class Recorded(NamedTuple):
    """One outcome of a run.

    Attributes:
        frame: The frame.
        version: The version it added, or None if the frame failed.
        before: The version that counted before, or None.
        failure: The failure as JSON, if it failed.
        failure_before: The failure there was before, as JSON, or None.
        failure_run: The run of that failure.
    """

    frame: int
    version: int | None
    before: int | None
    failure: str | None
    failure_before: str | None
    failure_run: int | None


class Shelf(PoseLayers):
    """Undone runs. Changed through `pipeline.session.run_edits` and `record`."""

    def start_run(self, engine_id: str, options: RunOptions, title: str, *, step: str = "") -> int:
        """Begin a run, in the open transaction or one of its own; returns its number.

        Args:
            engine_id: Engine, version, weights and configuration hash.
            options: What is asked for.
            title: What the run is called.
            step: What the history calls it, such as "Run frame 12"; empty keeps it out of the history.
        """
        with self._in_transaction():
            run = super().start_run(engine_id, options, title)
            if step:
                self._write("INSERT INTO run_step (run, label) VALUES (?, ?)", run, step)
        return run

    def run_step(self, run: int) -> tuple[str, bool] | None:
        """A run's name in the history and whether it is there, done; None if it is no step."""
        row = self._row(
            """SELECT run_step.label, IFNULL(done, 0) FROM run_step LEFT JOIN history ON history.id = step
               WHERE run = ?""",
            run,
        )
        return None if row is None else (row[0], bool(row[1]))

    def set_run_step(self, run: int, step: int) -> None:
        """Say which step of the history a run is."""
        self._write("UPDATE run_step SET step = ? WHERE run = ?", step, run)

    def before_outcome(self, frame: int) -> Recorded:
        """How a frame is before an outcome is recorded."""
        row = self._row("SELECT failure, run FROM failure WHERE frame = ?", frame) or (None, None)
        return Recorded(frame, None, self.counting_version(frame), None, *row)

    def add_recorded(self, run: int, was: Recorded, version: int | None) -> None:
        """Remember what an outcome took the place of."""
        failure = None if version is not None else self._failure_text(was.frame)
        self._write(
            "INSERT INTO recorded (run, frame, version, before, failure, failure_before, failure_run) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(run, was.frame, version, was.before, failure, was.failure_before, was.failure_run),
        )

    def recorded(self, run: int, *, newest_first: bool) -> list[Recorded]:
        """A run's outcomes."""
        order = "DESC" if newest_first else "ASC"
        rows = self._rows(
            f"""SELECT frame, version, before, failure, failure_before, failure_run FROM recorded
                WHERE run = ? ORDER BY id {order}""",
            run,
        )
        return [Recorded(*row) for row in rows]

    def take_back(self, run: int, outcome: Recorded) -> None:
        """Set aside what an outcome brought; what came after it in the same frame stays."""
        frame, version = outcome.frame, outcome.version
        if version is None:
            if self._failed_in(frame, run):
                self._set_failure(frame, outcome.failure_before, outcome.failure_run)
            return
        self.shelve(version)
        if self.counting_version(frame) == version:
            self.use_version(frame, self._before(outcome.before) or NONE)
            if self._failure_text(frame) is None:
                self._set_failure(frame, outcome.failure_before, outcome.failure_run)

    def bring_back(self, run: int, outcome: Recorded) -> None:
        """Undo `take_back`."""
        frame, version = outcome.frame, outcome.version
        if version is None:
            self._set_failure(frame, outcome.failure, run)
            return
        self.unshelve(version)
        if (self.counting_version(frame) or 0) < version:
            self.use_version(frame, version)
            self._set_failure(frame, None, None)

    def is_shelved(self, version: int) -> bool:
        """Whether the run that made a version was undone."""
        return self._value("SELECT 1 FROM shelved WHERE version = ?", version) is not None

    def shelve(self, version: int) -> None:
        """Set a version aside."""
        self._write("INSERT OR IGNORE INTO shelved VALUES (?)", version)

    def unshelve(self, version: int) -> None:
        """Take a version back."""
        self._write("DELETE FROM shelved WHERE version = ?", version)

    def spare_versions(self) -> tuple[int, int, int]:
        """How many versions do not count, how many of them an undone run made, and bytes of their results."""
        row = self._row(
            """SELECT COUNT(*), COUNT(shelved.version), IFNULL(SUM(LENGTH(data)), 0)
               FROM version JOIN result ON result.version = version.id
               LEFT JOIN shelved ON shelved.version = version.id
               WHERE version.id NOT IN (SELECT version FROM counting)"""
        )
        return row[0], row[1], row[2]  # type: ignore[index]  # an aggregate always has a row

    def shelved_layers(self) -> int:
        """How many removed layers are kept for undo."""
        count: int = self._value("SELECT COUNT(*) FROM layer WHERE shelved")
        return count

    def drop_spare(self) -> None:
        """Forget versions that do not count, removed layers, and the history, whose steps name them."""
        for table in ("history", "recorded", "run_step", "shelved"):
            self._write(f"DELETE FROM {table}")
        for table, column in (("assignment", "version"), ("result", "version"), ("version", "id")):
            self._write(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT version FROM counting)")
        self._write("DELETE FROM layer_pose WHERE layer IN (SELECT id FROM layer WHERE shelved)")
        self._write("DELETE FROM layer WHERE shelved")
        self._kept.clear()

    def _before(self, version: int | None) -> int | None:
        """The version, or the nearest one before it that was not undone as well."""
        for candidate in self._back_from(version):
            if not self.is_shelved(candidate):
                return candidate
        return None

    def _back_from(self, version: int | None) -> Iterator[int]:
        while version is not None:
            yield version
            version = self._value("SELECT before FROM recorded WHERE version = ?", version)

    def _failure_text(self, frame: int) -> str | None:
        text: str | None = self._value("SELECT failure FROM failure WHERE frame = ?", frame)
        return text

    def _failed_in(self, frame: int, run: int) -> bool:
        return bool(self._value("SELECT run FROM failure WHERE frame = ?", frame) == run)

    def _set_failure(self, frame: int, failure: str | None, run: int | None) -> None:
        self._write("DELETE FROM failure WHERE frame = ?", frame)
        if failure is not None:
            self._write("INSERT INTO failure VALUES (?, ?, ?)", frame, run, failure)
