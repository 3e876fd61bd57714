"""The floor, as a session remembers it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

Point = tuple[float, float, float]

KEY = "floor"
"""The session's setting."""


@dataclass(frozen=True, slots=True)
class FloorSetting:
    """A plane: points p with normal · p = offset.

    Attributes:
        normal: Upwards, of length 1.
        offset: m.
        camera: `Camera.key` of the camera it was measured with. Empty: it is in the axes of a camera that stands
            still. Else it is in the axes of the solve, in m.
        focal_length: px it was measured with.
        tilt: Degrees by which the camera is not level, in the middle of the frames that were looked at.
        height: m of that camera above the floor.
        frames: Frames in which a foot rested on it.
        spread: m; of the places where feet rested, two thirds are nearer to it.
        track: The person whose feet they were.
    """

    normal: Point
    offset: float
    camera: str = ""
    focal_length: float = 0.0
    tilt: float = 0.0
    height: float = 0.0
    frames: int = 0
    spread: float = 0.0
    track: int = 0

    def to_plain(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "normal": list(self.normal)}

    @classmethod
    def from_plain(cls, plain: Any) -> FloorSetting | None:
        """From `to_plain`; None for what makes no floor."""
        try:
            x, y, z = (float(value) for value in plain["normal"])
            names = ("offset", "focal_length", "tilt", "height", "spread")
            offset, focal_length, tilt, height, spread = (float(plain[name]) for name in names)
            frames, track = int(plain["frames"]), int(plain["track"])
            floor = cls(
                *((x, y, z), offset, str(plain["camera"]), focal_length, tilt, height, frames, spread, track)
            )
        except (KeyError, TypeError, ValueError):
            return None
        good = abs(math.hypot(x, y, z) - 1) < 1e-3 and math.isfinite(floor.offset)
        return floor if good else None

    def under(self, focal_length: float) -> FloorSetting:
        """The same floor in the axes of a still camera of another focal length in px.

        Bodies move in depth alone, z to k z, and that takes a plane to a plane.
        """
        if self.camera or not (focal_length and self.focal_length) or focal_length == self.focal_length:
            return self
        x, y, z = self.normal
        z *= self.focal_length / focal_length
        length = math.hypot(x, y, z)
        x, y, z = x / length, y / length, z / length
        tilt = math.degrees(math.acos(max(-1.0, min(1.0, -y))))
        offset = self.offset / length
        return replace(
            self, normal=(x, y, z), offset=offset, focal_length=focal_length, tilt=tilt, height=-offset
        )
