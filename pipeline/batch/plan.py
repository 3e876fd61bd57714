"""What is to be done of each video."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.batch.chunks import Chunk, parts_of
from pipeline.batch.content import configuration_key
from pipeline.batch.output import DamagedChunk, is_done, read_chunk
from pipeline.batch.stitch import frames_there
from pipeline.batch.survey import Survey
from pipeline.engines.engine import EngineSettings
from pipeline.session.linking import link_into
from pipeline.session.open import open_session, session_path
from pipeline.structures import FrameFailure, RunOptions


@dataclass(frozen=True, slots=True)
class Wishes:
    """How chunks are made.

    Attributes:
        size: Most frames of a chunk.
        overlap: Frames of run-in.
        retry_failed: Do chunks again of which frames failed.
        out: Folder of the sessions, each beside a link to its video; None is beside each video.
    """

    size: int = 300
    overlap: int = 32
    retry_failed: bool = False
    out: Path | None = None


@dataclass(eq=False)
class VideoWork:
    """A video and how it stands.

    Attributes:
        survey: What is known of it.
        chunks: What it is cut into, in order, but for what its session has from elsewhere.
        missing: Those that are still to be done.
        beside: The file beside which its session is.
        lost: Chunks that could not be done, and why.
        running: By chunk at work, frames done.
        complete: Whether its session has all that is wanted already.
        elsewhere: Frames that are not in any of the chunks.
        written: Frames brought into the session so far.
    """

    survey: Survey
    chunks: tuple[Chunk, ...]
    missing: list[Chunk]
    beside: Path
    lost: dict[Chunk, str] = field(default_factory=dict)
    running: dict[Chunk, int] = field(default_factory=dict)
    complete: bool = False
    elsewhere: int = 0
    written: int = 0

    @property
    def chunks_done(self) -> int:
        """Chunks of which nothing more is to come."""
        return len(self.chunks) - len(self.missing)

    @property
    def frames_done(self) -> int:
        """Frames done, those of chunks at work among them."""
        # Copies: sessions are written on another thread, which asks how all videos stand.
        open_ = sum(len(chunk.frames) - chunk.run_in for chunk in tuple(self.missing))
        begun = sum(max(0, done - chunk.run_in) for chunk, done in tuple(self.running.items()))
        return self.survey.frame_count - open_ + begun


def plan(
    surveyed: Survey, engine_id: str, settings: EngineSettings, options: RunOptions, wishes: Wishes
) -> VideoWork:
    """What is to be done of a video, after what its session and its work folder have already.

    Raises:
        SessionError: Its session cannot be read, or the folder of sessions or a link in it cannot be made.
    """
    configuration = configuration_key(engine_id, settings, options)
    chunks = tuple(
        Chunk(surveyed.video, surveyed.content, configuration, *part, options, surveyed.folder)
        for part in parts_of(surveyed.shots, wishes.size, wishes.overlap)
    )
    beside = link_into(surveyed.named, wishes.out) if wishes.out else surveyed.named
    there = _there(beside, engine_id, options)
    if there.issuperset(range(surveyed.frame_count)):
        return VideoWork(surveyed, chunks, [], beside, complete=True)
    kept, missing = [], []
    for chunk in chunks:
        done = is_done(chunk)
        if not done and there.issuperset(range(chunk.first, chunk.last + 1)):
            continue  # the session has it from elsewhere
        kept.append(chunk)
        if not done or (wishes.retry_failed and _has_failures(chunk)):
            missing.append(replace(chunk, again=done))
    return VideoWork(surveyed, tuple(kept), missing, beside, elsewhere=_frames(chunks) - _frames(kept))


def _there(beside: Path, engine_id: str, options: RunOptions) -> set[int]:
    """Frames the session has by this engine with these options."""
    if not session_path(beside).is_file():
        return set()
    with closing(open_session(beside, read_only=True).store) as store:
        return frames_there(store, engine_id, options)


def _has_failures(chunk: Chunk) -> bool:
    try:
        return any(isinstance(outcome, FrameFailure) for outcome in read_chunk(chunk))
    except (OSError, DamagedChunk):
        return True


def _frames(chunks: Sequence[Chunk]) -> int:
    return sum(chunk.last - chunk.first + 1 for chunk in chunks)
