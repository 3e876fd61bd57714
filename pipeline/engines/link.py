"""The one process a client has: started, loaded and loaded again, with what is to be shown of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from pipeline.engines.command import EngineCommand
from pipeline.engines.conversation import DisobeyedError, Limits, SilentError, ask, await_hello
from pipeline.engines.engine import EngineInfo, EngineSettings
from pipeline.engines.faults import install_again, load_error, silent_error
from pipeline.engines.log import EngineLog
from pipeline.engines.messages import Answer, Done, Infer, Load, Loaded, LoadFailed, Request, Stages
from pipeline.engines.process import WorkerEnded, WorkerProcess
from pipeline.errors import EngineError
from pipeline.job import Cancelled, Job
from pipeline.loading import StageError, StageState, StageStatus
from pipeline.structures import Frame, RunOptions

State = Literal["stopped", "loading", "ready", "dead"]
Tell = Callable[[tuple[StageStatus, ...]], None]
START_TITLE = "Engine program started"
_DETAIL_LINES = 40  # of the log, with an error


class EngineLink:
    """Starts an engine's process when there is none, loads what is not loaded, and asks it.

    Attributes:
        name: The engine's name in the registry.
        limits: How patient to be.
        log: What the process prints.
        process: The process, also when it has ended; None before the first.
        info: What was loaded last.
        statuses: How loading stands: the start of the program, then the engine's stages.
    """

    def __init__(
        self,
        name: str,
        command: EngineCommand,
        settings: EngineSettings,
        limits: Limits,
        notice: Callable[[str], None],
    ) -> None:
        """Nothing is started yet; `notice` is told what the user should know."""
        self.name = name
        self.limits = limits
        self.log = EngineLog(name)
        self.process: WorkerProcess | None = None
        self.info: EngineInfo | None = None
        self.statuses: tuple[StageStatus, ...] = ()
        self._command = command
        self._settings = settings
        self._notice = notice
        self._start_status = StageStatus(START_TITLE)
        self._state: State = "stopped"
        self._requests = 0
        self._closed = False

    @property
    def state(self) -> State:
        """How it stands; any thread."""
        process = self.process
        if self._state in ("ready", "loading") and process is not None and not process.alive:
            return "dead"
        return self._state

    def mark_stopped(self) -> None:
        """The process's end has been told; the next load starts another without a word."""
        self._state = "stopped"

    def kill(self) -> None:
        """End the process at once; any thread."""
        process = self.process
        if process is not None:
            process.abandoned = True
            process.kill()
            process.join()
        self._state = "stopped"

    def close(self) -> None:
        """Ask the process to end, then make it; any thread. For good."""
        self._closed = True
        process = self.process
        if process is not None:
            process.close()
        self._state = "stopped"
        self.log.close()

    def load(self, job: Job, report: Tell) -> EngineInfo:
        """Start and load as far as that is not done.

        Raises:
            EngineError: The worker cannot be started, speaks another protocol or died.
            StageError: A stage failed.
            Cancelled: The job was cancelled.
        """
        if self.state == "ready" and self.info is not None:
            return self.info
        if self._closed:
            raise Cancelled
        self._state = "loading"
        try:
            self._ensure_started(job, report)
            self.info = self._load_stages(job, report)
        except WorkerEnded as ended:
            error = load_error(self.name, ended, self.log.tail(_DETAIL_LINES))
            raise self._fail_start(error, report) from None
        except SilentError:
            raise self._fail_start(silent_error(self.log.tail(_DETAIL_LINES)), report) from None
        finally:
            self._state = "stopped"
        self._state = "ready"
        return self.info

    def infer(
        self, frames: tuple[Frame, ...], options: RunOptions, job: Job, hear: Callable[[Any], None]
    ) -> None:
        """Have frames done by a loaded engine; their outcomes are among what `hear` gets.

        Raises:
            WorkerEnded: The worker died.
            SilentError: It said nothing for too long and was killed.
            Cancelled: The job was cancelled.
        """
        request = Infer(self._number(), frames, options)
        if not isinstance(self._ask(request, job, hear, self.limits.infer), Done):
            raise other_question()

    def _ensure_started(self, job: Job, report: Tell) -> None:
        if self.process is not None and self.process.alive:
            return
        if self.process is not None:
            self.process.join()
        start = time.monotonic()
        self.statuses = tuple(StageStatus(status.title) for status in self.statuses)
        self._show_start(StageStatus(START_TITLE, StageState.RUNNING), report)
        try:
            self.process = WorkerProcess(self._command, self.log)
        except EngineError as error:
            raise self._fail_start(error, report) from None
        if self._closed:  # by another thread, which saw no process to close
            self.process.close()
        hello = await_hello(self.process, job, self.limits.start)
        done = replace(
            self._start_status,
            state=StageState.DONE,
            fraction=1.0,
            seconds=time.monotonic() - start,
            detail=f"Python {hello.python}, process {hello.pid}",
        )
        self._show_start(done, report)

    def _load_stages(self, job: Job, report: Tell) -> EngineInfo:
        def hear(message: Any) -> None:
            if isinstance(message, Stages):
                self.statuses = (self._start_status, *message.statuses)
                report(self.statuses)

        answer = self._ask(Load(self._number(), self._settings), job, hear, self.limits.load)
        if isinstance(answer, Loaded):
            return answer.info
        if isinstance(answer, LoadFailed) and answer.stage:
            raise StageError(answer.message, answer.hint or install_again(self.name))
        if isinstance(answer, LoadFailed):
            hint = answer.hint or install_again(self.name)
            error = EngineError(answer.message, hint, kind="load_failed", details=answer.details)
            raise self._fail_start(error, report)
        raise other_question()

    def _show_start(self, status: StageStatus, report: Tell) -> None:
        self._start_status = status
        self.statuses = (status, *self.statuses[1:])
        report(self.statuses)

    def _fail_start(self, error: EngineError, report: Tell) -> EngineError:
        """Show an error of the process in the row that is running or has failed, or in the first."""
        states = [status.state for status in self.statuses]
        at_work = (state for state in (StageState.RUNNING, StageState.FAILED) if state in states)
        row = states.index(next(at_work, states[0]))
        failed = replace(self.statuses[row], state=StageState.FAILED, error=error.message, hint=error.hint)
        self.statuses = (*self.statuses[:row], failed, *self.statuses[row + 1 :])
        report(self.statuses)
        return error

    def _ask(self, request: Request, job: Job, hear: Callable[[Any], None], patience: float) -> Answer:
        assert self.process is not None
        try:
            return ask(self.process, request, job, hear, patience=patience, grace=self.limits.cancel)
        except DisobeyedError:
            self._state = "stopped"
            self._notice(
                "The engine did not stop when asked, so it was ended. It is loaded again when next needed."
            )
            raise

    def _number(self) -> int:
        self._requests += 1
        return self._requests


def other_question() -> EngineError:
    """What to say of a worker that breaks the rules of the conversation."""
    return EngineError("The engine gave an answer to another question.", kind="protocol")


def loading_step(statuses: tuple[StageStatus, ...]) -> tuple[str, float]:
    """What is being loaded, and the share of the stages done."""
    running = [status.title for status in statuses if status.state is StageState.RUNNING]
    done = sum(status.state is StageState.DONE for status in statuses)
    return f"loading: {running[0]}" if running else "loading", done / max(1, len(statuses))
