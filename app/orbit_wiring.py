"""Opens and closes the 3D view, and connects it to the rest of the window."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:  # made when it is opened first
    from app.compose import Program
    from app.orbit import OrbitControl
    from widgets.orbit_pane import OrbitPane

SIDES = ("front", "side", "top", "camera")


def wire_orbit(program: Program) -> None:
    """Connect the actions of the 3D view."""
    OrbitWiring(program)


class OrbitWiring(QObject):
    """Belongs to the program."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._made: tuple[OrbitPane, OrbitControl] | None = None
        actions, window = program.window.actions_table, program.window
        actions.on("orbit", self.toggle)
        actions.on("orbit_all", lambda: self._open().centre(-1))
        for side in SIDES:
            actions.on(f"orbit_{side}", partial(self._look_from, side))
        window.pane_changed.connect(self._on_pane)
        window.close_requested.connect(self._close)
        program.session.opened.connect(self._on_opened)

    def toggle(self) -> None:
        """Open the view, or close it."""
        if self._is_open():
            self._program.window.show_pane(None)
        else:
            self._open()

    def _look_from(self, side: str) -> None:
        self._open().look_from(side)

    def _open(self) -> OrbitControl:
        pane, control = self._made = self._made or self._make()
        self._program.window.show_pane(pane)
        return control

    def _is_open(self) -> bool:
        return self._made is not None and self._program.window.panes.indexOf(self._made[0]) >= 0

    def _make(self) -> tuple[OrbitPane, OrbitControl]:
        from app.orbit import OrbitControl
        from widgets.orbit_pane import OrbitPane

        program, window = self._program, self._program.window
        pane = OrbitPane()
        control = OrbitControl(pane, program.view, program.session, program.settings, program.notices, self)
        pane.set_keys(self._keys())
        pane.close_requested.connect(self.toggle)
        pane.view.person_clicked.connect(program.selection.select_slot)
        pane.view.scrub_requested.connect(program.view.step)
        window.frame_view.frame_painted.connect(control.show)
        program.overlay.drawn.connect(lambda _overlay: control.look_again())
        if window.frame_view.frame_index is not None:
            control.show(window.frame_view.frame_index)
        return pane, control

    def _keys(self) -> dict[str, str]:
        actions, native = self._program.window.actions_table, QKeySequence.SequenceFormat.NativeText
        named = {side: f"orbit_{side}" for side in SIDES} | {"centre": "orbit_all", "close": "orbit"}
        return {name: actions[id].shortcut().toString(native) for name, id in named.items()}

    def _on_pane(self, pane: QWidget | None) -> None:
        here = self._made is not None and pane is self._made[0]
        self._program.window.actions_table["orbit"].setChecked(here)
        if self._made is not None:
            self._made[1].set_active(here)
        self._remember(here)

    def _remember(self, shown: bool) -> None:
        view = self._program.view
        view.set_orbit(replace(view.orbit, shown=shown))

    def _on_opened(self) -> None:
        if self._is_open():
            self._remember(True)
        elif self._program.view.orbit.shown:
            self._open()

    def _close(self) -> None:
        if self._made is not None:
            self._made[1].close()
