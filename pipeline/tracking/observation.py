"""What tracking looks at: the people of one frame, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.structures import Float, FrameResult, Int, People

NOBODY = -1
"""A person without a track."""

_NEAREST = 0.1  # m; a camera translation behind the camera is nonsense, and must not divide by zero


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """The people of one frame.

    Attributes:
        frame_index: The frame.
        states: (N, 7) where and how large: box centre x, y in px, log of box width and height in px, and
            of the root x / z, y / z and log of z in m, in the camera.
        rotations: (N, 24, 9) global orientation and body pose, row by row.
        features: (N, D) appearance of unit length; zeros where there is none.
        tracks: (N,) who they are as far as known; NOBODY if not.
        fixed: (N,) whether that is what a reviewer said, NOBODY included.
    """

    frame_index: int
    states: Float
    rotations: Float
    features: Float
    tracks: Int
    fixed: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.states)

    def take(self, slots: Int) -> Observation:
        """The people of these slots, in this order."""
        return Observation(
            self.frame_index,
            self.states[slots],
            self.rotations[slots],
            self.features[slots],
            self.tracks[slots],
            self.fixed[slots],
        )

    def left_to_right(self) -> Int:
        """The slots in an order that does not depend on the engine's: by x, then by all else."""
        return np.lexsort(self.states.T[::-1])


def observe(
    result: FrameResult, tracks: npt.ArrayLike | None = None, fixed: npt.ArrayLike | None = None
) -> Observation:
    """What tracking needs of a result.

    Args:
        result: The result.
        tracks: (N,) who its people are, NOBODY where not known; all unknown by default.
        fixed: (N,) whether a reviewer said so; none by default.
    """
    people = result.people
    count = len(people)
    rotations = np.concatenate([people.smpl.global_orient[:, None], people.smpl.body_pose], axis=1)
    return Observation(
        result.frame_index,
        _states(people),
        rotations.reshape(count, 24, 9),
        _unit(people.features.astype(np.float32)),
        np.full(count, NOBODY, np.int64) if tracks is None else np.asarray(tracks, np.int64).reshape(count),
        np.zeros(count, bool) if fixed is None else np.asarray(fixed, bool).reshape(count),
    )


def _states(people: People) -> Float:
    x1, y1, x2, y2 = people.detections.boxes.T
    x, y, z = people.cam_t.T
    z = np.maximum(z, _NEAREST)
    width, height = np.maximum(x2 - x1, 1), np.maximum(y2 - y1, 1)
    columns = ((x1 + x2) / 2, (y1 + y2) / 2, np.log(width), np.log(height), x / z, y / z, np.log(z))
    return np.stack(columns, axis=1).astype(np.float32)


def _unit(features: Float) -> Float:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit: Float = np.divide(features, lengths, out=np.zeros_like(features), where=lengths > 0)
    return unit
