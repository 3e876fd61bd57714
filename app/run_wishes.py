"""What the Run menu asks for: which frames."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.inference import Inference
from app.notices import Notices
from app.session_control import SessionControl
from app.view_state import ViewState


class RunWishes(QObject):
    """Turns what is shown, marked and missing into frames to run."""

    def __init__(
        self,
        view: ViewState,
        session: SessionControl,
        inference: Inference,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._session = session
        self._inference = inference
        self._notices = notices

    def this_frame(self) -> None:
        """Run the current frame."""
        self._inference.run_frame(self._view.frame_index)

    def range(self) -> None:
        """Run the range, if there is one."""
        if self._view.range is None:
            self._notices.tell(
                "There is no range.", "Press I and O, or Shift+drag on the seek bar.", "warning"
            )
            return
        first, last = self._view.range
        self._inference.run_frames(f"Frames {first}–{last}", range(first, last + 1))

    def all(self) -> None:
        """Run every frame."""
        self._inference.run_frames("All frames", range(self._view.frame_count))

    def missing(self) -> None:
        """Run the frames without a result."""
        store = self._session.store
        done = set(store.frames_with_results().tolist()) if store is not None else set()
        missing = [frame for frame in range(self._view.frame_count) if frame not in done]
        if not missing:
            self._notices.tell("Every frame has a result.")
        self._inference.run_frames("Frames without a result", missing)

    def failed(self) -> None:
        """Run the frames again that failed."""
        failed = self._session.store.failures() if self._session.store is not None else {}
        if not failed:
            self._notices.tell("No frame has failed.")
        self._inference.run_frames("Failed frames again", failed)
