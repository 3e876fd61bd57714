"""Running the models: one frame, a range, everything; and keeping what comes out."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine_control import EngineControl
from app.lane import Lane
from app.notices import Notices
from app.run import Run, run_options
from app.run_book import RunBook
from app.run_feed import RunFeed
from app.session_control import SessionControl
from app.settings import Settings
from pipeline.errors import EngineError, SessionError
from pipeline.structures import RunOptions
from widgets.values import RunProgress

_RANGE_PRIORITY = 10
_RESUME = "Resume"
_STOPPED_MS = 180
"""How long one rests on a frame to have stopped there; a drag passes them faster."""


class Inference(QObject):
    """Has frames run and the outcomes written: the runs there are, their order, their end.

    A range has a low priority, so a single frame overtakes it between two of its jobs; pausing is not
    handing over. What the engine has made of a frame is kept, however the run ends.

    Signals:
        progress_changed: RunProgress of the run that is worked on, or None.
        running_changed: First and last frame being run, or None.
        begun: A run was begun.
        over: Nothing is being run any more.
    """

    progress_changed = Signal(object)
    running_changed = Signal(object)
    begun = Signal()
    over = Signal()

    def __init__(
        self,
        lane: Lane,
        engine: EngineControl,
        session: SessionControl,
        settings: Settings,
        notices: Notices,
        moving: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        """Nothing is run yet; `moving` says whether the video is being played."""
        super().__init__(parent)
        self._lane = lane
        self._engine = engine
        self._session = session
        self._settings = settings
        self._notices = notices
        self._runs: list[Run] = []
        self._book = RunBook(lane, engine, session, notices, self._tell_progress, self._on_stuck)
        self._feed = RunFeed(lane, engine, session, self._book.receiver, self._on_failed, self._on_ended)
        self._moving = moving
        self._scrubbed = 0
        self._stopping = QTimer(self, singleShot=True, interval=_STOPPED_MS)
        self._stopping.timeout.connect(self._on_stopped)
        self._ticker = QTimer(self, interval=500)
        self._ticker.timeout.connect(self._tell_progress)
        session.opened.connect(self._on_opened)
        session.closing.connect(self._on_closing)
        engine.state_changed.connect(self._on_engine_state)

    @property
    def running(self) -> bool:
        """Whether something is being run, or waits to be."""
        return bool(self._runs)

    def run_frame(self, frame: int, *, boxes: Sequence[tuple[float, float, float, float]] = ()) -> None:
        """Run one frame now, on its own or on given boxes."""
        options = replace(run_options(self._settings.preferences, self._session.video), boxes=tuple(boxes))
        self._start(f"Frame {frame}", [frame], options, priority=0)

    def run_frames(self, title: str, frames: Iterable[int]) -> None:
        """Run frames in order."""
        wanted = sorted(set(frames))
        options = replace(
            run_options(self._settings.preferences, self._session.video), sequence=uuid.uuid4().hex
        )
        self._start(title, wanted, options, priority=_RANGE_PRIORITY)

    def scrubbed_to(self, frame: int) -> None:
        """Run the frame once one has stopped at it, if that is wished for and it has no result yet."""
        self._scrubbed = frame
        self._stopping.start()

    def _on_stopped(self) -> None:
        store, frame = self._session.store, self._scrubbed
        wanted = self._settings.preferences.run_while_scrubbing and self._engine.state == "ready"
        wanted = wanted and not self._moving()
        if wanted and self._session.writable and store is not None and store.result(frame) is None:
            self._drop([run for run in self._runs if run.title == _SCRUB and run.total == 1])
            self._start(
                _SCRUB, [frame], run_options(self._settings.preferences, self._session.video), priority=1
            )

    def toggle_pause(self) -> None:
        """Pause or go on with the run that is worked on."""
        if run := self._current():
            self._pause(run, not run.paused)
            self._book.save()
            self._go_on()

    def resume(self) -> None:
        """Go on with every paused run."""
        for run in self._runs:
            self._pause(run, False)
        self._book.save()
        self._go_on()

    def cancel(self) -> None:
        """Stop the run that is worked on; what is done stays."""
        if run := self._current():
            self._drop([run])

    def _start(self, title: str, frames: list[int], options: RunOptions, priority: int) -> None:
        if not frames or not self._may_run():
            return
        run = Run(title, deque(frames), options, priority, len(frames), (frames[0], frames[-1]))
        run.clock.start()
        self._runs.append(run)
        self._ticker.start()
        self.begun.emit()
        self._go_on()

    def _may_run(self) -> bool:
        if self._session.video is None:
            return False
        if not self._session.writable:
            why, hint = self._session.locked
            self._notices.tell(f"Nothing can be run. {why}", hint, "warning")
            return False
        if self._engine.state == "installing":
            self._notices.tell(
                "The engine is being installed.", "It is loaded when that is done; then run again.", "warning"
            )
            return False
        if self._engine.state in ("stopped", "failed", "dead"):
            self._engine.load(self._engine.name)
        if self._engine.client is None:
            self._notices.tell(
                "No engine is installed yet.", "Install it in the Models panel.", "warning", "Install"
            )
            return False
        return True

    def _go_on(self) -> None:
        for run in list(self._runs):
            self._feed.fill(run)
            if run.over:
                self._finish(run)
        self._tell_progress()

    def _pause(self, run: Run, paused: bool) -> None:
        run.pause(paused)
        if paused:
            self._feed.recall(run)

    def _on_stuck(self, error: SessionError) -> None:
        """Nothing can be written, mostly since the disk is full: every run waits, and so does what has come."""
        for run in self._runs:
            self._pause(run, True)
        self._notices.tell_error(error, _RESUME)

    def _on_failed(self, run: Run, error: Exception) -> None:
        """The engine cannot be asked at all: the run stops, its frames are not marked."""
        if run in self._runs:
            self._drop([run])
            self._engine.mirror()
            self._notices.tell_error(error, "Retry" if isinstance(error, EngineError) else "")

    def _on_ended(self, run: Run) -> None:
        self._go_on()

    def _drop(self, runs: Iterable[Run]) -> None:
        for run in list(runs):
            run.frames.clear()
            for job in run.jobs:
                job.cancel()
            self._finish(run)
        self._tell_progress()

    def _finish(self, run: Run) -> None:
        if run not in self._runs:
            return
        self._runs.remove(run)
        if run.total > 1 and run.done:
            text = f"{run.title}: {run.done - run.failed} of {run.total} frames done"
            if run.failed:
                why, hint = run.reason
                self._notices.tell(f"{text}, {run.failed} failed: {why}", hint, "warning")
            else:
                self._notices.tell(f"{text}.")
        if not self._runs:
            self._ticker.stop()
            self.over.emit()

    def _current(self) -> Run | None:
        """The run the status bar is about: the longest one."""
        return max(self._runs, key=lambda run: run.total, default=None)

    def _tell_progress(self) -> None:
        run = self._current()
        if run is None:
            self.progress_changed.emit(None)
            self.running_changed.emit(None)
            return
        waiting = " (waiting for the engine)" if self._engine.state == "loading" else ""
        self.progress_changed.emit(
            RunProgress(run.title + waiting, run.done, run.total, run.seconds, run.failed, run.paused)
        )
        self.running_changed.emit(run.span)

    def _on_opened(self) -> None:
        if self._session.video is not None:
            self._feed.open(self._session.video)

    def _on_closing(self) -> None:
        self._stopping.stop()
        self._book.close()
        self._drop(self._runs)
        self._feed.close()

    def _on_engine_state(self, state: str) -> None:
        if state == "ready":
            self._go_on()
        elif state in ("failed", "stopped", "installing") and self._runs:
            self._drop(self._runs)


_SCRUB = "Frame under the playhead"
