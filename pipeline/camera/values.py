"""What is known of the video's camera."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.structures import Float, Int

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CameraSetting:
    """What a session says of its camera; the session's setting "camera". The arrays of a solve lie beside it.

    Attributes:
        focal_length: px; 0 leaves it as the engine ran it. A solved camera says its own.
        solved: Digest of the `SolvedCamera`, or empty: the camera is taken to stand still.
        name: File the solved camera is from.
        scale: Metres in a unit of length of the solved camera.
        scaled_by: Who says so: "file", "feet", "reviewer", or empty while nobody does.
    """

    focal_length: float = 0.0
    solved: str = ""
    name: str = ""
    scale: float = 1.0
    scaled_by: str = ""

    def to_plain(self) -> dict[str, Any] | None:
        """As JSON; None for a camera of which nothing is said."""
        if self == CameraSetting():
            return None
        if not self.solved:
            return {"focal_length": self.focal_length}
        names = ("solved", "name", "scale", "scaled_by")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_plain(cls, plain: Any) -> CameraSetting:
        """From `to_plain`; what is missing or makes no sense counts as not said."""
        if not isinstance(plain, dict):
            return cls()
        solved, name = str(plain.get("solved") or ""), str(plain.get("name") or "")
        by = str(plain.get("scaled_by") or "")
        return cls(
            _positive(plain.get("focal_length"), 0.0), solved, name, _positive(plain.get("scale"), 1.0), by
        )


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """A solved camera in one frame.

    Attributes:
        rotation: (3, 3), from the axes of the solve to the camera's (x right, y down, z forward).
        centre: (3,) where the camera stands, in units of the solve.
        focal: (2,) fx, fy in px of the video.
        principal: (2,) cx, cy in px of the video.
    """

    rotation: Array
    centre: Array
    focal: Array
    principal: Array


@dataclass(frozen=True, slots=True, eq=False)
class SolvedCamera:
    """A camera as a solver found it, in the frames it found it in. Arrays are read-only.

    Attributes:
        frames: (T,) ascending, at least one.
        rotations: (T, 3, 3), from the axes of the solve to the camera's, OpenCV's.
        centres: (T, 3) where the camera stands, in units of the solve.
        focals: (T, 2) fx, fy in px of the video.
        principals: (T, 2) cx, cy in px of the video, from its left upper corner.
        size: (W, H) px of the video.
        up: Axis of the solve that points up, such as "y" or "-z"; empty if it is not known.
    """

    frames: Int
    rotations: Array
    centres: Array
    focals: Array
    principals: Array
    size: tuple[int, int]
    up: str = ""

    def __post_init__(self) -> None:
        count = len(self.frames)
        shapes = {"rotations": (3, 3), "centres": (3,), "focals": (2,), "principals": (2,)}
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != (count, *shape) or not count:
                raise ValueError(f"SolvedCamera.{name} has shape {array.shape}, not {(count, *shape)}")
            array.flags.writeable = False
        self.frames.flags.writeable = False

    @property
    def moves(self) -> bool:
        """Whether the camera stands elsewhere, or looks elsewhere, in some frame."""
        return bool(np.ptp(self.centres, 0).max() > 1e-9 or np.ptp(self.rotations, 0).max() > 1e-6)

    def at(self, frame: int) -> Pose:
        """The camera in a frame: between two that were solved on the shortest way, beyond the ends as there."""
        right = int(np.searchsorted(self.frames, frame))
        if right < len(self.frames) and self.frames[right] == frame:
            return self._pose(right)
        if right in (0, len(self.frames)):
            return self._pose(min(right, len(self.frames) - 1))
        before, after = self._pose(right - 1), self._pose(right)
        first, last = self.frames[right - 1 : right + 1].tolist()
        share = (frame - first) / (last - first)
        return Pose(
            partly(after.rotation @ before.rotation.T, share) @ before.rotation,
            *(
                (1 - share) * getattr(before, name) + share * getattr(after, name)
                for name in ("centre", "focal", "principal")
            ),
        )

    def _pose(self, row: int) -> Pose:
        return Pose(self.rotations[row], self.centres[row], self.focals[row], self.principals[row])


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """What a session knows of its camera.

    Attributes:
        setting: What it says.
        solved: The solved camera, if there is one.
    """

    setting: CameraSetting = CameraSetting()
    solved: SolvedCamera | None = None

    def focal_length(self, frame: int) -> float:
        """In px, with the principal point in the middle of the picture; 0 leaves it as the engine ran it."""
        if self.solved is None:
            return self.setting.focal_length
        return centred(self.solved.at(frame), self.solved.size)[1]

    @property
    def key(self) -> str:
        """Differs where bodies would stand elsewhere."""
        setting = self.setting
        return f"{setting.solved} {setting.scale:.6g}" if self.solved is not None else ""


def centred(pose: Pose, size: tuple[int, int]) -> tuple[Array, float]:
    """A camera whose principal point is the middle of the picture, in place of a solved one.

    It stands at the same place, looks at what the solved one has in the middle of the picture, and shows that as
    large. In the middle of the picture both see the same. Elsewhere they differ, for turning a camera is not
    shifting its picture: by about the angle of the turn times the square of the tangent of the angle to
    the middle. With square pixels and the principal point in the middle there is no difference at all.

    Args:
        pose: The solved camera.
        size: (W, H) px of the picture.

    Returns:
        (3, 3) from its axes to those of the solved one, and its focal length in px.
    """
    ray = np.array([*((np.array(size) / 2 - pose.principal) / pose.focal), 1.0])
    length = float(np.linalg.norm(ray))
    return between(np.array([0.0, 0.0, 1.0]), ray / length), math.sqrt(pose.focal.prod()) * length


def between(start: Array, end: Array) -> Array:
    """The smallest rotations (..., 3, 3) that take directions of length 1, (..., 3), to others, (..., 3).

    Rodrigues' formula; for opposite directions, where there are many, half a turn.
    """
    axis, cosine = np.cross(start, end), (start * end).sum(-1)
    cross = _cross(axis)
    opposite = cosine < -1 + 1e-9
    factor = 1 / np.where(opposite, 1.0, 1 + cosine)
    turned: Array = np.eye(3) + cross + cross @ cross * factor[..., None, None]
    if np.any(opposite):
        other = np.where(np.abs(start[..., :1]) < 0.9, [1.0, 0, 0], [0, 1.0, 0])
        about = np.cross(start, other)
        about /= np.linalg.norm(about, axis=-1, keepdims=True)
        half = 2 * about[..., :, None] * about[..., None, :] - np.eye(3)
        turned = np.where(opposite[..., None, None], half, turned)
    return turned


def partly(rotation: Array, share: float) -> Array:
    """A rotation (3, 3) by a share of its angle about the same axis; of half a turn one of the two ways."""
    sines = np.array(
        [rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]]
    )
    sine, cosine = float(np.linalg.norm(sines)) / 2, (float(np.trace(rotation)) - 1) / 2
    if sine < 1e-9 and cosine > 0:
        return np.eye(3)
    axis = sines / (2 * sine) if sine >= 1e-6 else _doubled(rotation)
    angle = share * math.atan2(sine, cosine)
    cross = _cross(axis)
    turned: Array = np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * (cross @ cross)
    return turned


def _doubled(rotation: Array) -> Array:
    """The axis of half a turn R: R + 1 takes every direction to it."""
    columns = rotation + np.eye(3)
    longest: Array = columns[:, int(np.argmax(np.diag(columns)))]
    axis: Array = longest / np.linalg.norm(longest)
    return axis


def _cross(axis: Array) -> Array:
    """(..., 3, 3) that are the cross product with axes (..., 3)."""
    cross = np.zeros((*axis.shape, 3))
    x, y, z = np.moveaxis(axis, -1, 0)
    cross[..., 0, 1], cross[..., 0, 2], cross[..., 1, 2] = -z, y, -x
    product: Array = cross - np.swapaxes(cross, -1, -2)
    return product


def real(values: Array) -> Float:
    """As float32."""
    return values.astype(np.float32)


def _positive(value: Any, otherwise: float) -> float:
    good = isinstance(value, int | float) and math.isfinite(value) and value > 0
    return float(value) if good else otherwise
