"""The process that holds an engine: `python -m pipeline.engines.worker module:Class`.

It talks over what were its stdin and stdout when it started. The main thread does the work, one
thread reads, one tells the memory. It ends when told to, and when the pipe from the client ends:
whatever happens to the window, no worker is left behind.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import platform
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pipeline.engines.engine import DeviceLost, Engine, EngineSettings, OutOfMemory
from pipeline.engines.exhaustion import is_device_lost
from pipeline.engines.frame_work import FrameWork, say
from pipeline.engines.memory import system_memory
from pipeline.engines.messages import (
    Cancel,
    Close,
    Done,
    Hello,
    Infer,
    Load,
    Loaded,
    LoadFailed,
    Lost,
    MemoryNow,
    Progress,
    Request,
    Stages,
    Stopped,
)
from pipeline.engines.wire import Receiver, Sender, WireError
from pipeline.job import Cancelled
from pipeline.loading import Loading, StageError, StageState, StageStatus
from pipeline.memory import Memory

_GRACE = 2.0  # s between the window's end and ours, when busy
_QUIET = 0.03  # s between two reports of progress
_MEMORY_EVERY = 1.0  # s
_LOST_CODE = 3  # the process's exit code when its GPU has failed


class Worker:
    """Answers a client's requests, one after another."""

    def __init__(self, target: str, receiver: Receiver, sender: Sender) -> None:
        self._target = target
        self._receiver = receiver
        self._sender = sender
        self._requests: queue.SimpleQueue[Request | Close] = queue.SimpleQueue()
        self._cancelled = -1
        self._ending = threading.Event()
        self._engine: Engine | None = None
        self._loading: Loading | None = None
        self._settings: EngineSettings | None = None
        self._ready = False
        self._last_sent = 0.0
        self._states: tuple[StageState, ...] = ()

    def serve(self) -> None:
        """Greet, then answer until told to end."""
        self._sender.send(Hello(platform.python_version(), os.getpid()))
        threading.Thread(target=self._read, name="reader", daemon=True).start()
        threading.Thread(target=self._tell_memory, name="memory", daemon=True).start()
        while not isinstance(request := self._requests.get(), Close):
            self._answer(request)
        if self._engine is not None:
            self._engine.close()

    def _read(self) -> None:
        try:
            while True:
                message = self._receiver.receive()
                if isinstance(message, Cancel):
                    self._cancelled = message.request
                    continue
                if isinstance(message, Close):
                    self._ending.set()  # a frame in work stops at its next report
                self._requests.put(message)
        except (WireError, OSError) as error:
            self._end(error)

    def _end(self, error: Exception) -> None:
        """Give a busy main thread a moment, then end without it."""
        print(f"retake worker: {error}; ending", file=sys.stderr)  # noqa: T201 - stderr is the log
        self._ending.set()
        self._requests.put(Close())
        time.sleep(_GRACE)
        os._exit(1)

    def _answer(self, request: Request) -> None:
        try:
            if isinstance(request, Infer):
                self._infer(request)
            else:
                self._attempt(partial(self._load, request), partial(_load_failed, request.request))
        except Cancelled:
            self._sender.send(Stopped(request.request))

    def _attempt(self, work: Callable[[], None], explain: Callable[[Exception], Sequence[Any]]) -> None:
        """Do a piece of a request; if it fails, send what there is to say of it."""
        try:
            work()
            return
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an engine raises fails the request, not the worker
            traceback.print_exc()
            lost = _lost_device(error)
            answers = explain(error) if lost is None else ()
        if lost is not None:
            self._give_up(lost)
        gc.collect()  # only here, outside the except block, are the failed attempt's tensors free
        for answer in answers:
            self._sender.send(answer)

    def _give_up(self, reason: str) -> None:
        """End without what an orderly end would do: taking a lost GPU's context down can hang."""
        self._sender.send(Lost(reason))
        sys.stderr.flush()
        os._exit(_LOST_CODE)

    def _load(self, request: Load) -> None:
        if self._loading is None or self._settings != request.settings:
            self._begin(request.settings)
        assert self._loading is not None
        assert self._engine is not None
        self._tell_stages(request.request, self._loading.statuses)
        self._loading.run(lambda statuses: self._tell_stages(request.request, statuses))
        self._ready = True
        self._sender.send(Loaded(request.request, self._engine.info()))

    def _begin(self, settings: EngineSettings) -> None:
        self._ready = False
        if self._engine is not None:
            self._engine.close()
        self._engine = _make(self._target)
        self._loading = Loading(self._engine.stages(settings))
        self._settings = settings

    def _infer(self, request: Infer) -> None:
        work = FrameWork(request, self._sender.send, self._memory)
        last = ""

        def report(step: str, fraction: float) -> None:
            nonlocal last
            self._check(request.request)
            changed, last = step != last, step
            if self._due(changed):
                self._sender.send(Progress(request.request, step, float(fraction)))

        for do, explain in work.pieces(self._engine if self._ready else None, report):
            self._check(request.request)
            self._attempt(do, explain)
        self._sender.send(Done(request.request))

    def _check(self, request: int) -> None:
        if self._cancelled == request or self._ending.is_set():
            raise Cancelled

    def _tell_stages(self, request: int, statuses: tuple[StageStatus, ...]) -> None:
        self._check(request)
        states = tuple(status.state for status in statuses)
        if self._due(states != self._states):
            self._sender.send(Stages(request, statuses))
        self._states = states

    def _due(self, changed: bool) -> bool:
        """Whether to send a report: when something changed, else now and then."""
        now = time.monotonic()
        if not changed and now - self._last_sent < _QUIET:
            return False
        self._last_sent = now
        return True

    def _memory(self) -> Memory:
        if self._engine is None or not self._ready:
            return system_memory()
        try:
            return self._engine.memory()
        except (RuntimeError, OSError):  # a GPU that has failed cannot be asked
            return system_memory()

    def _tell_memory(self) -> None:
        with contextlib.suppress(OSError):  # the client is gone; the reader ends us
            while not self._ending.is_set():
                self._sender.send(MemoryNow(self._memory()))
                self._ending.wait(_MEMORY_EVERY)


def _make(target: str) -> Engine:
    module, _, name = target.partition(":")
    engine: Engine = getattr(importlib.import_module(module), name)()
    return engine


def _load_failed(request: int, error: Exception) -> tuple[LoadFailed]:
    message, hint = say(error)
    details = "".join(traceback.format_exception(error))
    return (LoadFailed(request, message, hint, details, isinstance(error, StageError)),)


def _lost_device(error: BaseException | None) -> str | None:
    """Why this process can use its GPU no more, if an error or one that caused it says so."""
    while error is not None and not isinstance(error, OutOfMemory):
        if isinstance(error, DeviceLost) or is_device_lost(error):
            return str(error).strip().partition("\n")[0].rstrip(".")
        error = error.__cause__
    return None


def _take_over_pipes() -> tuple[int, int]:
    """Keep the pipes for the protocol: what libraries print goes to stderr, what they read is empty."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (incoming, outgoing):
            msvcrt.setmode(descriptor, os.O_BINARY)
    return incoming, outgoing


def _die_with_parent() -> None:
    """Ask Linux to kill this process with the one that started it, even while an engine holds the interpreter."""
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG in sys/prctl.h
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


def main(arguments: Sequence[str]) -> int:
    """Serve one client."""
    incoming, outgoing = _take_over_pipes()
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the client, which then ends us
    with contextlib.suppress(BrokenPipeError):
        Worker(arguments[0], Receiver(incoming), Sender(outgoing)).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
