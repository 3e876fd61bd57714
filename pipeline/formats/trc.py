"""TRC marker files for OpenSim, one a track: markers over time, y up.

The header is OpenSim's: ``DataRate`` and ``CameraRate`` are the rate of the samples, ``OrigDataRate`` the video's,
``OrigDataStartFrame`` the source frame of the first sample (from 0) and ``OrigNumFrames`` how many source frames the
person was seen in. ``Frame#`` counts from 1; ``Time`` is s from the start of the video. ``Units`` are m or mm.

Markers: ``joints`` are the 24 joints of SMPL. ``joints+skin`` adds points on the skin: nose, eyes, ears, big and small
toes, heels. ``body-25`` are the 21 markers of Pose2Sim's OpenSim model for BODY_25, by the names they have there. All
are those of the track's median shape, so that bones keep their lengths.

The samples lie on an even grid, as in `pipeline.formats.sampling`. Where frames of the source are missing, the person
is interpolated, or with ``gaps=missing`` the markers are NaN, which OpenSim understands; a row that ends in blanks it
refuses. Axes are x right, y up, z backward, of the camera or of the world. The format has no room for engine, body
model and flags; that samples are interpolated, filled in or smoothed is told beside the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.atomic import replacing
from pipeline.formats.extent import Extent
from pipeline.formats.format import SPACE, Format, Opened, Option, Written
from pipeline.formats.motion import Array, Motion, gather, tracks_of
from pipeline.formats.openpose import named_points
from pipeline.formats.persons import unflagged
from pipeline.formats.sampling import RATE, Samples, rate_of, sample
from pipeline.formats.units import PER_METRE, units_option
from pipeline.job import Job
from pipeline.smpl import JOINT_NAMES
from pipeline.structures import SmplParams

TITLE = "TRC markers"
_SIDES = ("right", "left")
_SKIN = (
    "nose",
    *(f"{side}_{name}" for name in ("eye", "ear", "foot_index", "small_toe", "heel") for side in _SIDES),
)
_POSE2SIM = {
    "CHip": "middle_hip", "RHip": "right_hip", "RKnee": "right_knee", "RAnkle": "right_ankle",
    "RBigToe": "right_foot_index", "RSmallToe": "right_small_toe", "RHeel": "right_heel", "LHip": "left_hip",
    "LKnee": "left_knee", "LAnkle": "left_ankle", "LBigToe": "left_foot_index", "LSmallToe": "left_small_toe",
    "LHeel": "left_heel", "Neck": "middle_shoulder", "Nose": "nose", "RShoulder": "right_shoulder",
    "RElbow": "right_elbow", "RWrist": "right_wrist", "LShoulder": "left_shoulder", "LElbow": "left_elbow",
    "LWrist": "left_wrist",
}  # fmt: skip
MARKERS: Mapping[str, Mapping[str, str]] = {
    "joints": {name: name for name in JOINT_NAMES},
    "joints+skin": {name: name for name in (*JOINT_NAMES, *_SKIN)},
    "body-25": _POSE2SIM,
}
"""Of each choice the markers, and the point of the body each is."""

_DIGITS = {"m": 6, "mm": 3}
_BLOCK = 64  # bodies skinned at a time
_HEADINGS = (
    "DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame",
    "OrigNumFrames",
)  # fmt: skip


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one file a track: `NAME.trc` for a single track, `NAME-person-3.trc` for each of several."""
    rate = rate_of(options["rate"], float(opened.video.info.rate))
    motions = gather(opened, job)
    tracks = tracks_of(opened, motions)
    paths = TRC.files(path, [track.track_id for track in tracks])
    flags: list[tuple[bool, str]] = []
    with ExitStack() as stack:  # all the files appear, or none
        for track, target in zip(tracks, paths, strict=True):
            motion = motions[track.track_id]
            samples = sample(opened, motion, rate, {**options, "axes": "y-up"})
            hidden = _in_gaps(motion, samples) & (options["gaps"] == "missing")
            flags += _flags(samples, hidden)
            file = stack.enter_context(
                stack.enter_context(replacing(target)).open(
                    "w", encoding="utf-8", errors="replace", newline=""
                )
            )
            names = MARKERS[options["markers"]]
            file.write(_head(target.name, motion, samples, options["units"], opened, tuple(names)))
            for first, points in _blocks(motion, samples, tuple(names.values()), job):
                file.writelines(_lines(first, points, samples, hidden, options["units"]))
        job.check()
    return Written(paths, unflagged(flags, TITLE))


def _in_gaps(motion: Motion, samples: Samples) -> npt.NDArray[np.bool_]:
    """(M,) whether a sample lies where frames of the source are missing."""
    after = np.clip(np.searchsorted(motion.times, samples.times), 1, max(len(motion.times) - 1, 1))
    if len(motion.times) < 2:
        return np.zeros(len(samples.times), bool)
    apart = motion.frames[after] - motion.frames[after - 1] > 1
    return samples.interpolated & apart


def _flags(samples: Samples, hidden: npt.NDArray[np.bool_]) -> Iterator[tuple[bool, str]]:
    for edited, made, between, gone in zip(
        samples.edited.tolist(),
        samples.made.tolist(),
        samples.interpolated.tolist(),
        hidden.tolist(),
        strict=True,
    ):
        if not gone:
            yield edited, "interpolated" if between else made


def _blocks(
    motion: Motion, samples: Samples, points: tuple[str, ...], job: Job
) -> Iterator[tuple[int, Array]]:
    """First sample, and points (K, P, 3) m of it and those that follow."""
    for first in range(0, len(samples.times), _BLOCK):
        job.check()
        rotations = samples.rotations[first : first + _BLOCK].astype(np.float32)
        shape = np.repeat(samples.shape[None].astype(np.float32), len(rotations), 0)
        found = named_points(motion.body, SmplParams(rotations[:, 0], rotations[:, 1:], shape))
        trans = samples.trans[first : first + _BLOCK, None]
        yield first, np.stack([found[name] for name in points], 1) + trans


def _head(
    name: str, motion: Motion, samples: Samples, units: str, opened: Opened, markers: tuple[str, ...]
) -> str:
    source = float(opened.video.info.rate)
    values = (
        f"{samples.rate:.6g}", f"{samples.rate:.6g}", len(samples.times), len(markers), units, f"{source:.6g}",
        int(motion.frames[0]), len(motion.frames),
    )  # fmt: skip
    lines = (
        ("PathFileType", "4", "(X/Y/Z)", " ".join(name.split())),
        _HEADINGS,
        values,
        ("Frame#", "Time", *(text for marker in markers for text in (marker, "", ""))),
        ("", "", *(f"{axis}{number + 1}" for number in range(len(markers)) for axis in "XYZ")),
    )
    return "".join("\t".join(map(str, line)) + "\n" for line in lines)


def _lines(
    first: int, points: Array, samples: Samples, hidden: npt.NDArray[np.bool_], units: str
) -> Iterator[str]:
    digits = _DIGITS[units]
    for offset, row in enumerate((points * PER_METRE[units]).reshape(len(points), -1).tolist()):
        number = first + offset
        values = ["NaN"] * len(row) if hidden[number] else [f"{value:.{digits}f}" for value in row]
        yield "\t".join((str(number + 1), f"{samples.times[number]:.6f}", *values)) + "\n"


def _size(extent: Extent, options: Mapping[str, str]) -> float:
    return 1000.0 * extent.tracks + 29.0 * len(MARKERS[options["markers"]]) * extent.bodies


TRC = Format(
    key="trc",
    title=TITLE,
    summary="Joints as markers at an even rate, y up, one file for each person.",
    readers="OpenSim, Pose2Sim, Mokka, Pose2Sim's Blender add-on",
    suffix=".trc",
    options=(
        Option(
            "markers",
            "Markers",
            tuple(MARKERS),
            "joints",
            ("24 joints", "24 joints and 11 points on the skin", "Pose2Sim's BODY_25"),
        ),
        units_option("m", ("m", "mm")),
        RATE,
        SPACE,
        Option(
            "gaps",
            "Missing frames",
            ("interpolate", "missing"),
            "interpolate",
            ("interpolated", "missing (NaN)"),
        ),
    ),
    group="Bodies and motion",
    write_opened=write,
    per_track=True,
    size=_size,
)
