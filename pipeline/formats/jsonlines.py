"""JSON lines: everything a session holds, one object a line.

The first line is ``{"type": "session", ...}``: format version, video (name, size in px, frame count,
average rate, presentation-index hash), units ("m", "px", "s", radians nowhere: rotations are
matrices), axes ("OpenCV camera: x right, y down, z forward"). Every frame names its engine and body model.
Then one ``{"type": "track", ...}`` a track, then one ``{"type": "frame", ...}`` a frame that was run,
in order: ``frame`` (source number from 0), ``pts``, ``time`` (s), ``engine``, ``plan``, ``body_model``,
``focal_length`` (px), ``people`` and ``rejected``; or ``failure`` where the engine could not.
A person: ``slot``, ``track`` (or null), ``assigned_by``, ``score``, ``box`` (x1 y1 x2 y2 px),
``mask`` (COCO run-length code or null), ``global_orient`` (3×3, camera axes), ``body_pose`` (23×3×3, relative to the
parent), ``betas`` (10), ``cam_t`` (3, m), ``joints`` (24×3, m, camera), ``joints_2d`` (24×2, px),
``keypoints`` (the engine's own: layout, image px, scores, body m).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.atomic import replacing
from pipeline.formats.format import Format, Opened, Written
from pipeline.job import Job
from pipeline.structures import FrameFailure, FrameResult, Meshes

VERSION = 1


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one object a line. See the module for the fields."""
    frames = opened.frames()
    failures = opened.store.failures()
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:

        def line(value: dict[str, Any]) -> None:
            file.write(json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n")

        line(_session(opened))
        for track in opened.tracks():
            line({"type": "track", **asdict(track)})
        for result in opened.results(job):
            line(_frame(opened, result))
        inside = [f for f in sorted(failures) if f not in set(frames.tolist()) and _wanted(opened, f)]
        for frame in inside:
            line(_failure(opened, failures[frame]))
    return Written((path,))


def _wanted(opened: Opened, frame: int) -> bool:
    wanted = opened.source.frames
    return wanted is None or wanted[0] <= frame <= wanted[1]


def _session(opened: Opened) -> dict[str, Any]:
    info = opened.video.info
    return {
        "type": "session",
        "format": "retake-jsonl",
        "version": VERSION,
        "video": {
            "name": info.path.name,
            "size": list(info.size),
            "frames": opened.video.frame_count,
            "rate": float(info.rate),
            "index_hash": opened.video.identity,
        },
        "units": {"length": "m", "image": "px", "time": "s", "rotation": "matrix"},
        "axes": "OpenCV camera: x right, y down, z forward",
    }


def _when(opened: Opened, frame: int) -> dict[str, Any]:
    video = opened.video
    return {
        "type": "frame",
        "frame": frame,
        "pts": video.pts_of(frame),
        "time": round(video.time_of(frame), 6),
    }


def _failure(opened: Opened, failure: FrameFailure) -> dict[str, Any]:
    said = {**asdict(failure), "numbers": dict(failure.numbers)}
    return {**_when(opened, failure.frame_index), "failure": said}


def _frame(opened: Opened, result: FrameResult) -> dict[str, Any]:
    people = result.people
    meshes = opened.body(people.body_model).meshes(people)
    tracks = opened.track_of(result.frame_index)
    edited = opened.edited(result.frame_index)
    slots = [s for s in range(len(people)) if opened.source.tracks is None or s in tracks]
    return {
        **_when(opened, result.frame_index),
        "engine": result.engine_id,
        "plan": asdict(result.plan),
        "body_model": people.body_model,
        "focal_length": float(people.focal_length),
        "people": [
            {
                "slot": slot,
                "track": tracks.get(slot),
                "assigned_by": "reviewer" if slot in edited else "tracker",
                **_person(result, meshes, slot),
            }
            for slot in slots
        ],
        "rejected": [
            {"box": _plain(box), "score": float(score), "reason": reason}
            for box, score, reason in zip(
                result.rejected.boxes, result.rejected.scores, result.rejected.reasons, strict=True
            )
        ],
        "timings": {step: round(seconds, 6) for step, seconds in result.timings.items()},
        "peak_memory": result.peak_memory,
    }


def _person(result: FrameResult, meshes: Meshes, slot: int) -> dict[str, Any]:
    people = result.people
    mask = people.detections.masks[slot] if people.detections.masks else None
    keypoints = people.keypoints
    return {
        "score": float(people.detections.scores[slot]),
        "box": _plain(people.detections.boxes[slot]),
        "mask": mask and {"size": list(mask.size), "counts": mask.counts.decode("ascii")},
        "global_orient": _plain(people.smpl.global_orient[slot]),
        "body_pose": _plain(people.smpl.body_pose[slot]),
        "betas": _plain(people.smpl.betas[slot]),
        "cam_t": _plain(people.cam_t[slot]),
        "joints": _plain(meshes.joints[slot]),
        "joints_2d": _plain(meshes.keypoints_2d[slot]),
        "keypoints": keypoints
        and {
            "layout": keypoints.layout,
            "image": _plain(keypoints.image[slot]),
            "scores": _plain(keypoints.scores[slot]),
            "body": _plain(keypoints.body[slot]),
        },
    }


def _plain(array: np.ndarray[Any, Any]) -> Any:
    """Nested lists with seven significant digits, which is all a float32 has; NaN becomes null."""
    if array.ndim == 0:
        return float(f"{array:.7g}") if np.isfinite(array) else None
    return [_plain(row) for row in array]


JSON_LINES = Format(
    key="jsonl",
    title="JSON lines",
    summary="Everything in the session: people, tracks, what was rejected and what failed, one frame a line.",
    readers="Any language",
    suffix=".jsonl",
    options=(),
    write_opened=write,
)
