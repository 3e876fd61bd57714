"""When a picture and the bodies over it are painted."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.overlay import OverlayControl
from app.playback import Playback
from app.view_state import ViewState
from pipeline.structures import Frame
from widgets.frame_view import FrameView


class Screen(QObject):
    """Paints pictures at once, except while it plays: then each waits for its overlay.

    Otherwise a machine that draws a little slower than the video runs would play it without any body.
    Playing waits as well, so that frames are left out and the clock holds.
    """

    def __init__(
        self, picture: FrameView, view: ViewState, playback: Playback, overlay: OverlayControl
    ) -> None:
        super().__init__(picture)
        self._picture = picture
        self._view = view
        self._overlay = overlay
        self._waiting: tuple[Frame, bool] | None = None
        playback.shown.connect(self._on_shown)
        overlay.drawn.connect(picture.set_overlay)
        overlay.busy_changed.connect(playback.set_held)
        overlay.busy_changed.connect(self._on_busy)

    def clear(self) -> None:
        """Show no picture."""
        self._waiting = None
        self._picture.clear()

    def _on_shown(self, frame: Frame, stands_in: bool) -> None:
        self._waiting = frame, stands_in
        self._overlay.show(frame.index)
        if not (self._view.playing and self._overlay.busy):
            self._paint()

    def _on_busy(self, busy: bool) -> None:
        if not busy:
            self._paint()

    def _paint(self) -> None:
        if self._waiting is not None:
            (frame, stands_in), self._waiting = self._waiting, None
            self._picture.set_preview(stands_in)
            self._picture.set_frame(frame)
