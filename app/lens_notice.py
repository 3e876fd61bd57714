"""Says so when a video is to tell its focal length and does not."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.inference import Inference
from app.notices import Notices
from app.session_control import SessionControl
from app.settings import Settings


class LensNotice(QObject):
    """Looks at each run that begins; says it once a video."""

    def __init__(
        self,
        session: SessionControl,
        inference: Inference,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._settings = settings
        self._notices = notices
        self._told = False
        session.opened.connect(self._on_opened)
        inference.begun.connect(self._on_begun)

    def _on_opened(self) -> None:
        self._told = False

    def _on_begun(self) -> None:
        video = self._session.video
        wanted = self._settings.preferences.focal_from == "video"
        if self._told or not wanted or video is None or video.focal_length:
            return
        self._told = True
        self._notices.tell(
            "The video does not say its focal length: the engine's own rule is used.",
            "A value can be given in the preferences, under Running.",
            "warning",
        )
