"""Solved cameras from files, and floor and scale from feet: read and measured in the background, done as edits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from pipeline.job import Job
from widgets.units import format_count

if TYPE_CHECKING:
    from app.camera_control import CameraControl
    from app.compose import Program
    from pipeline.camera.feet import Steps
    from pipeline.camera.floor_setting import FloorSetting
    from pipeline.camera.reading import Imported
    from pipeline.camera.values import Camera, CameraSetting
    from pipeline.session.store import Store

_KEY = "camera"
_IDLE = ("", "")


class CameraMeasuring(QObject):
    """One thing at a time, on the files lane.

    Signals:
        busy_changed: Whether something is being read or measured.
    """

    busy_changed = Signal()

    def __init__(self, program: Program, control: CameraControl) -> None:
        super().__init__(control)
        self._program = program
        self._control = control
        self._dialog: QFileDialog | None = None
        self.busy = _IDLE
        program.session.closing.connect(lambda: program.files_lane.cancel(_KEY))

    # a solved camera

    def ask_file(self) -> None:
        """Choose a file."""
        if self._dialog is not None:
            self._dialog.raise_()
            return
        program = self._program
        folder = str(program.session.path.parent) if program.session.path is not None else ""
        filters = "Solved cameras (*.json images.txt cameras.txt);;All files (*)"
        dialog = self._dialog = QFileDialog(program.window, "Import a Solved Camera", folder, filters)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.import_file)
        dialog.finished.connect(self._on_dialog)
        program.window.show_dock("camera_panel")
        dialog.show()

    def import_file(self, path: str) -> None:
        """Read a solved camera from a file or a folder."""
        program = self._program
        video = program.session.video
        if video is None or self.busy[0]:
            return
        if not video.indexed:
            program.notices.tell(
                "The video is still being read.",
                "Import the camera once the number of its frames is known.",
                "warning",
            )
            return
        work = partial(_read, Path(path), video.info.size, video.frame_count)
        self._start(f"Reading {Path(path).name}…", "solved", work, self._on_read)

    def _on_read(self, found: tuple[Imported, dict[str, Any]]) -> None:
        from pipeline.camera.kept import keep_packed
        from pipeline.camera.values import CameraSetting

        imported, packed = found
        program = self._program
        store = program.session.store
        if store is None or not program.session.writable:
            return
        by = "" if imported.scale is None else "file"
        solved = keep_packed(store, packed)
        setting = CameraSetting(0.0, solved, imported.name, imported.scale or 1.0, by)
        if not self._control.set("camera", setting.to_plain(), f"Import the camera {imported.name}"):
            return
        count = len(imported.camera.frames)
        frames = "all frames" if count == 1 else f"{format_count(count)} frames"
        unknown = imported.scale is None and imported.camera.moves
        measured = unknown and program.view.selected_track is not None
        hints = [*imported.notices, *([_NO_SCALE] if unknown and not measured else [])]
        program.notices.tell(
            f"{imported.name}: a camera for {frames}.", " ".join(hints), "warning" if hints else "info"
        )
        if measured:
            self.find_scale()

    def _on_dialog(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    # scale

    def use_scale(self, scale: float) -> None:
        """Take a unit of the solved camera to be so many metres."""
        self._set_scale(scale, "reviewer", f"Scale of the camera {scale:.4g}")

    def find_scale(self) -> None:
        """Find the scale from the feet of the selected track."""
        camera = self._camera()
        if camera is None or camera.solved is None:
            self._program.notices.tell(
                "There is no solved camera.", "Import one in the Camera panel first.", "warning"
            )
            return
        self._measure("scale", _scale, self._on_scale)

    def _on_scale(self, found: tuple[float, float, int]) -> None:
        scale, error, pairs = found
        if self._set_scale(scale, "feet", f"Scale of the camera from feet {scale:.4g}"):
            self._program.notices.tell(
                f"One unit of the camera is {scale:.4g} ± {error:.2g} m, from {pairs} times a foot rested."
            )

    def _set_scale(self, scale: float, by: str, label: str) -> bool:
        camera = self._camera()
        if camera is None or camera.solved is None:
            return False
        setting: CameraSetting = replace(camera.setting, scale=scale, scaled_by=by)
        return self._control.set("camera", setting.to_plain(), label)

    # floor

    def find_floor(self) -> None:
        """Find the floor from the feet of the selected track."""
        self._measure("floor", _floor, self._on_floor)

    def _on_floor(self, floor: FloorSetting) -> None:
        title = self._program.session.title_of(floor.track)
        if self._control.set("floor", floor.to_plain(), f"Floor from the feet of {title}"):
            self._program.notices.tell(
                f"Floor: camera tilted {floor.tilt:.0f}°, {floor.height:.2f} m above it, from "
                f"{format_count(floor.frames)} frames of {title}."
            )

    # measuring

    def _measure(
        self, part: str, measure: Callable[[Steps, Camera], Any], done: Callable[[Any], None]
    ) -> None:
        program = self._program
        store, video, track = program.session.store, program.session.video, program.view.selected_track
        if store is None or video is None or self.busy[0]:
            return
        if track is None:
            program.notices.tell(
                "No track is selected.", "Click a person who stands or walks first.", "warning"
            )
            return
        body = program.settings.preferences.body_model
        files = (Path(body),) if body else ()
        work = partial(_measured, store.path, track, files, video.time_of, measure)
        self._start(f"Looking at the feet of {self._program.session.title_of(track)}…", part, work, done)

    def _start(self, title: str, part: str, work: Callable[[Job], Any], done: Callable[[Any], None]) -> None:
        store = self._program.session.store
        self._set_busy((title, part))
        self._program.files_lane.submit(
            Job(work, key=_KEY),
            succeeded=partial(self._on_done, store, done),
            failed=self._program.notices.tell_error,
            ended=lambda: self._set_busy(_IDLE, (title, part)),
        )

    def _on_done(self, store: Store | None, done: Callable[[Any], None], found: Any) -> None:
        self._set_busy(_IDLE)
        if store is self._program.session.store:
            done(found)

    def _set_busy(self, busy: tuple[str, str], only: tuple[str, str] | None = None) -> None:
        """Say what is being done; what ends says so only for itself, for another thing may have begun."""
        if only in (None, self.busy) and busy != self.busy:
            self.busy = busy
            self.busy_changed.emit()

    def _camera(self) -> Camera | None:
        from pipeline.camera.kept import camera_in

        store = self._program.session.store
        return None if store is None else camera_in(store)


_NO_SCALE = (
    "Nobody knows how long its unit is: select a person who walks and press From Feet, or type the scale."
)


def _read(path: Path, size: tuple[int, int], frames: int, job: Job) -> tuple[Imported, dict[str, Any]]:
    """On the files lane."""
    from pipeline.camera.packing import packed
    from pipeline.camera.reading import read_camera

    imported = read_camera(path, size, frames)
    return imported, packed(imported.camera)


def _measured(
    path: Path,
    track: int,
    body_files: tuple[Path, ...],
    time_of: Callable[[int], float],
    measure: Callable[[Steps, Camera], Any],
    job: Job,
) -> Any:
    """On the files lane, with a connection of its own."""
    from pipeline.camera.feet import read_steps
    from pipeline.camera.kept import camera_in
    from pipeline.session.store import Store
    from pipeline.smpl import find_body

    with Store(path, read_only=True) as store:
        steps = read_steps(store, track, lambda body: find_body(body, body_files), time_of, job)
        return measure(steps, camera_in(store))


def _scale(steps: Steps, camera: Camera) -> tuple[float, float, int]:
    from pipeline.camera.scale import scale_from

    return scale_from(steps, camera)


def _floor(steps: Steps, camera: Camera) -> FloorSetting:
    from pipeline.camera.floor import floor_of

    return floor_of(steps, camera)
