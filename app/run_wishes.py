"""What the Run menu asks for: which frames."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QObject

from app.engine_control import EngineControl
from app.estimate import estimate
from app.inference import Inference
from app.notices import Notices
from app.run_counts import RunCounts
from app.selection import wanted_range
from app.session_control import SessionControl
from app.view_state import ViewState


class RunWishes(QObject):
    """Turns what is shown, marked and missing into frames to run."""

    def __init__(
        self,
        view: ViewState,
        session: SessionControl,
        engine: EngineControl,
        inference: Inference,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._session = session
        self._engine = engine
        self._inference = inference
        self._notices = notices
        self._wish: tuple[str, int] | None = None
        self._problem_frames: Callable[[], Collection[int]] | None = None
        self.counts = RunCounts(session, self)
        engine.state_changed.connect(self._on_engine_state)
        inference.begun.connect(self._tell_estimate)
        inference.over.connect(self._forget)

    def this_frame(self) -> None:
        """Run the current frame."""
        frame = self._view.frame_index
        self._wish = f"Frame {frame}", 1
        self._inference.run_frame(frame)

    def range(self) -> None:
        """Run the range, if there is one."""
        span = wanted_range(self._view, self._notices)
        if span is None:
            return
        first, last = span
        self._run(f"Frames {first}–{last}", range(first, last + 1))

    def all(self) -> None:
        """Run every frame."""
        self._run("All frames", range(self._view.frame_count))

    def missing(self) -> None:
        """Run the frames without a result."""
        missing = self.counts.missing(self._view.frame_count)
        if not missing:
            self._notices.tell("Every frame has a result.")
        self._run("Frames without a result", missing)

    def failed(self) -> None:
        """Run the frames again that failed."""
        failed = self.counts.failed
        if not failed:
            self._notices.tell("No frame has failed.")
        self._run("Failed frames again", failed, "Run failed frames again")

    def problems(self) -> None:
        """Run the frames again that have open problems."""
        frames = self.problem_frames()
        if not frames:
            self._notices.tell("No frame has an open problem.")
        self._run("Frames with problems again", frames)

    def problem_frames(self) -> Collection[int]:
        """The frames with open problems, as far as somebody looks for them."""
        return self._problem_frames() if self._problem_frames is not None else ()

    def ask_for_problems(self, frames: Callable[[], Collection[int]]) -> None:
        """Say who knows the frames with open problems."""
        self._problem_frames = frames

    def _run(self, title: str, frames: Collection[int], step: str = "") -> None:
        self._wish = title, len(frames)
        self._inference.run_frames(title, frames, step)

    def _tell_estimate(self) -> None:
        """Say how long the run that begins will take, now or as soon as the engine that knows is loaded."""
        info = self._engine.client.info if self._engine.client is not None else None
        if info is None or self._wish is None:
            return
        text, self._wish = estimate(*self._wish, info), None
        if text:
            self._notices.tell(text)

    def _on_engine_state(self, state: str) -> None:
        if state == "ready" and self._inference.running:
            self._tell_estimate()

    def _forget(self) -> None:
        self._wish = None
