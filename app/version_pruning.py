"""Removing versions that do not count: asked first, since it cannot be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox

from pipeline.errors import SessionError
from pipeline.structures import Changes
from widgets.units import format_bytes, format_count

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.session.pruning import Prunable


class VersionPruning(QObject):
    """Says what would go and how much it frees, and does it if that is wanted."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self.box: QMessageBox | None = None
        program.session.closing.connect(self._on_closing)

    def ask(self) -> None:
        """Ask; the window stays usable meanwhile."""
        from pipeline.session.pruning import prunable

        program, store = self._program, self._program.session.store
        if store is None or not program.session.writable:
            return
        if program.inference.running:
            program.notices.tell(
                "Old versions cannot be removed while something is run.",
                "Pause does not do; let it end, or cancel it.",
                "warning",
            )
            return
        found = prunable(store)
        if not found.versions and not found.layers:
            program.notices.tell("There is no old version to remove.")
            return
        box = self.box = QMessageBox(program.window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Remove Old Versions")
        box.setText(f"Remove {_what(found)}? This frees {format_bytes(found.size)}.")
        box.setInformativeText(
            f"What counts stays. This cannot be undone, and the {format_count(found.steps)} steps of the history "
            "that are there now are forgotten, for they name what goes."
            if found.steps
            else "What counts stays. This cannot be undone."
        )
        remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        remove.clicked.connect(self._prune)
        box.finished.connect(self._on_finished)
        box.open()

    def _prune(self) -> None:
        from pipeline.session.pruning import prune

        program, store = self._program, self._program.session.store
        if store is None or program.inference.running:
            return
        try:
            gone = prune(store)
        except SessionError as error:
            program.notices.tell_error(error)
            return
        program.session.tell(Changes(tracks=True, history=True))
        program.notices.tell(f"Removed {_what(gone)}: {format_bytes(gone.size)} freed.")

    def _on_finished(self) -> None:
        self.box = None

    def _on_closing(self) -> None:
        if self.box is not None:
            self.box.reject()


def _what(found: Prunable) -> str:
    versions = "1 version" if found.versions == 1 else f"{format_count(found.versions)} versions"
    undone = f", {format_count(found.undone)} of them of undone runs" if found.undone else ""
    layers = f", and {format_count(found.layers)} removed layers" if found.layers else ""
    return f"{versions} that do not count{undone}{layers}"


def wire_pruning(program: Program) -> None:
    """Connect the action."""
    program.window.actions_table.on("prune", VersionPruning(program).ask)
