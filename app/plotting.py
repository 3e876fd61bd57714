"""The Plots tab: made to work when it is looked at first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:  # what measures and draws loads with the first look
    from app.compose import Program
    from app.plot_control import PlotControl

EXPORTS = ("csv", "svg", "png")


def wire_plotting(program: Program) -> None:
    """Connect the tab and its actions."""
    Plotting(program)


class Plotting(QObject):
    """Belongs to the program."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self.control: PlotControl | None = None
        actions = program.window.actions_table
        actions.on("plots", self.show)
        actions.on("plots_fit", lambda: self._ready().fit())
        for kind in EXPORTS:
            actions.on(f"plots_{kind}", partial(self._export, kind))
        self._shown = False
        program.window.docks["plots"].visibilityChanged.connect(self._on_shown)

    def show(self) -> None:
        """Bring the tab to the front."""
        self._program.window.show_dock("plots")

    def _export(self, kind: str) -> None:
        self.show()
        self._ready().saving.ask(kind)

    def _on_shown(self, shown: bool) -> None:
        """A tab that is behind another is visible to Qt, and told to be none here."""
        self._shown = shown
        if self.control is not None:
            self.control.set_shown(shown)
        elif shown:
            QTimer.singleShot(
                0, self, self._make
            )  # in a remembered layout it is in front: the window comes first

    def _make(self) -> None:
        if self._shown:
            self._ready()

    def _ready(self) -> PlotControl:
        if self.control is None:
            from app.plot_control import PlotControl

            self.control = PlotControl(self._program, self._shown, self)
        return self.control
