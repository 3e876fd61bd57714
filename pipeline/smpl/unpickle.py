"""An unpickler for SMPL files that runs nothing from the file.

The official `.pkl` files hold chumpy arrays and a scipy sparse matrix, and a pickle may name any
function to call. Here every name a file asks for is looked up in a short list and answered with an
inert class of this module: not even numpy's own reconstruction is called, since a forged dtype makes
it read memory it should not. What is not on the list is refused.

How the arrays lie in the pickles is read off numpy's and scipy's `__reduce__`; chumpy's `Ch` keeps its
array in `x`, and its `Select` means `a.ravel()[idxs].reshape(preferred_shape)`.
"""

from __future__ import annotations

import pickle
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Refused(Exception):  # noqa: N818  it is an outcome here, `BodyError` is what a person sees
    """The file asks for something a body model has no need of, or is damaged."""


class Inert:
    """Stands in for an object: takes constructor arguments and state, and does nothing with them."""

    args: tuple[object, ...]
    state: dict[str, Any]

    def __new__(cls, *args: object) -> Inert:
        """Start empty; here and not in `__init__`, which unpickling does not always call."""
        made = super().__new__(cls)
        made.args, made.state = args, {}
        return made

    def __init__(self, *args: object) -> None:
        del args

    def __setstate__(self, state: object) -> None:
        """Keep the state; with slots it comes as a pair of dictionaries."""
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict):
                self.state.update(part)

    def __setitem__(self, key: object, value: object) -> None:
        """Entries of an ordered dictionary; no body model keeps its arrays in one."""


class _Chumpy(Inert):
    """`chumpy.Ch` and its kin."""


class _Select(_Chumpy):
    """`chumpy.reordering.Select`."""


class _Sparse(Inert):
    """`scipy.sparse.csc_matrix`."""


class _Rows(Inert):
    """`scipy.sparse.csr_matrix`."""


class _Dtype(Inert):
    """`numpy.dtype`: the type's letter and size, then its byte order."""

    big_endian = False

    def __setstate__(self, state: object) -> None:
        self.big_endian = isinstance(state, tuple) and len(state) > 1 and state[1] == ">"

    def numeric(self) -> np.dtype[Any] | None:
        """The type, or None if it holds no plain numbers."""
        spec = self.args[0] if self.args else None
        plain = isinstance(spec, str) and re.fullmatch(r"[<>|=]?(b1|[fiu][1248])", spec)
        return np.dtype(str(spec)).newbyteorder(">" if self.big_endian else "<") if plain else None


class _Ndarray(Inert):
    """`numpy.ndarray`: filled from plain bytes, or holding stand-ins for objects."""

    value: Array | None = None
    items: tuple[object, ...] = ()

    def __setstate__(self, state: object) -> None:
        _version, shape, dtype, fortran, data = _parts(state, 5)
        self.items = tuple(data) if isinstance(data, list) else ()  # of an array of objects
        self.value = _from_bytes(data, dtype, shape, "F" if fortran else "C")


def _parts(state: object, count: int) -> tuple[Any, ...]:
    if not isinstance(state, tuple) or len(state) != count:
        raise Refused("an array in it has an unknown form.")
    return state


def _from_bytes(data: object, dtype: object, shape: object, order: str) -> Array | None:
    """An array of plain numbers from its bytes, or None if it holds something else."""
    kind = dtype.numeric() if isinstance(dtype, _Dtype) else None
    # Python 2 wrote bytes as what Python 3 reads as a text of the characters 0 to 255.
    raw = data.encode("latin1") if isinstance(data, str) else data
    raw = bytes(raw) if isinstance(raw, bytearray) else raw
    if kind is None or not isinstance(raw, (bytes, memoryview)) or not isinstance(shape, tuple):
        return None
    return np.frombuffer(raw, kind).reshape(shape, order="F" if order == "F" else "C")


def _new_array(*_args: object) -> _Ndarray:
    """`numpy.core.multiarray._reconstruct`: an empty array, filled by its state."""
    return _Ndarray()


def _array_from_buffer(data: object, dtype: object, shape: object, order: object) -> _Ndarray:
    """`numpy.core.numeric._frombuffer`, which pickle's protocol 5 uses."""
    array = _Ndarray()
    array.value = _from_bytes(data, dtype, shape, str(order))
    return array


def _scalar(dtype: object, data: object = b"") -> _Ndarray:
    """`numpy.core.multiarray.scalar`."""
    return _array_from_buffer(data, dtype, (), "C")


def _new_object(cls: object, *_base: object) -> Inert:
    """`copy_reg._reconstructor`, for the inert classes alone."""
    if not (isinstance(cls, type) and issubclass(cls, Inert)):
        raise Refused("it builds objects in an unusual way.")
    return cls()


def _latin1(text: object, encoding: object) -> bytes:
    """`_codecs.encode`, which protocols up to 2 use for bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise Refused("it holds bytes in an unusual encoding.")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """`bytes`, by which protocols up to 2 write the empty ones, and never with a length."""
    return b""


_ALLOWED: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy", "ndarray"): _Ndarray,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _latin1,
    ("chumpy.reordering", "Select"): _Select,
    ("collections", "OrderedDict"): Inert,
    **{
        (module, name): Inert
        for module in ("__builtin__", "builtins")
        for name in ("object", "set", "frozenset")
    },
    **{(module, "bytes"): _no_bytes for module in ("__builtin__", "builtins")},
    **{(module, "_reconstructor"): _new_object for module in ("copy_reg", "copyreg")},
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _new_array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _array_from_buffer for core in ("core", "_core")},
    **{(f"scipy.sparse.{module}", "csc_matrix"): _Sparse for module in ("csc", "_csc")},
    **{(f"scipy.sparse.{module}", "csr_matrix"): _Rows for module in ("csr", "_csr")},
}


def find_stand_in(module: str, name: str) -> Callable[..., object]:
    """The stand-in for a name.

    Raises:
        Refused: The name is not on the list.
    """
    if (module, name) in _ALLOWED:
        return _ALLOWED[module, name]
    # Any part of chumpy is answered by the same inert class, so older files' variants read too.
    if re.fullmatch(r"chumpy(\.\w+)*", module) and name.isidentifier():
        return _Chumpy
    raise Refused(f"it asks for {module}.{name}, which no model needs and which may be harmful.")


class InertUnpickler(pickle._Unpickler):
    """Finds names in the list and nowhere else, and gives state to inert objects alone.

    Python's own unpickler, since the one in C cannot be told what state may be set on: a pickle can set attributes
    of anything it names, also the arguments a function of this module takes when none are given.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, encoding="latin1", fix_imports=False)

    def find_class(self, module: str, name: str) -> Callable[..., object]:
        """The stand-in for a name, or Refused."""
        return find_stand_in(module, name)

    def load_build(self) -> None:
        """Set an object's state, or Refused."""
        stack: list[Any] = self.stack  # type: ignore[attr-defined]  # what the dispatch table's functions use
        if not isinstance(stack[-2], Inert):
            raise Refused("it changes what it did not make, which may be harmful.")
        pickle._Unpickler.load_build(self)  # type: ignore[attr-defined]  # what the dispatch table calls

    dispatch[pickle.BUILD[0]] = load_build


DAMAGED = (
    pickle.UnpicklingError, struct.error, EOFError, AttributeError, ImportError, IndexError, KeyError, AssertionError,
    MemoryError, OverflowError, TypeError, ValueError, RecursionError, NotImplementedError,
)  # fmt: skip
"""What the unpickler raises on damaged files, by its documentation: "and not limited to"."""


def read_pickle(path: Path) -> dict[str, Array]:
    """Numeric arrays of a pickled dictionary by name; anything else in it is left out.

    Raises:
        Refused: The file asks for what is not allowed, is damaged, or holds no dictionary.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        try:
            content = InertUnpickler(file).load()
            if not isinstance(content, dict):
                raise Refused("it holds no dictionary of arrays.")
            arrays = {str(key): dense(value) for key, value in content.items()}
        except DAMAGED as error:
            raise Refused(f"it is damaged or no pickle ({error}).") from error
    return {key: value for key, value in arrays.items() if value is not None}


def read_object_array(path: Path) -> list[Array]:
    """The numeric arrays in a `.npy` file, also if it is an array of arrays, which numpy pickles.

    Raises:
        Refused: The file asks for what is not allowed, or is damaged.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            _shape, _fortran, dtype = read(file)
            if not dtype.hasobject:
                file.seek(0)
                return list(np.load(file, allow_pickle=False))
            content = InertUnpickler(file).load()
        except DAMAGED as error:
            raise Refused(f"it is damaged or no .npy file ({error}).") from error
    arrays = [dense(item) for item in content.items] if isinstance(content, _Ndarray) else []
    return [array for array in arrays if array is not None]


def number_type(value: object) -> np.dtype[Any] | None:
    """The type behind a stand-in for one, or None if it is none of plain numbers."""
    return value.numeric() if isinstance(value, _Dtype) else None


def objects(value: object) -> tuple[object, ...]:
    """What an array of objects holds, behind its stand-in."""
    return value.items if isinstance(value, _Ndarray) else ()


def dense(value: object) -> Array | None:
    """The numbers behind a stand-in, or None if there are none."""
    if isinstance(value, _Ndarray):
        return value.value
    if isinstance(value, _Select):
        return _selected(value.state)
    if isinstance(value, _Chumpy):
        return dense(value.state.get("x"))
    if isinstance(value, _Rows):
        transposed = _columns(value.state, rows_first=True)
        return None if transposed is None else transposed.T
    if isinstance(value, _Sparse):
        return _columns(value.state)
    return None


def _selected(state: dict[str, Any]) -> Array | None:
    source, chosen = dense(state.get("a")), dense(state.get("idxs"))
    if source is None or chosen is None:
        return None
    shape = state.get("preferred_shape")
    picked = source.ravel()[chosen]
    return picked if shape is None else picked.reshape(shape)


def _columns(state: dict[str, Any], *, rows_first: bool = False) -> Array | None:
    """The dense matrix of a compressed-column one; of a compressed-row one, its transpose."""
    data, rows, starts = (dense(state.get(key)) for key in ("data", "indices", "indptr"))
    shape = state.get("_shape", state.get("shape"))
    if data is None or rows is None or starts is None or not isinstance(shape, tuple):
        return None
    height, width = shape[::-1] if rows_first else shape
    matrix = np.zeros((height, width), data.dtype)
    matrix[rows, np.repeat(np.arange(width), np.diff(starts))] = data
    return matrix
