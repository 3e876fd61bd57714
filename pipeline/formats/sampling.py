"""Motions on an even grid, in the axes and the space that were chosen.

Formats that know only a rate are sampled so: rotations between two frames that were run are interpolated on the sphere,
translations along a line, and every sample says where it is from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation, Slerp

from pipeline.errors import ExportError
from pipeline.formats.axes import turn_to
from pipeline.formats.format import Opened, Option
from pipeline.formats.motion import Array, Motion
from pipeline.world import World

_SAME_TIME = 1e-3
"""s: as exact as files say when frames are."""

RATE = Option("rate", "Frames per second", (), "source")
"""The grid's rate: "source", the video's own, or a number of samples a second."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """One track on an even grid of M samples.

    Attributes:
        rate: Samples a second; 0 where the samples are the frames as they were presented, and the grid is not even.
        times: (M,) s from the start of the video.
        rotations: (M, 24, 3, 3), the root in the chosen axes, the rest relative to the parent.
        pelvis: (M, 3) m, where the pelvis is in the chosen axes.
        rest: (3,) m, where the pelvis of the body is at rest.
        shape: (10,) betas, the median over the track.
        source_frames: (M,) the frame a sample was taken from as it is, or -1 where it is interpolated.
        edited: (M,) whether a reviewer assigned the person.
        made: (M,) "filled" or "smoothed" where a layer made the pose, else empty.
    """

    rate: float
    times: Array
    rotations: Array
    pelvis: Array
    rest: Array
    shape: Array
    source_frames: npt.NDArray[np.int64]
    edited: npt.NDArray[np.bool_]
    made: npt.NDArray[np.str_]

    @property
    def trans(self) -> Array:
        """(M, 3) m, what this body adds after turning about its pelvis at rest."""
        trans: Array = self.pelvis - self.rest
        return trans

    @property
    def interpolated(self) -> npt.NDArray[np.bool_]:
        """(M,) whether a sample lies between frames."""
        return self.source_frames < 0


def sample(opened: Opened, motion: Motion, rate: float, options: Mapping[str, str]) -> Samples:
    """A motion at a rate, or at its own times if that is 0, in `options["space"]` and `options["axes"]`.

    With R' = A R the translation is t' = A (t + J0) + b - J0 for a move of the axes by A and b, because SMPL turns
    about the pelvis J0, which is not its origin.

    Raises:
        ExportError: The world is asked for in the axes of a camera.
    """
    turn = turn_to(options["axes"], options["space"])
    shape = np.median(motion.betas, 0)
    rest = motion.body.rest_joints(shape[None].astype(np.float32))[0, 0].astype(np.float64)
    if options["space"] == "world":
        motion = _in_world(motion, rest, opened.world)
    # At the video's own rate a frame is a sample; to another rate it is not bent: steps would judder.
    near = 0.25 / (rate or 1) if options.get("rate") == RATE.default else _SAME_TIME
    times, rotations, cam_t, taken = resample(motion, rate, near) if rate else _as_presented(motion)
    rotations[:, 0] = turn @ rotations[:, 0]
    pelvis = (cam_t + rest) @ turn.T
    found = taken >= 0
    return Samples(
        rate=rate,
        times=times,
        rotations=rotations,
        pelvis=pelvis,
        rest=rest,
        shape=shape,
        source_frames=np.where(found, motion.frames[taken], -1),
        edited=found & motion.edited[taken],
        made=np.where(found, motion.made[taken], ""),
    )


def rate_of(chosen: str, source: float) -> float:
    """The rate in Hz of the option `RATE`, where the video's own is `source`.

    Raises:
        ExportError: It is neither "source" nor a number from 1 to 1000.
    """
    try:
        rate = source if chosen == "source" else float(chosen)
    except ValueError:
        rate = 0.0
    if not 1 <= rate <= 1000:
        raise ExportError(
            f"{chosen!r} is no frame rate.", "Say source, or a number of frames per second such as 30."
        )
    return rate


def resample(motion: Motion, rate: float, near: float) -> tuple[Array, Array, Array, npt.NDArray[np.int64]]:
    """Put a motion on an even grid.

    Args:
        motion: What is sampled.
        rate: Samples a second.
        near: s within which a frame is taken for a sample as it is.

    Returns:
        times (M,) s, rotations (M, 24, 3, 3), cam_t (M, 3) m, and the index of the sample each was taken from as it
        is, or -1 where it is interpolated.
    """
    count = round((motion.times[-1] - motion.times[0]) * rate) + 1
    times = motion.times[0] + np.arange(count) / rate
    nearest = _nearest(times, motion.times)
    exact = np.abs(motion.times[nearest] - times) < near
    taken = np.where(exact, nearest, -1)
    if exact.all():
        return times, motion.rotations[nearest], motion.cam_t[nearest], taken
    inside = np.clip(times, motion.times[0], motion.times[-1])
    rotations = np.stack(
        [
            Slerp(motion.times, Rotation.from_matrix(motion.rotations[:, j]))(inside).as_matrix()
            for j in range(24)
        ],
        1,
    )
    cam_t = np.stack([np.interp(inside, motion.times, motion.cam_t[:, k]) for k in range(3)], 1)
    rotations[exact], cam_t[exact] = motion.rotations[nearest[exact]], motion.cam_t[nearest[exact]]
    return times, rotations, cam_t, taken


def _as_presented(motion: Motion) -> tuple[Array, Array, Array, npt.NDArray[np.int64]]:
    """As `resample`, with the frames that were run as the samples."""
    return motion.times, motion.rotations.copy(), motion.cam_t, np.arange(len(motion.times))


def _nearest(times: Array, known: Array) -> npt.NDArray[np.int64]:
    if len(known) == 1:
        return np.zeros(len(times), np.int64)
    right = np.clip(np.searchsorted(known, times), 1, len(known) - 1)
    left_is_nearer = times - known[right - 1] < known[right] - times
    return np.where(left_is_nearer, right - 1, right)


def _in_world(motion: Motion, pelvis: Array, world: World) -> Motion:
    """The motion with root and translation in the world, before it is put on an even grid: cameras move between."""
    placed = [world.camera_to_world(int(frame)) for frame in motion.frames]
    turns, shifts = (
        np.array([turn for turn, _ in placed], np.float64),
        np.array([shift for _, shift in placed]),
    )
    rotations = motion.rotations.copy()
    rotations[:, 0] = turns @ rotations[:, 0]
    there = np.einsum("tij,tj->ti", turns, motion.cam_t + pelvis) + shifts - pelvis
    return replace(motion, rotations=rotations, cam_t=there)
