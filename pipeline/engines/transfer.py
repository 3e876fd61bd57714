"""Bringing a part of a file to its full length over a network that breaks."""

from __future__ import annotations

import http.client
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from pipeline.diagnosis import in_bytes
from pipeline.engines.download_faults import explain, is_passing, no_room, writing
from pipeline.engines.partial import Partial, note_of
from pipeline.loading import Tell

_TIMEOUT = 20.0  # s without a byte, after which the connection counts as dead
_CHUNK = 2**20
_TELL_EVERY = 0.1  # s
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)  # s before each further try
_FIRST_PAUSES = _PAUSES[:2]  # where nothing ever came there is probably no network to wait for


class _BrokenOff(Exception):  # noqa: N818 - what happened
    """An answer ended early, or did not fit what is here."""


def _append(path: Path) -> BinaryIO:
    return path.open("ab")


@dataclass(frozen=True, slots=True)
class Reach:
    """What a download does outside of this process.

    Attributes:
        ask: Sends a request; takes it and a timeout in s.
        open: Opens the part to append to it.
        pause: Waits, s.
    """

    ask: Callable[..., Any] = urlopen
    open: Callable[[Path], BinaryIO] = _append
    pause: Callable[[float], None] = time.sleep


class Transfer:
    """Brings a part to its full length.

    Attributes:
        resumed: It went on from what was here before.
    """

    def __init__(self, partial: Partial, tell: Tell, reach: Reach) -> None:
        self.resumed = partial.size > 0
        self._partial = partial
        self._tell = tell
        self._reach = reach
        self._moved = 0
        self._told = 0.0

    def run(self) -> None:
        """Ask until all is here."""
        failures, most = 0, self._partial.size
        while not self._partial.whole:
            try:
                self._attempt()
                return
            except (OSError, http.client.HTTPException, _BrokenOff) as error:
                # Not counted by bytes moved: a server may send the same beginning again and again.
                failures, most = (
                    (1, self._partial.size) if self._partial.size > most else (failures + 1, most)
                )
                pauses = _PAUSES if self._moved else _FIRST_PAUSES
                if failures > len(pauses) or not is_passing(error):
                    raise explain(error, self._partial.url, self._partial.target) from error
                self._wait(pauses[failures - 1])

    def _wait(self, seconds: float) -> None:
        while seconds > 0:
            self._tell(detail=f"no connection; trying again in {seconds:.0f} s")
            self._reach.pause(min(seconds, _TELL_EVERY))
            seconds -= _TELL_EVERY

    def _attempt(self) -> None:
        """One request, and what comes of it."""
        try:
            answer = self._reach.ask(self._request(), timeout=_TIMEOUT)
        except HTTPError as error:
            error.close()
            if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            self._settle_length(error)
            return
        with answer:
            self._accept(answer)
            with self._open() as file:
                while block := answer.read1(_CHUNK):
                    self._write(file, block)
        self._report()
        note = self._partial.note
        if note and note.length and self._partial.size != note.length:
            raise _BrokenOff(f"it ended after {self._partial.size} of {note.length} bytes")

    def _request(self) -> Request:
        headers = {"User-Agent": "retake", "Accept-Encoding": "identity"}
        note, size = self._partial.note, self._partial.size
        if note and size:
            headers["Range"] = f"bytes={size}-"
            if note.validator:
                headers["If-Range"] = note.validator
        return Request(self._partial.url, headers=headers)

    def _settle_length(self, error: HTTPError) -> None:
        """The server has nothing behind what is here: it is the whole, or not of this file."""
        total = re.fullmatch(r"bytes \*/(\d+)", error.headers.get("Content-Range") or "")
        if not total or int(total[1]) != self._partial.size:
            self._partial.discard()
            raise _BrokenOff("what was here is longer than the file")

    def _accept(self, answer: Any) -> None:
        """Find out where the bytes that come belong, and whether there is room for them."""
        here = self._partial.size
        part = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range") or "")
        if answer.status == http.HTTPStatus.PARTIAL_CONTENT and part:
            start, length = int(part[1]), int(part[2])
        elif answer.status == http.HTTPStatus.OK:
            start, length = 0, int(answer.headers.get("Content-Length") or 0)
        else:
            raise _BrokenOff(f"it answered {answer.status}")
        known = self._partial.note.length if self._partial.note and here else 0
        if start not in (0, here) or (start and known not in (0, length)):
            self._partial.discard()
            raise _BrokenOff("it sent another part than was asked for")
        with writing(self._partial.target):
            note = note_of(self._partial.url, answer.headers, length)
            if start:
                self.resumed = True
                self._partial.keep(note)
            else:
                self._partial.begin(note)
            self._want_room(length - start)

    def _want_room(self, needed: int) -> None:
        free = shutil.disk_usage(self._partial.path.parent).free
        if needed > free:
            raise no_room(self._partial.target, needed, free)

    def _open(self) -> BinaryIO:
        with writing(self._partial.target):
            return self._reach.open(self._partial.path)

    def _write(self, file: BinaryIO, block: bytes) -> None:
        with writing(self._partial.target):
            file.write(block)
            file.flush()
        self._moved += len(block)
        if time.monotonic() - self._told >= _TELL_EVERY:
            self._told = time.monotonic()
            self._report()

    def _report(self) -> None:
        size, length = self._partial.size, self._partial.note.length if self._partial.note else 0
        there = size - self._moved  # negative after a new beginning
        detail = f"{self._partial.target.name} from {urlsplit(self._partial.url).hostname}"
        if there > 0:
            detail += f", {in_bytes(there)} of it were here"
        self._tell(
            bytes_done=self._moved,
            bytes_total=self._moved + length - size if length else 0,
            fraction=size / length if length else None,
            detail=detail,
        )
