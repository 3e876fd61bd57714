"""Files of `torch.save`, read without torch; nothing in them is run.

Since torch 1.6 such a file is a zip archive, not compressed: `NAME/data.pkl` is a pickle in which a tensor is
`torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...)`, and a storage is a persistent id
("storage", type, key, place, count) whose bytes are in `NAME/data/KEY`. Source: torch/serialization.py.
"""

from __future__ import annotations

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ResultsError
from pipeline.importing.inflating import MOST_BYTES, Tell, unheard
from pipeline.smpl.unpickle import DAMAGED, InertUnpickler, Refused

_STORAGES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "|b1",
}
_AGAIN = "Copy or make it again."
Array = np.ndarray[Any, Any]


def _mapping(*_args: object) -> dict[Any, Any]:
    return {}


class _Storage:
    """A type of storage, by its numpy name."""

    def __init__(self, kind: str) -> None:
        self.kind = np.dtype(kind)


class _Unpickler(InertUnpickler):
    """Finds tensors in the archive, and names in a list of a few."""

    def __init__(self, data: bytes, bytes_of: Callable[[str], bytes]) -> None:
        super().__init__(io.BytesIO(data))
        self._bytes_of = bytes_of
        self._left = MOST_BYTES

    def find_class(self, module: str, name: str) -> Any:
        """What rebuilds a tensor, a type of storage, or a dictionary.

        Raises:
            Refused: Any other name.
        """
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._tensor
        if module == "torch" and name in _STORAGES:
            return _Storage(_STORAGES[name])
        if (module, name) in (("collections", "OrderedDict"), ("builtins", "dict")):
            return _mapping
        raise Refused(f"it asks for {module}.{name}, which no results need and which may be harmful.")

    def persistent_load(self, pid: Any) -> Array:
        """The numbers of a storage, flat."""
        if not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage":
            raise Refused("it refers to something that is no storage.")
        _, kind, key, _place, count = pid
        if not isinstance(kind, _Storage) or not isinstance(key, str) or not isinstance(count, int):
            raise Refused("a storage in it has an unknown form.")
        data = self._bytes_of(key)
        if count < 0 or len(data) < count * kind.kind.itemsize:
            raise EOFError(f"storage {key} is cut off")
        return np.frombuffer(data, kind.kind, count)

    def _tensor(self, storage: object, offset: object, size: object, stride: object, *_rest: object) -> Array:
        """A tensor's numbers; its strides must stay within its storage."""
        whole = isinstance(size, tuple) and isinstance(stride, tuple) and len(size) == len(stride)
        numbers = (offset, *size, *stride) if whole else (None,)  # type: ignore[misc]
        if not isinstance(storage, np.ndarray) or not all(isinstance(n, int) and n >= 0 for n in numbers):
            raise Refused("a tensor in it has an unknown form.")
        assert isinstance(offset, int)
        assert isinstance(size, tuple)
        assert isinstance(stride, tuple)
        self._left -= math.prod(size) * storage.itemsize  # a small storage may be repeated without end
        if self._left < 0:
            raise Refused(f"it asks for tensors of more than {MOST_BYTES // 2**30} GB.")
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if math.prod(size) and last >= len(storage):
            raise Refused("a tensor in it reaches beyond its storage.")
        if not math.prod(size):
            return np.zeros(size, storage.dtype)
        steps = [step * storage.itemsize for step in stride]
        return np.lib.stride_tricks.as_strided(storage[offset:], size, steps, writeable=False).copy()


def read_torch(path: Path, tell: Tell = unheard) -> Any:
    """What a file of `torch.save` holds: dictionaries, lists, numbers, texts, and arrays where there were tensors.

    Args:
        path: The file.
        tell: Hears how much of it was read.

    Raises:
        Cancelled: By `tell`.
        ResultsError: It asks for a name that results have no need of, or is damaged, cut off, too big, or of a
            torch before 1.6.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(path, archive, tell)
    except Refused as error:
        raise ResultsError(
            f"{path.name} was refused: {error}", "Nothing in it was run. Use it only if you trust its maker."
        ) from error
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError) as error:
        raise ResultsError(f"{path.name} is cut off or no file of torch ({error}).", _AGAIN) from error
    except (*DAMAGED, RuntimeError) as error:
        raise ResultsError(f"{path.name} is damaged ({error}).", _AGAIN) from error


def _read(path: Path, archive: zipfile.ZipFile, tell: Tell) -> Any:
    names = {info.filename: info for info in archive.infolist()}
    pickles = [name for name in names if name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ResultsError(f"{path.name} is a zip archive, but none of torch.", "Give hmr4d_results.pt.")
    root = pickles[0].removesuffix("data.pkl")
    if sum(info.file_size for info in names.values()) > MOST_BYTES:
        raise ResultsError(f"{path.name} holds more than {MOST_BYTES // 2**30} GB.", "Cut it into parts.")
    if any(info.compress_type != zipfile.ZIP_STORED for info in names.values()):
        raise ResultsError(f"{path.name} is compressed, as torch never does.", _AGAIN)
    order = f"{root}byteorder"
    if order in names and archive.read(order) != b"little":
        raise ResultsError(f"{path.name} was made on a big-endian machine.", "Save it on another one.")
    done = set[str]()

    def bytes_of(key: str) -> bytes:
        done.add(key)
        tell(min(1.0, len(done) / len(names)))
        return archive.read(f"{root}data/{key}")

    return _Unpickler(archive.read(pickles[0]), bytes_of).load()
