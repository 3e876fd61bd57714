"""Running the frame one has stopped at, if that is wished for."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.engine_control import EngineControl
from app.inference import Inference
from app.session_control import SessionControl
from app.settings import Settings
from app.view_state import ViewState

_STOPPED_MS = 180
"""How long one rests on a frame to have stopped there; a drag passes them faster."""


class ScrubRunning(QObject):
    """Waits until one stands; frames that have a result, and those one passes or plays, are not run."""

    def __init__(
        self,
        view: ViewState,
        session: SessionControl,
        engine: EngineControl,
        inference: Inference,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._session = session
        self._engine = engine
        self._inference = inference
        self._settings = settings
        self._timer = QTimer(self, singleShot=True, interval=_STOPPED_MS)
        self._timer.timeout.connect(self._on_stopped)
        view.frame_changed.connect(lambda _frame: self._timer.start())
        view.playing_changed.connect(lambda _playing: self._timer.start())
        session.closing.connect(self._timer.stop)

    def _on_stopped(self) -> None:
        store, frame = self._session.store, self._view.frame_index
        wanted = self._settings.preferences.run_while_scrubbing and self._engine.state == "ready"
        wanted = wanted and not self._view.playing and self._session.writable
        if wanted and store is not None and store.result(frame) is None:
            self._inference.run_passing(frame)
