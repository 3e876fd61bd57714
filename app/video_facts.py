"""What the video panel says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.session_control import SessionControl
from widgets.units import format_bytes, format_count, format_time
from widgets.video_panel import VideoPanel

if TYPE_CHECKING:
    from pipeline.video import Video

_REFRESH_MS = 500


class VideoFacts(QObject):
    """Fills the video panel; what is being run changes the session's counts."""

    def __init__(self, panel: VideoPanel, session: SessionControl, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._session = session
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        for signal in (session.opened, session.closed, session.indexed):
            signal.connect(self._refresh)
        for often in (session.changed, session.noticed):
            often.connect(self._later)

    def _later(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _refresh(self) -> None:
        video = self._session.video
        self._panel.set_facts((("Video", _video(video)), ("Session", self._stored())) if video else ())

    def _stored(self) -> tuple[tuple[str, str], ...]:
        store = self._session.store
        if store is None:
            return (("File", "none: nothing can be run or edited"),)
        failures = len(store.failures())
        return (
            ("File", store.path.name),
            ("Folder", str(store.path.parent)),
            ("Access", "reading only" if store.read_only else "reading and writing"),
            ("Frames run", format_count(len(store.frames_with_results()))),
            ("Failed", format_count(failures)),
            ("Tracks", format_count(len(self._session.tracks()))),
        )


def _video(video: Video) -> tuple[tuple[str, str], ...]:
    info = video.info
    width, height = info.size
    counted = format_count(video.frame_count)
    rows = (
        ("File", info.path.name),
        ("Folder", str(info.path.parent)),
        ("Size", f"{width} × {height} px{f', turned by {info.rotation}°' if info.rotation else ''}"),
        ("Frames", counted if video.indexed else f"about {counted}"),
        ("Rate", f"{float(info.rate):.6g} fps{', variable' if info.variable_rate else ''}"),
        ("Duration", format_time(info.duration)),
        ("Focal length", _focal_length(video)),
        ("Codec", f"{info.codec} in {info.container.split(',')[0]}"),
        ("Sound", "yes" if info.has_audio else "no"),
        ("On disk", _size(info.path)),
    )
    return (*rows, *(("Note", notice) for notice in video.notices))


def _focal_length(video: Video) -> str:
    if not video.focal_length:
        return "the file does not say"
    return f"{format_count(round(video.focal_length))} px, as the camera wrote"


def _size(path: Path) -> str:
    try:
        return format_bytes(path.stat().st_size) if path.is_file() else "several files"
    except OSError as error:
        return error.strerror or "not readable"
