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
from collections.abc import Mapping, Sequence

from pipeline.engines.engine import Engine, EngineSettings, OutOfMemory
from pipeline.engines.memory import system_memory
from pipeline.engines.messages import (
    Answer,
    Cancel,
    Close,
    Failed,
    Hello,
    Infer,
    Load,
    Loaded,
    LoadFailed,
    MemoryNow,
    Progress,
    Request,
    Result,
    Stages,
    Stopped,
)
from pipeline.engines.wire import Receiver, Sender, WireError
from pipeline.errors import EngineError, UserError
from pipeline.job import Cancelled
from pipeline.loading import Loading, StageError, StageState, StageStatus
from pipeline.memory import Memory
from pipeline.structures import FrameFailure, FrameResult

_GRACE = 2.0  # s between the window's end and ours, when busy
_QUIET = 0.03  # s between two reports of progress
_MEMORY_EVERY = 1.0  # s


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
        self._step = "engine"
        self._states: tuple[StageState, ...] = ()

    def serve(self) -> None:
        """Greet, then answer until told to end."""
        self._sender.send(Hello(platform.python_version(), os.getpid()))
        threading.Thread(target=self._read, name="reader", daemon=True).start()
        threading.Thread(target=self._tell_memory, name="memory", daemon=True).start()
        while not isinstance(request := self._requests.get(), Close):
            self._attempt(request)
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

    def _attempt(self, request: Request) -> None:
        self._step = "engine"
        answer = self._answer(request)
        if isinstance(answer, (Failed, LoadFailed)):
            gc.collect()  # only here, outside the except block, are the failed attempt's tensors free
        self._sender.send(answer)

    def _answer(self, request: Request) -> Answer:
        try:
            return self._load(request) if isinstance(request, Load) else self._infer(request)
        except Cancelled:
            return Stopped(request.request)
        except Exception as error:  # noqa: BLE001 - whatever an engine raises fails the request, not the worker
            traceback.print_exc()
            return self._failure(request, error)

    def _load(self, request: Load) -> Loaded:
        if self._loading is None or self._settings != request.settings:
            self._begin(request.settings)
        assert self._loading is not None
        assert self._engine is not None
        self._tell_stages(request.request, self._loading.statuses)
        self._loading.run(lambda statuses: self._tell_stages(request.request, statuses))
        self._ready = True
        return Loaded(request.request, self._engine.info())

    def _begin(self, settings: EngineSettings) -> None:
        self._ready = False
        if self._engine is not None:
            self._engine.close()
        self._engine = _make(self._target)
        self._loading = Loading(self._engine.stages(settings))
        self._settings = settings

    def _infer(self, request: Infer) -> Result:
        if self._engine is None or not self._ready:
            raise EngineError("The engine is not loaded.", kind="protocol")

        def report(step: str, fraction: float) -> None:
            self._check(request.request)
            changed, self._step = step != self._step, step
            if self._due(changed):
                self._sender.send(Progress(request.request, step, float(fraction)))

        self._check(request.request)
        result = self._engine.infer(request.frame, request.options, report)
        if not isinstance(result, FrameResult) or result.frame_index != request.frame.index:
            given = getattr(result, "frame_index", type(result).__name__)
            raise TypeError(f"the engine answered frame {request.frame.index} with {given}")
        return Result(request.request, result, self._memory())

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

    def _failure(self, request: Request, error: Exception) -> Answer:
        if isinstance(request, Infer):
            memory = self._memory()
            failure = frame_failure(request.frame.index, self._step, error, memory)
            return Failed(request.request, failure, memory)
        message, hint = _say(error)
        details = "".join(traceback.format_exception(error))
        return LoadFailed(request.request, message, hint, details, isinstance(error, StageError))

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


def _say(error: Exception) -> tuple[str, str]:
    if isinstance(error, UserError):
        return error.message, error.hint
    if isinstance(error, ImportError):
        return f"The engine's program cannot be imported: {error}", ""
    return f"{type(error).__name__}: {error}", ""


def frame_failure(frame_index: int, step: str, error: Exception, memory: Memory) -> FrameFailure:
    """What the client is told of an error an engine raised on a frame."""
    message, hint = _say(error)
    if isinstance(error, OutOfMemory):
        return FrameFailure(frame_index, step, error.kind, message, hint, _plain(error.numbers))
    if is_out_of_memory(error):
        numbers = {"used": memory.used, "total": memory.total, "worker": memory.worker, "peak": memory.peak}
        return FrameFailure(frame_index, step, "out_of_memory", message, hint, numbers)
    if isinstance(error, EngineError):
        return FrameFailure(frame_index, step, error.kind, message, hint)
    kind = "bad_input" if isinstance(error, UserError) else "failed"
    return FrameFailure(frame_index, step, kind, message, hint)


def _plain(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: float(number) for name, number in numbers.items()}


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory did not suffice; torch's type is known by its name."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, MemoryError) or "OutOfMemoryError" in names


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
