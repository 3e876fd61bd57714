"""The service without HTTP: an engine, the line before it, and what is remembered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.engines.client import EngineClient
from pipeline.service import health
from pipeline.service.answer import answer
from pipeline.service.asking import PoseRequest, read_request
from pipeline.service.bodies import Bodies
from pipeline.service.faults import Refusal, not_ready, out_of_time, queue_full
from pipeline.service.host import EngineHost
from pipeline.service.limits import ServiceLimits
from pipeline.service.line import Line, Ticket
from pipeline.service.metrics import Metrics
from pipeline.service.overlays import Overlays
from pipeline.service.pictures import decode
from pipeline.service.videos import Tracked, Videos
from pipeline.structures import Frame

_READERS = 2  # requests read and decoded at once: a large one takes several times its size


class PoseService:
    """Answers requests from any number of threads.

    Attributes:
        limits: What nobody may exceed.
        host: The engine's thread.
        metrics: What is counted.
    """

    def __init__(
        self, client: EngineClient, limits: ServiceLimits | None = None, *, body_files: Sequence[Path] = ()
    ) -> None:
        """Nothing is started yet.

        Args:
            client: Of the engine; it is the service's from now on.
            limits: What nobody may exceed.
            body_files: Where body models are looked for first.
        """
        self.limits = limits or ServiceLimits()
        self._line = Line(self.limits.queue, self.limits.seconds)
        self._videos = Videos(self.limits.videos, self.limits.answers)
        self._bodies = Bodies(body_files)
        self._overlays = Overlays(self._bodies, self.limits.seconds)
        self._requests = threading.BoundedSemaphore(self.limits.requests)
        self._reading = threading.BoundedSemaphore(_READERS)
        self.host = EngineHost(client, self._line, self._videos, self.limits)
        self.metrics = Metrics(self.host, lambda: len(self._line))

    def start(self) -> None:
        """Begin to load the engine; requests may come at once."""
        self.host.start()

    def close(self) -> None:
        """End the engine; whoever waits is told."""
        self.host.close()
        self._overlays.close()

    def health(self) -> dict[str, Any]:
        """How the engine stands."""
        return health.health(self.host, len(self._line))

    def pose(self, receive: Callable[[], bytes]) -> dict[str, Any]:
        """Answer a request for the people of a frame.

        Args:
            receive: Gives the request's body; may raise Refusal.

        Raises:
            Refusal: There is no answer; it says why.
        """
        try:
            with self._a_thread():
                told = self._pose(receive)
        except Refusal as refusal:
            self.metrics.frames.labels(refusal.kind).inc()
            raise
        self.metrics.frames.labels("stored" if told["stored"] else "done").inc()
        return told

    def _pose(self, receive: Callable[[], bytes]) -> dict[str, Any]:
        self._check_ready()
        with self._a_reader():
            request = read_request(receive())
        stored = self._videos.answer(request.key)
        tracked = stored or self._run(request)
        if stored is None:
            self.metrics.seconds.observe(tracked.ran)
            self.metrics.people.inc(len(tracked.result.people))
        return self._told(request, tracked, stored=stored is not None)

    @contextmanager
    def _a_thread(self) -> Iterator[None]:
        """One of the threads that requests may hold: some are left for /health, whatever these wait for.

        Raises:
            Refusal: All are taken.
        """
        if not self._requests.acquire(blocking=False):
            raise queue_full(self.limits.queue, 1)
        try:
            yield
        finally:
            self._requests.release()

    @contextmanager
    def _a_reader(self) -> Iterator[None]:
        """One of the few turns to read or decode.

        Raises:
            Refusal: None became free in time.
        """
        if not self._reading.acquire(timeout=self.limits.seconds):
            raise out_of_time(self.limits.seconds)
        try:
            yield
        finally:
            self._reading.release()

    def _check_ready(self) -> None:
        """Refuse while there is no engine.

        Raises:
            Refusal: It is loading, or could not be loaded.
        """
        status, error = self.host.status, self.host.error
        if status == "error" and error is not None:
            again = max(1, round(self.limits.reload))
            raise not_ready(error.message, error.hint, kind="load_failed", retry_after=again)
        if status != "ready":
            raise not_ready("The engine is loading.", "Send it again when /health says ready.")

    def _run(self, request: PoseRequest) -> Tracked:
        """Have the engine do a frame, or wait for it where it is at that already."""
        ticket = self._line.find(request.key)
        if ticket is None:
            self._line.check_room()  # before anything is decoded
            with self._a_reader():
                image = decode(request.picture, self.limits.pixels)
            frame = Frame(request.frame, request.frame, request.time, image)
            ticket = self._line.enter(Ticket(request, frame))
        return self._line.wait(ticket)

    def _told(self, request: PoseRequest, tracked: Tracked, *, stored: bool) -> dict[str, Any]:
        bodies = bool({"vertices", "overlay"} & request.include)
        shape = self._bodies.shape(tracked.result.people, vertices=bodies)
        overlay = self._overlays.draw(tracked, shape) if "overlay" in request.include else None
        memory = self.host.client.memory
        return answer(request, tracked, shape, overlay=overlay, memory=memory, stored=stored)
