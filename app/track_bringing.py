"""Bringing back whom the reviewer deleted: who they are is found out in the background."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.selection import shown_frame, wanted_range
from app.track_making import counted, stretch
from pipeline.job import Job

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.session.record import Relink
    from pipeline.session.store import Store

_KEY = "bring back"


class Bringing:
    """Reads on the files lane; the edit is done in the window's thread."""

    def __init__(self, program: Program) -> None:
        self._program = program
        program.session.closing.connect(lambda: program.files_lane.cancel(_KEY))
        program.window.frame_view.rejected_clicked.connect(self._on_clicked)

    def here(self) -> None:
        """Bring back everybody who was deleted from the current frame."""
        here = self._program.view.frame_index
        self._begin(here, here)

    def range(self) -> None:
        """Bring back everybody who was deleted from frames of the range."""
        span = wanted_range(self._program.view, self._program.notices)
        if span is not None:
            self._begin(*span)

    def _on_clicked(self, index: int) -> None:
        """On the picture whom the reviewer deleted come after whom the engine left out."""
        frame, store = self._program.window.frame_view.frame_index, self._program.session.store
        seen = shown_frame(store, frame) if store is not None and frame is not None else None
        if seen is None or frame is None:
            return
        deleted, place = sorted(seen.removed), index - len(seen.result.rejected.boxes)
        if 0 <= place < len(deleted):
            self._begin(frame, frame, deleted[place])

    def _begin(self, first: int, last: int, slot: int | None = None) -> None:
        store = self._program.session.store
        if store is not None:
            work = partial(_propose, store.path, first, last, slot)
            self._program.files_lane.submit(
                Job(work, key=_KEY),
                succeeded=partial(self._on_found, store, stretch(first, last)),
                failed=self._program.notices.tell_error,
            )

    def _on_found(self, store: Store, where: str, found: Relink) -> None:
        program = self._program
        if store is not program.session.store:
            return
        if not found.cells:
            program.notices.tell(f"Nobody was deleted: {where}.", "", "warning")
        elif program.editing.do(found):
            frames = len({cell.frame for cell in found.cells})
            program.notices.tell(f"{found.label}: {counted(frames)}.", "Undo takes it back.")


def _propose(path: Path, first: int, last: int, slot: int | None, job: Job) -> Relink:
    """On the files lane, with a connection of its own."""
    from pipeline.session.bringing_back import propose_back
    from pipeline.session.store import Store

    with Store(path, read_only=True) as store:
        return propose_back(store, first, last, slot)
