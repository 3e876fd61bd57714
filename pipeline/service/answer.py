"""A result as the service answers it. `pipeline.engines.remote.result` reads it back."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from pipeline.memory import Memory
from pipeline.service.asking import PoseRequest
from pipeline.service.bodies import Shape
from pipeline.service.numbers import listed, number
from pipeline.service.videos import Tracked
from pipeline.smpl import JOINT_NAMES
from pipeline.structures import FrameResult, Mask, People
from pipeline.track import NOBODY

_MOST = 1.1  # no number in a rotation matrix is larger than 1, but for rounding


def answer(
    request: PoseRequest,
    tracked: Tracked,
    shape: Shape,
    *,
    overlay: str | None,
    memory: Memory | None,
    stored: bool,
) -> dict[str, Any]:
    """The whole answer to a request.

    Args:
        request: What was asked.
        tracked: The result, and who its people are.
        shape: Their bodies.
        overlay: A PNG as base64, if it was asked for.
        memory: The engine's, now.
        stored: The engine did it earlier, for the same request.
    """
    result, include = tracked.result, request.include
    told: dict[str, Any] = {
        "frame_number": result.frame_index,
        "video_id": request.video_id or None,
        "time": request.time,
        "image_size": list(result.people.image_size),
        "people": [_person(tracked, slot, shape, include) for slot in range(len(result.people))],
        "joint_names": list(JOINT_NAMES),
        **_about(result),
        "service_timings": {"wait": tracked.waited, "run": tracked.ran},
        "memory": None if memory is None else dataclasses.asdict(memory),
        "stored": stored,
        "notes": list(shape.notes),
    }
    if "vertices" in include:
        told["faces"] = None if shape.faces is None else listed(shape.faces)
    if "overlay" in include:
        told["overlay"] = overlay
    if "rejected" in include:
        told["rejected"] = _rejected(result)
    return told


def _about(result: FrameResult) -> dict[str, Any]:
    """What holds for the whole frame."""
    people, points = result.people, result.people.keypoints
    return {
        "focal_length": number(people.focal_length),
        "body_model": people.body_model,
        "engine_id": result.engine_id,
        "plan": dataclasses.asdict(result.plan),
        "timings": {name: number(seconds) for name, seconds in result.timings.items()},
        "peak_memory": int(result.peak_memory),
        "warning": result.warning,
        "engine_tracks": result.tracks is not None,
        "feature_size": people.features.shape[1],
        "keypoint_layout": None
        if points is None
        else {"name": points.layout, "count": points.image.shape[1]},
    }


def _person(tracked: Tracked, slot: int, shape: Shape, include: frozenset[str]) -> dict[str, Any]:
    people, track = tracked.result.people, int(tracked.tracks[slot])
    person: dict[str, Any] = {
        "track_id": None if track == NOBODY else track,
        "box": listed(people.detections.boxes[slot]),
        "score": number(people.detections.scores[slot]),
        "smpl": _smpl(people, slot),
        "camera": _camera(people, slot),
        "joints_3d": _row(shape.joints, slot),
        "joints_2d": _row(shape.pixels, slot),
    }
    if tracked.result.tracks is not None:
        person["engine_track"] = int(tracked.result.tracks[slot])
    return person | _wanted(people, slot, shape, include)


def _wanted(people: People, slot: int, shape: Shape, include: frozenset[str]) -> dict[str, Any]:
    """What is told of a person only when asked for."""
    person: dict[str, Any] = {}
    points = people.keypoints
    if "vertices" in include:
        person["vertices"] = _row(shape.vertices, slot)
    if "keypoints" in include and points is not None:
        person["keypoints"] = {
            "image": listed(points.image[slot]),
            "scores": listed(points.scores[slot]),
            "body": listed(points.body[slot]),
        }
    if "features" in include:
        person["features"] = listed(people.features[slot])
    if "masks" in include and people.detections.masks:
        person["mask"] = _mask(people.detections.masks[slot])
    return person


def _smpl(people: People, slot: int) -> dict[str, Any]:
    smpl = people.smpl
    return {
        "global_orient": listed(smpl.global_orient[slot]),
        "body_pose": listed(smpl.body_pose[slot]),
        "betas": listed(smpl.betas[slot]),
        "global_orient_axis_angle": _vectors(smpl.global_orient[slot]),
        "body_pose_axis_angle": _vectors(smpl.body_pose[slot]),
    }


def _vectors(rotations: npt.NDArray[np.float32]) -> Any:
    """Rotation vectors (..., 3) in rad of matrices (..., 3, 3); None of what is no rotation."""
    if not (np.abs(rotations) < _MOST).all() or (np.linalg.det(rotations) <= 0).any():  # NaN is not less, too
        return None
    return listed(Rotation.from_matrix(rotations).as_rotvec())


def _camera(people: People, slot: int) -> dict[str, Any]:
    width, height = people.image_size
    return {
        "cam_t": listed(people.cam_t[slot]),
        "focal_length": number(people.focal_length),
        "principal_point": [width / 2, height / 2],
        "image_size": [width, height],
    }


def _mask(mask: Mask | None) -> dict[str, Any] | None:
    """As COCO has it: size is [H, W], counts the compressed run lengths."""
    return None if mask is None else {"size": list(mask.size), "counts": mask.counts.decode("ascii")}


def _rejected(result: FrameResult) -> list[dict[str, Any]]:
    left = result.rejected
    rows: Sequence[tuple[Any, Any, str]] = list(zip(left.boxes, left.scores, left.reasons, strict=True))
    return [{"box": listed(box), "score": number(score), "reason": reason} for box, score, reason in rows]


def _row(array: npt.NDArray[Any] | None, slot: int) -> Any:
    return None if array is None else listed(array[slot])
