"""Where one is: the transport's fields, the status bar and the title."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.session_control import SessionControl
from app.view_state import ViewState
from app.window import Window


class StatusLine(QObject):
    """Says frame, time and rate."""

    def __init__(self, window: Window, view: ViewState, session: SessionControl) -> None:
        super().__init__(window)
        self._window = window
        self._view = view
        self._session = session
        view.frame_changed.connect(self._refresh_place)
        session.opened.connect(self.refresh)
        session.closed.connect(self.refresh)
        session.indexed.connect(self._refresh_place)
        window.timeline.set_time_formatter(self.describe_time)
        self.refresh()

    def refresh(self) -> None:
        """Say everything again."""
        video, writable = self._session.video, self._session.writable
        name = self._session.path.name if self._session.path is not None else ""
        suffix = "" if writable or video is None else " (read-only)"
        self._window.setWindowTitle(f"{name}{suffix} — Retake" if name else "Retake")
        self._window.transport.set_enabled(video is not None)
        actions, (why, _hint) = self._window.actions_table, self._session.locked
        for need in ("session", "writable"):
            actions.set_why(need, why)
        session = self._session.store is not None
        actions.set_met({"video": video is not None, "session": session, "writable": writable})
        self._refresh_place()

    def describe_time(self, frame: int) -> str:
        """Time of a frame, for tooltips."""
        video = self._session.video
        return _clock(video.time_of(frame)) if video is not None else ""

    def _refresh_place(self) -> None:
        video, index = self._session.video, self._view.frame_index
        if video is None:
            self._window.transport.set_position(0, 0, 0.0, 0.0)
            self._window.place_label.clear()
            return
        count, time = self._view.frame_count, video.time_of(index)
        self._window.transport.set_position(index, count, time, video.info.duration)
        width, height = video.info.size
        rate = f"{float(video.info.rate):.6g} fps" + (" (variable)" if video.info.variable_rate else "")
        self._window.place_label.setText(
            f"Frame {index} of 0–{count - 1}   ·   {time:.3f} s   ·   {rate}   ·   {width}×{height} px"
        )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:06.3f}" if hours else f"{minutes}:{rest:06.3f}"
