"""What the Camera panel says of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.selection import shown_frame
from widgets.camera_values import CameraFacts
from widgets.units import format_count

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.camera.floor_setting import FloorSetting
    from pipeline.camera.values import Camera
    from pipeline.session.store import Store

_SCALE = {
    "file": "As the file says.",
    "feet": "Measured from feet that do not slide.",
    "reviewer": "As you say.",
    "": "Not known: select a person and press From Feet, or type it.",
}


def camera_facts(program: Program, frames: int, busy: tuple[str, str]) -> CameraFacts:
    """What is known in the current frame.

    Args:
        program: The program.
        frames: How many frames a change touches.
        busy: What is being measured or read, and for which part of the panel.
    """
    session, view = program.session, program.view
    if session.video is None or session.store is None:
        return CameraFacts(said="Open a video first." if session.video is None else "No session is open.")
    from pipeline.camera.floor_setting import FloorSetting
    from pipeline.camera.kept import camera_in

    camera = camera_in(session.store)
    floor = FloorSetting.from_plain(session.store.setting("floor"))
    focal, run_with = _focal_lengths(session.store, camera, view.frame_index)
    preferences = program.settings.preferences
    titles = {track.track_id: track.title for track in session.tracks()}
    track = view.selected_track
    return CameraFacts(
        size=session.video.info.size,
        writable=session.writable,
        focal_length=focal,
        said=_said(camera, focal, run_with),
        own=camera.setting.focal_length > 0,
        for_runs=preferences.focal_from == "value" and abs(preferences.focal_length - focal) < 1,
        scope=_scope(camera, frames),
        solved=_solved(camera, view.frame_count),
        scale=camera.setting.scale,
        scale_said=_SCALE.get(camera.setting.scaled_by, ""),
        scale_sure=bool(camera.setting.scaled_by),
        floor="" if floor is None else _floor(floor, camera, titles),
        floor_old=floor is not None and floor.camera != camera.key,
        track="" if track is None else titles.get(track, f"Person {track}"),
        busy=busy[0],
        busy_part=busy[1],
    )


def _focal_lengths(store: Store, camera: Camera, frame: int) -> tuple[float, float]:
    """What the frame is seen with, and what the engine ran it with; 0 where there is none."""
    said = camera.focal_length(frame)
    if not said:
        seen = shown_frame(store, frame)
        return (seen.result.people.focal_length if seen is not None else 0.0,) * 2
    result = store.result(frame)
    return said, result.people.focal_length if result is not None else 0.0


def _said(camera: Camera, focal: float, run_with: float) -> str:
    if camera.solved is not None:
        return "From the solved camera."
    if camera.setting.focal_length:
        return f"Chosen here. The engine ran this frame with {_px(run_with)}." if run_with else "Chosen here."
    return "This frame, as the engine ran it." if focal else "This frame was not run."


def _scope(camera: Camera, frames: int) -> str:
    if not frames or camera.solved is not None:
        return ""
    count = "1 frame" if frames == 1 else f"{format_count(frames)} frames"
    return f"Touches {count}: pixels stay, distances change."


def _solved(camera: Camera, frame_count: int) -> str:
    if camera.solved is None:
        return ""
    known = len(camera.solved.frames)
    if known == 1:
        return f"{camera.setting.name}: one for all frames."
    return f"{camera.setting.name}: {format_count(known)} of {format_count(frame_count)} frames."


def _floor(floor: FloorSetting, camera: Camera, titles: dict[int, str]) -> str:
    now = floor.under(camera.setting.focal_length) if camera.solved is None else floor
    whose = titles.get(floor.track, f"Person {floor.track}")
    said = (
        f"Tilt {now.tilt:.0f}°, height {now.height:.2f} m, from {format_count(floor.frames)} frames of {whose} "
        f"(± {100 * floor.spread:.0f} cm)."
    )
    if bool(floor.camera) != (camera.solved is not None) or not _same_solve(floor, camera):
        return f"{said} Not for this camera: measure it again."
    if floor.camera != camera.key:
        return f"{said} Measured with another scale: measure it again."
    chosen = camera.setting.focal_length
    if chosen > 0 and abs(chosen / floor.focal_length - 1) > 1e-3:
        return f"{said} Measured with {_px(floor.focal_length)}."
    return said


def _same_solve(floor: FloorSetting, camera: Camera) -> bool:
    return not floor.camera or floor.camera.split()[0] == camera.setting.solved


def _px(focal: float) -> str:
    return f"{format_count(round(focal))} px"
