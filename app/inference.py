"""Running the models: one frame, a range, everything; and keeping what comes out."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine_control import EngineControl
from app.joining import Joining
from app.lane import Lane
from app.notices import Notices
from app.run import Run, run_options
from app.run_book import RunBook
from app.run_feed import RunFeed
from app.run_memory import keep_runs, kept_runs
from app.session_control import SessionControl
from app.settings import Settings
from pipeline.errors import EngineError, SessionError
from pipeline.spans import runs
from pipeline.structures import Changes, RunOptions

_RANGE_PRIORITY = 10
RESUME = "Resume"


class Inference(QObject):
    """Has frames run and the outcomes written: the runs there are, their order, their end.

    A range has a low priority, so a single frame overtakes it between two of its jobs; pausing is not
    handing over. What the engine has made of a frame is kept, however the run ends, unless it is undone. A run
    that is not over when the video is closed waits in the session.

    Signals:
        progress_changed: RunProgress of the run that is worked on, or None.
        running_changed: First and last frame being run, or None.
        begun: A run was begun.
        over: Nothing is being run any more.
        runs_changed: All runs, each with how far it is.
    """

    progress_changed = Signal(object)
    running_changed = Signal(object)
    begun = Signal()
    over = Signal()
    runs_changed = Signal(object)

    def __init__(
        self,
        lane: Lane,
        engine: EngineControl,
        session: SessionControl,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        """Nothing is run yet."""
        super().__init__(parent)
        self._lane = lane
        self._engine = engine
        self._session = session
        self._settings = settings
        self._notices = notices
        self._runs: list[Run] = []
        self._book = RunBook(
            lane, engine, session, notices, self._tell_progress, self._on_stuck, self._on_numbered
        )
        self._feed = RunFeed(lane, engine, session, self._book.receiver, self._on_failed, self._on_ended)
        self._ticker = QTimer(self, interval=500)
        self._ticker.timeout.connect(self._tell_progress)
        session.opened.connect(self._on_opened)
        session.closing.connect(self._on_closing)
        session.changed.connect(self._on_changes)
        engine.state_changed.connect(self._on_engine_state)

    @property
    def running(self) -> bool:
        """Whether something is being run, or waits to be."""
        return bool(self._runs)

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, oldest first."""
        return tuple(self._runs)

    def run_frame(self, frame: int) -> None:
        """Run one frame now, on its own."""
        self._start(f"Frame {frame}", [frame], self._options(), 0, step=f"Run frame {frame}")

    def run_frames(self, title: str, frames: Iterable[int], step: str = "") -> None:
        """Run frames in order; `step` is what the history calls it, "Run" and the title by default."""
        wanted = sorted(set(frames))
        options = replace(self._options(), sequence=uuid.uuid4().hex)
        step = step or f"Run {title[:1].lower()}{title[1:]}"
        self._start(title, wanted, options, _RANGE_PRIORITY, step=step)

    def run_box(self, frame: int, joining: Joining, step: str, focal_length: float = 0.0) -> bool:
        """Run one box of a frame, whoever is in it by the thresholds or not; False if nothing can be run.

        Args:
            frame: The frame.
            joining: The box, and where its person goes.
            step: What the history calls it.
            focal_length: px, of the people the person joins; 0 as for any other run.
        """
        options = replace(
            self._options(), boxes=(joining.target.box,), score_threshold=0.0, min_size=0, max_people=0
        )
        if focal_length:
            options = replace(options, focal_length=focal_length)
        return self._start(f"Box in frame {frame}", [frame], options, 0, step=step, joining=joining)

    def _options(self) -> RunOptions:
        return run_options(self._settings.preferences, self._session.video)

    def run_passing(self, frame: int) -> None:
        """Run the frame one has stopped at, in place of the one stopped at before; no step of the history."""
        self._drop([run for run in self._runs if run.title == _SCRUB and not run.long])
        self._start(_SCRUB, [frame], self._options(), 1)

    def toggle_pause(self) -> None:
        """Pause or go on with the run that is worked on."""
        if run := self._current():
            self.set_paused(run, not run.paused)

    def set_paused(self, run: Run, paused: bool) -> None:
        """Pause a run, or go on with it."""
        if paused:
            self._pause(run, True)
            self._book.save()
            self._tell_progress()
        elif run in self._runs:
            self._resume([run])

    def resume(self) -> None:
        """Go on with every paused run, or with those of the loaded engine if some are of another."""
        fitting = [run for run in self._runs if run.paused and run.engine in ("", self._engine.name)]
        self._resume(fitting or [run for run in self._runs if run.paused][-1:])

    def _resume(self, runs: list[Run]) -> None:
        if not runs:
            return
        if runs[0].engine not in ("", self._engine.name):
            self._engine.choose(runs[0].engine)
        if not self._may_run():
            return
        for run in runs:
            run.interrupted = False
            self._pause(run, False)
        self._ticker.start()
        self._book.save()
        self._go_on()

    def cancel(self) -> None:
        """Stop the run that is worked on; what is done stays."""
        if run := self._current():
            self.drop(run)

    def drop(self, run: Run) -> None:
        """Stop a run; what is done of it stays."""
        self._drop([run])

    def _start(
        self,
        title: str,
        frames: list[int],
        options: RunOptions,
        priority: int,
        *,
        step: str = "",
        joining: Joining | None = None,
    ) -> bool:
        if not frames or not self._may_run():
            return False
        run = Run(
            title, deque(frames), options, priority, len(frames), (frames[0], frames[-1]), step, joining
        )
        run.wished, run.engine = tuple(runs(frames)), self._engine.name
        run.clock.start()
        self._runs.append(run)
        self._ticker.start()
        self._keep()
        self.begun.emit()
        self._go_on()
        return True

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
        self._notices.tell_error(error, RESUME)

    def _on_failed(self, run: Run, error: Exception) -> None:
        """The engine cannot be asked at all: the run waits for it, its frames are not marked."""
        if run in self._runs:
            self._interrupt([run])
            self._engine.mirror()
            self._notices.tell_error(error, "Retry" if isinstance(error, EngineError) else "")

    def _interrupt(self, runs: Iterable[Run]) -> None:
        """Let long runs wait until the engine is there again; what is short is asked for again as easily."""
        runs = list(runs)
        self._drop([run for run in runs if not run.long])
        for run in runs:
            if run.long and not run.paused:
                run.interrupted = True
                self._pause(run, True)
        self._tell_progress()

    def _on_ended(self, run: Run) -> None:
        self._go_on()

    def _drop(self, runs: Iterable[Run], *, for_good: bool = True) -> None:
        for run in list(runs):
            run.frames.clear()
            for job in run.jobs:
                job.cancel()
            self._finish(run, for_good=for_good)
        self._tell_progress()

    def _finish(self, run: Run, *, for_good: bool = True) -> None:
        if run not in self._runs:
            return
        self._runs.remove(run)
        if for_good:
            self._keep()
            self._tell_end(run)
        if not self._runs:
            self._ticker.stop()
            self.over.emit()

    def _tell_end(self, run: Run) -> None:
        if run.long and run.done and not run.taken_back:
            text, hint = run.summary()
            self._notices.tell(text, hint, "warning" if run.failed else "info")

    def _keep(self) -> None:
        if self._session.store is not None and self._session.writable:
            keep_runs(self._session.store, self._runs)

    def _current(self) -> Run | None:
        """The run the status bar is about: the longest one, of those that go on if there are any."""
        return max(self._runs, key=lambda run: (not run.paused, run.total), default=None)

    def _tell_progress(self) -> None:
        run = self._current()
        note = "(waiting for the engine)" if self._engine.state == "loading" else ""
        self.runs_changed.emit(
            tuple(
                (one, one.progress(note if not one.paused or one.interrupted else "")) for one in self._runs
            )
        )
        self.progress_changed.emit(None if run is None else run.progress(note))
        self.running_changed.emit(None if run is None or run.paused else run.span)

    def _on_opened(self) -> None:
        if self._session.video is not None:
            self._feed.open(self._session.video)
        store = self._session.store
        if store is None or not self._session.writable:
            return
        self._runs = kept_runs(store)
        for run in self._runs:
            self._notices.tell(run.stopped(), "What is done is kept.", action=RESUME)
        self._tell_progress()

    def _on_closing(self) -> None:
        self._book.close()
        self._keep()
        self._drop(self._runs, for_good=False)
        self._feed.close()

    def _on_numbered(self, run: Run) -> None:
        if run.long:
            self._keep()

    def _on_changes(self, changes: Changes) -> None:
        """A run whose step was undone is over: nobody wants the rest of it."""
        store = self._session.store
        if not changes.history or store is None:
            return
        for run in self.runs:
            step = None if run.number is None else store.run_step(run.number)
            if step is not None and not step[1] and store.recorded(run.number or 0, newest_first=True):
                run.taken_back = True
                self._drop([run])

    def _on_engine_state(self, state: str) -> None:
        if state == "ready":
            for run in self._runs:
                if run.interrupted:
                    run.interrupted = False
                    self._pause(run, False)
            self._go_on()
        elif state == "stopped":
            self._interrupt(self._runs)
            for run in self._runs:
                run.interrupted = False  # the models were let go, so it waits to be asked for
        elif state in ("failed", "installing"):
            self._interrupt(self._runs)


_SCRUB = "Frame under the playhead"
