"""JSON lines: everything a session holds, one object a line.

The first line is ``{"type": "session", ...}``: format version, video (name, size in px, frame count,
average rate, presentation-index hash), units ("m", "px", "s", radians nowhere: rotations are
matrices), axes ("OpenCV camera: x right, y down, z forward"). Every frame names its engine and body model.
Then one ``{"type": "track", ...}`` a track, then one ``{"type": "frame", ...}`` a frame that was run,
in order: ``frame`` (source number from 0), ``pts``, ``time`` (s), ``engine``, ``plan``, ``body_model``,
``focal_length`` (px), ``people`` and ``rejected``; or ``failure`` where the engine could not.
A person: ``slot``, ``track`` (or null), ``assigned_by``, ``made`` ("engine", or "filled" or "smoothed"
where a layer made the pose), ``score``, ``box`` (x1 y1 x2 y2 px),
``mask`` (COCO run-length code or null), ``global_orient`` (3×3, camera axes), ``body_pose`` (23×3×3, relative to the
parent), ``betas`` (10), ``cam_t`` (3, m), ``joints`` (24×3, m, camera), ``joints_2d`` (24×2, px),
``keypoints`` (the engine's own: layout, image px, scores, body m).

With the option space=world, the first line has ``world``: its axes ("x right, y up, z backward", m), what it is known
from, and its ``floor`` (normal, and offset in m: normal · p = offset) or null. Every frame has ``camera_to_world``
(``rotation`` R 3×3 and ``translation`` t in m: R p + t), and every person ``world``: ``global_orient`` (3×3),
``transl`` (3, m) and ``joints`` (24×3, m). ``transl`` is what SMPL adds after turning about the pelvis J0 at rest,
R (J0 + cam_t) + t - J0; it is not R cam_t + t.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.atomic import replacing
from pipeline.formats.extent import Extent
from pipeline.formats.format import SPACE, Format, Opened, Written
from pipeline.formats.persons import persons
from pipeline.job import Job
from pipeline.smpl import BodyModel
from pipeline.structures import Float, FrameFailure, FrameResult, Meshes, People
from pipeline.world import World

VERSION = 1


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one object a line. See the module for the fields."""
    frames = opened.frames()
    failures = opened.store.failures()
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:

        def line(value: dict[str, Any]) -> None:
            file.write(json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n")

        world = opened.world if options["space"] == "world" else None
        line({**_session(opened), **({} if world is None else {"world": _world(world)})})
        for track in opened.tracks():
            line({"type": "track", **asdict(track)})
        for result in opened.results(job):
            line(_frame(opened, result, world))
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


def _world(world: World) -> dict[str, Any]:
    return {
        "axes": "x right, y up, z backward",
        "known": world.note,
        "floor": world.floor and {"normal": _plain(world.floor[0]), "offset": world.floor[1]},
    }


def _frame(opened: Opened, result: FrameResult, world: World | None) -> dict[str, Any]:
    people = result.people
    body = opened.body(people.body_model)
    meshes = body.meshes(people)
    placed = None if world is None else world.camera_to_world(result.frame_index)
    return {
        **_when(opened, result.frame_index),
        "engine": result.engine_id,
        "plan": asdict(result.plan),
        "body_model": people.body_model,
        "focal_length": float(people.focal_length),
        **(
            {"camera_to_world": {"rotation": _plain(placed[0]), "translation": _plain(placed[1])}}
            if placed
            else {}
        ),
        "people": [
            {
                "slot": slot,
                "track": track,
                "assigned_by": "reviewer" if edited else "tracker",
                "made": made,
                **_person(result, meshes, slot),
                **({"world": _in_world(people, body, meshes, slot, *placed)} if placed else {}),
            }
            for slot, track, edited, made in persons(opened, result)
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


def _in_world(
    people: People, body: BodyModel, meshes: Meshes, slot: int, turn: Float, shift: Float
) -> dict[str, Any]:
    pelvis = body.rest_joints(people.smpl.betas[slot : slot + 1])[0, 0]
    return {
        "global_orient": _plain(turn @ people.smpl.global_orient[slot]),
        "transl": _plain(turn @ (pelvis + people.cam_t[slot]) + shift - pelvis),
        "joints": _plain(meshes.joints[slot] @ turn.T + shift),
    }


def _plain(array: np.ndarray[Any, Any]) -> Any:
    """Nested lists with seven significant digits, which is all a float32 has; NaN becomes null."""
    if array.ndim == 0:
        return float(f"{array:.7g}") if np.isfinite(array) else None
    return [_plain(row) for row in array]


def _size(extent: Extent, options: Mapping[str, str]) -> float:
    body = 6150 + (1000 if options["space"] == "world" else 0)
    return 600.0 * extent.frames + (body + 0.8 * extent.mask) * extent.bodies


JSON_LINES = Format(
    key="jsonl",
    title="JSON lines",
    summary="Everything in the session: people, tracks, what was rejected and what failed, one frame a line.",
    readers="your own scripts, in any language",
    suffix=".jsonl",
    options=(SPACE,),
    group="Tables and text",
    write_opened=write,
    size=_size,
)
