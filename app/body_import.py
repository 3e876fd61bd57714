"""Taking a licensed SMPL file that the user gives where an engine misses one."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.lane import Lane
from app.notices import Notices
from pipeline.errors import UserError
from pipeline.job import Job


class BodyImport(QObject):
    """Checks a file and copies it to where engines look for it, on the files lane.

    Signals:
        busy_changed: Whether a file is being looked at.
        refused: Why the file was not taken, and what to do.
        imported: A file is in place.
    """

    busy_changed = Signal(bool)
    refused = Signal(str, str)
    imported = Signal()

    def __init__(self, lane: Lane, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = lane
        self._notices = notices

    def take(self, path: str, gender: str) -> None:
        """Import a file that is to hold the body of that gender."""
        self.busy_changed.emit(True)
        self._lane.submit(
            Job(lambda job: _import(Path(path), gender), key="import body"),
            succeeded=partial(self._on_imported, gender),
            failed=self._on_failed,
            ended=lambda: self.busy_changed.emit(False),
        )

    def _on_imported(self, gender: str, path: Path) -> None:
        self._notices.tell(f"The {gender} SMPL body is in place.", f"It was copied to {path}.")
        self.imported.emit()

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self.refused.emit(error.message, error.hint)
        self._notices.tell_error(error)


def _import(path: Path, gender: str) -> Path:
    from pipeline.smpl.places import import_body

    return import_body(path, gender)
