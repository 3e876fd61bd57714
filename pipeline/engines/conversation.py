"""One question to a worker and its answer: with patience, and with a way out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.engines.messages import FINAL, OUTCOMES, Answer, Cancel, Hello, Request, Stopped
from pipeline.engines.process import WorkerEnded, WorkerProcess
from pipeline.job import Cancelled, Job

_POLL = 0.03  # s between looks at whether the job was cancelled


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a worker may be silent, in s.

    Attributes:
        start: Until its first message.
        load: Within one stage of loading; reading large weights says nothing for minutes.
        infer: Within a frame.
        cancel: After it was asked to stop.
    """

    start: float = 120.0
    load: float = 1800.0
    infer: float = 300.0
    cancel: float = 3.0


class SilentError(Exception):
    """The worker said nothing for too long and was killed."""


class DisobeyedError(Cancelled):
    """The worker did not stop when asked and was killed."""


def await_hello(process: WorkerProcess, job: Job, patience: float) -> Hello:
    """Wait for a new process to greet.

    Raises:
        WorkerEnded: It ended, or is no worker.
        SilentError: It did not greet within `patience` s.
        Cancelled: The job was cancelled; the process was killed.
    """
    until = time.monotonic() + patience
    while (message := process.receive(_POLL)) is None:
        if job.cancelled or time.monotonic() > until:
            process.kill()
            process.join()
            raise Cancelled if job.cancelled else SilentError
    if isinstance(message, Hello):
        return message
    process.kill()
    raise WorkerEnded(f"sent {type(message).__name__} for a greeting", protocol=True)


def ask(
    process: WorkerProcess,
    request: Request,
    job: Job,
    hear: Callable[[Any], None],
    *,
    patience: float,
    grace: float,
) -> Answer:
    """Send a request and wait for what ends it.

    Args:
        process: Whom to ask.
        request: What.
        job: Whose cancellation stops the request.
        hear: Called with each message before the answer, and with outcomes still on their way after a
            cancellation; may raise, which stops the request.
        patience: s of silence after which the worker is killed.
        grace: s it gets to stop when the job is cancelled, before it is killed.

    Raises:
        WorkerEnded: The worker died.
        SilentError: It said nothing for `patience` s.
        Cancelled: The job was cancelled, or somebody closed the process; DisobeyedError if it had to be killed.
    """
    process.send(request)
    try:
        answer = _listen(process, request, job, hear, patience)
    except Cancelled:
        _stop(process, request, grace, hear)
        raise
    except (WorkerEnded, SilentError):
        raise
    except Exception:  # of whoever hears, such as a full disk: theirs to tell, and the worker is to be free
        with contextlib.suppress(DisobeyedError):
            _stop(process, request, grace, lambda message: None)
        raise
    if isinstance(answer, Stopped):
        raise Cancelled
    return answer


def _listen(
    process: WorkerProcess, request: Request, job: Job, hear: Callable[[Any], None], patience: float
) -> Answer:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        job.check()
        message = process.receive(_POLL)
        if message is None or message.request != request.request:
            continue
        if isinstance(message, FINAL):
            return message
        until = time.monotonic() + patience
        hear(message)
    process.kill()
    raise SilentError


def _stop(process: WorkerProcess, request: Request, grace: float, hear: Callable[[Any], None]) -> None:
    """Have the worker drop a request; kill it if it does not. Frames done in the meantime count."""
    process.send(Cancel(request.request))
    until = time.monotonic() + grace
    try:
        while time.monotonic() < until:
            message = process.receive(_POLL)
            if message is None or message.request != request.request:
                continue
            if isinstance(message, FINAL):
                return
            if isinstance(message, OUTCOMES):
                hear(message)
    except (WorkerEnded, Cancelled):
        return
    process.kill()
    process.join()
    raise DisobeyedError
