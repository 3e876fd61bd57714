"""Reading a solved camera from a file of whatever kind, for the video that is open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.camera.errors import CameraError
from pipeline.camera.solved import Found, check_sizes, in_frames
from pipeline.camera.values import SolvedCamera, centred

_LARGEST = 256 * 2**20
_FAR_OFF = 0.1
"""Of the picture's width: a principal point so far from the middle is worth a word."""
_BINARY = (
    "Convert it first: colmap model_converter --input_path FOLDER --output_path FOLDER --output_type TXT"
)


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A solved camera that fits the video.

    Attributes:
        camera: In px of the video and by its frames.
        name: The file's name.
        scale: Metres in its unit, or None if nobody knows.
        notices: What the user should know of it, as sentences.
    """

    camera: SolvedCamera
    name: str
    scale: float | None
    notices: tuple[str, ...]


def read_camera(path: Path, size: tuple[int, int], frame_count: int) -> Imported:
    """Read a solved camera.

    Args:
        path: A JSON file, or COLMAP's images.txt, cameras.txt, or the folder of the two.
        size: (W, H) px of the video.
        frame_count: Of the video.

    Raises:
        CameraError: It is none, or fits no frame of the video.
    """
    try:
        found = _found(path)
    except OSError as error:
        raise CameraError(f"{path.name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CameraError(
            f"{path.name} is no text.", "Give a JSON file, or COLMAP's cameras.txt and images.txt."
        ) from error
    found, notices = in_frames(found, frame_count)
    camera, said = check_sizes(found, size)
    notices = (*found.notices, *notices, *said, *_gaps(camera, frame_count), *_off_middle(camera))
    return Imported(camera, path.name, found.scale, notices)


def _found(path: Path) -> Found:
    from pipeline.camera.colmap import read_colmap
    from pipeline.camera.solved_json import read_json

    if path.is_dir():
        if not (path / "images.txt").exists() and (path / "images.bin").exists():
            raise CameraError("COLMAP's model is binary.", _BINARY)
        return read_colmap(path / "cameras.txt", path / "images.txt")
    if path.suffix.lower() == ".bin":
        raise CameraError(f"{path.name} is binary.", _BINARY)
    if path.suffix.lower() == ".txt":
        return read_colmap(path.with_name("cameras.txt"), path.with_name("images.txt"))
    if path.suffix.lower() != ".json":
        raise CameraError(
            f"{path.name} is no solved camera.", "Give a JSON file, or COLMAP's cameras.txt and images.txt."
        )
    if path.stat().st_size > _LARGEST:
        raise CameraError(f"{path.name} is too large for the camera of a video.", "256 MB is the most.")
    return read_json(path)


def _gaps(camera: SolvedCamera, frame_count: int) -> tuple[str, ...]:
    """What is missing, and what becomes of it. One camera for all frames misses none."""
    missing = frame_count - len(camera.frames)
    if missing <= 0 or len(camera.frames) == 1:
        return ()
    between = int(np.sum(np.diff(camera.frames) - 1))
    said = f"{len(camera.frames)} of {frame_count} frames have a solved camera; "
    inside = f"{_frames(between)} between them go from one to the next" if between else ""
    outside = missing - between
    beyond = f"{_frames(outside)} before or after have that of the nearest" if outside else ""
    return (said + ", ".join(part for part in (inside, beyond) if part) + ".",)


def _off_middle(camera: SolvedCamera) -> tuple[str, ...]:
    width, height = camera.size
    off = np.abs(camera.principals - np.array([width, height]) / 2).max(0)
    if off.max() <= _FAR_OFF * width:
        return ()
    angle = np.degrees(np.arccos(np.clip(centred(camera.at(0), camera.size)[0][2, 2], -1, 1)))
    return (
        f"The principal point is {off.max():.0f} px from the middle, as of a picture that was cut out of another; "
        f"the camera is turned by {angle:.1f}° instead, which is exact in the middle only.",
    )


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
