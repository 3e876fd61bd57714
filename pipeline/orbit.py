"""Looking at bodies from any side: where the looker is, and what is seen from there.

A looker stands on the stage of `pipeline.stage`; a view has a camera's axes: x right, y down, z forward.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pipeline.stage import Placement
from pipeline.structures import Float, Image

Point = tuple[float, float, float]
Aim = Literal["all", "camera"] | int | None
"""What to look at: everybody, what the video's camera sees, the person in a slot, or what one looks at already."""

FIELD = 40.0
"""Vertical field of view in degrees, unless one looks through the video's camera."""

PRESETS = {"front": (0.0, 0.0), "side": (90.0, 0.0), "top": (0.0, 90.0)}
"""Azimuth and elevation in degrees."""

NEAREST, FARTHEST = 0.2, 2000.0
"""Of the distance to the target, m."""


@dataclass(frozen=True, slots=True)
class Orbit:
    """Where one looks from.

    Attributes:
        azimuth: Degrees about the upright axis; 0 is where the video's camera is, 90 to its right.
        elevation: Degrees above the level of the target, -90 to 90.
        distance: m from the target.
        target: The point in the middle, (x, y, z) m on the stage.
        roll: Degrees about the line of sight; not 0 only where the video's camera is tilted.
        field: Vertical field of view in degrees.
    """

    azimuth: float = 25.0
    elevation: float = 15.0
    distance: float = 5.0
    target: Point = (0.0, 0.0, 0.0)
    roll: float = 0.0
    field: float = FIELD

    def view(self) -> tuple[Float, Float]:
        """R (3, 3) and t (3,), so that R p + t is where a point of the stage is in the view."""
        axes = self._axes()
        eye = np.array(self.target) - self.distance * axes[2]
        return axes.astype(np.float32), (-axes @ eye).astype(np.float32)

    def focal_length(self, height: int) -> float:
        """Focal length in px of a picture of that height."""
        return height / 2 / math.tan(math.radians(self.field) / 2)

    def turned(self, right: float, down: float) -> Orbit:
        """What lies in the middle turned by degrees with the hand, as a globe is."""
        azimuth = (self.azimuth - right + 180.0) % 360.0 - 180.0
        return replace(self, azimuth=azimuth, elevation=min(max(self.elevation + down, -90.0), 90.0))

    def moved(self, right: float, down: float, height: int) -> Orbit:
        """What lies in the middle moved by px of a picture of that height."""
        across, along, _ = self._axes()
        moved = np.array(self.target) - (right * across + down * along) * (
            self.distance / self.focal_length(height)
        )
        return replace(self, target=point(moved))

    def zoomed(self, factor: float) -> Orbit:
        """So many times nearer."""
        return replace(self, distance=min(max(self.distance / factor, NEAREST), FARTHEST))

    def from_side(self, name: str) -> Orbit:
        """From one of `PRESETS`, the target where it was."""
        azimuth, elevation = PRESETS[name]
        return replace(self, azimuth=azimuth, elevation=elevation, roll=0.0, field=FIELD)

    def at(self, target: Point) -> Orbit:
        """With another point in the middle."""
        return replace(self, target=target)

    def around(self, points: Float, aspect: float) -> Orbit:
        """With all of (P, 3) m on the stage, and a body's length around each, in a picture of width / height."""
        low, high = points.min(0).astype(float), points.max(0).astype(float)
        radius = float(np.linalg.norm(high - low)) / 2 + 1.1
        half = math.radians(self.field) / 2
        half = min(half, math.atan(math.tan(half) * aspect))
        distance = min(max(radius / math.sin(half), NEAREST), FARTHEST)
        return replace(self, target=point((low + high) / 2), distance=distance)

    def _axes(self) -> Float:
        """(3, 3): right, down and forward of the view, on the stage."""
        a, e, r = (math.radians(angle) for angle in (self.azimuth, self.elevation, self.roll))
        forward = -np.array([math.cos(e) * math.sin(a), math.sin(e), math.cos(e) * math.cos(a)])
        across = np.array([math.cos(a), 0.0, -math.sin(a)])
        down = np.cross(forward, across)
        turned = math.cos(r) * across + math.sin(r) * down, math.cos(r) * down - math.sin(r) * across
        axes: Float = np.stack([*turned, forward])
        return axes


def through(camera: Placement, field: float, depth: float) -> Orbit:
    """Look through a camera, with the point straight ahead in some depth (m) as target."""
    right, _, forward = camera.rotation.T.astype(float)
    elevation = math.degrees(math.asin(min(max(-forward[1], -1.0), 1.0)))
    # Straight from above or below the direction says nothing, the right side does.
    flat = math.hypot(forward[0], forward[2]) < 1e-6
    azimuth = math.atan2(-right[2], right[0]) if flat else math.atan2(-forward[0], -forward[2])
    level = Orbit(math.degrees(azimuth), elevation)._axes()
    roll = math.degrees(math.atan2(level[1] @ right, level[0] @ right))
    target = point(camera.position + depth * forward)
    return Orbit(math.degrees(azimuth), elevation, depth, target, roll, min(max(field, 1.0), 150.0))


def fitted_field(focal_length: float, size: tuple[int, int], pane: tuple[int, int]) -> float:
    """Vertical field of view in degrees of a pane (W, H) px that holds a whole picture (W, H) px.

    Args:
        focal_length: Of the picture, px.
        size: Of the picture.
        pane: Its size.
    """
    scale = min(pane[0] / size[0], pane[1] / size[1])
    return math.degrees(2 * math.atan(pane[1] / 2 / (focal_length * scale)))


def carried(orbit: Orbit, old: Placement, new: Placement) -> Orbit:
    """The same look at the same things after the camera, and they with it, stand elsewhere on the stage.

    It stays level, unless one looks through the video's camera.
    """
    rotation, shift = orbit.view()
    # The view's axes as columns are a placement of the looker.
    turn: Float = new.rotation @ old.rotation.T
    axes: Float = turn @ rotation.T
    eye = new.put(old.taken(_eye(rotation, shift)))
    seen = through(Placement(axes, eye), orbit.field, orbit.distance)
    return seen if orbit.field != FIELD else replace(seen, roll=0.0)


def point(values: Float) -> Point:
    """Three numbers as a tuple."""
    x, y, z = (float(value) for value in values)
    return x, y, z


def _eye(rotation: Float, shift: Float) -> Float:
    """(3,) where a view is looked from, on the stage."""
    eye: Float = -(shift @ rotation)
    return eye


@dataclass(frozen=True, slots=True)
class OrbitLook:
    """Colours, each (R, G, B) in 0..255, and the scale of lines.

    Attributes:
        background: Behind everything.
        grid: Of the floor.
        strong: Of each fifth line of the floor.
        camera: Of the video's camera.
        ratio: Device px for each px of the window.
    """

    background: tuple[int, int, int]
    grid: tuple[int, int, int]
    strong: tuple[int, int, int]
    camera: tuple[int, int, int]
    ratio: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class OrbitPicture:
    """A view that was drawn.

    Attributes:
        frame_index: The frame whose people are seen.
        rgba: (H, W, 4) uint8, opaque.
        ids: (H, W) uint8: 0 where nobody is, else 1 + a place in `slots`.
        slots: Who they are.
        orbit: Where it was looked from.
        step: Between lines of the floor, m.
        coarse: Whether the bodies were drawn with fewer pixels, for speed.
    """

    frame_index: int
    rgba: Image
    ids: Image
    slots: tuple[int, ...]
    orbit: Orbit
    step: float
    coarse: bool = False

    def slot_at(self, x: float, y: float) -> int:
        """Who is seen at a place in px, or -1."""
        column, row = int(x), int(y)
        height, width = self.ids.shape
        if not (0 <= column < width and 0 <= row < height):
            return -1
        place = int(self.ids[row, column])
        return self.slots[place - 1] if place else -1
