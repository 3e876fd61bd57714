"""The ways in: one table from which the dialog, the command line and the documentation are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.errors import ResultsError, UnknownResults
from pipeline.formats.format import Option
from pipeline.importing import boxes, gvhmr, jsonlines, npz, phalp, wham
from pipeline.importing.beginnings import Load, digest_of, loader_of
from pipeline.importing.boxes import BoxTable
from pipeline.importing.content import Content, Given, Place, Read
from pipeline.importing.inflating import Tell, unheard
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
    load: Load
    sniff: Callable[[Any], bool]
    read: Read | None
    options: tuple[Option, ...] = ()
    several: bool = False


_READING = 0.7
"""Share of the time that reading a file takes, before what is in it is made into people."""

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
                "One person of SMPL-X, in the camera's axes.",
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


def import_suffixes() -> tuple[str, ...]:
    """How files end that can be imported."""
    return tuple(dict.fromkeys(suffix for format in IMPORTS.values() for suffix in format.suffixes))


def recognise(path: Path, key: str = "", tell: Tell = unheard) -> tuple[ImportFormat, Any]:
    """The format of a file, and what is in it as plain values.

    Args:
        path: The file.
        key: Only that format; empty looks.
        tell: Hears how much of it was read.

    Raises:
        Cancelled: By `tell`.
        ResultsError: It is missing, damaged, refused, or of no known format.
    """
    try:
        return _recognise(path, key, tell)
    except OSError as error:
        raise ResultsError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the name and its permissions."
        ) from error


def _recognise(path: Path, key: str, tell: Tell) -> tuple[ImportFormat, Any]:
    load = IMPORTS[key].load if key else loader_of(path)
    raw = load(path, tell)
    for format in (IMPORTS[key],) if key else IMPORTS.values():
        if format.load is load and format.sniff(raw):
            return format, raw
    wanted = IMPORTS[key].title if key else "any of the formats that are known"
    known = ", ".join(format.title for format in IMPORTS.values())
    raise UnknownResults(f"{path.name} is not {wanted}.", f"What can be opened: {known}.")


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
        begin, between, end = (n / len(paths) for n in (done, done + _READING, done + 1))
        tell = _telling(job, begin, between)
        tell(0.0)
        format, raw = recognise(path, key, tell)
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
        given = Given(path, digest_of(path, tell), place, chosen(format, options), job, (between, end))
        with _in_words(path.name):
            contents.append(format.read(raw, given))
        job.check()
    return joined(contents)


def _telling(job: Job, begin: float, end: float) -> Tell:
    """Reports a part of a job, and is where it is cancelled."""
    return lambda share: job.report(begin + (end - begin) * share)


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
    with _in_words(path.name):
        return _BOXES[format.key](raw, path.name)


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    """What nobody foresaw of a foreign file: numbers where lists should be, lists where names should be."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ResultsError(
            f"{name} is not made as its format says ({type(error).__name__}: {error}).", "Make it again."
        ) from error


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
