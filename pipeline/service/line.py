"""The frames that wait for the engine, and those who wait for them."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future, TimeoutError

from pipeline.job import Job
from pipeline.service.asking import PoseRequest
from pipeline.service.faults import closing, out_of_time, queue_full
from pipeline.service.videos import Tracked
from pipeline.structures import Frame


class Ticket:
    """One frame in the line; whoever asks for the same meanwhile waits for it too.

    Attributes:
        request: What was asked.
        frame: The picture, decoded.
        job: Its cancellation stops the engine's work on it.
        future: Gets the result, or why there is none.
        entered: When it joined the line, by the monotonic clock.
    """

    def __init__(self, request: PoseRequest, frame: Frame) -> None:
        """A frame that nobody works on yet."""
        self.request = request
        self.frame = frame
        self.job = Job(lambda job: None)
        self.future: Future[Tracked] = Future()
        self.entered = time.monotonic()
        self.waiters = 1


class Line:
    """A bounded queue. Clients' threads enter and wait; the engine's thread takes."""

    def __init__(self, most: int, seconds: float) -> None:
        """Let at most `most` frames wait, and nobody wait longer than `seconds`."""
        self._most = most
        self._seconds = seconds
        self._waiting: deque[Ticket] = deque()
        self._known: dict[str, Ticket] = {}
        self._at_work: Ticket | None = None
        self._inside = 0  # who wait for a ticket: each holds a thread
        self._changed = threading.Condition()
        self._closed = False
        self._pace = 1.0  # s a frame takes, smoothed

    def __len__(self) -> int:
        return len(self._waiting)

    def find(self, key: str) -> Ticket | None:
        """The ticket of the same request, waiting or at work; the caller then waits for it as well.

        Raises:
            Refusal: As `enter`.
        """
        with self._changed:
            return self._join(key)

    def check_room(self) -> None:
        """See that one more may enter, before anything is spent on it.

        Raises:
            Refusal: The line is full, or closed.
        """
        with self._changed:
            self._check_room()

    def enter(self, ticket: Ticket) -> Ticket:
        """Join the line; returns the ticket to wait for, which is another's if that asks for the same.

        Raises:
            Refusal: The line is full, or closed.
        """
        key = ticket.request.key
        with self._changed:
            if (same := self._join(key)) is not None:
                return same
            self._check_room()
            self._inside += 1
            self._waiting.append(ticket)
            if key:
                self._known[key] = ticket
            self._changed.notify_all()
            return ticket

    def wait(self, ticket: Ticket) -> Tracked:
        """Wait for the result of a ticket that was entered or found. The last who gives up takes the frame back.

        Raises:
            Refusal: There is none, or it took too long.
        """
        try:
            return ticket.future.result(self._seconds)
        except TimeoutError:
            self._give_up(ticket)
            raise out_of_time(self._seconds) from None
        finally:
            with self._changed:
                self._inside -= 1

    def take(self, timeout: float) -> Ticket | None:
        """The next frame to work on; None if there is none for `timeout` s."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout)
            self._at_work = self._waiting.popleft() if self._waiting and not self._closed else None
            return self._at_work

    def done(self, ticket: Ticket, tracked: Tracked | Exception) -> None:
        """Tell those who wait what became of a frame."""
        with self._changed:
            self._forget(ticket)
            self._at_work = None
        if isinstance(tracked, Exception):
            ticket.future.set_exception(tracked)
        else:
            self._pace += 0.2 * (tracked.ran - self._pace)
            ticket.future.set_result(tracked)

    def close(self) -> None:
        """Let nobody in, stop the work, and send everybody away."""
        with self._changed:
            self._closed = True
            left = list(self._waiting)
            self._waiting.clear()
            if self._at_work is not None:
                self._at_work.job.cancel()
            self._changed.notify_all()
        for ticket in left:
            ticket.future.set_exception(closing())

    def _join(self, key: str) -> Ticket | None:
        ticket = self._known.get(key) if key else None
        if ticket is not None:
            self._check_room()
            self._inside += 1
            ticket.waiters += 1
        return ticket

    def _check_room(self) -> None:
        if self._closed:
            raise closing()
        if self._inside > self._most:  # one of them is at work
            raise queue_full(self._most, max(1, round(self._pace * self._most / 2)))

    def _give_up(self, ticket: Ticket) -> None:
        with self._changed:
            ticket.waiters -= 1
            if ticket.waiters:
                return
            ticket.job.cancel()
            self._forget(ticket)
            if ticket in self._waiting:
                self._waiting.remove(ticket)

    def _forget(self, ticket: Ticket) -> None:
        key = ticket.request.key
        if self._known.get(key) is ticket:
            del self._known[key]
