"""Who does chunks: what all executors have in common, and the one that needs nothing but this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pipeline.batch.chunks import Chunk
from pipeline.batch.work import Equipment, Worker
from pipeline.engines.engine import EngineInfo
from pipeline.errors import EngineError, UserError

MOST_TRIES = 3
"""Times a chunk is tried before it counts as failed: a worker that dies may not have died of it."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a chunk stands.

    Attributes:
        chunk: The chunk.
        state: What became of it.
        frames: Frames done so far, the run-in among them, while it is running.
        message: Why it failed, as sentences.
    """

    chunk: Chunk
    state: Literal["running", "done", "failed"]
    frames: int = 0
    message: str = ""


Tell = Callable[[Report], None]


def running(chunk: Chunk, tell: Tell) -> Callable[[int], None]:
    """What tells how many frames of a chunk are done."""
    return lambda frames: tell(Report(chunk, "running", frames))


class Executor(Protocol):
    """Has chunks done, in any order, by anybody who sees the same files at the same paths."""

    def engine(self) -> EngineInfo:
        """Which engine will do them.

        Raises:
            UserError: There is none.
        """
        ...

    def run(self, chunks: Sequence[Chunk], engine_id: str, tell: Tell) -> None:
        """Have chunks done; each is told done or failed once, in between how far it is.

        Raises:
            UserError: Nobody is left who could go on.
        """
        ...

    def close(self) -> None:
        """End all that was started. May be called at any time, once."""
        ...


class PlainExecutor:
    """One engine, chunk after chunk."""

    def __init__(self, equipment: Equipment, notice: Callable[[str], None]) -> None:
        """Nothing is started yet.

        Raises:
            EngineError: The engine is not installed.
        """
        self._worker = Worker(equipment, notice)

    def engine(self) -> EngineInfo:
        """Load the engine."""
        return self._worker.load()

    def run(self, chunks: Sequence[Chunk], engine_id: str, tell: Tell) -> None:
        """Do chunks one after another.

        Raises:
            EngineError: The engine cannot be started any more.
        """
        for chunk in chunks:
            try:
                self._worker.do(chunk, engine_id, running(chunk, tell))
            except EngineError:
                raise
            except UserError as error:
                tell(Report(chunk, "failed", message=str(error)))
            else:
                tell(Report(chunk, "done"))

    def close(self) -> None:
        """End the engine."""
        self._worker.close()
