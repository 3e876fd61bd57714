"""The window's side of an engine: start it, load it, ask it, survive it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.engines.command import EngineCommand
from pipeline.engines.conversation import Limits, SilentError
from pipeline.engines.engine import NOTICE, EngineInfo, EngineSettings, InferProgress, Outcome
from pipeline.engines.faults import died_twice, timed_out
from pipeline.engines.link import START_TITLE, EngineLink, State, loading_step, other_question
from pipeline.engines.messages import Failed, Progress, Result
from pipeline.engines.process import WorkerEnded
from pipeline.errors import UserError
from pipeline.job import Cancelled, Job
from pipeline.loading import StageStatus
from pipeline.memory import Memory
from pipeline.structures import Frame, FrameResult, RunOptions

__all__ = ["START_TITLE", "EngineClient", "InferProgress", "Limits"]

Deliver = Callable[[Outcome], None]


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
        self._notice = on_notice or (lambda text: None)
        self._link = EngineLink(
            name, command, settings or EngineSettings(), limits or Limits(), lambda text: self._notice(text)
        )
        self._warned: set[str] = set()
        self._noticed = ""

    @property
    def info(self) -> EngineInfo | None:
        """What was loaded, or None before; any thread."""
        return self._link.info

    @property
    def statuses(self) -> tuple[StageStatus, ...]:
        """How loading stands: the start of the program, then the engine's stages; any thread."""
        return self._link.statuses

    @property
    def state(self) -> State:
        """How it stands; any thread."""
        return self._link.state

    @property
    def pid(self) -> int | None:
        """The worker's process id while it lives; any thread."""
        process = self._link.process
        return process.pid if process is not None else None

    @property
    def how_it_ended(self) -> str:
        """How a worker ended by itself, as part of a sentence: "was killed by SIGKILL"; any thread."""
        process = self._link.process
        return process.how_it_ended().told if process is not None and not process.alive else ""

    @property
    def memory(self) -> Memory | None:
        """The newest the worker said about memory; None while there is no worker; any thread."""
        process = self._link.process
        return process.memory if process is not None and process.alive else None

    def log_tail(self, lines: int = 200) -> str:
        """The newest lines the worker printed; any thread. All of them are in `log_folder()`."""
        return self._link.log.tail(lines)

    def load(self, job: Job) -> EngineInfo:
        """Start the worker if there is none and load what is not loaded.

        Reports tuples of StageStatus to `job`: first the start of the program, then the engine's stages.

        Raises:
            EngineError: The worker cannot be started, speaks another protocol or died.
            StageError: A stage failed; load again to repeat it and what follows.
            Cancelled: The job was cancelled; what was loaded so far is kept if the worker obeyed.
        """
        return self._link.load(job, job.report)

    def infer(self, frame: Frame, options: RunOptions, job: Job) -> Outcome:
        """Have one frame done; loads first if need be. Reports InferProgress to `job`.

        A worker that dies is started again and gets the frame once more.

        Raises:
            EngineError: The worker cannot be started or loaded.
            StageError: A stage of loading failed.
            Cancelled: The job was cancelled; a worker that does not obey is killed.
        """
        outcomes: list[Outcome] = []
        self._alone(frame, options, job, outcomes.append)
        return outcomes[0]

    def infer_chunk(self, frames: Sequence[Frame], options: RunOptions, job: Job, deliver: Deliver) -> None:
        """Have several frames done, in order; `deliver` gets each one's outcome as soon as it stands.

        It is called on the calling thread. A worker that dies is started again and does what is left frame
        by frame, each as in `infer`. What was delivered counts, also when this raises; what `deliver`
        raises stops the work and comes out here.

        Raises:
            EngineError: The worker cannot be started or loaded.
            StageError: A stage of loading failed.
            Cancelled: The job was cancelled; a worker that does not obey is killed.
        """
        left = {frame.index: frame for frame in frames}

        def take(outcome: Outcome) -> None:
            left.pop(outcome.frame_index)
            deliver(outcome)

        if len(left) > 1:
            self._together(tuple(left.values()), options, job, take)
        for frame in tuple(left.values()):
            self._alone(frame, options, job, take)

    def kill(self) -> None:
        """End the worker at once; work in progress raises Cancelled; any thread. Load to start anew."""
        self._link.kill()

    def close(self) -> None:
        """Ask the worker to end, then make it; any thread. For good: work in progress raises Cancelled."""
        self._link.close()

    def _together(self, frames: tuple[Frame, ...], options: RunOptions, job: Job, take: Deliver) -> None:
        """Have frames done in one go; if the worker does not live through it, some are left."""
        left = "It is started again and does the frames that are left one by one."
        try:
            self._ask(frames, options, job, take)
        except WorkerEnded as ended:
            self._link.mark_stopped()
            self._notice(f"The engine {ended.told}. {left}")
        except SilentError:
            self._link.mark_stopped()
            self._notice(f"The engine said nothing for {self._link.limits.infer:.0f} s and was ended. {left}")

    def _alone(self, frame: Frame, options: RunOptions, job: Job, take: Deliver) -> None:
        """Have one frame done, or know that it is not to be had."""
        try:
            try:
                self._ask((frame,), options, job, take)
            except WorkerEnded as ended:
                self._link.mark_stopped()
                self._notice(f"The engine {ended.told}. It is started again and gets the frame once more.")
                self._ask((frame,), options, job, take)
        except WorkerEnded as ended:
            take(died_twice(frame.index, ended))
            self._revive(f"The engine {ended.told} again at frame {frame.index}, which is left out.", job)
        except SilentError:
            patience = self._link.limits.infer
            take(timed_out(frame.index, patience))
            self._revive(
                f"The engine said nothing for {patience:.0f} s at frame {frame.index} and was ended.", job
            )

    def _ask(self, frames: tuple[Frame, ...], options: RunOptions, job: Job, take: Deliver) -> None:
        """Load if need be, then have frames done.

        Raises:
            WorkerEnded: The worker died with some of them left.
            SilentError: It said nothing for too long with some of them left, and was killed.
        """
        left = [frame.index for frame in frames]

        def hear(message: Any) -> None:
            if isinstance(message, Progress) and left:
                job.report(InferProgress(left[0], self._step(message), message.fraction))
            elif isinstance(message, (Result, Failed)):
                outcome = message.result if isinstance(message, Result) else message.failure
                left.remove(outcome.frame_index)
                self._warn(outcome)
                take(outcome)

        self._load(frames[0].index, job)
        try:
            self._link.infer(frames, options, job, hear)
        except (WorkerEnded, SilentError):
            if left:  # else its end is told when something is asked again
                raise
            return
        if left:
            raise other_question()

    def _load(self, frame_index: int, job: Job) -> None:
        def hear(statuses: tuple[StageStatus, ...]) -> None:
            job.report(InferProgress(frame_index, *loading_step(statuses)))

        if self.state == "dead":
            self._notice(f"The engine {self.how_it_ended}. It is started again.")
        self._link.load(job, hear)

    def _step(self, message: Progress) -> str:
        """The step a worker is at; what the user should know of it is told, once."""
        step = message.step.removeprefix(NOTICE)
        if step != message.step and step != self._noticed:
            self._noticed = step
            self._notice(step)
        return step

    def _warn(self, outcome: Outcome) -> None:
        """Say what a result warns of, once."""
        warning = outcome.warning if isinstance(outcome, FrameResult) else ""
        if warning and warning not in self._warned:
            self._warned.add(warning)
            self._notice(warning)

    def _revive(self, what: str, job: Job) -> None:
        """Have the engine ready for the next frame; if that fails, the next frame says why."""
        self._notice(f"{what} It is started again.")
        try:
            self._link.load(job, lambda statuses: None)
        except (UserError, Cancelled) as error:
            if isinstance(error, UserError):
                self._notice(f"The engine could not be started again: {error}")
