"""Telling whole files from cut off and foreign ones by their form, without loading them or running anything in them."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
import pickletools
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipeline.engines.download import Damaged

_PICKLE = b"\x80"
_ZIP = b"PK\x03\x04"


def whole_torch(path: Path) -> None:
    """A file of `torch.save`: an archive whose directory fits, or a pickle of the format before that.

    Raises:
        Damaged: It is neither.
    """
    start = _start(path)
    if start.startswith(_ZIP):
        with _zip(path):
            return
    # The old format is a row of pickles and raw numbers without an end of its own; its length says nothing.
    if not start.startswith(_PICKLE):
        raise Damaged(f"is no file of PyTorch, {_instead(start)}")


def whole_npz(path: Path) -> None:
    """A numpy archive, every entry with the checksum it was stored with.

    Raises:
        Damaged: It is not.
    """
    with _zip(path) as archive:
        try:
            bad = archive.testzip()
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise Damaged(f"is damaged ({error})") from error
    if bad is not None:
        raise Damaged(f"is damaged at {bad}")


def whole_npy(path: Path) -> None:
    """A numpy array as long as its header says; or one of objects, whose pickle ends where the file does.

    Raises:
        Damaged: It is not.
    """
    with path.open("rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            readers = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }
            shape, _, dtype = readers[version](file)
        except (ValueError, KeyError) as error:
            raise Damaged(f"is no array of numpy, {_instead(_start(path))}") from error
        begin = file.tell()
        if dtype.hasobject:
            _walk_pickle(path, begin)
            return
    missing = begin + int(np.prod(shape)) * dtype.itemsize - path.stat().st_size
    if missing > 0:
        raise Damaged(f"is cut off: {missing} bytes are missing")


def whole_pickle(path: Path) -> None:
    """A pickle that ends where the file does. Its instructions are read, not followed.

    Raises:
        Damaged: It is not.
    """
    start = _start(path)
    if start.startswith((b"<", b"version https://git-lfs")):
        raise Damaged(f"is no pickle, {_instead(start)}")
    _walk_pickle(path, 0)


def whole_yaml(*keys: str) -> Callable[[Path], None]:
    """A check for YAML that has these keys at its root."""

    def check(path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise Damaged("is no text") from error
        missing = [key for key in keys if not re.search(rf"^{key}\s*:", text, re.MULTILINE)]
        if missing:
            raise Damaged(f"lacks {', '.join(missing)}, {_instead(text[:64].encode())}")
        _parse(text)

    return check


def _parse(text: str) -> None:
    """Look at the grammar, where there is something that knows it; nothing is constructed."""
    if importlib.util.find_spec("yaml") is None:
        return
    yaml = importlib.import_module("yaml")
    try:
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise Damaged(f"is no YAML ({str(error).splitlines()[0]})") from error


def _zip(path: Path) -> zipfile.ZipFile:
    """The archive, whose directory is at its end and so missing when it is cut off."""
    start = _start(path)
    if not start.startswith(_ZIP):
        raise Damaged(f"is no archive, {_instead(start)}")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise Damaged("is cut off") from error
    end = path.stat().st_size
    if any(entry.header_offset + entry.compress_size > end for entry in archive.infolist()):
        archive.close()
        raise Damaged("is cut off")
    return archive


def _walk_pickle(path: Path, begin: int) -> None:
    with path.open("rb") as file:
        file.seek(begin)
        try:
            for _ in pickletools.genops(file):
                pass
        # What pickletools raises on bytes that are no pickle is not documented beyond ValueError.
        except (ValueError, IndexError, OverflowError, UnicodeError, pickle.UnpicklingError) as error:
            raise Damaged("is cut off or no pickle") from error
        if file.tell() != path.stat().st_size:
            raise Damaged("has bytes after its end")


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)


def _instead(start: bytes) -> str:
    """What it is instead, by its first bytes."""
    if not start:
        return "it is empty"
    if start.lstrip().startswith(b"<"):
        return "but a web page"
    if start.startswith(b"version https://git-lfs"):
        return "but a pointer of Git LFS"
    return "but something else"
