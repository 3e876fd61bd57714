"""A solved camera in JSON; docs/camera.md has the schema and an example.

Rotation and translation take a point from the world to the camera, R p + t, with x right, y down, z forward in
the camera. K, or fx, fy, cx and cy, are in px, counted from the left upper corner of the picture. What all frames
share may stand once outside of "frames"; without "frames" it is one camera that stands still.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.camera.errors import CameraError
from pipeline.camera.solved import Found, Lens, Shot, quaternion_rotation, rotation_of
from pipeline.camera.values import Array

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048, "in": 0.0254}
AXES = ("x", "-x", "y", "-y", "z", "-z")
_EVERY = (-1,)
Said = Mapping[str, Any]


def read_json(path: Path) -> Found:
    """Read a camera.

    Raises:
        CameraError: It is no JSON, or not of the schema.
        OSError: The file cannot be read.
        UnicodeDecodeError: It is no text.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:  # a ValueError too, and told apart
        raise
    except (ValueError, RecursionError) as error:
        raise CameraError(
            f"{path.name} is no JSON: {_where(error)}", "docs/camera.md shows how it should look."
        ) from error
    if not isinstance(said, dict):
        raise CameraError(
            f"{path.name} holds no camera.", 'It should be an object with "frames"; see docs/camera.md.'
        )
    return camera_of(said)


def camera_of(said: Said) -> Found:
    """A camera from what JSON said.

    Raises:
        CameraError: It is not of the schema.
    """
    version = said.get("version", 1)
    if version != 1:
        raise CameraError(
            f"Version {version!r} of the camera file is not known.", "Update Retake, or write version 1."
        )
    size, scale, up = _size(said), _scale(said.get("unit")), _up(said.get("up"))
    rows = said.get("frames")
    if rows is None:
        return Found((_shot({}, said, size, "The camera", "0", still=True),), _EVERY, scale, up)
    if not isinstance(rows, list) or not rows:
        raise CameraError('"frames" must be a list with one object for each frame.', "See docs/camera.md.")
    frames = tuple(_frame(row, number) for number, row in enumerate(rows))
    shots = tuple(
        _shot(row, said, size, f"Frame {frame}", str(frame)) for frame, row in zip(frames, rows, strict=True)
    )
    return Found(shots, frames, scale, up)


def _frame(row: Any, number: int) -> int:
    if not isinstance(row, dict):
        raise CameraError(f'Entry {number} of "frames" is no object.', "See docs/camera.md.")
    frame = row.get("frame", number)
    if isinstance(frame, bool) or not isinstance(frame, int) or not 0 <= frame < 2**40:
        raise CameraError(f'Entry {number} of "frames": "frame" must be a whole number from 0.')
    return frame


def _shot(row: Said, shared: Said, size: Any, where: str, name: str, *, still: bool = False) -> Shot:
    both = {**_without_rival(shared, row), **row}
    lens = _lens(both, size, where)
    if still and not {"R", "q", "t"} & both.keys():
        return Shot(name, np.eye(3), np.zeros(3), lens)
    return Shot(name, _rotation(both, where), _array(both, "t", (3,), where), lens)


def _without_rival(shared: Said, row: Said) -> dict[str, Any]:
    """What a frame says in one way counts more than what all say in another."""
    rivals = {"K": ("fx", "fy", "cx", "cy"), "fx": ("K",), "R": ("q",), "q": ("R",)}
    gone = {rival for key in row for rival in rivals.get(key, ())}
    return {key: value for key, value in shared.items() if key not in gone}


def _lens(both: Said, size: tuple[int, int] | None, where: str) -> Lens:
    if "K" in both:
        matrix = _array(both, "K", (3, 3), where)
        if np.abs(matrix[[1, 2, 2], [0, 0, 1]]).max() > 1e-6 or abs(matrix[2, 2] - 1) > 1e-6:
            raise CameraError(
                f"{where}: K must be [[fx, s, cx], [0, fy, cy], [0, 0, 1]].", "Is it transposed?"
            )
        return Lens(matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2], size)
    if "fx" not in both:
        raise CameraError(f"{where} has no K and no fx.", "See docs/camera.md.")
    fx = _number(both, "fx", where)
    fy = _number(both, "fy", where) if "fy" in both else fx
    if not {"cx", "cy"} <= both.keys():
        raise CameraError(f"{where} has no cx and cy.", "The middle of the picture is W / 2 and H / 2.")
    return Lens(fx, fy, _number(both, "cx", where), _number(both, "cy", where), size)


def _rotation(both: Said, where: str) -> Array:
    if "R" in both:
        return rotation_of(_array(both, "R", (3, 3), where), where)
    if "q" in both:
        return quaternion_rotation(_array(both, "q", (4,), where).tolist(), where)
    raise CameraError(
        f"{where} has no R and no q.", "A camera that does not turn has R = [[1,0,0],[0,1,0],[0,0,1]]."
    )


def _array(both: Said, key: str, shape: tuple[int, ...], where: str) -> Array:
    wanted = " × ".join(str(side) for side in shape) + " numbers"
    if key not in both:
        raise CameraError(f"{where} has no {key}.", f"It should be {wanted}.")
    try:
        array = np.array(both[key], np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise CameraError(f"{where}: {key} must be {wanted}.") from error
    if array.shape != shape or not np.isfinite(array).all() or np.abs(array).max() > 1e12:
        raise CameraError(f"{where}: {key} must be {wanted}, all of them finite.")
    return array


def _number(both: Said, key: str, where: str) -> float:
    value = both[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(_float(value)):
        raise CameraError(f"{where}: {key} must be a number.")
    return _float(value)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _size(said: Said) -> tuple[int, int] | None:
    size = said.get("size")
    if size is None:
        return None
    good = (
        isinstance(size, list)
        and len(size) == 2
        and all(type(side) is int and 0 < side < 10**6 for side in size)
    )
    if not good:
        raise CameraError(
            '"size" must be the width and height in px of the pictures K is for, such as [1920, 1080].'
        )
    return size[0], size[1]


def _scale(unit: Any) -> float | None:
    if unit is None:
        return None
    if isinstance(unit, str) and unit in UNITS:
        return UNITS[unit]
    good = isinstance(unit, int | float) and not isinstance(unit, bool) and 0 < _float(unit) < 1e9
    if not good:
        raise CameraError(f'"unit" must be one of {", ".join(UNITS)}, or how many metres it is.')
    return _float(unit)


def _up(up: Any) -> str:
    if up is None:
        return ""
    if not isinstance(up, str) or up not in AXES:
        raise CameraError(f'"up" must be one of {", ".join(AXES)}.')
    return str(up)


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} in line {error.lineno}."
    return "it is nested too deeply." if isinstance(error, RecursionError) else "it cannot be understood."
