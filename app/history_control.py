"""Fills the list of the history; it is read only while it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from widgets.history_list import StepRow

if TYPE_CHECKING:
    from app.compose import Program

_REFRESH_MS = 80


class HistoryControl(QObject):
    """Keeps the list in step with what is done and undone."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._list = program.window.history
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        program.editing.history_changed.connect(lambda _undo, _redo: self._timer.start())
        program.window.docks["history"].visibilityChanged.connect(lambda _seen: self._timer.start())
        self._list.jump_requested.connect(program.editing.jump)

    def _refresh(self) -> None:
        history = self._program.session.history
        if self._list.isVisible():
            steps = history.steps() if history is not None else ()
            self._list.set_steps([StepRow(step.id, step.label, step.done) for step in steps])


def wire_history(program: Program) -> None:
    """Connect the list."""
    HistoryControl(program)
