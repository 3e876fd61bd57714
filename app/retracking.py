"""Finding out anew who is who over all frames, as one step that can be undone."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.editing import Editing
from app.lane import Lane
from app.notices import Notices
from app.session_control import SessionControl
from pipeline.job import Job

if TYPE_CHECKING:
    from pipeline.session.record import Relink
    from pipeline.session.store import Store


class Retracking(QObject):
    """Tracks on the files lane, which only reads; the edit is done in the window's thread."""

    def __init__(
        self,
        lane: Lane,
        session: SessionControl,
        editing: Editing,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lane = lane
        self._session = session
        self._editing = editing
        self._notices = notices
        session.closing.connect(lambda: lane.cancel("track again"))

    def start(self) -> None:
        """Track all frames again."""
        store = self._session.store
        if store is None:
            return
        self._notices.tell("Tracking all frames again…")
        self._lane.submit(
            Job(partial(_propose, store.path), key="track again"), succeeded=partial(self._on_found, store)
        )

    def _on_found(self, store: Store, found: Relink) -> None:
        if store is not self._session.store:
            return
        if not found.cells:
            self._notices.tell("Tracked again: everybody stays who they are.")
        elif self._editing.do(found):
            frames = len({cell.frame for cell in found.cells})
            self._notices.tell(
                f"Tracked again: {_counted(len(found.cells), 'person', 'people')} in "
                f"{_counted(frames, 'frame', 'frames')} now on another track.",
                "Undo takes it back.",
            )


def _propose(path: Path, job: Job) -> Relink:
    """On the files lane, with a connection of its own."""
    from pipeline.session.record import propose_links
    from pipeline.session.store import Store

    with Store(path, read_only=True) as store:
        return propose_links(store)


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
