"""Reading a file that may be compressed, without letting it fill the memory.

joblib writes zlib streams, also gzip; what is not compressed begins with the pickle's own mark. zlib shrinks zeros a
thousand times, so a file of a few MB can ask for GB: results never shrink so much, and what does is refused.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

from pipeline.errors import ResultsError

MOST_BYTES = 4 * 2**30
"""What is read of one file at most, inflated."""

_RATIO, _FLOOR = 200, 64 * 2**20
"""How often a file may shrink, from this many bytes on."""

_PIECE, _MOST_AT_ONCE = 1 << 18, 1 << 20

Tell = Callable[[float], None]
"""Told how much of a file was read, in [0, 1]. May raise `Cancelled`."""


def unheard(share: float) -> None:
    """Nobody is told."""
    del share


_OTHERS = {b"BZ": "bzip2", b"\xfd7zXZ": "xz", b"\x5d\x00": "lzma", b"\x04\x22\x4d\x18": "lz4"}


class Telling(io.RawIOBase):
    """The bytes of a file as they are, while somebody is told how far it is."""

    def __init__(self, file: BinaryIO, size: int, tell: Tell) -> None:
        super().__init__()
        self._file, self._size, self._tell = file, size, tell

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; 0 at the end of the file."""
        self._tell(min(1.0, self._file.tell() / max(1, self._size)))
        view = memoryview(buffer)[:_MOST_AT_ONCE]
        piece = self._file.read(len(view))
        view[: len(piece)] = piece
        return len(piece)


class Inflating(io.RawIOBase):
    """The bytes of a zlib or gzip stream, as they are asked for."""

    def __init__(self, file: BinaryIO, name: str, size: int, tell: Tell = unheard) -> None:
        super().__init__()
        self._file, self._name, self._size, self._tell = file, name, size, tell
        self._most = max(_FLOOR, _RATIO * size)
        self._inflate = zlib.decompressobj(32 + 15)  # zlib's header or gzip's
        self._done = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; 0 at the end of the stream."""
        self._tell(min(1.0, self._file.tell() / max(1, self._size)))
        view = memoryview(buffer)
        piece = self._next(len(view))
        view[: len(piece)] = piece
        self._done += len(piece)
        if self._done > MOST_BYTES:
            raise ResultsError(
                f"{self._name} is too large: unpacked it has more than {_gb()} GB.", "Cut it into parts."
            )
        if self._done > self._most:
            raise ResultsError(
                f"{self._name} grows to more than {self._most // 2**20} MB when it is unpacked.",
                "No results shrink so much: it is damaged, or made to fill the memory.",
            )
        return len(piece)

    def _next(self, most: int) -> bytes:
        while not self._inflate.eof:
            data = self._inflate.unconsumed_tail or self._file.read(_PIECE)
            if not data:
                raise ResultsError(f"{self._name} is cut off.", "Copy or make it again.")
            try:
                piece = self._inflate.decompress(data, most)
            except zlib.error as error:
                raise ResultsError(f"{self._name} is damaged: {error}.", "Copy or make it again.") from error
            if piece:
                return piece
        return b""


def _gb() -> str:
    return f"{MOST_BYTES / 2**30:.3g}"


def opened(file: BinaryIO, path: Path, tell: Tell = unheard) -> BinaryIO:
    """The file's content for an unpickler, inflated if it is compressed; `tell` hears how far it is.

    Raises:
        ResultsError: It is compressed in another way, or too big.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ResultsError(
            f"{path.name} is too large: it has {size / 2**30:.1f} GB, and {_gb()} GB are read at most.",
            "Cut it into parts.",
        )
    mark = file.read(6)
    file.seek(0)
    for begin, kind in _OTHERS.items():
        if mark.startswith(begin):
            raise ResultsError(
                f"{path.name} is compressed as {kind}, which is not read.",
                "Save it with joblib's compress=3.",
            )
    if mark[:1] == b"\x78" or mark[:2] == b"\x1f\x8b":
        return cast(BinaryIO, io.BufferedReader(Inflating(file, path.name, size, tell), _PIECE))
    return cast(BinaryIO, io.BufferedReader(Telling(file, size, tell), _PIECE))
