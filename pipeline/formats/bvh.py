"""BVH: a skeleton and its turning at an even rate, one file a track.

24 joints with SMPL's names and tree. OFFSETs are those of the rest pose in the track's own shape (the median of its
betas), in the chosen unit, cm unless told otherwise. The root has six channels, its position and its rotation, and
an offset of zero, so that its position is the pelvis's place; the others have three. Rotations are degrees,
``Zrotation Yrotation Xrotation``, R = Rz Ry Rx, without jumps of 360. Axes: x right, y up, z backward, where right
is that of the (first) camera. At rest the skeleton stands in a T, looks along +z and has its left towards +x.

The samples lie on an even grid, as in the ``.npz`` files: rotations between frames that were run are interpolated on
the sphere, positions along a line. The format has no room for anything else: neither engine nor body model, axes, unit,
source frames and their times nor what is interpolated, filled, smoothed or edited stands in the file. What of it holds
for a file is said when it is written; the ``.npz`` file of the same track has it sample by sample.

An End Site is twice as far from its joint as the middle of what the joint moves: about the crown, the tips of
the fingers and the toes. Nothing turns there.

Source: the channel order and the composition are those of Biovision's own description as Meredith and Maddock give
them, "Motion Capture File Formats Explained", 2001.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from pipeline.atomic import replacing
from pipeline.formats.euler import zyx_degrees
from pipeline.formats.extent import per_body
from pipeline.formats.format import SPACE, Format, Opened, Written
from pipeline.formats.motion import Array, gather, tracks_of
from pipeline.formats.persons import unflagged
from pipeline.formats.sampling import RATE, Samples, rate_of, sample
from pipeline.formats.units import PER_METRE, units_option
from pipeline.job import Job
from pipeline.smpl import JOINT_NAMES, PARENTS
from pipeline.smpl.body import BodyModel
from pipeline.structures import Track

_POSITION = "Xposition Yposition Zposition"
_ROTATION = "Zrotation Yrotation Xrotation"


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one file a track: `NAME.bvh` for a single track, `NAME-person-3.bvh` for each of several."""
    rate = rate_of(options["rate"], float(opened.video.info.rate))
    motions = gather(opened, job)
    tracks = tracks_of(opened, motions)
    paths = BVH.files(path, [track.track_id for track in tracks])
    late: list[str] = []
    flags: list[tuple[bool, str]] = []
    with ExitStack() as stack:  # all the files appear, or none
        for track, target in zip(tracks, paths, strict=True):
            job.check()
            motion = motions[track.track_id]
            samples = sample(opened, motion, rate, {**options, "axes": "y-up"})
            late.append(_late(track, samples, int(motion.frames[0])))
            flags += _flags(samples)
            with stack.enter_context(replacing(target)).open("w", encoding="ascii") as file:
                for line in _lines(motion.body, samples, PER_METRE[options["units"]]):
                    job.check()
                    file.write(line + "\n")
        job.check()
    return Written(paths, (*filter(None, late), *unflagged(flags, "BVH")))


def _flags(samples: Samples) -> Iterator[tuple[bool, str]]:
    said = samples.edited.tolist(), samples.made.tolist(), samples.interpolated.tolist()
    for edited, made, between in zip(*said, strict=True):
        yield edited, "interpolated" if between else made


def _late(track: Track, samples: Samples, frame: int) -> str:
    """That a motion does not start with the video, which readers of the format cannot know."""
    if samples.times[0] <= 0:
        return ""
    return f"{track.title} starts {samples.times[0]:.3f} s into the video, at frame {frame}; in BVH at 0 s."


def _lines(body: BodyModel, samples: Samples, per_metre: float) -> Iterator[str]:
    joints, ends = skeleton_at_rest(body, samples.shape)
    yield "HIERARCHY"
    yield from _joint(0, "", joints * per_metre, ends * per_metre)
    yield "MOTION"
    yield f"Frames: {len(samples.times)}"
    yield f"Frame Time: {1 / samples.rate:.9f}"
    order = _in_file_order(0)
    angles = zyx_degrees(samples.rotations)[:, order].reshape(len(samples.times), -1)
    for row in np.concatenate([samples.pelvis * per_metre, angles], 1):
        yield " ".join(f"{value:.6f}" for value in row)


def skeleton_at_rest(body: BodyModel, shape: Array) -> tuple[Array, Array]:
    """Joints (24, 3) at rest for betas (10,), and (24, 3) where the part each of them moves ends, both m."""
    betas = shape[None].astype(np.float32)
    joints = body.rest_joints(betas)[0].astype(np.float64)
    vertices = body.rest_vertices(betas)[0].astype(np.float64)
    weights = body.weights.astype(np.float64)
    moved = np.maximum(weights.sum(0), 1e-9)[:, None]
    middles = np.where(moved > 1e-6, weights.T @ vertices / moved, joints)
    return joints, 2 * middles - joints


def _children(joint: int) -> list[int]:
    return [child for child, parent in enumerate(PARENTS) if parent == joint]


def _in_file_order(joint: int) -> list[int]:
    """The joints as the hierarchy names them: depth first."""
    return [joint, *(below for child in _children(joint) for below in _in_file_order(child))]


def _joint(joint: int, indent: str, joints: Array, ends: Array) -> Iterator[str]:
    root = PARENTS[joint] < 0
    offset = np.zeros(3) if root else joints[joint] - joints[PARENTS[joint]]
    yield f"{indent}{'ROOT' if root else 'JOINT'} {JOINT_NAMES[joint]}"
    yield indent + "{"
    yield f"{indent}\tOFFSET {_numbers(offset)}"
    yield f"{indent}\tCHANNELS " + (f"6 {_POSITION} {_ROTATION}" if root else f"3 {_ROTATION}")
    for child in _children(joint):
        yield from _joint(child, indent + "\t", joints, ends)
    if not _children(joint):
        yield indent + "\tEnd Site"
        yield indent + "\t{"
        yield f"{indent}\t\tOFFSET {_numbers(ends[joint] - joints[joint])}"
        yield indent + "\t}"
    yield indent + "}"


def _numbers(values: Array) -> str:
    return " ".join(f"{value:.6f}" for value in values)


BVH = Format(
    key="bvh",
    title="BVH skeleton",
    summary="A skeleton and its turning at an even rate, one file for each person; no room for flags.",
    readers="Blender, MotionBuilder, Maya, Unity and Unreal tools, pybvh",
    suffix=".bvh",
    options=(RATE, SPACE, units_option("cm")),
    write_opened=write,
    per_track=True,
    size=per_body(740, track=3500),
    group="Bodies and motion",
)
