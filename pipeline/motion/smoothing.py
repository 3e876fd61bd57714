"""Less jitter: a track's poses filtered over time, without delay.

Rotations are filtered as unit quaternions along shortest ways, places as direction and logarithm of depth, so that
the strength means the same near and far. Time is presentation time; a gap of more than half a second ends
a filter, and what comes after begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.motion.quaternions import aligned, angles, from_matrices, slerp, to_matrices
from pipeline.motion.reading import Motion
from pipeline.session.poses import Pose

Array = npt.NDArray[np.float64]
Method = Literal["one_euro", "gaussian"]
LONGEST_GAP = 0.5  # s
_SLOPE_CUTOFF = 1.0  # Hz, of the speed that the one-euro filter looks at
_SLOWEST = {"one_euro": (4.0, 2.0, 1.0, 0.5), "gaussian": (0.02, 0.04, 0.07, 0.12)}
STRENGTHS = ("light", "medium", "strong", "very strong")


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How to smooth.

    Attributes:
        method: "gaussian" is a weighted mean over the neighbours; "one_euro" smooths what hardly moves and follows
            what moves fast (Casiez, Roussel and Vogel, "1€ Filter", 2012), run forwards and backwards and the
            two averaged, so that nothing lags. Measured by
            tests/benchmarks/smoothing_error.py.
        strength: One of `STRENGTHS`.
    """

    method: Method = "gaussian"
    strength: str = "medium"

    @property
    def parameter(self) -> float:
        """Hz below which a resting joint is let through for "one_euro"; s of deviation for "gaussian"."""
        return _SLOWEST[self.method][STRENGTHS.index(self.strength)]


def smooth(motion: Motion, time_of: Callable[[int], float], how: Smoothing) -> tuple[Pose, ...]:
    """The poses of all the frames a track is in, smoothed; its shape is the median of what was found.

    Args:
        motion: The track.
        time_of: Presentation time of a frame in s.
        how: Method and strength.
    """
    times = np.array([time_of(int(frame)) for frame in motion.frames])
    breaks = np.flatnonzero(np.diff(times) > LONGEST_GAP) + 1
    betas = np.median(motion.betas, axis=0).astype(np.float32)
    poses: list[Pose] = []
    for part in np.split(np.arange(len(motion)), breaks):
        poses += _smooth_part(motion.part(part), times[part], how, betas)
    return tuple(poses)


def _smooth_part(motion: Motion, times: Array, how: Smoothing, betas: npt.NDArray[np.float32]) -> list[Pose]:
    turns = aligned(from_matrices(motion.rotations))
    scale = np.maximum(motion.boxes[:, 3] - motion.boxes[:, 1], 1.0)[:, None].astype(np.float64)
    places = np.concatenate([_direction(motion.cam_t), motion.boxes / scale.mean()], axis=1)
    turns, places = _FILTERS[how.method](turns, places, times, how.parameter)
    rotations = to_matrices(turns).astype(np.float32)
    cam_t = _place(places[:, :3]).astype(np.float32)
    boxes = (places[:, 3:] * scale.mean()).astype(np.float32)
    return [
        Pose(
            *(int(motion.frames[k]), int(motion.versions[k]), int(motion.slots[k])),
            *(rotations[k], betas, cam_t[k], boxes[k]),
            *(float(motion.scores[k]), float(motion.focal_lengths[k])),
        )
        for k in range(len(motion))
    ]


def _direction(cam_t: npt.NDArray[np.float32]) -> Array:
    depth = np.maximum(cam_t[:, 2:].astype(np.float64), 1e-3)
    return np.concatenate([cam_t[:, :2] / depth, np.log(depth)], axis=1)


def _place(direction: Array) -> Array:
    depth = np.exp(direction[:, 2:])
    return np.concatenate([direction[:, :2] * depth, depth], axis=1)


def _gaussian(turns: Array, places: Array, times: Array, deviation: float) -> tuple[Array, Array]:
    """Weighted means; of unit quaternions of one sign, normalised, which is the chordal mean of rotations."""
    total = np.zeros(len(times))
    sums = np.zeros_like(turns), np.zeros_like(places)
    for shift in range(-len(times) + 1, len(times)):
        here, there = _overlap(shift, len(times))
        weights = np.exp(-0.5 * ((times[there] - times[here]) / deviation) ** 2)
        if not (weights > 1e-3).any():
            if shift > 0:
                break
            continue
        total[here] += weights
        sums[0][here] += weights[:, None, None] * turns[there]
        sums[1][here] += weights[:, None] * places[there]
    mean = sums[0] / np.linalg.norm(sums[0], axis=-1, keepdims=True)
    return mean, sums[1] / total[:, None]


def _overlap(shift: int, count: int) -> tuple[slice, slice]:
    here = slice(max(0, -shift), min(count, count - shift))
    return here, slice(here.start + shift, here.stop + shift)


def _one_euro(turns: Array, places: Array, times: Array, cutoff: float) -> tuple[Array, Array]:
    """Forwards and backwards, and the middle of both."""
    there = _pass(turns, places, times, cutoff)
    back = _pass(turns[::-1], places[::-1], -times[::-1], cutoff)
    return slerp(there[0], back[0][::-1], 0.5), (there[1] + back[1][::-1]) / 2


def _pass(turns: Array, places: Array, times: Array, cutoff: float) -> tuple[Array, Array]:
    smooth_turns, smooth_places = turns.copy(), places.copy()
    turning, moving = np.zeros(turns.shape[1]), np.zeros(places.shape[1])
    for k in range(1, len(times)):
        seconds = max(times[k] - times[k - 1], 1e-6)
        slope = _share(_SLOPE_CUTOFF, seconds)
        turning += slope * (angles(turns[k], turns[k - 1]) / seconds - turning)
        moving += slope * ((places[k] - places[k - 1]) / seconds - moving)
        keep = _share(cutoff + _PER_TURN * turning, seconds)[:, None]
        smooth_turns[k] = slerp(smooth_turns[k - 1], turns[k], keep)
        share = _share(cutoff + _PER_MOVE * np.abs(moving), seconds)
        smooth_places[k] = smooth_places[k - 1] + share * (places[k] - smooth_places[k - 1])
    return smooth_turns, smooth_places


def _share(cutoff: float | Array, seconds: float) -> Array:
    """How much of a new value a low-pass filter takes, at a cutoff in Hz."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * np.asarray(cutoff) * seconds)))


_PER_TURN = 0.6
"""Hz more for each rad/s: a knee in a run turns at some 10 rad/s and is then let through up to 7 Hz."""

_PER_MOVE = 4.0
"""Hz more for each unit of direction, logarithm of depth, or mean box height, a second."""

_FILTERS = {"one_euro": _one_euro, "gaussian": _gaussian}
