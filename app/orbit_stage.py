"""Where the video's camera stands when bodies are looked at from any side, and what they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pipeline.stage import UPRIGHT, Floor, Placement
from pipeline.structures import Float

if TYPE_CHECKING:
    from pipeline.session.store import Store


class World(Protocol):
    """What is known of the world: y up, m."""

    @property
    def floor(self) -> tuple[Float, float] | None:
        """Normal (3,) upwards, of length 1, and offset, so that normal · p = offset for its points; if known."""

    def camera_to_world(self, frame: int) -> tuple[Float, Float]:
        """R (3, 3) and t (3,), so that R p + t is where a point p of that frame's camera is in the world."""


class LevelWorld:
    """Nothing is known: the camera is level and stands still, the world is its axes turned upright."""

    floor = None

    def camera_to_world(self, frame: int) -> tuple[Float, Float]:
        """The same for every frame."""
        return UPRIGHT.rotation, UPRIGHT.position


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What bodies are looked at on, in one of the two spaces.

    Attributes:
        world: What is known of the world.
        space: "camera" or "world".
    """

    world: World
    space: str

    @property
    def axes(self) -> Float:
        """(3, 3), in columns where the space's axes x, y, z point on the stage."""
        return UPRIGHT.rotation if self.space == "camera" else np.eye(3, dtype=np.float32)

    @property
    def note(self) -> str:
        """What is to be said of the floor."""
        return " · floor: lowest foot" if self.world.floor is None else " · floor as set"

    def camera(self, frame: int) -> Placement:
        """Where the video's camera stands in a frame; in its own space it never moves."""
        return UPRIGHT if self.space == "camera" else Placement(*self.world.camera_to_world(frame))

    def floor(self, frame: int) -> Floor | None:
        """The floor of a frame, if it is known."""
        if self.world.floor is None:
            return None
        normal, offset = self.world.floor
        if self.space == "world":
            return Floor(normal, offset)
        rotation, shift = self.world.camera_to_world(frame)
        from_camera: Float = normal @ rotation
        seen: Float = from_camera @ UPRIGHT.rotation.T
        return Floor(seen, offset - float(normal @ shift))


def world_in(store: Store | None) -> World:
    """What a session knows of the world."""
    if store is None:
        return LevelWorld()
    from pipeline.world import world_in as world_of_session  # with the session, which loads late

    return world_of_session(store)
