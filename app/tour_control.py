"""The tour's five steps: open, load, run, walk and correct, export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtWidgets import QWidget

from widgets.key_caps import native_keys
from widgets.tour import Tour, TourStep

if TYPE_CHECKING:
    from app.compose import Program


class TourControl(QObject):
    """Walks through the window; what it offers to try are the window's own actions."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._tour: Tour | None = None
        for signal in (
            program.session.opened,
            program.session.closed,
            program.session.changed,
            program.engine.state_changed,
            program.inference.over,
        ):
            signal.connect(self._refresh)

    @property
    def tour(self) -> Tour | None:
        """The walk that is being made, or the last one; None before the first."""
        return self._tour

    def start(self) -> None:
        """Walk, from the first step on."""
        if self._tour is not None and self._tour.step >= 0:
            self._tour.start()
            return
        if self._tour is not None:
            self._tour.deleteLater()
        self._tour = Tour(self._program.window, self._steps())  # anew: keys may have been changed
        self._tour.ended.connect(self._on_ended)
        self._program.settings.set_tour_seen()
        self._tour.start()

    def _on_ended(self) -> None:
        self._program.window.frame_view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _refresh(self, *_what: object) -> None:
        if self._tour is not None:
            self._tour.refresh()

    def _steps(self) -> tuple[TourStep, ...]:
        return (self._open(), self._load(), self._run(), self._walk(), self._export())

    def _open(self) -> TourStep:
        program = self._program
        return TourStep(
            "Open a video",
            f"Drop a video here or press {self._key('open')}. The demo clip, in which two people cross, is good to "
            "try things on. What you do is kept in a file beside the video; nothing in the video is changed.",
            lambda: (program.window.frame_view, QRect()),
            action="Open the Demo Clip",
            do=program.window.actions_table["open_demo"].trigger,
            done=lambda: program.session.video is not None,
        )

    def _load(self) -> TourStep:
        program = self._program
        return TourStep(
            "Load the models",
            "An engine finds people and their bodies. It loads in the background, stage by stage, and you can go "
            "through the video meanwhile. If something is missing, the row says what to do.",
            lambda: (program.window.docks["models"], QRect()),
            lambda: program.window.show_dock("models"),
            "Load the Engine",
            program.window.actions_table["load_engine"].trigger,
            lambda: program.window.actions_table.why_not("load_engine"),
            lambda: program.engine.state == "ready",
        )

    def _run(self) -> TourStep:
        program = self._program
        return TourStep(
            "Run a frame",
            f"{self._key('run_frame')} runs the engine on the frame you see, {self._key('run_range')} on a range and "
            f"{self._key('run_all')} on everything. {self._key('play')} plays, {self._key('previous_frame')} and "
            f"{self._key('next_frame')} go one frame, also while the engine works.",
            lambda: (program.window.docks["run_panel"], QRect()),
            lambda: program.window.show_dock("run_panel"),
            "Run This Frame",
            program.window.actions_table["run_frame"].trigger,
            lambda: program.window.actions_table.why_not("run_frame"),
            self._has_results,
        )

    def _walk(self) -> TourStep:
        actions = self._program.window.actions_table
        name = "problems" if "problems" in self._program.window.docks else "timeline"
        through = (
            f"{self._key('previous_problem')} and {self._key('next_problem')} go through what looks wrong. "
        )
        return TourStep(
            "Find and correct",
            (through if "next_problem" in actions else "")
            + f"Click a person to select them; {self._key('draw_box')} draws a box around one who was missed, and "
            f"the Tracks menu swaps, merges and deletes. {self._key('undo')} takes everything back. "
            f"{self._key('verified')} marks a frame as verified.",
            lambda: (self._program.window.docks[name], QRect()),
            lambda: self._program.window.show_dock(name),
        )

    def _export(self) -> TourStep:
        window = self._program.window
        return TourStep(
            "Export",
            f"{self._key('export')} writes what you see, corrections included, in the formats other tools read. "
            f"{self._key('command_palette')} finds every command, {self._key('keys')} lists the keys and lets you "
            "change them. This tour is in the Help menu.",
            self._file_menu,
            action="Export…",
            do=window.actions_table["export"].trigger,
            why_not=lambda: window.actions_table.why_not("export"),
        )

    def _file_menu(self) -> tuple[QWidget, QRect]:
        bar = self._program.window.menuBar()
        return bar, bar.actionGeometry(self._program.window.menus["File"].menuAction())

    def _has_results(self) -> bool:
        store = self._program.session.store
        return store is not None and bool(len(store.frames_with_results()))

    def _key(self, id: str) -> str:
        """The first key of an action; its name if it has none."""
        actions = self._program.window.actions_table
        if id not in actions:
            return ""
        keys = native_keys(actions.keys(id)[:1])
        return keys[0] if keys else f"“{actions[id].text().rstrip('…')}”"


def wire_tour(program: Program) -> None:
    """Connect its action and what it opens."""
    on, tour = program.window.actions_table.on, TourControl(program)
    on("tour", tour.start)

    def open_demo() -> None:
        from app.commands.demo import demo_clip

        program.open(demo_clip())

    on("open_demo", open_demo)
