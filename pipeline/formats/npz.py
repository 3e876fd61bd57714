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
they are in the SMPL and SMPL-H layouts. For the built-in body, and in the layout of SMPL-X, whose shapes are others,
the file's ``betas`` are zeros, so that readers show an average person, and ``trans`` is what puts the average
person's pelvis (`pipeline.smpl.pelvis`, to 2 cm) where the pelvis is. Exact are ``pelvis`` (M, 3), where it is, with
``rest_pelvis`` (3,), where that of ``body_model`` is at rest, and ``body_betas``, the fitted numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from pipeline.atomic import replacing
from pipeline.formats.axes import AXES, axes_option, turn_to
from pipeline.formats.extent import Extent
from pipeline.formats.format import SPACE, Format, Opened, Option, Written
from pipeline.formats.motion import Motion, gather, tracks_of
from pipeline.formats.sampling import RATE, rate_of, sample
from pipeline.job import Job
from pipeline.smpl.pelvis import SMPL_PELVIS, SMPLX_PELVIS
from pipeline.structures import Track

_JOINTS = {"smplh-156": 22, "smplx-165": 22, "smpl-72": 24}
_WIDTH = {"smplh-156": 156, "smplx-165": 165, "smpl-72": 72}
_BETAS = {"smplh-156": 16, "smplx-165": 16, "smpl-72": 10}
_AVERAGE_PELVIS = {"smplh-156": SMPL_PELVIS, "smplx-165": SMPLX_PELVIS, "smpl-72": SMPL_PELVIS}


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one file a track: `NAME.npz` for a single track, `NAME-person-3.npz` for each of several."""
    turn_to(options["axes"], options["space"])  # says so before anything is read
    motions = gather(opened, job)
    tracks = tracks_of(opened, motions)
    rate = rate_of(options["rate"], float(opened.video.info.rate))
    paths = AMASS.files(path, [track.track_id for track in tracks])
    with ExitStack() as stack:  # all the files appear, or none
        for track, target in zip(tracks, paths, strict=True):
            job.check()
            content = _content(opened, track, motions[track.track_id], rate, options)
            with stack.enter_context(replacing(target)).open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **content)
        job.check()
    return Written(paths)


def _content(
    opened: Opened, track: Track, motion: Motion, rate: float, options: Mapping[str, str]
) -> dict[str, npt.NDArray[Any]]:
    samples = sample(opened, motion, rate, options)
    count = len(samples.times)
    vectors = Rotation.from_matrix(samples.rotations.reshape(-1, 3, 3)).as_rotvec().reshape(count, 24, 3)
    variant = options["variant"]
    poses = np.zeros((count, _WIDTH[variant]))
    poses[:, : 3 * _JOINTS[variant]] = vectors[:, : _JOINTS[variant]].reshape(count, -1)
    same_shapes = motion.body.id.startswith("smpl") and variant != "smplx-165"
    betas = np.zeros(_BETAS[variant])
    if same_shapes:
        betas[:10] = samples.shape
    content: dict[str, Any] = {
        "trans": samples.trans if same_shapes else samples.pelvis - _AVERAGE_PELVIS[variant],
        "poses": poses,
        "betas": betas,
        "gender": motion.body.gender,
        "mocap_framerate": rate,
        "mocap_frame_rate": rate,
        "dmpls": np.zeros((count, 8)),
        "pelvis": samples.pelvis,
        "rest_pelvis": samples.rest,
        "body_betas": samples.shape,
        "body_model": motion.body.id,
        "engine": ", ".join(motion.engine_ids),
        "axes": AXES[options["axes"]],
        "space": options["space"],
        "units": "m, rad, s",
        "track": track.track_id,
        "name": track.title,
        "video": opened.video.info.path.name,
        "source_rate": float(opened.video.info.rate),
        "source_frames": samples.source_frames,
        "times": samples.times,
        "interpolated": samples.interpolated,
        "edited": samples.edited,
        "made": samples.made,
    }
    if options["space"] == "world":
        content["world"] = opened.world.note
    if variant == "smplx-165":
        content["surface_model_type"] = "smplx"
    if variant == "smpl-72":
        content |= {"poses_root": poses[:, :3], "poses_body": poses[:, 3:]}
    return {key: np.asarray(value) for key, value in content.items()}


def _size(extent: Extent, options: Mapping[str, str]) -> float:
    return 7000.0 * extent.tracks + (830 if options["variant"] == "smpl-72" else 440) * extent.bodies


AMASS = Format(
    key="npz",
    title="AMASS / SMPL .npz",
    summary="Poses as axis-angle at an even rate, one file for each track.",
    readers="Blender add-ons, aitviewer, AMASS tools, numpy",
    suffix=".npz",
    options=(
        Option(
            "variant", "Layout", tuple(_WIDTH), "smplh-156", ("SMPL-H (156)", "SMPL-X (165)", "SMPL (72)")
        ),
        RATE,
        SPACE,
        axes_option(),
    ),
    group="Bodies and motion",
    write_opened=write,
    per_track=True,
    size=_size,
)
