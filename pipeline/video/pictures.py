"""Finds the pictures a path stands for and reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pipeline.errors import VideoError
from pipeline.structures import Image

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})

_PLACEHOLDER = re.compile(r"%\d*d")
_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")


def pictures_at(path: Path) -> tuple[Path, ...] | None:
    """The pictures a path stands for, in order; None if it is not about pictures.

    A folder stands for all pictures in it; "img_%04d.png", and a picture whose number has a
    neighbour, for the series; any other picture for itself.

    Raises:
        VideoError: It is about pictures, but there are none, or the folder may not be read.
    """
    try:
        if path.is_dir():
            found = (file for file in path.iterdir() if is_picture(file))
            return _need(_in_order(found), f"The folder “{path}” holds no pictures.")
        if _PLACEHOLDER.search(path.name) and not path.exists():
            before, after = _PLACEHOLDER.split(path.name, maxsplit=1)
            return _need(tuple(_series(path.parent, before, after).values()), f"No picture fits “{path}”.")
        return _with_neighbours(path) if is_picture(path) and path.is_file() else None
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> VideoError:
    """Why a file or folder cannot be read, for a reviewer."""
    if isinstance(error, FileNotFoundError):
        return VideoError(f"“{path}” does not exist.", "Check the name, or whether its drive is there.")
    if isinstance(error, PermissionError):
        return VideoError(f"You may not read “{path}”.", "Change its permissions or copy it elsewhere.")
    return VideoError(
        f"“{path}” cannot be read: {error.strerror}.", "Copy it to another drive and try again."
    )


def is_picture(path: Path) -> bool:
    """Whether a name looks like a picture's."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def missing_numbers(pictures: tuple[Path, ...]) -> int:
    """How many numbers a series leaves out; 0 for pictures that are no series."""
    matches = [_NUMBERED.fullmatch(picture.name) for picture in pictures]
    names = {(match[1], match[3]) for match in matches if match}
    if None in matches or len(names) != 1:
        return 0
    numbers = {int(match[2]) for match in matches if match}
    return max(numbers) - min(numbers) + 1 - len(numbers)


def read_picture(path: Path) -> Image:
    """Decode a picture to RGB, turned as its EXIF data says.

    Raises:
        VideoError: It cannot be read or is no picture.
    """
    import cv2  # here, because it takes 25 MB that videos do not need

    try:
        data = np.fromfile(path, np.uint8)  # imread does not take every name on Windows
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    except OSError as error:
        raise unreadable(path, error) from error
    except cv2.error:  # such as a size beyond what OpenCV takes
        picture = None
    if picture is None:
        raise VideoError(f"“{path.name}” is damaged or no picture.", "Replace the file or take it away.")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def fit(picture: Image, size: tuple[int, int]) -> Image:
    """The picture at the given (W, H) px, whole, with black bars where its shape differs."""
    import cv2

    width, height = size
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    canvas = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(picture, inner, interpolation=how)
    return canvas


def _need(pictures: tuple[Path, ...], complaint: str) -> tuple[Path, ...]:
    if not pictures:
        kinds = ", ".join(sorted(suffix[1:] for suffix in PICTURE_SUFFIXES))
        raise VideoError(complaint, f"Pictures are files that end in {kinds}.")
    return pictures


def _natural(name: str) -> tuple[list[int | str], str]:
    parts = re.split(r"(\d+)", name.lower())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name


def _in_order(pictures: Iterable[Path]) -> tuple[Path, ...]:
    """By name, with numbers in names by value: "9.png" before "10.png"."""
    return tuple(sorted(pictures, key=lambda picture: _natural(picture.name)))


def _series(folder: Path, before: str, after: str) -> dict[int, Path]:
    """The pictures named `before`, a number, `after`; by number."""
    name = re.compile(re.escape(before) + r"(\d+)" + re.escape(after))
    matches = ((name.fullmatch(file.name), file) for file in _in_order(folder.iterdir()))
    found = {int(match[1]): file for match, file in matches if match}
    return dict(sorted(found.items()))


def _with_neighbours(path: Path) -> tuple[Path, ...]:
    match = _NUMBERED.fullmatch(path.name)
    if match:
        series = _series(path.parent, match[1], match[3])
        if series.keys() & {int(match[2]) - 1, int(match[2]) + 1}:
            return tuple(series.values())
    return (path,)
