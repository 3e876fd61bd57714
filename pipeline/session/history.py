"""Do, undo, redo: kept in the session, without limit, across restarts."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from pipeline.session.edit_kinds import from_json, to_json
from pipeline.session.edits import Edit
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

    def jump(self, step: int) -> Changes:
        """Undo or redo until a step is the last that is done; 0 undoes all.

        Raises:
            SessionError: The session cannot be written, or a step cannot be read; nothing was done.
        """
        changes = Changes()
        with self._store.transaction():
            while (last := self._store.next_step(done=True)) is not None and last[0] > step:
                changes |= self._turned(*last, done=True)
            while (next_ := self._store.next_step(done=False)) is not None and next_[0] <= step:
                changes |= self._turned(*next_, done=False)
        return changes

    def _turn(self, *, done: bool) -> Changes:
        with self._store.transaction():
            step = self._store.next_step(done=done)
            return Changes() if step is None else self._turned(*step, done=done)

    def _turned(self, id_: int, _label: str, text: str, *, done: bool) -> Changes:
        back = from_json(text).apply(self._store)
        self._store.turn_step(id_, to_json(back), done=not done)
        return _changes(back)


def _changes(edit: Edit) -> Changes:
    return dataclasses.replace(edit.touched(), history=True)
