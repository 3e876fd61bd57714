"""One background thread and its mailbox: the only place where threads and Qt meet."""

from __future__ import annotations

import itertools
import math
import queue
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from PySide6.QtCore import QObject, QThread, Signal, Slot

from pipeline.job import Cancelled, Job

Outcome = Literal["succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class _Ticket:
    """Whom to tell about a job; all are called in the window's thread."""

    succeeded: Callable[[Any], None] | None
    failed: Callable[[Exception], None] | None
    reported: Callable[[Any], None] | None
    ended: Callable[[], None] | None


class Lane(QThread):
    """Runs jobs one at a time on one background thread, the most urgent first.

    Only `_wake`, which carries nothing and has one permanent slot, is emitted from the
    background thread. The public signals are emitted by the window's thread, so any receiver is
    safe and none runs elsewhere; the same holds for the callables given to `submit`.

    Signals:
        reported: job, report. What a running job says; only its latest report is delivered.
        succeeded: job, result.
        failed: job, exception, for failures that nobody took with `failed=` at `submit`.
    """

    reported = Signal(object, object)
    succeeded = Signal(object, object)
    failed = Signal(object, object)
    _wake = Signal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._inbox: queue.PriorityQueue[tuple[float, int, Job | None]] = queue.PriorityQueue()
        self._serial = itertools.count()
        self._outbox: deque[Callable[[], None]] = deque()
        self._waking = False
        self._tickets: dict[Job, _Ticket] = {}
        self._wake.connect(self._deliver)
        self.start()

    @property
    def unfinished(self) -> int:
        """How many jobs wait, run, or have ended without their outcome delivered yet."""
        return len(self._tickets)

    def submit(
        self,
        job: Job,
        succeeded: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        reported: Callable[[Any], None] | None = None,
        ended: Callable[[], None] | None = None,
    ) -> Job:
        """Queue a job. Unfinished jobs with the same key are cancelled.

        Args:
            job: The work.
            succeeded: Called with the result.
            failed: Called with the exception.
            reported: Called with the latest report.
            ended: Called last, however it ended, also when it was cancelled.
        """
        if job.key:
            self.cancel(job.key)
        self._tickets[job] = _Ticket(succeeded, failed, reported, ended)
        self._inbox.put((job.priority, next(self._serial), job))
        return job

    def cancel(self, key: str) -> None:
        """Cancel the unfinished jobs with this key."""
        for job in self._tickets:
            if job.key == key:
                job.cancel()

    def post(self, delivery: Callable[[], None]) -> None:
        """Call `delivery` in the window's thread, in the order of the lane's other news; from any thread."""
        self._outbox.append(delivery)
        if not self._waking:
            self._waking = True
            self._wake.emit()

    def cancel_all(self) -> None:
        """Cancel everything there is to do."""
        for job in self._tickets:
            job.cancel()

    def finish(self, timeout_ms: int = 10_000) -> bool:
        """Do what is left, then join the thread; False if it did not stop in time."""
        self._inbox.put((math.inf, next(self._serial), None))
        return self.wait(timeout_ms)

    def close(self, timeout_ms: int = 10_000) -> bool:
        """Cancel everything and join the thread; False if it did not stop in time."""
        self.cancel_all()
        return self.finish(timeout_ms)

    def run(self) -> None:
        """Work until told to stop; Qt calls this on the background thread."""
        while (job := self._inbox.get()[2]) is not None:
            self._work(job)

    def _work(self, job: Job) -> None:
        job.listen(partial(self.post, partial(self._tell, job)))
        try:
            job.check()
            result = job.work(job)
        except Cancelled:
            self.post(partial(self._finish, job, "cancelled", None))
        except Exception as error:  # noqa: BLE001 - whatever it is, the lane lives on and the window says it
            self.post(partial(self._finish, job, "failed", error))
        else:
            self.post(partial(self._finish, job, "succeeded", result))

    @Slot()
    def _deliver(self) -> None:
        self._waking = False
        try:
            while self._outbox:
                self._outbox.popleft()()
        finally:
            if self._outbox:  # a receiver raised: the rest is still delivered
                self.post(lambda: None)

    def _tell(self, job: Job) -> None:
        report = job.take_report()
        if report is None or (job.cancelled and not job.deliver_when_cancelled):
            return
        ticket = self._tickets[job]
        if ticket.reported:
            ticket.reported(report)
        self.reported.emit(job, report)

    def _finish(self, job: Job, outcome: Outcome, value: Any) -> None:
        self._tell(job)
        ticket = self._tickets.pop(job)
        try:
            if outcome == "succeeded" and (job.deliver_when_cancelled or not job.cancelled):
                self._succeed(job, ticket, value)
            elif outcome == "failed" and not job.cancelled:
                self._fail(job, ticket, value)
        finally:
            if ticket.ended:
                ticket.ended()

    def _succeed(self, job: Job, ticket: _Ticket, result: Any) -> None:
        if ticket.succeeded:
            ticket.succeeded(result)
        self.succeeded.emit(job, result)

    def _fail(self, job: Job, ticket: _Ticket, error: Exception) -> None:
        if ticket.failed:
            ticket.failed(error)
        else:
            self.failed.emit(job, error)
