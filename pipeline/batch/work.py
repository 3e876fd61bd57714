"""One worker: an engine that stays loaded, and the video it is at."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.batch.chunks import Chunk
from pipeline.batch.content import content_key
from pipeline.batch.output import is_done, write_chunk
from pipeline.engines.client import EngineClient
from pipeline.engines.command import command_for
from pipeline.engines.engine import EngineInfo, EngineSettings, Outcome
from pipeline.errors import EngineError, VideoError
from pipeline.job import Job
from pipeline.structures import PASSING, Frame, FrameFailure
from pipeline.video import Video, open_video

_CACHE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a worker works with, wherever it is.

    Attributes:
        engine: The engine's name; where it runs is what `retake engines` says on the worker's machine.
        settings: What it is loaded with.
    """

    engine: str
    settings: EngineSettings


class Worker:
    """Does chunks, one after another. Used from one thread."""

    def __init__(self, equipment: Equipment, notice: Callable[[str], None] = lambda text: None) -> None:
        """Nothing is started yet.

        Raises:
            EngineError: The engine is not installed here.
        """
        command = command_for(equipment.engine)
        self._client = EngineClient(equipment.engine, command, equipment.settings, on_notice=notice)
        self._video: Video | None = None
        self._content = ""

    def load(self, job: Job | None = None) -> EngineInfo:
        """Load the engine, if it is not loaded.

        Raises:
            EngineError: It cannot be started.
            StageError: A stage of loading failed.
        """
        return self._client.load(job or Job(lambda job: None))

    def do(self, chunk: Chunk, engine_id: str, tell: Callable[[int], None] = lambda done: None) -> None:
        """Have a chunk done and write its file; at once if somebody else did it meanwhile.

        Args:
            chunk: What to do.
            engine_id: Which engine it is wanted from.
            tell: Gets the number of frames done after each.

        Raises:
            EngineError: The engine cannot be loaded, or is another one.
            VideoError: The video cannot be read here, or is another one.
            UserError: The file cannot be written.
        """
        if not chunk.again and is_done(chunk):
            return
        self._check_engine(engine_id)
        write_chunk(chunk, self._outcomes(chunk, self._open(chunk), tell))

    def close(self) -> None:
        """End the engine and let go of the video."""
        self._client.close()
        self._leave()

    def _check_engine(self, wanted: str) -> None:
        found = self.load().engine_id
        if found != wanted:
            raise EngineError(
                f"The engine on this machine is {found}, where {wanted} is wanted.",
                "Give all machines the same engine, weights and kind of device.",
            )

    def _open(self, chunk: Chunk) -> Video:
        """The video, which stays open from chunk to chunk."""
        if self._video is None or self._content != chunk.content or self._video.info.path != chunk.video:
            self._leave()
            video = open_video(chunk.video, cache_bytes=_CACHE_BYTES, index_file=chunk.index_file)
            self._video = video
            video.build_index()
            self._content = content_key(video)
        if self._content != chunk.content:
            self._leave()
            raise VideoError(
                f"“{chunk.video}” is not the same video on all machines.",
                "Put it where all machines see the same file, and start again.",
            )
        return self._video

    def _leave(self) -> None:
        if self._video is not None:
            self._video.close()
        self._video, self._content = None, ""

    def _outcomes(self, chunk: Chunk, video: Video, tell: Callable[[int], None]) -> list[Outcome]:
        # Each attempt is a sequence of its own: what a tracker remembers of an earlier one must not matter.
        options = replace(chunk.options, sequence=f"{PASSING}{uuid.uuid4().hex}")
        outcomes: dict[int, Outcome] = {}

        def keep(outcome: Outcome) -> None:
            outcomes[outcome.frame_index] = outcome
            tell(len(outcomes))

        size = max(1, self.load().chunk)
        for start in range(chunk.start, chunk.last + 1, size):
            pictures = _decoded(video, range(start, min(start + size, chunk.last + 1)), keep)
            if pictures:
                self._client.infer_chunk(pictures, options, Job(lambda job: None), keep)
        return [outcomes[frame] for frame in chunk.frames]


def _decoded(video: Video, frames: Sequence[int], keep: Callable[[Outcome], None]) -> list[Frame]:
    """The frames that can be decoded; the others have failed."""
    pictures = []
    for frame in frames:
        try:
            pictures.append(video.frame(frame))
        except VideoError as error:
            keep(FrameFailure(frame, "decode", "bad_input", error.message, error.hint))
    return pictures
