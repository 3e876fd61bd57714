"""AMASS-style `.npz` files, one a track: SMPL-H (156), SMPL-X (165) or SMPL (72) axis-angle poses.

Keys that readers look for: ``trans`` (N, 3) m, ``poses`` (N, 156 / 165 / 72) rad, ``betas`` (16,) or (10,),
``gender`` (a plain string), ``mocap_framerate`` and ``mocap_frame_rate`` (Hz), ``dmpls`` (N, 8, zeros), and for
SMPL-X ``surface_model_type``. The 72 variant adds what aitviewer reads: ``poses_root``, ``poses_body``.
The file loads without ``allow_pickle``.

The samples lie on an even grid, because the formats know only a rate: rotations between two frames that
were run are interpolated on the sphere, translations along a line. ``source_frames`` names the frame a
sample was taken from, or -1 where it is interpolated, ``interpolated`` flags those, ``made`` is "filled" or "smoothed"
where a layer of the reviewer's made the pose, ``edited`` flags samples whose
person a reviewer assigned, and ``times`` are seconds from the start of the video.

Space: "camera" leaves the bodies where they are before the camera of their frame. "world" puts them into the
world of `pipeline.world`, where a solved camera moves and a floor is level, and says in ``world`` what that is known
from. Axes: "z-up" is x right, y forward, z up and "y-up" x right, y up, z backward, where right and forward are
those of the (first) camera; a camera that is not solved and sees no floor is taken to be level. "camera" keeps
OpenCV's x right, y down, z forward, which the world has not. SMPL turns about the pelvis J0, which is not its
origin, so with R' = A R the translation is t' = A (t + J0) + b - J0 for a move of the axes by A and b.

``betas`` are only meaningful for the body they were fitted to. For an official SMPL body they are written as
they are; for the built-in body the file's ``betas`` are zeros, so that SMPL readers show an average person, and
the fitted numbers are in ``body_betas`` beside ``body_model``.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation, Slerp

from pipeline.atomic import replacing
from pipeline.errors import ExportError
from pipeline.formats.format import SPACE, Format, Opened, Option, Written
from pipeline.job import Job
from pipeline.smpl import BodyModel
from pipeline.structures import Float, Track
from pipeline.world import World

Array = npt.NDArray[np.float64]

_FROM_CAMERA = {
    "z-up": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "y-up": np.diag([1.0, -1, -1]),
    "camera": np.eye(3),
}
"""From x right, y down, z forward."""
_FROM_WORLD = {"z-up": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), "y-up": np.eye(3)}
"""From x right, y up, z backward."""
_AXES = {
    "z-up": "x right, y forward, z up",
    "y-up": "x right, y up, z backward",
    "camera": "OpenCV camera: x right, y down, z forward",
}

_JOINTS = {"smplh-156": 22, "smplx-165": 22, "smpl-72": 24}
_WIDTH = {"smplh-156": 156, "smplx-165": 165, "smpl-72": 72}
_BETAS = {"smplh-156": 16, "smplx-165": 16, "smpl-72": 10}


@dataclass(eq=False)
class Motion:
    """One track's samples.

    Attributes:
        frames: (N,) source frames.
        times: (N,) s.
        rotations: (N, 24, 3, 3), the root in camera axes, the rest relative to the parent.
        betas: (N, 10).
        cam_t: (N, 3) m.
        edited: (N,) whether a reviewer assigned the person.
        made: (N,) "filled" or "smoothed" where a layer made the pose, else empty.
        body: The body model they are for.
        engine_ids: The engines that made them.
    """

    frames: npt.NDArray[np.int64]
    times: Array
    rotations: Array
    betas: Array
    cam_t: Array
    edited: npt.NDArray[np.bool_]
    made: npt.NDArray[np.str_]
    body: BodyModel
    engine_ids: tuple[str, ...]


class Row(NamedTuple):
    """One track in one frame, as `Motion` collects it."""

    frame: int
    rotations: Float
    betas: Float
    cam_t: Float
    edited: bool
    made: str
    engine_id: str


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one file a track: `NAME.npz` for a single track, `NAME-person-3.npz` for each of several."""
    if options["space"] == "world" and options["axes"] not in _FROM_WORLD:
        raise ExportError("The world has no camera's axes.", f"Choose axes={' or '.join(_FROM_WORLD)}.")
    motions = _gather(opened, job)
    tracks = [track for track in opened.tracks() if track.track_id in motions]
    if not tracks:
        raise ExportError("No person in the range belongs to a track.", "Choose other frames or tracks.")
    rate = _rate(options["rate"], float(opened.video.info.rate))
    paths = AMASS.files(path, [track.track_id for track in tracks])
    with ExitStack() as stack:  # all the files appear, or none
        for track, target in zip(tracks, paths, strict=True):
            job.check()
            content = _content(opened, track, motions[track.track_id], rate, options)
            with stack.enter_context(replacing(target)).open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **content)
        job.check()
    return Written(paths)


def _rate(chosen: str, source: float) -> float:
    try:
        rate = source if chosen == "source" else float(chosen)
    except ValueError:
        rate = 0.0
    if not 1 <= rate <= 1000:
        raise ExportError(
            f"{chosen!r} is no frame rate.", "Say source, or a number of frames per second such as 30."
        )
    return rate


def _gather(opened: Opened, job: Job) -> dict[int, Motion]:
    rows: dict[int, list[Row]] = {}
    bodies: dict[int, str] = {}
    for result in opened.results(job):
        people, smpl = result.people, result.people.smpl
        edited, made = opened.edited(result.frame_index), opened.made(result.frame_index)
        for slot, track in opened.track_of(result.frame_index).items():
            if bodies.setdefault(track, people.body_model) != people.body_model:
                raise ExportError(
                    f"Track {track} was made with two body models: {bodies[track]} and {people.body_model}.",
                    "Run its frames again with one of them, or export a range that has only one.",
                )
            rotations = np.concatenate([smpl.global_orient[slot][None], smpl.body_pose[slot]])
            row = Row(
                result.frame_index,
                rotations,
                smpl.betas[slot],
                people.cam_t[slot],
                slot in edited,
                made.get(slot, ""),
                result.engine_id,
            )
            rows.setdefault(track, []).append(row)
    return {track: _motion(opened, rows[track], opened.body(bodies[track])) for track in rows}


def _motion(opened: Opened, rows: list[Row], body: BodyModel) -> Motion:
    frames = np.array([row.frame for row in rows], np.int64)
    return Motion(
        frames=frames,
        times=opened.times(frames),
        rotations=np.array([row.rotations for row in rows], np.float64),
        betas=np.array([row.betas for row in rows], np.float64),
        cam_t=np.array([row.cam_t for row in rows], np.float64),
        edited=np.array([row.edited for row in rows], bool),
        made=np.array([row.made for row in rows], "<U8"),
        body=body,
        engine_ids=tuple(sorted({row.engine_id for row in rows})),
    )


def resample(motion: Motion, rate: float) -> tuple[Array, Array, Array, npt.NDArray[np.int64]]:
    """Put a motion on an even grid.

    Returns:
        times (M,) s, rotations (M, 24, 3, 3), cam_t (M, 3) m, and the index of the sample each was taken from as it
        is, or -1 where it is interpolated.
    """
    count = round((motion.times[-1] - motion.times[0]) * rate) + 1
    times = motion.times[0] + np.arange(count) / rate
    nearest = _nearest(times, motion.times)
    exact = np.abs(motion.times[nearest] - times) < 0.25 / rate
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


def _nearest(times: Array, known: Array) -> npt.NDArray[np.int64]:
    if len(known) == 1:
        return np.zeros(len(times), np.int64)
    right = np.clip(np.searchsorted(known, times), 1, len(known) - 1)
    left_is_nearer = times - known[right - 1] < known[right] - times
    return np.where(left_is_nearer, right - 1, right)


def _content(
    opened: Opened, track: Track, motion: Motion, rate: float, options: Mapping[str, str]
) -> dict[str, npt.NDArray[Any]]:
    shape = np.median(motion.betas, 0)
    pelvis = motion.body.rest_joints(shape[None].astype(np.float32))[0, 0].astype(np.float64)
    in_world = options["space"] == "world"
    if in_world:
        motion = _in_world(motion, pelvis, opened.world)
    times, rotations, cam_t, taken = resample(motion, rate)
    turn = (_FROM_WORLD if in_world else _FROM_CAMERA)[options["axes"]]
    rotations[:, 0] = turn @ rotations[:, 0]
    vectors = Rotation.from_matrix(rotations.reshape(-1, 3, 3)).as_rotvec().reshape(len(times), 24, 3)
    variant = options["variant"]
    poses = np.zeros((len(times), _WIDTH[variant]))
    poses[:, : 3 * _JOINTS[variant]] = vectors[:, : _JOINTS[variant]].reshape(len(times), -1)
    official = motion.body.id.startswith("smpl")
    betas = np.zeros(_BETAS[variant])
    if official:
        betas[:10] = shape
    found = taken >= 0
    content: dict[str, Any] = {
        "trans": (cam_t + pelvis) @ turn.T - pelvis,
        "poses": poses,
        "betas": betas,
        "gender": motion.body.gender,
        "mocap_framerate": rate,
        "mocap_frame_rate": rate,
        "dmpls": np.zeros((len(times), 8)),
        "pelvis": (cam_t + pelvis) @ turn.T,
        "body_betas": shape,
        "body_model": motion.body.id,
        "engine": ", ".join(motion.engine_ids),
        "axes": _AXES[options["axes"]],
        "space": options["space"],
        "units": "m, rad, s",
        "track": track.track_id,
        "name": track.title,
        "video": opened.video.info.path.name,
        "source_rate": float(opened.video.info.rate),
        "source_frames": np.where(found, motion.frames[taken], -1),
        "times": times,
        "interpolated": ~found,
        "edited": found & motion.edited[taken],
        "made": np.where(found, motion.made[taken], ""),
    }
    if in_world:
        content["world"] = opened.world.note
    if variant == "smplx-165":
        content["surface_model_type"] = "smplx"
    if variant == "smpl-72":
        content |= {"poses_root": poses[:, :3], "poses_body": poses[:, 3:]}
    return {key: np.asarray(value) for key, value in content.items()}


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


AMASS = Format(
    key="npz",
    title="AMASS / SMPL .npz",
    summary="Poses as axis-angle at an even rate, one file for each track.",
    readers="Blender add-ons, aitviewer, AMASS tools, numpy",
    suffix=".npz",
    options=(
        Option("variant", "Layout", tuple(_WIDTH), "smplh-156"),
        Option("rate", "Frames per second", (), "source"),
        SPACE,
        Option("axes", "Axes", tuple(_AXES), "z-up"),
    ),
    write_opened=write,
    per_track=True,
)
