"""People the engine saw and left out: shown on the picture, and taken in with one click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from pipeline.structures import Rejected

if TYPE_CHECKING:
    from app.compose import Program


class Accepting(QObject):
    """Takes in who was left out, and lets the picture be clicked there while that layer is on."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        program.overlay.rejected_changed.connect(self._on_rejected)
        program.window.frame_view.rejected_clicked.connect(self._on_clicked)

    def accept(self, frame: int, index: int) -> None:
        """Run the box of one who was left out of a frame, and put the person beside the others.

        Args:
            frame: The frame.
            index: Row among those left out of its counting version.
        """
        store = self._program.session.store
        result = store.result(frame) if store is not None else None
        if result is None or not 0 <= index < len(result.rejected.boxes):
            return
        x1, y1, x2, y2 = result.rejected.boxes[index].tolist()
        self._program.box_drawing.begin(frame, (x1, y1, x2, y2), "Accept person", accepted=True)

    def _on_clicked(self, index: int) -> None:
        frame = self._program.window.frame_view.frame_index
        if frame is not None:
            self.accept(frame, index)

    def _on_rejected(self, rejected: Rejected | None) -> None:
        view = self._program.view
        shown = rejected if view.layers.rejected and not view.hidden else None
        found = Rejected() if shown is None else shown
        self._program.window.frame_view.set_rejected(found.boxes, found.reasons)
