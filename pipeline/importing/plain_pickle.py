"""Pickles that other programs made, read as plain dictionaries, lists, numbers and arrays; nothing in them is run.

As in `pipeline.smpl.unpickle` every name that a file asks for is looked up in a short list and answered by an inert
stand-in. joblib writes arrays as raw bytes between the opcodes of the pickle, behind a `NumpyArrayWrapper` that says
their type and shape; how they lie there is read off joblib's own `NumpyArrayWrapper.write_array`. An array of objects
is a pickle within the pickle, and is read by the same list.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np

from pipeline.errors import ResultsError
from pipeline.importing.inflating import MOST_BYTES, Tell, opened, unheard
from pipeline.smpl.unpickle import (
    DAMAGED,
    Inert,
    InertUnpickler,
    Refused,
    dense,
    find_stand_in,
    number_type,
    objects,
)

MOST_VALUES = 60_000_000
"""Values in a file: lists that hold themselves many times over are no results."""

_DEEPEST, _OFTEN = 40, 1 << 14
_AGAIN = "Copy or make it again."


class Unread(Inert):
    """Something the file holds that is not looked into, such as a tensor that lies on a GPU."""


class _Wrapper(Inert):
    """`joblib.numpy_pickle.NumpyArrayWrapper`: an array's bytes follow."""


class _Array:
    """An array that was read."""

    def __init__(self, value: np.ndarray[Any, Any]) -> None:
        self.value = value


def _mapping(*_args: object) -> dict[Any, Any]:
    """Any kind of dictionary, empty as yet."""
    return {}


def _unread(*_args: object) -> Unread:
    return Unread()


_TENSORS = {
    ("torch._utils", "_rebuild_tensor_v2"),
    ("torch._utils", "_rebuild_device_tensor_from_numpy"),
    ("torch.storage", "_load_from_bytes"),
    ("torch", "device"),
}
_MAPPINGS = {("collections", "OrderedDict"), ("collections", "defaultdict"), ("builtins", "dict")}
_MAPPINGS |= {("__builtin__", "dict")}


class PlainUnpickler(InertUnpickler):
    """Reads arrays between the opcodes too."""

    dispatch: ClassVar[dict[int, Any]] = dict(InertUnpickler.dispatch)

    def __init__(self, file: BinaryIO, depth: int = 0) -> None:
        super().__init__(file)
        self._raw, self._depth = file, depth

    def find_class(self, module: str, name: str) -> Callable[..., object]:
        """The stand-in for a name.

        Raises:
            Refused: It is not on the list.
        """
        if (module, name) in _MAPPINGS:
            return _mapping
        if (module, name) in _TENSORS:
            return _unread
        if (module, name) == ("joblib.numpy_pickle", "NumpyArrayWrapper"):
            return _Wrapper
        return find_stand_in(module, name)

    def load_build(self) -> None:
        """Set an object's state, or Refused; behind an array's description read its bytes."""
        super().load_build()
        stack: list[Any] = self.stack  # type: ignore[attr-defined]
        if isinstance(stack[-1], _Wrapper):
            stack.append(self._array(stack.pop().state))

    dispatch[pickle.BUILD[0]] = load_build

    def _array(self, state: dict[str, Any]) -> object:
        kind = number_type(state.get("dtype"))
        if kind is None:
            if self._depth > _DEEPEST:
                raise Refused("arrays lie in arrays without end.")
            return PlainUnpickler(self._raw, self._depth + 1).load()
        shape = state.get("shape")
        if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise Refused("an array in it has no shape.")
        if math.prod(shape) * kind.itemsize > MOST_BYTES:
            raise Refused(f"it asks for an array of {math.prod(shape) * kind.itemsize / 2**30:.0f} GB.")
        if state.get("numpy_array_alignment_bytes") is not None:
            self._exactly(self._exactly(1)[0])
        flat = np.frombuffer(self._exactly(math.prod(shape) * kind.itemsize), kind)
        return _Array(flat.reshape(shape, order="F" if state.get("order") == "F" else "C"))

    def _exactly(self, count: int) -> bytes:
        """So many bytes; in pieces, so that a file that is cut off does not first ask for all the memory."""
        pieces = []
        while count > 0:
            piece = self._raw.read(min(count, 1 << 24))
            if not piece:
                raise EOFError("it is cut off")
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)


def read_plain(path: Path, tell: Tell = unheard) -> Any:
    """What a pickle or joblib file holds: dictionaries, lists, tuples, numbers, texts, arrays, and `Unread`.

    Args:
        path: The file.
        tell: Hears how much of it was read.

    Raises:
        Cancelled: By `tell`.
        ResultsError: It asks for a name that results have no need of, or is damaged, cut off, too big or no pickle.
    """
    with path.open("rb") as file:
        try:
            content = PlainUnpickler(opened(file, path, tell)).load()
            return _Plain(tell).of(content)
        except Refused as error:
            raise ResultsError(
                f"{path.name} was refused: {error}",
                "Nothing in it was run. Use it only if you trust its maker.",
            ) from error
        except EOFError as error:
            raise ResultsError(f"{path.name} is cut off.", _AGAIN) from error
        except DAMAGED as error:
            raise ResultsError(f"{path.name} is damaged or no pickle ({error}).", _AGAIN) from error


class _Plain:
    """Stand-ins replaced by what they stand for."""

    def __init__(self, tell: Tell) -> None:
        self._left, self._tell = MOST_VALUES, tell

    def of(self, value: object, depth: int = 0) -> Any:
        """The value itself."""
        self._left -= 1
        if self._left % _OFTEN == 0:
            self._tell(1.0)
        if self._left < 0 or depth > _DEEPEST:
            raise Refused("it holds more than any results would.")
        if isinstance(value, dict):
            return {self._key(key): self.of(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.of(item, depth + 1) for item in value)
        if isinstance(value, _Array):
            return value.value
        return self._object(value, depth) if isinstance(value, Inert) else value

    def _key(self, key: object) -> Any:
        number = dense(key)
        return key if number is None or number.ndim else number.item()

    def _object(self, value: Inert, depth: int) -> Any:
        array = dense(value)
        if array is not None:
            return array if array.ndim else array.item()
        return [self.of(item, depth + 1) for item in objects(value)] or Unread()
