"""Do, undo, redo: kept in the session, without limit, across restarts."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from pipeline.session.edits import Edit, from_json, to_json
from pipeline.session.store import Store
from pipeline.structures import Changes


class Step(NamedTuple):
    """One line of the history.

    Attributes:
        id: Its number, ascending in the order of doing.
        label: What was done.
        done: Whether it is done, else undone.
    """

    id: int
    label: str
    done: bool


class History:
    """The edits done to a session, each stored as the edit that takes it back.

    The stored edits name versions, not just frames, so a result that is recorded in between
    neither is undone nor makes an undo go to the wrong people.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def do(self, edit: Edit) -> Changes:
        """Do an edit, which ends what could be redone. One that changes nothing leaves no trace.

        Raises:
            SessionError: The session cannot be written; nothing was done.
        """
        store = self._store
        with store.transaction():
            inverse = edit.apply(store)
            if inverse == edit or inverse.touched() == Changes():
                return Changes()
            store.forget_undone()
            store.add_step(edit.label, to_json(inverse), max(edit.top_track(), inverse.top_track()))
        return _changes(inverse)

    def undo(self) -> Changes:
        """Take back the last edit that is done; nothing if there is none."""
        return self._turn(done=True)

    def redo(self) -> Changes:
        """Do again the last edit that was taken back; nothing if there is none."""
        return self._turn(done=False)

    @property
    def undo_label(self) -> str | None:
        """What undo() would take back, or None."""
        step = self._store.next_step(done=True)
        return step[1] if step else None

    @property
    def redo_label(self) -> str | None:
        """What redo() would do again, or None."""
        step = self._store.next_step(done=False)
        return step[1] if step else None

    def steps(self) -> tuple[Step, ...]:
        """All that can be undone, oldest first, then what can be redone."""
        return tuple(Step(id_, label, bool(done)) for id_, label, done in self._store.steps())

    def _turn(self, *, done: bool) -> Changes:
        with self._store.transaction():
            step = self._store.next_step(done=done)
            if step is None:
                return Changes()
            edit = from_json(step[2])
            back = edit.apply(self._store)
            self._store.turn_step(step[0], to_json(back), done=not done)
        return _changes(edit)


def _changes(edit: Edit) -> Changes:
    return dataclasses.replace(edit.touched(), history=True)
