"""The stage that bodies are looked at on: right-handed, y up, m.

The video's own camera stands on it. Where nothing is known of that camera it is level, in the middle, and
looks along -z.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.structures import Assignment, Float, FrameResult


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where a camera stands on the stage.

    Attributes:
        rotation: (3, 3), so that rotation @ p + position is a point p of the camera frame.
        position: (3,) m.
    """

    rotation: Float
    position: Float

    def put(self, points: Float) -> Float:
        """Points (..., 3) of the camera frame on the stage."""
        placed: Float = points @ self.rotation.T + self.position
        return placed

    def taken(self, points: Float) -> Float:
        """Points (..., 3) of the stage in the camera frame."""
        from_camera: Float = points - self.position
        taken: Float = from_camera @ self.rotation
        return taken


UPRIGHT = Placement(np.diag([1.0, -1.0, -1.0]).astype(np.float32), np.zeros(3, np.float32))
"""A camera of which nothing is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """A plane on the stage: points p with normal · p = level.

    Attributes:
        normal: (3,) of length 1, upwards.
        level: m.
    """

    normal: Float
    level: float

    @classmethod
    def flat(cls, height: float) -> Floor:
        """A level floor at y = height, m."""
        return cls(np.array([0, 1, 0], np.float32), height)


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """A frame of the second before.

    Attributes:
        result: Its people.
        assignments: Who they are.
        camera: Where the video's camera stood.
    """

    result: FrameResult
    assignments: tuple[Assignment, ...]
    camera: Placement
