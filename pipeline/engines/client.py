"""The window's side of an engine: start it, load it, ask it, survive it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from pipeline.engines.command import EngineCommand
from pipeline.engines.conversation import DisobeyedError, Limits, SilentError, ask, await_hello
from pipeline.engines.engine import EngineInfo, EngineSettings, InferProgress
from pipeline.engines.faults import died_twice, install_again, load_error, silent_error, timed_out
from pipeline.engines.log import EngineLog
from pipeline.engines.messages import (
    Answer,
    Failed,
    Infer,
    Load,
    Loaded,
    LoadFailed,
    Progress,
    Request,
    Result,
    Stages,
)
from pipeline.engines.process import WorkerEnded, WorkerProcess
from pipeline.errors import EngineError, UserError
from pipeline.job import Cancelled, Job
from pipeline.loading import StageError, StageState, StageStatus
from pipeline.memory import Memory
from pipeline.structures import Frame, FrameFailure, FrameResult, RunOptions

State = Literal["stopped", "loading", "ready", "dead"]
START_TITLE = "Engine program started"
_DETAIL_LINES = 40  # of the log, with an error

__all__ = ["START_TITLE", "EngineClient", "InferProgress", "Limits"]


class EngineClient:
    """Drives one engine's process. Used from one thread; what any thread may use says so."""

    def __init__(
        self,
        name: str,
        command: EngineCommand,
        settings: EngineSettings | None = None,
        *,
        on_notice: Callable[[str], None] | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Nothing is started yet.

        Args:
            name: The engine's name in the registry.
            command: What starts its worker.
            settings: What it is loaded with.
            on_notice: Told, on the thread that uses the client, what the user should know.
            limits: How patient to be.
        """
        self.name = name
        self.info: EngineInfo | None = None
        self.statuses: tuple[StageStatus, ...] = ()
        self._command = command
        self._settings = settings or EngineSettings()
        self._notice = on_notice or (lambda text: None)
        self._limits = limits or Limits()
        self._log = EngineLog(name)
        self._process: WorkerProcess | None = None
        self._start_status = StageStatus(START_TITLE)
        self._state: State = "stopped"
        self._requests = 0
        self._closed = False

    @property
    def state(self) -> State:
        """How it stands; any thread."""
        process = self._process
        if self._state in ("ready", "loading") and process is not None and not process.alive:
            return "dead"
        return self._state

    @property
    def pid(self) -> int | None:
        """The worker's process id while it lives; any thread."""
        return self._process.pid if self._process is not None else None

    @property
    def how_it_ended(self) -> str:
        """How a worker ended by itself, as part of a sentence: "was killed by SIGKILL"; any thread."""
        process = self._process
        return process.how_it_ended().how if process is not None and not process.alive else ""

    @property
    def memory(self) -> Memory | None:
        """The newest the worker said about memory; None while there is no worker; any thread."""
        process = self._process
        return process.memory if process is not None and process.alive else None

    def log_tail(self, lines: int = 200) -> str:
        """The newest lines the worker printed; any thread. All of them are in `log_folder()`."""
        return self._log.tail(lines)

    def load(self, job: Job) -> EngineInfo:
        """Start the worker if there is none and load what is not loaded.

        Reports tuples of StageStatus to `job`: first the start of the program, then the engine's stages.

        Raises:
            EngineError: The worker cannot be started, speaks another protocol or died.
            StageError: A stage failed; load again to repeat it and what follows.
            Cancelled: The job was cancelled; what was loaded so far is kept if the worker obeyed.
        """
        return self._load(job, job.report)

    def infer(self, frame: Frame, options: RunOptions, job: Job) -> FrameResult | FrameFailure:
        """Have one frame done; loads first if need be. Reports InferProgress to `job`.

        A worker that dies is started again and gets the frame once more.

        Raises:
            EngineError: The worker cannot be started or loaded.
            StageError: A stage of loading failed.
            Cancelled: The job was cancelled; a worker that does not obey is killed.
        """
        try:
            return self._infer(frame, options, job)
        except WorkerEnded as ended:
            self._state = "stopped"
            self._notice(f"The engine {ended.how}. It is started again and gets the frame once more.")
        except SilentError:
            return self._give_up(frame, options, job)
        try:
            return self._infer(frame, options, job)
        except WorkerEnded as ended:
            return self._died_twice(frame, ended, job)
        except SilentError:
            return self._give_up(frame, options, job)

    def kill(self) -> None:
        """End the worker at once; work in progress raises Cancelled; any thread. Load to start anew."""
        process = self._process
        if process is not None:
            process.abandoned = True
            process.kill()
            process.join()
        self._state = "stopped"

    def close(self) -> None:
        """Ask the worker to end, then make it; any thread. For good: work in progress raises Cancelled."""
        self._closed = True
        process = self._process
        if process is not None:
            process.close()
        self._state = "stopped"
        self._log.close()

    def _infer(self, frame: Frame, options: RunOptions, job: Job) -> FrameResult | FrameFailure:
        def hear(message: Any) -> None:
            if isinstance(message, Progress):
                job.report(InferProgress(frame.index, message.step, message.fraction))

        def hear_stages(statuses: tuple[StageStatus, ...]) -> None:
            job.report(InferProgress(frame.index, *_loading_step(statuses)))

        if self.state == "dead" and self._process is not None:
            self._notice(f"The engine {self._process.how_it_ended().how}. It is started again.")
        self._load(job, hear_stages)
        answer = self._ask(Infer(self._number(), frame, options), job, hear, self._limits.infer)
        if isinstance(answer, (Result, Failed)):
            return answer.result if isinstance(answer, Result) else answer.failure
        raise EngineError("The engine gave an answer to another question.", kind="protocol")

    def _load(self, job: Job, report: Callable[[tuple[StageStatus, ...]], None]) -> EngineInfo:
        if self.state == "ready" and self.info is not None:
            return self.info
        if self._closed:
            raise Cancelled
        self._state = "loading"
        try:
            self._ensure_started(job, report)
            self.info = self._load_stages(job, report)
        except WorkerEnded as ended:
            raise self._fail_start(
                load_error(self.name, ended, self._log.tail(_DETAIL_LINES)), report
            ) from None
        except SilentError:
            raise self._fail_start(silent_error(self._log.tail(_DETAIL_LINES)), report) from None
        finally:
            self._state = "stopped"
        self._state = "ready"
        return self.info

    def _ensure_started(self, job: Job, report: Callable[[tuple[StageStatus, ...]], None]) -> None:
        if self._process is not None and self._process.alive:
            return
        if self._process is not None:
            self._process.join()
        start = time.monotonic()
        self.statuses = tuple(StageStatus(status.title) for status in self.statuses)
        self._show_start(StageStatus(START_TITLE, StageState.RUNNING), report)
        try:
            self._process = WorkerProcess(self._command, self._log)
        except EngineError as error:
            raise self._fail_start(error, report) from None
        if self._closed:  # by another thread, which saw no process to close
            self._process.close()
        hello = await_hello(self._process, job, self._limits.start)
        self._show_start(
            replace(
                self._start_status,
                state=StageState.DONE,
                fraction=1.0,
                seconds=time.monotonic() - start,
                detail=f"Python {hello.python}, process {hello.pid}",
            ),
            report,
        )

    def _load_stages(self, job: Job, report: Callable[[tuple[StageStatus, ...]], None]) -> EngineInfo:
        def hear(message: Any) -> None:
            if isinstance(message, Stages):
                self.statuses = (self._start_status, *message.statuses)
                report(self.statuses)

        answer = self._ask(Load(self._number(), self._settings), job, hear, self._limits.load)
        if isinstance(answer, Loaded):
            return answer.info
        if isinstance(answer, LoadFailed) and answer.stage:
            raise StageError(answer.message, answer.hint or install_again(self.name))
        if isinstance(answer, LoadFailed):
            hint = answer.hint or install_again(self.name)
            error = EngineError(answer.message, hint, kind="load_failed", details=answer.details)
            raise self._fail_start(error, report)
        raise EngineError("The engine gave an answer to another question.", kind="protocol")

    def _show_start(self, status: StageStatus, report: Callable[[tuple[StageStatus, ...]], None]) -> None:
        self._start_status = status
        self.statuses = (status, *self.statuses[1:])
        report(self.statuses)

    def _fail_start(
        self, error: EngineError, report: Callable[[tuple[StageStatus, ...]], None]
    ) -> EngineError:
        """Show an error that no stage of the engine shows in the row that is running, or in the first."""
        states = [status.state for status in self.statuses]
        row = states.index(StageState.RUNNING) if StageState.RUNNING in states else 0
        failed = replace(self.statuses[row], state=StageState.FAILED, error=error.message, hint=error.hint)
        self.statuses = (*self.statuses[:row], failed, *self.statuses[row + 1 :])
        report(self.statuses)
        return error

    def _ask(self, request: Request, job: Job, hear: Callable[[Any], None], patience: float) -> Answer:
        assert self._process is not None
        try:
            return ask(self._process, request, job, hear, patience=patience, grace=self._limits.cancel)
        except DisobeyedError:
            self._state = "stopped"
            self._notice(
                "The engine did not stop when asked, so it was ended. It is loaded again when next needed."
            )
            raise

    def _give_up(self, frame: Frame, options: RunOptions, job: Job) -> FrameFailure:
        patience = self._limits.infer
        self._revive(
            f"The engine said nothing for {patience:.0f} s at frame {frame.index} and was ended.", job
        )
        return timed_out(frame.index, patience)

    def _died_twice(self, frame: Frame, ended: WorkerEnded, job: Job) -> FrameFailure:
        self._revive(f"The engine {ended.how} again at frame {frame.index}, which is left out.", job)
        return died_twice(frame.index, ended)

    def _revive(self, what: str, job: Job) -> None:
        """Have the engine ready for the next frame; if that fails, the next frame says why."""
        self._notice(f"{what} It is started again.")
        try:
            self._load(job, lambda statuses: None)
        except (UserError, Cancelled) as error:
            if isinstance(error, UserError):
                self._notice(f"The engine could not be started again: {error}")

    def _number(self) -> int:
        self._requests += 1
        return self._requests


def _loading_step(statuses: tuple[StageStatus, ...]) -> tuple[str, float]:
    running = [status.title for status in statuses if status.state is StageState.RUNNING]
    done = sum(status.state is StageState.DONE for status in statuses)
    return f"loading: {running[0]}" if running else "loading", done / max(1, len(statuses))
