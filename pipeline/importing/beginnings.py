"""Which reader a file is for, by how it begins."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.errors import ResultsError, UnknownResults
from pipeline.importing import boxes, jsonlines, npz
from pipeline.importing.inflating import Tell, unheard
from pipeline.importing.plain_pickle import read_plain
from pipeline.importing.torch_zip import read_torch

Load = Callable[[Path, Tell], Any]
"""Reads a file as plain values, running nothing in it, and tells how much was read."""

_PICKLES = (
    b"\x80",
    b"x",
    b"\x1f\x8b",
    b"BZ",
    b"\xfd7zXZ",
    b"]\x00",
    b"\x04\x22\x4d\x18",
    b"(",
    b"}",
    b"]",
    b"c",
)
"""How pickles begin, also compressed ones and those of the first protocols."""

_LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


def loader_of(path: Path) -> Load:
    """What reads a file, by what it begins with, since names lie.

    Raises:
        ResultsError: It is empty, a folder, cut off, or of a kind that is not read.
    """
    if path.is_dir():
        raise ResultsError(f"{path.name} is a folder.", "Give the file of results in it.")
    with path.open("rb") as file:
        begin = file.read(len(_LEGACY))
    if not begin:
        raise ResultsError(f"{path.name} is empty.", "Copy or make it again.")
    if begin == _LEGACY:
        raise ResultsError(
            f"{path.name} was saved by a torch before 1.6.",
            "Load and save it with a newer one: torch.save(torch.load(…)).",
        )
    if begin[:2] == b"PK":
        return read_torch if _is_torch(path) else npz.load
    if path.suffix.lower() == ".jsonl" or begin.lstrip()[:1] == b"{":
        return jsonlines.load
    if path.suffix.lower() == ".txt":
        return boxes.load_text
    if path.suffix.lower() in (".pt", ".pth", ".npz"):
        raise ResultsError(f"{path.name} is cut off or not what its name says.", "Copy or make it again.")
    if not begin.startswith(_PICKLES):
        raise UnknownResults(
            f"{path.name} is no pickle, and nothing else that is known.", "Choose another file."
        )
    return read_plain


def _is_torch(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/data.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, struct.error, RuntimeError, ValueError) as error:
        raise ResultsError(
            f"{path.name} is cut off or damaged ({error}).", "Copy or make it again."
        ) from error


def digest_of(path: Path, tell: Tell = unheard) -> str:
    """First digits of a file's SHA-256; `tell` hears of it, and may cancel it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            tell(1.0)
            digest.update(piece)
    return digest.hexdigest()[:12]
