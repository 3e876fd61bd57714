"""What a file says of a camera, before and after it is brought to the video's frames and pixels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from pipeline.camera.errors import CameraError
from pipeline.camera.values import Array, SolvedCamera

_DIGITS = re.compile(r"\d+")
_ROUGH = 0.02
"""How far columns of a rotation may be from length 1 and right angles: files are rounded, not skewed."""


class Lens(NamedTuple):
    """fx, fy, cx, cy in px of pictures of `size`; None is the video's own."""

    fx: float
    fy: float
    cx: float
    cy: float
    size: tuple[int, int] | None


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture of a solved camera, world to camera: a point p of the world is R p + t in it.

    Attributes:
        name: The picture's name, or a number as text.
        rotation: (3, 3).
        translation: (3,).
        lens: Its lens.
    """

    name: str
    rotation: Array
    translation: Array
    lens: Lens


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a file says.

    Attributes:
        shots: The pictures; by frame, if `frames` says which.
        frames: The frame of each; None if only their names say it. (-1,) stands for every frame.
        scale: Metres in its unit, or None if it does not say.
        up: As in `SolvedCamera`.
        notices: What the user should know.
    """

    shots: tuple[Shot, ...]
    frames: tuple[int, ...] | None = None
    scale: float | None = None
    up: str = ""
    notices: tuple[str, ...] = ()


def in_frames(found: Found, frame_count: int) -> tuple[Found, tuple[str, ...]]:
    """The pictures that are frames of the video, ascending, and what is to be said of it.

    Raises:
        CameraError: None is, or two are the same.
    """
    if not found.shots:
        raise CameraError("The file holds no camera.", "Perhaps the solver placed no picture.")
    frames, notices = (found.frames, ()) if found.frames is not None else _by_name(found.shots, frame_count)
    if frames == (-1,):
        return replace(found, frames=(0,)), notices
    if len(set(frames)) < len(frames):
        twice = next(frame for frame in sorted(frames) if frames.count(frame) > 1)
        raise CameraError(f"Frame {twice} has two cameras.", "Each frame must be there once.")
    inside = sorted((frame, row) for row, frame in enumerate(frames) if 0 <= frame < frame_count)
    if not inside:
        raise CameraError(
            f"None of the {len(frames)} cameras is for a frame of this video, which has frames 0–{frame_count - 1}.",
            "Is it the camera of another video?",
        )
    if beyond := len(frames) - len(inside):
        what = "1 camera is for a frame" if beyond == 1 else f"{beyond} cameras are for frames"
        were = "was" if beyond == 1 else "were"
        notices += (f"{what} that the video does not have, and {were} left out.",)
    shots = tuple(found.shots[row] for _frame, row in inside)
    return replace(found, shots=shots, frames=tuple(frame for frame, _row in inside)), notices


def _by_name(shots: Sequence[Shot], frame_count: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Frames of pictures by the last number in their names; without numbers, by the order of the names."""
    stems = [re.split(r"[\\/]", shot.name)[-1].rpartition(".")[0] or shot.name for shot in shots]
    digits = [_DIGITS.findall(stem) for stem in stems]
    if not all(digits):
        return _by_order(shots, frame_count)
    numbers = [int(found[-1][-12:]) for found in digits]
    if len(set(numbers)) < len(numbers):
        return _by_order(shots, frame_count)
    # ffmpeg and its kin count pictures from 1; frames are counted from 0.
    if min(numbers) == 1 or max(numbers) == frame_count:
        first = stems[numbers.index(min(numbers))]
        said = f"The pictures are counted from 1, so “{first}” is frame {min(numbers) - 1}."
        return tuple(number - 1 for number in numbers), (said, *_spread(numbers, frame_count))
    return tuple(numbers), ()


def _by_order(shots: Sequence[Shot], frame_count: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    if len(shots) != frame_count:
        raise CameraError(
            f"The names of the {len(shots)} pictures do not say which of the {frame_count} frames they are.",
            "Name the pictures by the number of the frame, from 0, such as 000012.png.",
        )
    ranked = sorted(range(len(shots)), key=lambda row: shots[row].name)
    frames = [0] * len(shots)
    for frame, row in enumerate(ranked):
        frames[row] = frame
    return tuple(frames), (
        "The pictures have no numbers of their own and were taken in the order of their names.",
    )


def _spread(numbers: Sequence[int], frame_count: int) -> tuple[str, ...]:
    """Pictures that were taken out of a video every so many frames have numbers that are no frames."""
    if len(numbers) < 2 or max(numbers) > frame_count / 2 or max(numbers) - min(numbers) >= 2 * len(numbers):
        return ()
    return (
        f"They cover only frames 0–{max(numbers) - 1} of {frame_count}. If every so many frames was taken out of the "
        "video, name the pictures by the number of their frame.",
    )


def check_sizes(found: Found, size: tuple[int, int]) -> tuple[SolvedCamera, tuple[str, ...]]:
    """The camera in px of the video; lenses for pictures of another size are scaled, which is said.

    Args:
        found: With frames, ascending.
        size: (W, H) px of the video.

    Raises:
        CameraError: A lens is impossible, or for pictures of another shape.
    """
    lenses, notices = [], {}
    for shot in found.shots:
        lens, said = _scaled(shot, size)
        lenses.append(lens)
        notices.update(dict.fromkeys(said))
    values = np.array([lens[:4] for lens in lenses], np.float64)
    rotations = np.array([shot.rotation for shot in found.shots])
    translations = np.array([shot.translation for shot in found.shots])
    camera = SolvedCamera(
        frames=np.array(found.frames, np.int64),
        rotations=rotations,
        centres=-np.einsum("tji,tj->ti", rotations, translations),
        focals=values[:, :2].copy(),
        principals=values[:, 2:].copy(),
        size=size,
        up=found.up,
    )
    return camera, tuple(notices)


def _scaled(shot: Shot, size: tuple[int, int]) -> tuple[Lens, tuple[str, ...]]:
    lens = shot.lens
    said: tuple[str, ...] = ()
    if lens.size is not None and lens.size != size:
        across, down = size[0] / lens.size[0], size[1] / lens.size[1]
        if abs(across / down - 1) > 0.02:
            raise CameraError(
                f"The camera is for pictures of {lens.size[0]} × {lens.size[1]} px, the video has "
                f"{size[0]} × {size[1]} px: another shape.",
                "Solve the camera from pictures of this video, not cut and not turned.",
            )
        lens = Lens(lens.fx * across, lens.fy * down, lens.cx * across, lens.cy * down, size)
        said = (
            f"The camera is for pictures of {shot.lens.size[0]} × {shot.lens.size[1]} px"  # type: ignore[index]  # not None
            f" and was scaled to the video's {size[0]} × {size[1]} px.",
        )
    if not 0.05 * size[0] < min(lens.fx, lens.fy) <= max(lens.fx, lens.fy) < 1000 * size[0]:
        raise CameraError(
            f"{_of(shot)}: a focal length of {lens.fx:g} × {lens.fy:g} px is none for a picture of {size[0]} px.",
            "Focal lengths must be in px, not in mm and not a share of the width.",
        )
    return lens, said


def rotation_of(matrix: Array, where: str) -> Array:
    """The rotation (3, 3) nearest to a matrix that should be one.

    Raises:
        CameraError: It is none by more than rounding.
    """
    if np.abs(matrix @ matrix.T - np.eye(3)).max() > _ROUGH:
        raise CameraError(
            f"{where}: the rotation is none, for its rows are not at right angles with length 1.",
            "R must hold the rotation from the world to the camera, without a scale.",
        )
    if np.linalg.det(matrix) < 0:
        raise CameraError(
            f"{where}: the rotation mirrors.",
            "One axis points the wrong way: cameras have x right, y down, z forward here.",
        )
    left, _, right = np.linalg.svd(matrix)
    nearest: Array = left @ right
    return nearest


def quaternion_rotation(values: Sequence[float], where: str) -> Array:
    """Rotation (3, 3) of w, x, y, z.

    Raises:
        CameraError: Its length is not 1.
    """
    length = float(np.linalg.norm(values))
    if not abs(length - 1) <= _ROUGH:
        raise CameraError(
            f"{where}: the quaternion has length {length:.3g}, not 1.", "Its order is w, x, y, z."
        )
    w, x, y, z = (value / length for value in values)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _of(shot: Shot) -> str:
    return f"Frame {shot.name}" if shot.name.isdigit() else f"“{shot.name}”"
