"""The Ray actor: one loaded engine, in a process that Ray started somewhere. Ray itself is not needed here."""

from __future__ import annotations

from pipeline.batch.chunks import Chunk
from pipeline.batch.work import Equipment, Worker
from pipeline.engines.engine import EngineInfo
from pipeline.errors import UserError


class RayWorker:
    """The actor. Its methods run one after another, but for `frames`, which is answered at any time."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._worker: Worker | None = None
        self._frames = 0

    def load(self) -> EngineInfo | str:
        """Load the engine; what it is, or why that failed."""
        try:
            self._worker = self._worker or Worker(self._equipment)
            return self._worker.load()
        except UserError as error:
            return str(error)

    def do(self, chunk: Chunk, engine_id: str) -> str:
        """Do a chunk; why that failed, or nothing."""
        assert self._worker is not None
        self._frames = 0
        try:
            self._worker.do(chunk, engine_id, self._count)
        except UserError as error:
            return str(error)
        return ""

    def frames(self) -> int:
        """Frames of its chunk that are done."""
        return self._frames

    def close(self) -> None:
        """End the engine."""
        if self._worker is not None:
            self._worker.close()

    def _count(self, done: int) -> None:
        self._frames = done
