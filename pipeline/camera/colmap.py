"""COLMAP's text model: cameras.txt and images.txt.

A camera: CAMERA_ID MODEL WIDTH HEIGHT PARAMS…; a picture: IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, from the
world to a camera with x right, y down, z forward, and a line of points after it. Pixels are counted from the
left upper corner of the picture. The unit of length is any. Source: https://colmap.github.io/format.html.

Distortion is not undone: bodies are drawn with straight lines. How far that is off at most is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.camera.errors import CameraError
from pipeline.camera.solved import Found, Lens, Shot, quaternion_rotation

_MODELS = {
    "SIMPLE_PINHOLE": (1, 0),
    "PINHOLE": (2, 0),
    "SIMPLE_RADIAL": (1, 1),
    "RADIAL": (1, 2),
    "OPENCV": (2, 4),
}
"""How many focal lengths and how many distortion coefficients; cx and cy are between."""
_SEEN = 1.0
"""px at the corner of the picture from which distortion is worth a word."""


class _Camera(NamedTuple):
    lens: Lens
    bent: float
    model: str


def read_colmap(cameras_path: Path, images_path: Path) -> Found:
    """Read a model.

    Raises:
        CameraError: A file is missing, or says what cannot be understood or used.
        OSError: A file cannot be read.
        UnicodeDecodeError: It is no text.
    """
    for path, other in ((images_path, cameras_path), (cameras_path, images_path)):
        if not path.is_file():
            raise CameraError(
                f"{path.name} is not beside {other.name}.",
                "COLMAP's cameras.txt and images.txt belong together.",
            )
    cameras = dict(_cameras(cameras_path))
    if not cameras:
        raise CameraError("cameras.txt holds no camera.", "Is it a COLMAP model in text form?")
    shots = tuple(_shots(images_path, cameras))
    bent = max((camera.bent for camera in cameras.values()), default=0.0)
    notices = (
        (f"The lens bends the picture by up to {bent:.0f} px at its corners, which is left out here.",)
        if bent >= _SEEN
        else ()
    )
    return Found(shots, notices=notices)


def _cameras(path: Path) -> Iterator[tuple[int, _Camera]]:
    for number, words in _lines(path):
        where = f"cameras.txt, line {number}"
        if not words:
            continue
        if len(words) < 5:
            raise CameraError(f"{where} is no camera.", "It should be: ID MODEL WIDTH HEIGHT PARAMETERS.")
        identity, width, height, *params = _numbers([words[0], *words[2:]], where)
        if min(width, height) < 1 or max(width, height) > 1e6:
            raise CameraError(f"{where}: pictures of {width:g} × {height:g} px make no sense.")
        yield int(identity), _camera(words[1], params, (int(width), int(height)), where)


def _camera(model: str, params: Sequence[float], size: tuple[int, int], where: str) -> _Camera:
    if model not in _MODELS:
        raise CameraError(
            f"{where}: the camera model {model[:40]} cannot be used.",
            f"Solve with one of {', '.join(_MODELS)}, or run colmap image_undistorter and use its sparse model.",
        )
    focals, coefficients = _MODELS[model]
    if len(params) != focals + 2 + coefficients:
        raise CameraError(f"{where}: {model} has {focals + 2 + coefficients} parameters, not {len(params)}.")
    fx, fy = (params[0], params[focals - 1])
    cx, cy, *bend = params[focals:]
    lens = Lens(fx, fy, cx, cy, size)
    return _Camera(lens, _bent(lens, size, bend), model)


def _bent(lens: Lens, size: tuple[int, int], bend: Sequence[float]) -> float:
    """By how many px the corner that is bent most is off: k1 r² + k2 r⁴ (tangential terms are smaller by far)."""
    k1, k2 = (*bend[:2], 0.0, 0.0)[:2]
    if lens.fx <= 0 or lens.fy <= 0:
        return 0.0
    worst = 0.0
    for x in (0, size[0]):
        for y in (0, size[1]):
            r2 = ((x - lens.cx) / lens.fx) ** 2 + ((y - lens.cy) / lens.fy) ** 2
            worst = max(worst, abs(k1 * r2 + k2 * r2 * r2) * math.hypot(x - lens.cx, y - lens.cy))
    return min(worst, 1e6)


def _shots(path: Path, cameras: dict[int, _Camera]) -> Iterator[Shot]:
    """Every other line is a picture; the others, which may be empty or left out, are points."""
    points = False
    for number, words in _lines(path):
        picture = _is_picture(words)
        if points and not picture:
            points = False
            continue
        if not words:
            continue
        where = f"images.txt, line {number}"
        if not picture:
            raise CameraError(
                f"{where} is no picture.", "It should be: ID QW QX QY QZ TX TY TZ CAMERA_ID NAME."
            )
        values = _numbers(words[:9], where)
        if int(values[8]) not in cameras:
            raise CameraError(f"{where}: camera {int(values[8])} is not in cameras.txt.")
        rotation = quaternion_rotation(values[1:5], where)
        yield Shot(" ".join(words[9:]), rotation, np.array(values[5:8]), cameras[int(values[8])].lens)
        points = True


def _is_picture(words: Sequence[str]) -> bool:
    """Points are triples x, y, id: numbers alone. The name of a picture is one seldom, and has a point or none."""
    if len(words) < 10 or not words[0].isdigit() or not words[8].isdigit():
        return False
    # Ten numbers can be no whole number of triples.
    return len(words) % 3 == 1 or not all(_is_number(word) for word in words[9:])


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Numbers and words of the lines that are no comment; of lines of points, which are long, only the first few."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.startswith("#"):
                yield number, line.split() if len(line) < 4096 else line[:4096].split()[:11]


def _numbers(words: Sequence[str], where: str) -> list[float]:
    try:
        values = [float(word) for word in words]
    except ValueError as error:
        raise CameraError(f"{where} holds a word where a number should be.") from error
    if not all(math.isfinite(value) and abs(value) < 1e12 for value in values):
        raise CameraError(f"{where} holds a number that is none.")
    return values
