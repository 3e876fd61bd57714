"""A reviewer's edits: asked for here, done and undone by the session's history."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.notices import Notices
from app.selection import selected_slot
from app.session_control import SessionControl
from app.view_state import ViewState
from pipeline.errors import SessionError
from pipeline.session import edits
from pipeline.structures import Changes


class Editing(QObject):
    """Does edits and takes them back.

    Signals:
        history_changed: Labels of what can be undone and redone; empty if nothing can.
    """

    history_changed = Signal(str, str)

    def __init__(
        self,
        view: ViewState,
        session: SessionControl,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._session = session
        self._notices = notices
        session.opened.connect(self._tell_history)
        session.closed.connect(self._tell_history)
        session.changed.connect(self._on_changes)

    def rename(self, track_id: int, name: str) -> None:
        """Name a track."""
        self.do(edits.RenameTrack(track_id, name.strip()))

    def recolor(self, track_id: int, color: tuple[int, int, int]) -> None:
        """Give a track another colour."""
        self.do(edits.RecolorTrack(track_id, color))

    def show_track(self, track_id: int, visible: bool) -> None:
        """Show or hide a track."""
        self.do(edits.ShowTrack(track_id, visible))

    def use_version(self, version: int) -> None:
        """Let another version of the current frame count."""
        self.do(edits.UseVersion(self._view.frame_index, version))

    def assign(self, track_id: int) -> None:
        """Assign the selected person of this frame to a track."""
        store, frame = self._session.store, self._view.frame_index
        if store is None:
            return
        slot = selected_slot(self._view, store, frame)
        if slot is None:
            self._notices.tell(
                "Nobody is selected in this frame.", "Click a person first, or press 1–9.", "warning"
            )
            return
        if self.do(edits.AssignPerson(frame, slot, track_id)):
            self._view.select(track_id)

    def undo(self) -> None:
        """Take the last edit back."""
        if (history := self._session.history) is not None and history.undo_label:
            self._change(history.undo)

    def redo(self) -> None:
        """Do again what was taken back."""
        if (history := self._session.history) is not None and history.redo_label:
            self._change(history.redo)

    def jump(self, step: int) -> None:
        """Undo or redo until a step of the history is the last that is done; 0 undoes all."""
        if (history := self._session.history) is not None:
            self._change(lambda: history.jump(step))

    def do(self, edit: edits.Edit) -> bool:
        """Do an edit; False if it cannot be done, which is said."""
        history = self._session.history
        return history is not None and self._change(lambda: history.do(edit))

    def _change(self, change: Callable[[], Changes]) -> bool:
        if not self._session.writable:
            why, hint = self._session.locked
            self._notices.tell(f"Nothing can be edited. {why}", hint, "warning")
            return False
        try:
            changes = change()
        except SessionError as error:
            self._notices.tell_error(error)
            return False
        self._session.tell(changes)
        return True

    def _on_changes(self, changes: Changes) -> None:
        """What is run becomes a step as well, with its first frame."""
        if changes.history:
            self._tell_history()

    def _tell_history(self) -> None:
        history = self._session.history
        undo = history.undo_label if history is not None else None
        redo = history.redo_label if history is not None else None
        self.history_changed.emit(undo or "", redo or "")
