"""OpenPose's output: a folder with one JSON file a frame, BODY_25 in pixels.

Files are called ``NAME_000000000000_keypoints.json`` after the video and the number of the source frame, from 0.
``version`` is 1.3; a person has ``person_id`` ([track], or [-1]), ``pose_keypoints_2d`` (25 times x px, y px,
confidence), and the lists for face, hands and 3D, which are empty. The confidence is the detector's score of the
person; a point outside the picture or behind the camera is 0, 0, 0, as OpenPose writes what it did not find.

Every frame from the first to the last exported one has a file, because readers count the files; one without a result
has no people. Each file has ``retake`` with frame, time (s), rate, video, engine, body model and units, and each person
``retake`` with ``edited`` and ``made``, which readers pass over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.atomic import replacing_folder
from pipeline.formats.extent import Extent
from pipeline.formats.format import Format, Opened, Written
from pipeline.formats.openpose import seen_points
from pipeline.formats.persons import persons
from pipeline.job import Job
from pipeline.structures import FrameResult

_EMPTY = (
    "face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d", "pose_keypoints_3d",
    "face_keypoints_3d", "hand_left_keypoints_3d", "hand_right_keypoints_3d",
)  # fmt: skip


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one file a frame. See the module for the fields."""
    stem = opened.video.info.path.stem
    following = int(opened.frames()[0])
    with replacing_folder(path) as folder:
        for result in opened.results(job):
            for frame in range(following, result.frame_index):
                _write(folder / file_name(stem, frame), opened, frame, [], {"run": False})
            said = {"engine": result.engine_id, "body_model": result.people.body_model}
            _write(
                folder / file_name(stem, result.frame_index),
                opened,
                result.frame_index,
                _people(opened, result),
                said,
            )
            following = result.frame_index + 1
        job.check()
    return Written((path,))


def file_name(stem: str, frame: int) -> str:
    """The file of a frame (from 0)."""
    return f"{stem}_{frame:012d}_keypoints.json"


def _write(
    path: Path, opened: Opened, frame: int, people: list[dict[str, Any]], said: Mapping[str, Any]
) -> None:
    info = opened.video.info
    content = {
        "version": 1.3,
        "people": people,
        "retake": {
            "frame": frame,
            "time": round(opened.video.time_of(frame), 6),
            "video": info.path.name,
            "rate": float(info.rate),
            "units": "px, s",
            **said,
        },
    }
    path.write_text(json.dumps(content, separators=(",", ":"), allow_nan=False), "utf-8")


def _people(opened: Opened, result: FrameResult) -> list[dict[str, Any]]:
    pixels, inside = seen_points(opened.body(result.people.body_model), result.people)
    scores = result.people.detections.scores
    there = persons(opened, result)
    confidence = np.broadcast_to(scores[:, None, None], (*inside.shape, 1))
    found = np.where(inside[..., None], np.concatenate([pixels, confidence], -1), 0.0)
    rows = np.round(found.astype(np.float64), 4)
    return [
        {
            "person_id": [-1 if person.track is None else person.track],
            "pose_keypoints_2d": rows[person.slot].reshape(-1).tolist(),
            **{key: [] for key in _EMPTY},
            "retake": {"edited": person.edited, "made": person.made},
        }
        for person in there
    ]


def _size(extent: Extent, options: Mapping[str, str]) -> float:
    return 230.0 * extent.frames + 880.0 * extent.bodies


OPENPOSE_JSON = Format(
    key="openpose",
    title="OpenPose JSON",
    summary="A folder with one file for each frame: 25 points (BODY_25) of each person, in pixels.",
    readers="Pose2Sim, SMPLify-X, EasyMocap",
    suffix="",
    options=(),
    group="Points and boxes",
    write_opened=write,
    size=_size,
)
