"""An engine's process as its client sees it: started, spoken to, heard, ended."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from typing import Any

from pipeline.engines.command import EngineCommand
from pipeline.engines.log import EngineLog
from pipeline.engines.messages import OUTCOMES, Close, Lost, MemoryNow
from pipeline.engines.wire import Ended, OtherProtocolError, Receiver, Sender, WireError, widen
from pipeline.errors import EngineError
from pipeline.job import Cancelled
from pipeline.memory import Memory

_POLITE = 3.0  # s that a worker gets to end by itself
_ENDING = 0.5  # s between closing its stdout and having ended
_FIRM = 1.0  # s between terminating and killing

if sys.platform == "win32":
    _NO_CONSOLE = subprocess.CREATE_NO_WINDOW
else:
    _NO_CONSOLE = 0


class WorkerEnded(Exception):  # noqa: N818 - what happened, not yet an error
    """The process has ended, or spoke what no worker speaks.

    Attributes:
        how: As part of a sentence: "was killed by SIGKILL".
        protocol: What it sent was no message of ours.
        reason: Why, as far as the worker could say so itself.
    """

    def __init__(self, how: str, protocol: bool = False, reason: str = "") -> None:
        super().__init__(how)
        self.how = how
        self.protocol = protocol
        self.reason = reason

    @property
    def told(self) -> str:
        """How and why, as the end of a sentence: "lost the GPU: CUDA error: unspecified launch failure"."""
        return f"{self.how}: {self.reason}" if self.reason else self.how


class WorkerProcess:
    """One process. Three threads serve it, so that nobody who asks for something can be blocked by it.

    The keeper starts the process and lives as long as it does: Linux ends a worker when the *thread*
    that started it ends (PR_SET_PDEATHSIG), and the caller's thread may be a short one.
    """

    def __init__(self, command: EngineCommand, log: EngineLog) -> None:
        """Start the process.

        Raises:
            EngineError: It cannot be started.
        """
        self._command = command
        self._log = log
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._started = threading.Event()
        self._ended = threading.Event()
        self._fault: WireError | None = None
        self._lost: Lost | None = None
        self._start_error: OSError | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.abandoned = False
        self.memory: Memory | None = None
        self._keeper = threading.Thread(target=self._keep, name="engine keeper", daemon=True)
        self._keeper.start()
        self._started.wait()
        if self._start_error is not None:
            self._keeper.join()
            raise _cannot_start(command, self._start_error)

    @property
    def pid(self) -> int | None:
        """Its process id while it lives."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether it lives and can be spoken to."""
        return not self._ended.is_set()

    def send(self, message: Any) -> None:
        """Have a message sent; returns at once, since a hung worker reads nothing."""
        self._outbox.put(message)

    def receive(self, timeout: float) -> Any:
        """The next message, or None if there is none for `timeout` s.

        Raises:
            WorkerEnded: There will be none any more.
            Cancelled: There will be none because somebody here ended the process.
        """
        try:
            message = self._inbox.get(timeout=timeout)
        except queue.Empty:
            return None
        if message is not None:
            return message
        self._inbox.put(None)
        if self.abandoned:
            raise Cancelled
        raise self.how_it_ended()

    def kill(self) -> None:
        """End it at once; any thread."""
        self._ended.set()
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()

    def close(self) -> None:
        """Ask it to end, then terminate, then kill it; any thread."""
        assert self._process is not None
        self.abandoned = True
        self.send(Close())
        for timeout, firmer in ((_POLITE, self._process.terminate), (_FIRM, self.kill)):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
                break
            with contextlib.suppress(OSError):
                firmer()
        self.join()

    def join(self) -> None:
        """Wait for the process and its threads; it has been told to end."""
        # A grandchild may hold stderr open; then the keeper waits for it, and nobody for the keeper.
        self._keeper.join(_FIRM + _POLITE)

    def _keep(self) -> None:
        try:
            process = self._process = self._spawn()
        except OSError as error:
            self._start_error = error
            self._ended.set()
            return
        finally:
            self._started.set()
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        reader = threading.Thread(
            target=self._read, args=(process.stdout.fileno(),), name="engine reader", daemon=True
        )
        writer = threading.Thread(
            target=self._write, args=(process.stdin.fileno(),), name="engine writer", daemon=True
        )
        reader.start()
        writer.start()
        for line in process.stderr:
            self._log.write(line.decode("utf-8", "replace").rstrip())
        process.wait()
        reader.join()
        self._outbox.put(None)
        writer.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self._command.argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=dict(self._command.env),
            cwd=self._command.cwd,
            creationflags=_NO_CONSOLE,
        )
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            widen(pipe.fileno())
        return process

    def _read(self, descriptor: int) -> None:
        receiver = Receiver(descriptor)
        try:
            while True:
                self._hear(receiver.receive())
        except (WireError, OSError) as error:
            if not isinstance(error, (Ended, OSError)):
                self._fault = error
        if self._fault is None and self._process is not None:
            # It is about to end by itself; killed now, it could not say why.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_ENDING)
        self.kill()  # it has closed its stdout or talks nonsense: of no use either way
        self._inbox.put(None)

    def _hear(self, message: Any) -> None:
        if isinstance(message, (MemoryNow, *OUTCOMES)):
            self.memory = message.memory
        if isinstance(message, Lost):
            self._lost = message
        elif not isinstance(message, MemoryNow):
            self._inbox.put(message)

    def _write(self, descriptor: int) -> None:
        sender = Sender(descriptor)
        with contextlib.suppress(OSError):  # it is gone; the reader says so
            while (message := self._outbox.get()) is not None:
                sender.send(message)

    def how_it_ended(self) -> WorkerEnded:
        """How a process that is no longer alive has ended."""
        if isinstance(self._fault, OtherProtocolError):
            return WorkerEnded(f"speaks version {self._fault.version} of the protocol", protocol=True)
        if self._fault is not None:
            return WorkerEnded(f"sent something else than a message ({self._fault})", protocol=True)
        if self._lost is not None:
            return WorkerEnded("lost the GPU", reason=self._lost.reason)
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return WorkerEnded(describe_exit(self._process.wait(_FIRM)))
        return WorkerEnded("fell silent")


def describe_exit(code: int) -> str:
    """How a process ended, as part of a sentence."""
    if code >= 0 or os.name == "nt":
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"was killed by signal {-code}"


def _cannot_start(command: EngineCommand, error: OSError) -> EngineError:
    return EngineError(
        f"The engine's program cannot be started: {command.argv[0]}: {error.strerror or error}.",
        "Check what `retake engines list` says, or install the engine again.",
        kind="load_failed",
    )
