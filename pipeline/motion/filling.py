"""Poses for frames in which a track is missing, between two in which it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pipeline.motion.gaps import gaps
from pipeline.motion.quaternions import from_matrices, slerp, to_matrices
from pipeline.motion.reading import Motion
from pipeline.session.poses import NOBODY_THERE, Pose

TimeOf = Callable[[int], float]


def fill_gaps(motion: Motion, time_of: TimeOf, longest: int) -> tuple[Pose, ...]:
    """Poses for every gap of at most `longest` frames.

    Each joint turns at constant angular speed along the shortest way (slerp); the body moves straight
    and evenly in the camera frame, and so do the corners of its box; time is presentation time. A shape or a
    focal length that differs at the two ends passes evenly from one to the other; the score is the lower one.

    Args:
        motion: The track, with the frames on both sides of each gap.
        time_of: Presentation time of a frame in s.
        longest: Frames; longer gaps stay.
    """
    turns = from_matrices(motion.rotations)
    place = {int(frame): k for k, frame in enumerate(motion.frames)}
    poses: list[Pose] = []
    for first, last in gaps(motion.frames, longest):
        start, end = place[first - 1], place[last + 1]
        poses += _between(motion, turns, start, end, time_of)
    return tuple(poses)


def _between(motion: Motion, turns: np.ndarray, start: int, end: int, time_of: TimeOf) -> Iterator[Pose]:
    begin, over = time_of(int(motion.frames[start])), time_of(int(motion.frames[end]))
    for frame in range(int(motion.frames[start]) + 1, int(motion.frames[end])):
        share = (time_of(frame) - begin) / max(over - begin, 1e-9)

        def mixed(column: np.ndarray, share: float = share) -> np.ndarray:
            return np.asarray((1 - share) * column[start] + share * column[end], np.float32)

        yield Pose(
            frame,
            0,
            NOBODY_THERE,
            to_matrices(slerp(turns[start], turns[end], share)).astype(np.float32),
            mixed(motion.betas),
            mixed(motion.cam_t),
            mixed(motion.boxes),
            float(min(motion.scores[start], motion.scores[end])),
            float(mixed(motion.focal_lengths)),
        )
