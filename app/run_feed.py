"""From a run to the engine lane: which frames go over at once, and which come back undone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from app.engine_control import EngineControl
from app.frame_source import FrameSource
from app.lane import Lane
from app.run import Run
from app.session_control import SessionControl
from pipeline.engines.client import EngineClient
from pipeline.engines.engine import Outcome
from pipeline.errors import VideoError
from pipeline.job import Job
from pipeline.structures import FrameFailure, RunOptions

if TYPE_CHECKING:
    from pipeline.video import Video

_IN_FLIGHT = 2
"""Jobs of a run on the lane at once: one works, one waits, so that the engine never idles."""

Deliver = Callable[[Outcome], None]


@dataclass(eq=False)
class Batch:
    """Frames of a run that are handed over together.

    Attributes:
        frames: The frames, in order.
        client: Whom they are for.
        left: Those without an outcome.
        begun: Whether the lane works on it, or has.
        recalled: Whether what is left of it is wanted back.
    """

    frames: tuple[int, ...]
    client: EngineClient
    left: set[int] = field(default_factory=set)
    begun: bool = False
    recalled: bool = False

    def work(self, source: FrameSource, options: RunOptions, deliver: Deliver, job: Job) -> None:
        """Decode the frames and have them done, on the engine lane."""
        self.begun = True

        def take(outcome: Outcome) -> None:
            self.left.discard(outcome.frame_index)
            deliver(outcome)

        pictures = []
        for frame in self.frames:
            job.check()
            try:
                pictures.append(source.frame(frame))
            except VideoError as error:
                take(FrameFailure(frame, "decode", "bad_input", error.message, error.hint))
        if pictures:
            self.client.infer_chunk(pictures, options, job, take)


class RunFeed:
    """Hands a run's frames to the engine lane, as many at once as the engine likes."""

    def __init__(
        self,
        lane: Lane,
        engine: EngineControl,
        session: SessionControl,
        receiver: Callable[[Run], Deliver],
        failed: Callable[[Run, Exception], None],
        ended: Callable[[Run], None],
    ) -> None:
        """Nothing is handed over yet.

        Args:
            lane: Where the engine works.
            engine: Whose client does the frames.
            session: The video they are of, and what is known of earlier runs.
            receiver: Gives what takes a run's outcomes, on the lane.
            failed: Told of a run that the engine cannot be asked about at all.
            ended: Told of a run each time something of it has left the lane.
        """
        self._lane = lane
        self._engine = engine
        self._session = session
        self._receiver = receiver
        self._failed = failed
        self._ended = ended
        self._source: FrameSource | None = None
        self._batches: dict[Job, Batch] = {}

    def open(self, video: Video) -> None:
        """Take frames from a video."""
        self._source = FrameSource(video)

    def close(self) -> None:
        """Take no more frames from it; behind what is at work its reader is closed."""
        source, self._source = self._source, None
        if source is not None:
            self._lane.submit(Job(lambda job: source.close()))

    def fill(self, run: Run) -> None:
        """Hand over as much as the lane shall have of a run.

        A run in order waits until the engine is loaded: only then it is known how many frames at once the
        engine likes, and which earlier run it can go on with.
        """
        client, source = self._engine.client, self._source
        if client is None or source is None or (run.options.sequence and client.info is None):
            return
        while not run.paused and run.frames and len(run.jobs) < _IN_FLIGHT:
            if not run.named:
                self._name(run, client)
            count = client.info.chunk if client.info is not None and run.options.sequence else 1
            frames = tuple(run.frames.popleft() for _ in range(min(max(1, count), len(run.frames))))
            self._submit(run, Batch(frames, client, set(frames)), source)

    def recall(self, run: Run) -> None:
        """Have what the lane has not begun of a run back; what it is at is done first."""
        for job in run.jobs:
            batch = self._batches[job]
            if not batch.begun:
                batch.recalled = True
                job.cancel()

    def _name(self, run: Run, client: EngineClient) -> None:
        """Let a run in order go on with an earlier one, if it begins where that left off.

        A run from before the program was closed goes on with itself, unless another engine does the rest.
        """
        from pipeline.session.resume import sequence_for

        run.named, store = True, self._session.store
        if not run.options.sequence or client.info is None or store is None:
            return
        if run.number is not None and run.engine_id == client.info.engine_id:
            return
        run.number = None
        sequence = sequence_for(store, client.info.engine_id, run.options, run.frames[0])
        run.options = replace(run.options, sequence=sequence)

    def _submit(self, run: Run, batch: Batch, source: FrameSource) -> None:
        work = partial(batch.work, source, run.options, self._receiver(run))
        job = Job(work, priority=run.priority)
        run.jobs.add(job)
        self._batches[job] = batch
        self._lane.submit(
            job,
            failed=partial(self._failed, run),
            reported=lambda _progress: self._engine.mirror(),
            ended=partial(self._on_ended, run, job),
        )

    def _on_ended(self, run: Run, job: Job) -> None:
        run.jobs.discard(job)
        batch = self._batches.pop(job)
        another = batch.client is not self._engine.client
        if batch.left and (batch.recalled or run.interrupted or another):
            run.frames = deque(sorted([*run.frames, *batch.left]))
        self._ended(run)
