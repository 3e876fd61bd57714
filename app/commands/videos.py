"""Which videos are meant by names, folders and patterns."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("3gp", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4"),
        *("mpeg", "mpg", "mts", "mxf", "ogv", "ts", "webm", "wmv"),
    )
)
"""Files of a folder that are taken for videos; any other file can be named by itself."""


def named_videos(names: Iterable[str]) -> list[Path]:
    """The videos that names stand for, each once, in the order given.

    A pattern such as `*.mp4` is read here too, for shells that leave it as it is. A folder with videos in it stands
    for these by name, any other folder for the pictures in it. What is not there stays in the list, to be reported.
    """
    # A link is a video of its own: it has a session of its own.
    found = {os.path.abspath(path): path for name in names for path in _meant(name)}  # noqa: PTH100 - without links
    return list(found.values())


def _meant(name: str) -> Iterator[Path]:
    path = Path(name)
    if not path.exists() and glob.has_magic(name):
        matches = sorted(map(Path, glob.glob(name, recursive=True)), key=_naturally)  # noqa: PTH207 - "~" and "**"
        matches = [match for match in matches if not match.name.endswith(".retake")]
        for match in matches:
            yield from _inside(match)
        if matches:
            return
    yield from _inside(path)


def _inside(path: Path) -> Iterator[Path]:
    videos = [file for file in path.iterdir() if _is_video(file)] if path.is_dir() else []
    yield from sorted(videos, key=_naturally) or [path]


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES and not path.name.startswith(".") and path.is_file()


def _naturally(path: Path) -> list[tuple[bool, int, str]]:
    """Sorts clip-9 before clip-10."""
    parts = re.split(r"(\d+)", str(path).lower())
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
