"""Values as JSON plus raw arrays: what the session stores and what travels to an engine. No pickle.

`to_parts` turns a frozen dataclass into a JSON-able tree and a list of arrays. In the tree

* `{"@": "FrameResult", ...}` is a dataclass with its fields,
* `{"$": 3}` is the array number 3,
* `{"%": "..."}` is bytes, one character a byte,
* `{"!": "StageState", "=": "done"}` is an enum's member,
* `{"=": {...}}` is a mapping with names as keys, and
* a list is a tuple.

A reader fills fields it misses with their defaults and ignores fields it does not know, so that a
file written by a slightly older or newer program can be read.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline import loading, memory, structures

VERSION = 1
_MAGIC = b"RTKR"
_PREFIX = struct.Struct("<4sHHII")  # magic, version, flags, header bytes, array bytes
_COMPRESSED = 1
_ALIGN = 16  # arrays start where every dtype is aligned
_KINDS = "biufc"  # bool, integers, floats: nothing that could hold a Python object

Array = npt.NDArray[Any]
Types = Mapping[str, type]


class CodecError(ValueError):
    """The bytes are damaged, or come from a program this one cannot read."""


def _dataclasses(*modules: Any) -> dict[str, type]:
    found = (item for module in modules for item in vars(module).values())
    return {
        item.__name__: item for item in found if isinstance(item, type) and dataclasses.is_dataclass(item)
    }


STRUCTURES: Types = {
    **_dataclasses(structures),
    **_dataclasses(memory),
    "StageStatus": loading.StageStatus,
    "StageState": loading.StageState,
}
"""Types `from_parts` makes unless told otherwise."""


def to_parts(value: Any) -> tuple[Any, list[Array]]:
    """Split a value into a JSON-able tree and its arrays.

    Args:
        value: A dataclass, or a nest of tuples, lists, mappings with string keys, enums, bytes,
            numbers, strings and arrays.

    Raises:
        TypeError: Something else is in it.
    """
    arrays: list[Array] = []
    return _tree(value, arrays), arrays


def from_parts(tree: Any, arrays: Sequence[Array], types: Types = STRUCTURES) -> Any:
    """Make the value again that `to_parts` split; lists come back as tuples.

    Raises:
        CodecError: The tree names an unknown type or array, or values do not fit their type.
    """
    try:
        return _value(tree, arrays, types)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CodecError(f"not a value of ours: {type(error).__name__}: {error}") from error


def _tree(value: Any, arrays: list[Array]) -> Any:
    if isinstance(value, enum.Enum):
        return {"!": type(value).__name__, "=": value.value}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"$": len(arrays) - 1}
    if isinstance(value, np.generic):
        return value.item()
    return _nested(value, arrays)


def _nested(value: Any, arrays: list[Array]) -> Any:
    if isinstance(value, (tuple, list)):
        return [_tree(item, arrays) for item in value]
    if isinstance(value, bytes):
        return {"%": value.decode("latin-1")}
    if isinstance(value, Mapping):
        return {"=": {str(key): _tree(item, arrays) for key, item in value.items()}}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return {"@": type(value).__name__} | {name: _tree(getattr(value, name), arrays) for name in names}
    raise TypeError(f"{type(value).__name__} cannot be encoded")


def _value(tree: Any, arrays: Sequence[Array], types: Types) -> Any:
    if isinstance(tree, list):
        return tuple(_value(item, arrays, types) for item in tree)
    if not isinstance(tree, dict):
        return tree
    if "@" in tree:
        return _instance(tree, arrays, types)
    if "$" in tree:
        return arrays[tree["$"]]
    if "%" in tree:
        return tree["%"].encode("latin-1")
    if "!" in tree:
        return types[tree["!"]](tree["="])
    return {key: _value(item, arrays, types) for key, item in tree["="].items()}


def _instance(tree: dict[str, Any], arrays: Sequence[Array], types: Types) -> Any:
    kind = types[tree["@"]]
    known = _fields(kind)
    return kind(**{name: _value(item, arrays, types) for name, item in tree.items() if name in known})


@lru_cache(maxsize=256)
def _fields(kind: type) -> frozenset[str]:
    """Names of a dataclass's fields. Asked for each value of each frame, so they are kept."""
    return frozenset(field.name for field in dataclasses.fields(kind))


def flatten(arrays: Iterable[Array]) -> tuple[list[list[Any]], list[memoryview]]:
    """Describe arrays and lay them out one after another, each aligned.

    Returns:
        For each array its dtype and shape, and the buffers whose concatenation `unflatten` reads;
        the buffers are views of the arrays where these are contiguous.

    Raises:
        TypeError: An array holds something other than numbers.
    """
    described: list[list[Any]] = []
    buffers: list[memoryview] = []
    for array in arrays:
        if array.dtype.kind not in _KINDS:
            raise TypeError(f"arrays of {array.dtype} cannot be encoded")
        plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        described.append([plain.dtype.str, list(array.shape)])
        buffers.append(plain.reshape(-1).view(np.uint8).data)
        buffers.append(memoryview(bytes(-plain.nbytes % _ALIGN)))
    return described, [buffer for buffer in buffers if buffer.nbytes]


def flat_size(described: Iterable[Sequence[Any]]) -> int:
    """Bytes that `unflatten` needs for arrays with these descriptions.

    Raises:
        CodecError: A description is none.
    """
    return sum(_described(name, lengths)[2] for name, lengths in described)


def unflatten(described: Iterable[Sequence[Any]], data: bytes | bytearray | memoryview) -> list[Array]:
    """Arrays as read-only views of `data`, laid out as by `flatten`.

    Raises:
        CodecError: `data` is too short or a description is none.
    """
    arrays: list[Array] = []
    offset = 0
    for name, lengths in described:
        dtype, shape, room = _described(name, lengths)
        array = _view(data, dtype, shape, offset)
        array.flags.writeable = False
        arrays.append(array)
        offset += room
    return arrays


def _view(data: bytes | bytearray | memoryview, dtype: Any, shape: tuple[int, ...], offset: int) -> Array:
    try:
        return np.zeros(shape, dtype) if 0 in shape else np.ndarray(shape, dtype, data, offset)
    except (TypeError, ValueError) as error:
        raise CodecError(f"arrays are cut off: {error}") from error


def _described(name: Any, lengths: Any) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Dtype, shape and bytes of an array by its description; frames of a session have few different ones."""
    try:
        return _checked(name, tuple(lengths) if isinstance(lengths, list) else lengths)
    except TypeError as error:  # a description that cannot be kept, as it holds lists, is none either
        raise CodecError(f"{name!r} and {lengths!r} do not describe an array") from error


@lru_cache(maxsize=1024, typed=True)
def _checked(name: Any, lengths: Any) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    dtype, shape = _dtype(name), _shape(lengths)
    return dtype, shape, _room(dtype, shape)


def _dtype(name: Any) -> np.dtype[Any]:
    if not isinstance(name, str) or len(name) > 4 or name.lstrip("<|")[:1] not in _KINDS:
        raise CodecError(f"{name!r} is not a dtype of ours")
    try:
        return np.dtype(name)
    except TypeError as error:
        raise CodecError(f"{name!r} is not a dtype of ours") from error


def _shape(lengths: Any) -> tuple[int, ...]:
    if not isinstance(lengths, tuple) or not all(isinstance(n, int) and n >= 0 for n in lengths):
        raise CodecError(f"{lengths!r} is not a shape")
    return lengths


def _room(dtype: np.dtype[Any], shape: tuple[int, ...]) -> int:
    size = dtype.itemsize
    for length in shape:
        size *= length
    return size + -size % _ALIGN


def pack(value: structures.FrameResult, *, compress: bool = True) -> bytes:
    """Encode a result for the session; about 2 kB a person."""
    tree, arrays = to_parts(value)
    described, buffers = flatten(arrays)
    header = json.dumps({"value": tree, "arrays": described}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _ALIGN)
    body = b"".join(buffers)
    payload = zlib.compress(header + body, 3) if compress else header + body
    flags = _COMPRESSED if compress else 0
    return _PREFIX.pack(_MAGIC, VERSION, flags, len(header), len(body)) + payload


def unpack_result(data: bytes) -> structures.FrameResult:
    """Decode what `pack` encoded.

    Raises:
        CodecError: The bytes are damaged, no result, or written by a newer version.
    """
    header, body = _open(data)
    try:
        parts = json.loads(header)
        tree, described = parts["value"], parts["arrays"]
    except (ValueError, KeyError, TypeError) as error:
        raise CodecError(f"the header is damaged: {error}") from error
    result = from_parts(tree, unflatten(described, body))
    if not isinstance(result, structures.FrameResult):
        raise CodecError(f"this is {type(result).__name__}, not a frame's result")
    return result


def _open(data: bytes) -> tuple[bytes, memoryview]:
    if len(data) < _PREFIX.size:
        raise CodecError("too short for a frame's result")
    magic, version, flags, header, body = _PREFIX.unpack_from(data)
    if magic != _MAGIC:
        raise CodecError("not a frame's result")
    if version > VERSION:
        raise CodecError(f"written by a newer Retake (format {version}, this one reads up to {VERSION})")
    payload = memoryview(data)[_PREFIX.size :]
    if flags & _COMPRESSED:
        payload = memoryview(_inflate(payload, header + body))
    if len(payload) != header + body:
        raise CodecError(f"{len(payload)} bytes where {header + body} should be")
    return bytes(payload[:header]), payload[header:]


def _inflate(payload: memoryview, size: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(payload, size + 1)
    except zlib.error as error:
        raise CodecError(f"damaged: {error}") from error
