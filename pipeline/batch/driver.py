"""The one who has it done by an executor, and makes the sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from pipeline.batch.chunks import Chunk
from pipeline.batch.executor import Executor, Report
from pipeline.batch.plan import VideoWork
from pipeline.batch.stitch import Stitched, stitch
from pipeline.errors import UserError
from pipeline.job import Cancelled
from pipeline.structures import FrameFailure


@dataclass(frozen=True, slots=True)
class Ended:
    """How a video ended.

    Attributes:
        video: The video, as it was named.
        stitched: What came into its session; None if it could not be written.
        lost: Chunks that could not be done, in the order of frames, and why.
        problem: Why the session could not be written.
    """

    video: Path
    stitched: Stitched | None
    lost: tuple[tuple[Chunk, str], ...] = ()
    problem: str = ""

    @property
    def failures(self) -> tuple[FrameFailure, ...]:
        """Frames of chunks that were done, but without a result."""
        gone = {frame for chunk, _ in self.lost for frame in range(chunk.first, chunk.last + 1)}
        found = self.stitched.failures if self.stitched else ()
        return tuple(failure for failure in found if failure.frame_index not in gone)


class Driver:
    """Has the chunks of several videos done. A session is made as soon as all chunks of its video are there.

    Sessions are written on a thread of their own, so that workers need not wait for it.
    """

    def __init__(
        self, executor: Executor, engine_id: str, tell: Callable[[VideoWork], None] = lambda work: None
    ) -> None:
        """Nothing is started yet.

        Args:
            executor: Who does the chunks.
            engine_id: Which engine they are wanted from.
            tell: Told of a video whenever something of it has changed, on any thread.
        """
        self._executor = executor
        self._engine_id = engine_id
        self._tell = tell
        self._stopped = False
        self._works: dict[Path, VideoWork] = {}
        self._ending: dict[Path, Future[Ended]] = {}

    def run(self, works: Sequence[VideoWork]) -> list[Ended]:
        """Do all that is missing; returns how each video ended, in the order given.

        Raises:
            UserError: Nobody is left who could go on. Sessions of videos that were done are written.
        """
        self._works = {work.survey.video: work for work in works}
        with ThreadPoolExecutor(1, "stitcher") as stitcher:
            try:
                for work in self._works.values():
                    self._end_if_done(work, stitcher)
                missing = [chunk for work in self._works.values() for chunk in work.missing]
                if missing:
                    self._executor.run(missing, self._engine_id, lambda report: self._hear(report, stitcher))
                wait(self._ending.values())  # here, so that being stopped meanwhile is noticed
            except UserError:
                raise
            except BaseException:
                self._stopped = True
                raise
        return [self._ending[video].result() for video in self._works]

    def _hear(self, report: Report, stitcher: ThreadPoolExecutor) -> None:
        chunk, work = report.chunk, self._works[report.chunk.video]
        if report.state == "running":
            work.running[chunk] = report.frames
        else:
            work.running.pop(chunk, None)
            work.missing.remove(chunk)
            if report.state == "failed":
                work.lost[chunk] = report.message
        self._tell(work)
        self._end_if_done(work, stitcher)

    def _end_if_done(self, work: VideoWork, stitcher: ThreadPoolExecutor) -> None:
        if not work.missing and work.survey.video not in self._ending:
            self._ending[work.survey.video] = stitcher.submit(self._end, work)

    def _end(self, work: VideoWork) -> Ended:
        video, lost = work.survey.named, tuple(sorted(work.lost.items(), key=lambda item: item[0].first))
        if work.complete:
            return Ended(video, None)

        def tell(written: int) -> None:
            if self._stopped:
                raise Cancelled
            work.written = written
            self._tell(work)

        try:
            done = stitch(work.chunks, work.lost, self._engine_id, work.beside, tell)
        except UserError as error:
            return Ended(video, None, lost, str(error))
        return Ended(video, done, lost)
