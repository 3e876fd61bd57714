"""Messages over a pair of pipes: a fixed prefix, a JSON header, raw arrays. No pickle.

The prefix is the same in every version of the protocol, so that two versions can tell each other
apart. A 1080p frame is 6.2 MB: it is written from where it lies and read into where it stays.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
import sys
import threading
from typing import Any

import numpy as np

from pipeline.codec import flat_size, flatten, from_parts, to_parts, unflatten
from pipeline.engines.messages import MESSAGES

PROTOCOL = 2
_MAGIC = b"\x93RTK"  # the first byte starts no text, so that a greeting of a shell is no message
_PREFIX = struct.Struct("<4sHHIQ")  # magic, protocol, 0, header bytes, array bytes
_LONGEST_HEADER = 64 * 2**20
_LONGEST_BODY = 4 * 2**30
_PIPE_BYTES = 2**20  # what Linux lets anybody ask for
_MOST_BUFFERS = 512  # a call of writev takes 1024 on Linux
_GREETING = 64 * 1024


class WireError(Exception):
    """What came is not a message."""


class Ended(WireError):  # noqa: N818 - mostly no error
    """The other side has closed the pipe."""


class OtherProtocolError(WireError):
    """The other side speaks another version of the protocol.

    Attributes:
        version: Theirs.
    """

    def __init__(self, version: int) -> None:
        super().__init__(f"protocol {version} where {PROTOCOL} should be")
        self.version = version


def widen(descriptor: int) -> None:
    """Let a pipe hold 1 MB where the system allows: 16 times fewer switches between the processes."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


class Sender:
    """Writes messages to a descriptor; any thread may send."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def send(self, message: Any) -> None:
        """Write one message; waits while the pipe is full.

        Raises:
            OSError: The other side is gone.
        """
        tree, arrays = to_parts(message)
        described, buffers = flatten(arrays)
        header = json.dumps([tree, described], separators=(",", ":")).encode()
        size = sum(buffer.nbytes for buffer in buffers)
        prefix = _PREFIX.pack(_MAGIC, PROTOCOL, 0, len(header), size)
        with self._lock:
            _write(self._descriptor, [memoryview(prefix + header), *buffers])


def _write(descriptor: int, buffers: list[memoryview]) -> None:
    while buffers:
        if sys.platform == "win32":
            written = os.write(descriptor, buffers[0][:_PIPE_BYTES])
        else:
            written = os.writev(descriptor, buffers[:_MOST_BUFFERS])
        while buffers and written >= buffers[0].nbytes:
            written -= buffers.pop(0).nbytes
        if written:
            buffers[0] = buffers[0][written:]


class Receiver:
    """Reads messages from a descriptor; one thread only."""

    def __init__(self, descriptor: int) -> None:
        self._file = io.FileIO(descriptor, "rb", closefd=False)
        self._first = True

    def receive(self) -> Any:
        """Wait for the next message. Its arrays are views of memory that is theirs alone.

        Raises:
            Ended: The other side closed the pipe between two messages or within one.
            OtherProtocolError: It speaks another version.
            WireError: It does not speak it at all.
        """
        header_size, body_size = self._prefix()
        header = bytes(self._read(header_size))
        body = self._read(body_size)
        try:
            tree, described = json.loads(header)
            if flat_size(described) != body_size:
                raise WireError(f"{body_size} bytes of arrays where {flat_size(described)} should be")
            return from_parts(tree, unflatten(described, body), MESSAGES)
        except (ValueError, TypeError) as error:
            raise WireError(f"damaged message: {error}") from error

    def _prefix(self) -> tuple[int, int]:
        start = self._skip_greeting() if self._first else self._read(4)
        self._first = False
        prefix = bytes(start) + bytes(self._read(_PREFIX.size - 4))
        magic, protocol, _, header_size, body_size = _PREFIX.unpack(prefix)
        if magic != _MAGIC:
            raise WireError(f"no message: {prefix[:40]!r}")
        if protocol != PROTOCOL:
            raise OtherProtocolError(protocol)
        if header_size > _LONGEST_HEADER or body_size > _LONGEST_BODY:
            raise WireError(f"a message of {header_size + body_size} bytes")
        return header_size, body_size

    def _skip_greeting(self) -> bytes:
        """What a login shell prints before the worker starts (ssh, WSL) is no harm; skip it."""
        seen = bytearray()
        while not seen.endswith(_MAGIC):
            try:
                seen += self._read(1)
            except Ended:
                if not seen:
                    raise
                raise WireError(f"no message: {bytes(seen[:200])!r}") from None
            if len(seen) > _GREETING:
                raise WireError(f"no message: {bytes(seen[:200])!r}")
        return _MAGIC

    def _read(self, size: int) -> memoryview:
        # np.empty, because bytearray(size) would write 6 MB of zeros first.
        view = np.empty(size, np.uint8).data
        done = 0
        while done < size:
            count = self._file.readinto(view[done:])
            if not count:
                raise Ended("the pipe was closed")
            done += count
        return view
