"""The file of a chunk: what an engine made of its frames, with a checksum. Numbers and JSON only, no pickle.

Layout: magic and version, the length of a JSON header and the header, then for each frame, in order, one byte
that says what it is, a length, and the outcome; in the end the SHA-256 of all before it. A file is moved into
place when it is whole, so of two workers that did the same chunk one simply comes later.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline import codec
from pipeline.atomic import replacing
from pipeline.batch.chunks import Chunk
from pipeline.batch.content import CHUNK_FORMAT
from pipeline.engines.engine import Outcome
from pipeline.errors import ExportError, UserError
from pipeline.structures import FrameFailure, FrameResult

_MAGIC = b"RTKC"
_PREFIX = struct.Struct("<4sHI")  # magic, version, header bytes
_RECORD = struct.Struct("<BI")  # what, bytes
_RESULT, _FAILURE = 1, 2
_DIGEST = hashlib.sha256().digest_size


class DamagedChunk(ValueError):  # noqa: N818 - what is wrong, not an error of the user's
    """The file is not whole, or not the one it is named after."""


def write_chunk(chunk: Chunk, outcomes: Sequence[Outcome]) -> None:
    """Write what became of a chunk's frames, the run-in among them, in order.

    Raises:
        UserError: It cannot be written.
    """
    header = json.dumps(_header(chunk), separators=(",", ":")).encode()
    body = b"".join([_PREFIX.pack(_MAGIC, CHUNK_FORMAT, len(header)), header, *map(_record, outcomes)])
    try:
        with replacing(chunk.file) as part:
            part.write_bytes(body + hashlib.sha256(body).digest())
    except ExportError as error:
        hint = "Free some space, or let --work name another folder; then run the same command again."
        raise UserError(error.message, hint) from error


def read_chunk(chunk: Chunk) -> tuple[Outcome, ...]:
    """What became of a chunk's frames, the run-in among them, in order.

    Raises:
        FileNotFoundError: It was not done.
        DamagedChunk: It has to be done again.
    """
    body = _checked(chunk)
    magic, version, length = _PREFIX.unpack_from(body)
    if (magic, version) != (_MAGIC, CHUNK_FORMAT):
        raise DamagedChunk("it is of another kind")
    start = _PREFIX.size + length
    try:
        if json.loads(bytes(body[_PREFIX.size : start])) != _header(chunk):
            raise DamagedChunk("it belongs to another chunk")
        outcomes = tuple(_outcomes(body[start:]))
    except (ValueError, struct.error) as error:
        raise DamagedChunk(str(error)) from error
    if [outcome.frame_index for outcome in outcomes] != list(chunk.frames):
        raise DamagedChunk("frames are missing")
    return outcomes


def is_done(chunk: Chunk) -> bool:
    """Whether the file is there and whole; all of it is read."""
    try:
        _checked(chunk)
    except (OSError, DamagedChunk):
        return False
    return True


def _checked(chunk: Chunk) -> memoryview:
    data = memoryview(chunk.file.read_bytes())
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    if len(data) < _PREFIX.size + _DIGEST or hashlib.sha256(body).digest() != digest:
        raise DamagedChunk("its checksum is wrong")
    return body


def _header(chunk: Chunk) -> dict[str, Any]:
    names = ("content", "configuration", "first", "last", "run_in")
    return {name: getattr(chunk, name) for name in names}


def _record(outcome: Outcome) -> bytes:
    if isinstance(outcome, FrameResult):
        kind, data = _RESULT, codec.pack(outcome)
    else:
        kind, data = _FAILURE, json.dumps(codec.to_parts(outcome)[0]).encode()
    return _RECORD.pack(kind, len(data)) + data


def _outcomes(body: memoryview) -> Iterator[Outcome]:
    place = 0
    while place < len(body):
        kind, length = _RECORD.unpack_from(body, place)
        place += _RECORD.size
        yield _outcome(kind, bytes(body[place : place + length]))
        place += length


def _outcome(kind: int, data: bytes) -> Outcome:
    if kind == _RESULT:
        return codec.unpack_result(data)
    failure = codec.from_parts(json.loads(data), [])
    if not isinstance(failure, FrameFailure):
        raise DamagedChunk("what failed cannot be read")
    return failure
