"""The ways in: one table from which the dialog, the command line and the documentation are made."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.errors import ResultsError, UnknownResults
from pipeline.formats.format import Option
from pipeline.importing import boxes, gvhmr, jsonlines, npz, phalp, wham
from pipeline.importing.boxes import BoxTable
from pipeline.importing.content import Content, Given, Place, Read
from pipeline.importing.joining import joined
from pipeline.importing.plain_pickle import read_plain
from pipeline.importing.torch_zip import read_torch
from pipeline.job import Job


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """One way in.

    Attributes:
        key: Its name on the command line.
        title: Its name in the dialog.
        summary: What is read of it.
        suffixes: How its files end.
        load: Reads a file as plain values, running nothing in it.
        sniff: Whether these values are of this format.
        read: Makes content of them; None where the file holds boxes only.
        options: What can be chosen.
        several: Whether several files are read together, each a track.
    """

    key: str
    title: str
    summary: str
    suffixes: tuple[str, ...]
    load: Callable[[Path], Any]
    sniff: Callable[[Any], bool]
    read: Read | None
    options: tuple[Option, ...] = ()
    several: bool = False


_FOCAL = Option("focal", "Focal length, px", (), "")

IMPORTS = MappingProxyType(
    {
        format.key: format
        for format in (
            ImportFormat(
                "phalp", "PHALP / 4D-Humans .pkl",
                "People, tracks, boxes, masks, scores, appearance; ghosts as left out.",
                (".pkl",), read_plain, phalp.sniff, phalp.read,
            ),
            ImportFormat(
                "jsonl", "JSON lines",
                "Everything Retake exported: people, tracks, names, what was left out, failures.",
                (".jsonl",), jsonlines.load, jsonlines.sniff, jsonlines.read,
            ),
            ImportFormat(
                "npz", "AMASS / SMPL .npz", "Poses of one track a file, in SMPL, SMPL-H or SMPL-X.",
                (".npz",), npz.load, npz.sniff, npz.read,
                (
                    Option("axes", "Axes", ("auto", "z-up", "y-up", "camera"), "auto"),
                    Option("space", "Space", ("auto", "camera", "world"), "auto"),
                    Option("gender", "Body", ("auto", "neutral", "male", "female"), "auto"),
                    _FOCAL,
                ),
                several=True,
            ),
            ImportFormat(
                "wham", "WHAM wham_output.pkl", "People and tracks, in the camera's axes.",
                (".pkl",), read_plain, wham.sniff, wham.read, (_FOCAL,),
            ),
            ImportFormat(
                "gvhmr", "GVHMR hmr4d_results.pt",
                "One person of SMPL-X, in the camera's axes, at 30 frames per second.",
                (".pt",), read_torch, gvhmr.sniff, gvhmr.read,
            ),
            ImportFormat(
                "mot", "MOT challenge .txt", "Boxes and tracks; to be reconstructed by `retake run --boxes`.",
                (".txt",), boxes.load_text, boxes.sniff_mot, None,
            ),
            ImportFormat(
                "boxes", "Boxes for PHALP .pkl", "Boxes and tracks; to be reconstructed by `retake run --boxes`.",
                (".pkl",), read_plain, boxes.sniff_given, None,
            ),
        )
    }
)  # fmt: skip

_BOXES: Mapping[str, Callable[[Any, str], BoxTable]] = {"mot": boxes.read_mot, "boxes": boxes.read_given}
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


def import_suffixes() -> tuple[str, ...]:
    """How files end that can be imported."""
    return tuple(dict.fromkeys(suffix for format in IMPORTS.values() for suffix in format.suffixes))


def recognise(path: Path, key: str = "") -> tuple[ImportFormat, Any]:
    """The format of a file, and what is in it as plain values.

    Args:
        path: The file.
        key: Only that format; empty looks.

    Raises:
        ResultsError: It is missing, damaged, refused, or of no known format.
    """
    try:
        return _recognise(path, key)
    except OSError as error:
        raise ResultsError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the name and its permissions."
        ) from error


def _recognise(path: Path, key: str) -> tuple[ImportFormat, Any]:
    load = IMPORTS[key].load if key else _loader(path)
    raw = load(path)
    for format in (IMPORTS[key],) if key else IMPORTS.values():
        if format.load is load and format.sniff(raw):
            return format, raw
    wanted = IMPORTS[key].title if key else "any of the formats that are known"
    known = ", ".join(format.title for format in IMPORTS.values())
    raise UnknownResults(f"{path.name} is not {wanted}.", f"What can be opened: {known}.")


def _loader(path: Path) -> Callable[[Path], Any]:
    """By what the file begins with, since names lie."""
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
    except zipfile.BadZipFile as error:
        raise ResultsError(f"{path.name} is cut off ({error}).", "Copy or make it again.") from error


def read_files(
    paths: Sequence[Path], place: Place, options: Mapping[str, str], job: Job, key: str = ""
) -> Content:
    """What files hold, for a video; several are one track each.

    Raises:
        ResultsError: One cannot be read, or they do not go together, or an option is unknown.
        Cancelled: The job was cancelled.
    """
    contents = []
    for done, path in enumerate(paths):
        span = (done / len(paths), (done + 1) / len(paths))
        job.report(span[0])
        format, raw = recognise(path, key)
        job.check()
        if len(paths) > 1 and not format.several:
            raise ResultsError(
                f"{path.name} is {format.title}: of these one is imported at a time.", "Give one file."
            )
        if format.read is None:
            raise ResultsError(
                f"{path.name} holds boxes, no bodies.",
                f"Have them reconstructed: retake run VIDEO --boxes {path.name}",
            )
        given = Given(path, digest_of(path), place, chosen(format, options), job, span)
        contents.append(format.read(raw, given))
        job.check()
    return joined(contents)


def read_boxes(path: Path) -> BoxTable:
    """The boxes of a file.

    Raises:
        ResultsError: It cannot be read, or holds none.
    """
    format, raw = recognise(path)
    if format.key not in _BOXES:
        raise ResultsError(
            f"{path.name} is {format.title}, not boxes.", f"Import it: retake import VIDEO {path.name}"
        )
    return _BOXES[format.key](raw, path.name)


def chosen(format: ImportFormat, options: Mapping[str, str]) -> dict[str, str]:
    """What is chosen of a format's options; what is not on offer is refused.

    Raises:
        ResultsError: The format has no such option or choice.
    """
    known = {option.key: option for option in format.options}
    for key, value in options.items():
        if key not in known:
            raise ResultsError(
                f"{format.title} has no option {key!r}.", f"It has: {', '.join(known) or 'none'}."
            )
        if known[key].choices and value not in known[key].choices:
            raise ResultsError(
                f"{key}={value} is not on offer.", f"Choose one of: {', '.join(known[key].choices)}."
            )
    return {key: options.get(key, option.default) for key, option in known.items()}


def digest_of(path: Path) -> str:
    """First digits of a file's SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()[:12]
