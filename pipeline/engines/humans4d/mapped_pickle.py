"""Detectron2's model files: a plain pickle of arrays, read without running it and without loading it.

The file is mapped, and arrays are made of its pages: 2.8 GB of weights cost no memory until they are copied to where
they work. Names are looked up as in `pipeline.smpl.unpickle`: on a short list, answered by inert classes.
"""

from __future__ import annotations

import mmap
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from pipeline.errors import EngineError
from pipeline.smpl.unpickle import Refused, dense, find_stand_in

Array = npt.NDArray[Any]
_LARGE = 4096  # bytes from which a piece of the file is taken as it lies there


class _Mapped:
    """A file for the unpickler; large pieces are views of the mapping."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._view = memoryview(self._map)
        self._at = 0

    def read(self, count: int) -> bytes | memoryview:
        """The next `count` bytes, fewer at the end."""
        piece = self._view[self._at : self._at + count]
        self._at += len(piece)
        return piece if len(piece) >= _LARGE else bytes(piece)

    def readline(self) -> bytes:
        """Up to and with the next line feed."""
        end = self._map.find(b"\n", self._at) + 1
        return bytes(self.read((end or len(self._view)) - self._at))

    def readinto(self, buffer: bytearray) -> int:
        """Fill a buffer."""
        piece = self._view[self._at : self._at + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


# The one in C insists on bytes; this is the same in Python, and takes the mapping's pieces as they are.
class _Unpickler(pickle._Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., object]:
        """An inert class for a name on the list; anything else is Refused."""
        return find_stand_in(module, name)


def read_model(path: Path) -> dict[str, Array]:
    """The tensors of a detectron2 model file, by name; read-only views of the file.

    Raises:
        EngineError: It is damaged, or asks for what is not on the list.
    """
    again = f"Delete {path} and load again; it is then fetched anew."
    try:
        content: Any = _Unpickler(cast("Any", _Mapped(path)), encoding="latin1").load()
        model = content.get("model", content)
        arrays = {str(name): dense(value) for name, value in model.items()}
    except Refused as error:
        raise EngineError(f"{path.name} was refused: {error}", again, kind="load_failed") from error
    # What the unpickler raises on damaged files, by its documentation: "and not limited to".
    except (
        pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, KeyError, OSError,
        MemoryError, OverflowError, TypeError, ValueError,
    ) as error:  # fmt: skip
        raise EngineError(f"{path.name} is damaged ({error}).", again, kind="load_failed") from error
    return {name: np.asarray(array) for name, array in arrays.items() if array is not None}
