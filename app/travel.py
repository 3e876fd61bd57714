"""Moving through the video by time, by share and by what was found in it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit

from app.held_keys import HeldKey
from app.playback import Playback
from app.session_control import SessionControl
from app.view_state import ViewState


class Travel(QObject):
    """Where the keys lead.

    Signals:
        stepping_changed: Whether J and L move one frame each, as they do while K is held.
    """

    stepping_changed = Signal(bool)

    def __init__(
        self, view: ViewState, session: SessionControl, playback: Playback, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._session = session
        self._playback = playback
        self._stop_key = HeldKey(Qt.Key.Key_K, self)
        self._hide_key = HeldKey(Qt.Key.Key_H, self)
        self._hidden_before = False
        self._stop_key.released.connect(lambda: self.stepping_changed.emit(False))
        self._hide_key.released.connect(lambda: view.set_hidden(self._hidden_before))

    def follow_keys(self, stop: QAction, hide: QAction) -> None:
        """Hold K and H, or whatever keys those actions have."""
        self._stop_key.follow(stop)
        self._hide_key.follow(hide)

    def to_time(self, time: float) -> None:
        """Go to the frame shown at a time in s."""
        if (video := self._session.video) is not None:
            self._view.set_frame(video.index_at(time))

    def by_time(self, seconds: float) -> None:
        """Move by seconds."""
        if (video := self._session.video) is not None:
            self.to_time(max(0.0, video.time_of(self._view.frame_index) + seconds))

    def by_share(self, share: float) -> None:
        """Move by a share of the video."""
        step = max(1, round(abs(share) * self._view.frame_count))
        self._view.step(step if share > 0 else -step)

    def to_last(self) -> None:
        """Go to the last frame."""
        self._view.set_frame(self._view.frame_count - 1)

    def to_next_track_start(self) -> None:
        """Go to where the next track begins; after the last to the first again."""
        starts = sorted({track.first for track in self._session.tracks() if track.frames})
        later = [start for start in starts if start > self._view.frame_index]
        if starts:
            self._view.set_frame((later or starts)[0])

    def shuttle(self, direction: int) -> None:
        """J and L: play, or move one frame while K is held."""
        if self._stop_key.down:
            self._view.step(direction)
        else:
            self._playback.shuttle(direction)

    def shuttle_stop(self) -> None:
        """K: stand."""
        self._stop_key.press()
        self._view.set_playing(0)
        self.stepping_changed.emit(True)

    def hold_hidden(self) -> None:
        """H: hide the overlays until the key is up; then they are as they were."""
        if not self._hide_key.down:
            self._hidden_before = self._view.hidden
        self._hide_key.press()
        self._view.set_hidden(True)

    def escape(self) -> None:
        """Esc: leave a text field, or put the tool away, or clear the range, or select nobody."""
        focus = QApplication.focusWidget()
        if isinstance(focus, QLineEdit | QAbstractSpinBox):
            focus.clearFocus()
        elif self._view.tool != "select":
            self._view.set_tool("select")
        elif self._view.range is not None:
            self._view.set_range(None)
        else:
            self._view.select(None)
