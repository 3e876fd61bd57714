"""Loading the models, stage by stage."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.errors import MissingFile, UserError
from pipeline.job import Cancelled


class StageState(enum.Enum):
    """How far a stage is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StageStatus:
    """What the Models panel shows of one stage.

    Attributes:
        title: The stage's name.
        state: How far it is.
        fraction: Share done in [0, 1]; None while it cannot be known.
        seconds: Time spent so far.
        bytes_done: Bytes read or downloaded so far; 0 if it moves none.
        bytes_total: Bytes to move; 0 if unknown.
        detail: What it found, such as a device or a file name.
        error: Why it failed.
        hint: What to do about the failure.
        need: What the user has to give, as in `MissingFile.need`; empty if nothing.
    """

    title: str
    state: StageState = StageState.WAITING
    fraction: float | None = None
    seconds: float = 0.0
    bytes_done: int = 0
    bytes_total: int = 0
    detail: str = ""
    error: str = ""
    hint: str = ""
    need: str = ""


Tell = Callable[..., None]
"""Reports changes of the running stage: `tell(fraction=0.5, detail="…")`, the fields of StageStatus."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of loading.

    Attributes:
        title: What the panel shows.
        run: Takes what earlier stages made and a `tell`; returns what it made, by name.
    """

    title: str
    run: Callable[[dict[str, Any], Tell], dict[str, Any]]


class StageError(UserError):
    """A stage failed; the cause is chained."""


class Loading:
    """A list of stages and what they have made so far; `run` again repeats only what is not done."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = tuple(stages)
        self.statuses = tuple(StageStatus(stage.title) for stage in stages)
        self.made: dict[str, Any] = {}

    def run(self, report: Callable[[tuple[StageStatus, ...]], None]) -> dict[str, Any]:
        """Run what is not done, in order, reporting the status of all stages at every change.

        Returns:
            What the stages made, by name.

        Raises:
            StageError: A stage failed; stages before it keep their results.
        """
        for index, stage in enumerate(self._stages):
            if self.statuses[index].state is not StageState.DONE:
                self._run_stage(index, stage, report)
        return self.made

    def _run_stage(self, index: int, stage: Stage, report: Callable[[tuple[StageStatus, ...]], None]) -> None:
        start = time.perf_counter()

        def tell(**changes: Any) -> None:
            seconds = time.perf_counter() - start
            status = replace(self.statuses[index], **{"seconds": seconds, **changes})
            self.statuses = (*self.statuses[:index], status, *self.statuses[index + 1 :])
            report(self.statuses)

        tell(state=StageState.RUNNING, fraction=None, error="", hint="", need="")
        try:
            self.made |= stage.run(self.made, tell)
        except Cancelled:
            tell(state=StageState.WAITING)
            raise
        except Exception as error:  # a stage may fail in any way; the panel says how
            message, hint = _explain(error)
            need = error.need if isinstance(error, MissingFile) else ""
            tell(state=StageState.FAILED, error=message, hint=hint, need=need)
            raise StageError(f"{stage.title}: {message}", hint) from error
        tell(state=StageState.DONE, fraction=1.0)


def _explain(error: Exception) -> tuple[str, str]:
    if isinstance(error, UserError):
        return error.message, error.hint
    return f"{type(error).__name__}: {error}", ""
