"""Steadier landmarks while a person is followed.

The one-euro filter (Casiez, Roussel and Vogel, 2012): what hardly moves is smoothed a lot, what moves fast
hardly at all, so that it does not lag. In the picture with the numbers MediaPipe itself uses for video; in 3D,
where its landmarks are noisier than they move, smoother: on the demo clip this halves the jitter of the bodies
and brings them a little nearer to the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.engines.mediapipe.landmarks import PERSON_IN_REGION, Pose
from pipeline.structures import Float

_SLOPE_CUTOFF = 1.0  # Hz


@dataclass
class OneEuro:
    """A filter of one array's values over time.

    Attributes:
        cutoff: Hz, for what does not move.
        per_speed: Hz more for each unit a second.
    """

    cutoff: float
    per_speed: float
    _raw: Float | None = None
    _smooth: Float | None = None
    _speed: Float | None = None

    def __call__(self, values: Float, seconds: float, scale: float = 1.0) -> Float:
        """The values, smoothed.

        Args:
            values: Now, always of one shape.
            seconds: Since the last call.
            scale: Units of speed for one of a value.
        """
        if self._raw is None or self._smooth is None or self._speed is None:
            self._raw, self._smooth, self._speed = values, values, np.zeros_like(values)
            return values
        moved = (values - self._raw) * (scale / seconds)
        self._speed = self._speed + _share(np.float32(_SLOPE_CUTOFF), seconds) * (moved - self._speed)
        keep = _share((self.cutoff + self.per_speed * np.abs(self._speed)).astype(np.float32), seconds)
        self._raw, self._smooth = values, (self._smooth + keep * (values - self._smooth)).astype(np.float32)
        return self._smooth

    def to_numbers(self) -> Float:
        """(3, ...) the last value, the last smoothed one and its speed, of a filter that has been used."""
        assert self._raw is not None
        assert self._smooth is not None
        assert self._speed is not None
        return np.stack([self._raw, self._smooth, self._speed])

    def set_numbers(self, numbers: Float) -> None:
        """Be as the filter was that `to_numbers` was asked of."""
        self._raw, self._smooth, self._speed = (row.copy() for row in numbers)


def _share(cutoff: Float | np.float32, seconds: float) -> Float:
    """How much of a new value a low-pass filter takes, at a cutoff in Hz."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * cutoff * seconds)), np.float32)


class PoseFilter:
    """Smooths one person's landmarks."""

    def __init__(self) -> None:
        self._points = OneEuro(0.05, 80.0)
        self._world = OneEuro(0.5, 2.0)

    def __call__(self, pose: Pose, seconds: float) -> Pose:
        """The pose, smoothed; `seconds` since the last one."""
        height = max(pose.next_region.size / PERSON_IN_REGION, 1.0)
        points = self._points(pose.points, seconds, 1 / height)
        return replace(pose, points=points, world=self._world(pose.world, seconds))

    def to_numbers(self) -> tuple[Float, Float]:
        """State as (3, 33, 2) for the picture and (3, 33, 3) for space."""
        return self._points.to_numbers(), self._world.to_numbers()

    @classmethod
    def from_numbers(cls, points: Float, world: Float) -> PoseFilter:
        """The filter that `to_numbers` was asked of."""
        made = cls()
        made._points.set_numbers(points)
        made._world.set_numbers(world)
        return made
