"""The thread that holds the engine: it loads, works through the line, and loads again what has died."""

from __future__ import annotations

import threading
import time
from typing import Literal

from pipeline.engines.client import EngineClient
from pipeline.errors import UserError
from pipeline.job import Cancelled, Job
from pipeline.service.faults import Refusal, closing, not_ready, out_of_time, refusal_of
from pipeline.service.journal import StageLog, log
from pipeline.service.limits import ServiceLimits
from pipeline.service.line import Line, Ticket
from pipeline.service.videos import Tracked, Videos
from pipeline.structures import FrameFailure, FrameResult

Status = Literal["loading", "ready", "error"]
_LOOK = 0.5  # s between looks at whether an idle engine lives


class EngineHost:
    """Owns a client, which is used on this object's thread only.

    Attributes:
        client: The engine's.
        error: Why loading failed, until it succeeds.
        restarts: How often the engine's process was started again.
    """

    def __init__(self, client: EngineClient, line: Line, videos: Videos, limits: ServiceLimits) -> None:
        """Nothing is started yet."""
        self.client = client
        self.error: UserError | None = None
        self.restarts = 0
        self._line = line
        self._videos = videos
        self._limits = limits
        self._stages = StageLog()
        self._loading = Job(client.load)
        self._pid: int | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._live, name="engine host", daemon=True)

    @property
    def status(self) -> Status:
        """How the engine stands; any thread."""
        if self.error is not None:
            return "error"
        return "ready" if self.client.state == "ready" else "loading"

    def start(self) -> None:
        """Begin to load, in the background."""
        self._thread.start()

    def close(self) -> None:
        """End the engine and the thread; work in progress is given up."""
        self._ending.set()
        self._line.close()
        self._loading.cancel()
        self.client.close()
        if self._thread.ident is not None:
            self._thread.join()

    def _live(self) -> None:
        again = 0.0
        while not self._ending.is_set():
            if self.client.state != "ready" and time.monotonic() >= again:
                again = 0.0 if self._load() else time.monotonic() + self._limits.reload
            ticket = self._line.take(_LOOK)
            if ticket is not None:
                self._line.done(ticket, self._answer(ticket))
                self._note_restart()

    def _load(self) -> bool:
        """Load what is not loaded; whether the engine is ready."""
        self._loading = Job(self.client.load)
        self._loading.listen(lambda: self._stages.tell(self.client.statuses))
        if self._ending.is_set():
            return False
        try:
            self.client.load(self._loading)
        except Cancelled:
            return False
        except UserError as error:
            self._stages.tell(self.client.statuses)
            log.error("[INIT] ✗ %s", error)
            self.error = error
            return False
        self.error = None
        self._stages.tell(self.client.statuses)
        self._note_restart()
        log.info("[INIT] ✓ Models initialized")
        return True

    def _note_restart(self) -> None:
        pid = self.client.pid
        if pid is not None and pid != self._pid:
            if self._pid is not None:
                self.restarts += 1
                log.warning("[INIT] The engine was started again")
            self._pid = pid

    def _answer(self, ticket: Ticket) -> Tracked | Exception:
        """Have a frame done. Whatever goes wrong is the answer: the thread must live on."""
        try:
            return self._run(ticket)
        except Refusal as refusal:
            return refusal
        except Cancelled:
            return closing() if self._ending.is_set() else out_of_time(self._limits.seconds)
        except UserError as error:  # the engine could not be started or loaded again
            return not_ready(error.message, error.hint, kind="load_failed", retry_after=5)
        except Exception as error:  # noqa: BLE001 - the one of this thread: a fault of ours fails the frame alone
            log.exception("[REQUEST] ✗ frame %d", ticket.frame.index)
            return error

    def _run(self, ticket: Ticket) -> Tracked:
        began = time.monotonic()
        ticket.job.check()
        # The same may have been done while this one's picture was being decoded.
        if (done := self._videos.answer(ticket.request.key)) is not None:
            return done
        outcome = self.client.infer(ticket.frame, ticket.request.options, ticket.job)
        if isinstance(outcome, FrameFailure):
            raise refusal_of(outcome)
        return self._track(ticket, outcome, began)

    def _track(self, ticket: Ticket, result: FrameResult, began: float) -> Tracked:
        tracks = self._videos.track(ticket.request.video_id, result)
        tracked = Tracked(result, tracks, began - ticket.entered, time.monotonic() - began)
        self._videos.remember(ticket.request.key, tracked)
        return tracked
