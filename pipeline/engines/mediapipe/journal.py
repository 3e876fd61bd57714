"""What lets following go on where it was after the engine ended: its state after each of the last few frames.

One file for each sequence, written anew after each frame under another name and moved into place; numbers only, no
pickle. A frame whose answer was lost on the way, since whoever asked was killed before it was stored, is asked for
again: therefore several states are kept, and the one before that frame is taken. A journal that cannot be written
or read costs the memory, never a frame. Sequences that are only passing, of which there are many, have a folder of
their own, where they outlive the engine but push out none that are resumed later.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.codec import CodecError, flatten, unflatten
from pipeline.engines.mediapipe.trail import Numbers, Trail
from pipeline.structures import PASSING

KEPT_STATES = 8
"""More than the frames an engine may be ahead of what is stored: the window has two on their way."""

KEPT_FILES = 32
"""Sequences that can be gone on with; the file of the one not used longest goes first."""

_log = logging.getLogger(__name__)
_MAGIC = b"RTKF1\n"
_PREFIX = struct.Struct("<qIII")  # next frame, header bytes, array bytes, checksum of both


@dataclass(eq=False)
class Journal:
    """The states of the sequence at hand, in memory and on disk.

    Attributes:
        folder: Where journals are.
    """

    folder: Path
    _sequence: str = ""
    _states: dict[int, bytes] = field(default_factory=dict)
    _silent: bool = False

    def recall(self, sequence: str, frame: int) -> Trail | None:
        """The state in which a frame of a sequence is to be run, or None if it is not known."""
        self._turn_to(sequence)
        packed = self._states.get(frame)
        try:
            return None if packed is None else Trail.from_numbers(_unpacked(packed))
        except (ValueError, KeyError, IndexError, TypeError) as error:  # CodecError is a ValueError
            _log.warning("the journal of a run in order is of no use: %s", error)
            return None

    def write(self, sequence: str, frame: int, trail: Trail) -> None:
        """Remember the state in which the next frame, number `frame`, is to be run."""
        self._turn_to(sequence)
        before = sorted(at for at in self._states if at < frame)[-(KEPT_STATES - 1) :]
        self._states = {at: self._states[at] for at in before} | {frame: _packed(frame, trail.to_numbers())}
        try:
            self._save()
        except OSError as error:
            if not self._silent:
                _log.warning("the journal of a run in order cannot be written: %s", error)
            self._silent = True

    def _turn_to(self, sequence: str) -> None:
        if sequence != self._sequence:
            self._forget_passing()
            self._sequence, self._silent = sequence, False
            self._states = self._read()

    def _forget_passing(self) -> None:
        """A passing sequence that is left is not come back to."""
        if self._sequence.startswith(PASSING):
            with contextlib.suppress(OSError):
                self._path().unlink(missing_ok=True)

    def _read(self) -> dict[int, bytes]:
        path = self._path()
        try:
            return dict(_states(path.read_bytes()))
        except FileNotFoundError:
            return {}
        except (OSError, CodecError) as error:
            _log.warning("the journal of a run in order cannot be read: %s", error)
            return {}

    def _save(self) -> None:
        path = self._path()
        if not path.exists():
            _make_room(path.parent)
        making = path.with_suffix(".new")
        with making.open("wb") as file:
            file.writelines([_MAGIC, *self._states.values()])
        making.replace(path)

    def _path(self) -> Path:
        folder = self.folder / "passing" if self._sequence.startswith(PASSING) else self.folder
        return folder / f"{hashlib.sha256(self._sequence.encode()).hexdigest()[:16]}.following"


def _make_room(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Another process may delete what is its own meanwhile.
    ages = {path: _age(path) for path in folder.glob("*.*")}
    files = sorted(ages, key=ages.__getitem__)
    for old in files[: max(0, len(files) - KEPT_FILES + 1)]:
        old.unlink(missing_ok=True)


def _age(path: Path) -> float:
    """When it was written; long ago if it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _packed(frame: int, numbers: Numbers) -> bytes:
    described, buffers = flatten(numbers.values())
    header = json.dumps([list(numbers), described], separators=(",", ":")).encode()
    body = b"".join(buffers)
    return _PREFIX.pack(frame, len(header), len(body), zlib.crc32(header + body)) + header + body


def _unpacked(packed: bytes) -> Numbers:
    """Raises ValueError, KeyError or TypeError if it is not what `_packed` made."""
    _, header, body, _ = _PREFIX.unpack_from(packed)
    start = _PREFIX.size + header
    names, described = json.loads(packed[_PREFIX.size : start])
    # Copied to where arrays are aligned: the header may end anywhere.
    return dict(zip(names, unflatten(described, bytearray(packed[start : start + body])), strict=True))


def _states(data: bytes) -> Iterator[tuple[int, bytes]]:
    """By next frame, the states of a file.

    Raises:
        CodecError: It is damaged.
    """
    if not data.startswith(_MAGIC):
        raise CodecError("not a journal of ours")
    at = len(_MAGIC)
    while at < len(data):
        if len(data) - at < _PREFIX.size:
            raise CodecError("cut off")
        frame, header, body, checksum = _PREFIX.unpack_from(data, at)
        end = at + _PREFIX.size + header + body
        if end > len(data) or zlib.crc32(data[at + _PREFIX.size : end]) != checksum:
            raise CodecError("damaged")
        yield frame, data[at:end]
        at = end
