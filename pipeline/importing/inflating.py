"""Reading a file that may be compressed, without letting it fill the memory.

joblib writes zlib streams, also gzip; what is not compressed begins with the pickle's own mark. zlib shrinks zeros a
thousand times, so a file of a few MB can ask for GB: results never shrink so much, and what does is refused.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

from pipeline.errors import ResultsError

MOST_BYTES = 4 * 2**30
"""What is read of one file at most, inflated."""

_RATIO, _FLOOR = 200, 64 * 2**20
"""How often a file may shrink, from this many bytes on."""

_PIECE = 1 << 18
_OTHERS = {b"BZ": "bzip2", b"\xfd7zXZ": "xz", b"\x5d\x00": "lzma", b"\x04\x22\x4d\x18": "lz4"}


class Inflating(io.RawIOBase):
    """The bytes of a zlib or gzip stream, as they are asked for."""

    def __init__(self, file: BinaryIO, name: str, size: int) -> None:
        super().__init__()
        self._file, self._name = file, name
        self._most = min(MOST_BYTES, max(_FLOOR, _RATIO * size))
        self._inflate = zlib.decompressobj(32 + 15)  # zlib's header or gzip's
        self._done = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; 0 at the end of the stream."""
        view = memoryview(buffer)
        piece = self._next(len(view))
        view[: len(piece)] = piece
        self._done += len(piece)
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


def opened(file: BinaryIO, path: Path) -> BinaryIO:
    """The file's content for an unpickler, inflated if it is compressed.

    Raises:
        ResultsError: It is compressed in another way, or too big.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ResultsError(
            f"{path.name} has {size / 2**30:.1f} GB; {MOST_BYTES // 2**30} GB are read at most.",
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
        return cast(BinaryIO, io.BufferedReader(Inflating(file, path.name, size), _PIECE))
    return file
