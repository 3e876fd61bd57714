"""What one review session remembers, in one SQLite file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pipeline.session.identity import VideoIdentity
from pipeline.session.shelf import Shelf

Companion = TypeVar("Companion")


class Store(Shelf):
    """The session file.

    Belongs to the thread that opened it; another thread opens a read-only one of its own on the same
    path. Changes need `transaction()`, except where they say that they open their own. Reviewers' changes
    go through `pipeline.session.history`, engines' results through `pipeline.session.record`.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False, vfs: str = "") -> None:
        super().__init__(path, read_only=read_only, vfs=vfs)
        self._companions: dict[Any, Any] = {}

    def companion(self, kind: Callable[[Store], Companion]) -> Companion:
        """The one object of a kind that goes with this store, made when it is first asked for."""
        if kind not in self._companions:
            self._companions[kind] = kind(self)
        found: Companion = self._companions[kind]
        return found

    def identity(self) -> VideoIdentity | None:
        """The video the results were made with, or None if not known yet."""
        found = self._meta("identity")
        return VideoIdentity(**found) if found else None

    def set_identity(self, identity: VideoIdentity) -> None:
        """Remember the video; opens its own transaction."""
        self._set_meta("identity", dataclasses.asdict(identity))

    def view_state(self) -> dict[str, Any]:
        """Where the reviewer was: what `set_view_state` was given, or nothing."""
        state: dict[str, Any] = self._meta("view_state") or {}
        return state

    def set_view_state(self, state: Mapping[str, Any]) -> None:
        """Remember where the reviewer is, as JSON; not undoable. Opens its own transaction."""
        self._set_meta("view_state", dict(state))

    def remembered(self, key: str) -> Any:
        """What `remember` was given under a key, or None."""
        return self._meta(f"kept_{key}")

    def remember(self, key: str, value: Any) -> None:
        """Keep something as JSON that is not undoable and no part of the content; opens its own transaction."""
        self._set_meta(f"kept_{key}", value)

    def known_problems(self) -> list[Any]:
        """The problems seen last, as `set_known_problems` was given them."""
        return list(self.remembered("problems") or [])

    def set_known_problems(self, rows: list[Any]) -> None:
        """Keep which problems were seen, to know later which are fixed. Opens its own transaction."""
        self.remember("problems", rows)

    def add_step(self, label: str, edit: str, top_track: int) -> int:
        """Add a done edit to the history, as the text of the edit that undoes it; returns its number."""
        return self._write(
            "INSERT INTO history (done, label, edit, top_track) VALUES (1, ?, ?, ?)", label, edit, top_track
        )

    def next_step(self, *, done: bool) -> tuple[int, str, str] | None:
        """Id, label and text of the edit that undoes the last done one, or redoes the first undone one."""
        order = "DESC" if done else "ASC"
        sql = f"SELECT id, label, edit FROM history WHERE done = ? ORDER BY id {order} LIMIT 1"
        row = self._row(sql, int(done))
        return None if row is None else (row[0], row[1], row[2])

    def turn_step(self, step: int, edit: str, *, done: bool) -> None:
        """Mark a step as done or undone, with the edit that turns it back."""
        self._write("UPDATE history SET done = ?, edit = ? WHERE id = ?", int(done), edit, step)

    def step_named(self, label: str) -> int:
        """Number of the newest done step with a label; none is a KeyError."""
        sql = "SELECT MAX(id) FROM history WHERE done = 1 AND label = ?"
        step: int | None = self._value(sql, label)
        if step is None:
            raise KeyError(label)
        return step

    def forget_undone(self) -> None:
        """Drop what could be redone."""
        self._write("DELETE FROM history WHERE done = 0")

    def steps(self) -> list[tuple[int, str, int]]:
        """Id, label and whether done, of all steps in the order of doing."""
        return [
            (row[0], row[1], row[2]) for row in self._rows("SELECT id, label, done FROM history ORDER BY id")
        ]

    def _meta(self, key: str) -> Any:
        text = self._value("SELECT value FROM meta WHERE key = ?", key)
        return None if text is None else json.loads(text)

    def _set_meta(self, key: str, value: Any) -> None:
        with self._in_transaction():
            self._write("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, json.dumps(value))
