"""The Camera panel's focal length: tried live over the picture, and chosen as one step of the history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from app.camera_facts import camera_facts
from app.camera_measuring import CameraMeasuring
from pipeline.structures import Changes
from widgets.units import format_count

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.camera.kept import KeptCamera
    from pipeline.camera.values import CameraSetting

_REFRESH_MS = 40
_TRY_MS = 30


class CameraControl(QObject):
    """Keeps the panel, tries and chooses focal lengths, and lets go of solved cameras and floors."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._panel = program.window.camera_panel
        self._frames: int | None = None
        self._wish = 0.0
        self.measuring = CameraMeasuring(program, self)
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        self._trying = QTimer(self, singleShot=True, interval=_TRY_MS)
        self._trying.timeout.connect(self._try)
        self._listen()
        self._refresh()

    def _listen(self) -> None:
        session, view, panel, measuring = (
            self._program.session,
            self._program.view,
            self._panel,
            self.measuring,
        )
        for signal in (session.opened, session.closed, session.indexed):
            signal.connect(self._on_session)
        for signal in (view.frame_changed, view.selection_changed, measuring.busy_changed):
            signal.connect(self.later)
        session.changed.connect(self._on_changes)
        session.closing.connect(self._trying.stop)
        self._program.settings.preferences_changed.connect(self.later)
        panel.focal_tried.connect(self._on_tried)
        panel.focal_chosen.connect(self.choose)
        panel.focal_reset.connect(self.reset)
        panel.for_runs_toggled.connect(self._on_for_runs)
        panel.solved_removed.connect(self.remove_solved)
        panel.floor_removed.connect(self.remove_floor)
        panel.scale_chosen.connect(measuring.use_scale)
        panel.scale_requested.connect(measuring.find_scale)
        panel.floor_requested.connect(measuring.find_floor)
        panel.file_given.connect(measuring.import_file)
        panel.import_requested.connect(measuring.ask_file)

    def later(self, *_what: object) -> None:
        """Say it again soon; while one drags, only as often as one could read."""
        if not self._timer.isActive():
            self._timer.start()

    # focal length

    def choose(self, focal_length: float) -> None:
        """See everybody with a focal length in px."""
        from pipeline.camera.values import CameraSetting

        focal_length = float(f"{focal_length:.6g}")
        if self._for_runs():
            self._ask_runs(focal_length)
        self._say(CameraSetting(focal_length), f"Focal length {format_count(round(focal_length))} px")

    def reset(self) -> None:
        """See everybody as the engine placed them."""
        from pipeline.camera.values import CameraSetting

        if self._for_runs():
            self._ask_runs(0)
        self._say(CameraSetting(), "Focal length as the engine ran it")

    def remove_solved(self) -> None:
        """Take the camera to stand still again."""
        from pipeline.camera.values import CameraSetting

        self._say(CameraSetting(), "Remove the solved camera")

    def remove_floor(self) -> None:
        """Know nothing of a floor."""
        self.set("floor", None, "Remove the floor")

    def set(self, key: str, value: Any, label: str) -> bool:
        """Change a setting of the session, as one step."""
        from pipeline.session.review_edits import ChangeSetting

        done = self._program.editing.do(ChangeSetting(key, value, label))
        if not done:
            self._panel.take_back()
            self.later()
        return done

    def _say(self, setting: CameraSetting, label: str) -> None:
        self._trying.stop()
        kept = self._kept()
        if kept is not None:
            kept.tried = None
            if not self.set("camera", setting.to_plain(), label):
                self._program.overlay.refresh()

    def _on_tried(self, focal_length: float) -> None:
        self._wish = focal_length
        if not self._trying.isActive():
            self._trying.start()

    def _try(self) -> None:
        """Show the picture so; nothing is written, and nothing else looks."""
        from pipeline.camera.values import Camera, CameraSetting

        kept = self._kept()
        if kept is not None:
            kept.tried = Camera(CameraSetting(self._wish)) if self._panel.focal.busy else None
            self._program.overlay.refresh()

    def _kept(self) -> KeptCamera | None:
        from pipeline.camera.kept import KeptCamera

        store = self._program.session.store
        return None if store is None else store.companion(KeptCamera)

    # new runs

    def _for_runs(self) -> bool:
        return self._panel.for_runs.isChecked()

    def _on_for_runs(self, wanted: bool) -> None:
        self._ask_runs(self._panel.focal.value if wanted else 0)

    def _ask_runs(self, focal_length: float) -> None:
        """Ask engines for a focal length in px from now on, or with 0 let them choose."""
        settings = self._program.settings
        chosen = replace(settings.preferences, focal_from="value" if focal_length else "engine")
        if focal_length:
            chosen = replace(chosen, focal_length=float(round(focal_length)))
        settings.set_preferences(chosen)

    # what the panel shows

    def _on_session(self) -> None:
        self._frames = None
        self._panel.take_back()
        self.later()

    def _on_changes(self, changes: Changes) -> None:
        if changes.frames is None or changes.frames:
            self._frames = None
        if changes.settings or changes.frames is None or changes.frames or changes.tracks:
            self.later()

    def _refresh(self) -> None:
        if self._panel.focal.busy:
            self.later()
            return
        if self._frames is None:
            self._frames = _count(self._program)
        self._panel.set_facts(camera_facts(self._program, self._frames, self.measuring.busy))


def _count(program: Program) -> int:
    """Frames that are shown differently under another camera."""
    if program.session.store is None:
        return 0
    from pipeline.session.layered import shown_frames

    return len(shown_frames(program.session.store))


def wire_camera(program: Program) -> None:
    """Fill the Camera panel and connect its actions."""
    control = CameraControl(program)
    measuring, window = control.measuring, program.window

    def focus() -> None:
        window.show_dock("camera_panel")
        window.camera_panel.focal.pixels.setFocus()
        window.camera_panel.focal.pixels.selectAll()

    on = window.actions_table.on
    on("focal_length", focus)
    on("import_camera", measuring.ask_file)
    on("floor_from_feet", measuring.find_floor)
    on("scale_from_feet", measuring.find_scale)
