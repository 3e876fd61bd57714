"""Running a video into its session without a window."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from pipeline.engines.client import EngineClient
from pipeline.engines.engine import Outcome
from pipeline.errors import SessionError, UserError, VideoError
from pipeline.job import Job
from pipeline.session.open import check_identity, index_path, open_session
from pipeline.session.record import record
from pipeline.session.resume import earlier_sequence
from pipeline.structures import FrameFailure, FrameResult, RunOptions
from pipeline.video import Video, open_video


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run is.

    Attributes:
        done: Frames finished.
        outcome: Of the frame just finished.
        people: People found in it; 0 if it failed.
    """

    done: int
    outcome: FrameResult | FrameFailure
    people: int


class Headless:
    """A video, its session and an engine client that is loaded or will be."""

    def __init__(self, path: Path, client: EngineClient) -> None:
        """Open the video and the session.

        Raises:
            VideoError: It is no video.
            SessionError: The session cannot be opened, or another program is writing to it.
        """
        self.client = client
        self.video: Video = open_video(path, index_file=index_path(path))
        try:
            self.video.build_index()
            opened = open_session(path)
        except BaseException:
            self.video.close()
            raise
        self.store = opened.store
        changed = check_identity(self.store, self.video)
        self.notices = (*self.video.notices, *opened.notices, *([changed] if changed else []))
        self._told = set(self.notices)

    def __enter__(self) -> Headless:
        if self.store.read_only:
            self.__exit__(None, None, None)
            raise SessionError(*self.store.locked)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()
        self.video.close()

    def new_notices(self) -> list[str]:
        """What decoding has found out about the video since this was last asked."""
        new = [notice for notice in self.video.notices if notice not in self._told]
        self._told.update(new)
        return new

    def frames_to_run(self, wanted: tuple[int, int] | None, *, again: bool) -> list[int]:
        """The frames of a range that have no result yet, or all of them.

        Raises:
            UserError: The range lies outside the video.
        """
        last = self.video.frame_count - 1
        first, end = wanted or (0, last)
        if first > last:
            raise UserError(f"There is no frame {first}.", f"The video has frames 0 to {last}.")
        done = set() if again else set(self.store.frames_with_results().tolist())
        return [frame for frame in range(first, min(end, last) + 1) if frame not in done]

    def run(self, frames: Sequence[int], options: RunOptions, tell: Callable[[Step], None]) -> None:
        """Run frames in order, each stored as soon as it is done. A frame that fails is recorded, and on it goes.

        What begins where an earlier run left off, with the same engine and options, goes on with it: so a video
        whose run was ended anyhow and started again has the results of one that never was, even if frames that
        failed are tried once more before those that had not been reached.
        """
        engine = self.client.info.engine_id if self.client.info else self.client.name
        fresh, runs, done = uuid.uuid4().hex, dict[str, int](), 0

        def keep(outcome: Outcome) -> None:
            nonlocal done
            record(self.store, outcome, runs[ordered.sequence])
            done += 1
            tell(Step(done, outcome, len(outcome.people) if isinstance(outcome, FrameResult) else 0))

        for stretch in _stretches(frames):
            sequence = earlier_sequence(self.store, engine, options, stretch[0]) or fresh
            ordered = replace(options, sequence=sequence)
            if sequence not in runs:
                runs[sequence] = self.store.start_run(engine, ordered, f"Run {len(frames)} frames")
            self._in_order(stretch, ordered, keep)

    def _in_order(self, frames: Sequence[int], options: RunOptions, keep: Callable[[Outcome], None]) -> None:
        size = max(1, self.client.info.chunk) if self.client.info else 1
        for start in range(0, len(frames), size):
            self._together(frames[start : start + size], options, keep)

    def _together(self, frames: Sequence[int], options: RunOptions, keep: Callable[[Outcome], None]) -> None:
        """Run frames in one go; each is kept as soon as it is done."""
        pictures = []
        for frame in frames:
            try:
                pictures.append(self.video.frame(frame))
            except VideoError as error:
                keep(FrameFailure(frame, "decode", "bad_input", error.message, error.hint))
        if pictures:
            self.client.infer_chunk(pictures, options, Job(lambda job: None), keep)


def _stretches(frames: Sequence[int]) -> Iterator[Sequence[int]]:
    """Frames that follow one another, together."""
    start = 0
    for at in range(1, len(frames) + 1):
        if at == len(frames) or frames[at] != frames[at - 1] + 1:
            yield frames[start:at]
            start = at
