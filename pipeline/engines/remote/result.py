"""A frame's result out of a service's answer: the very value its engine made."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.errors import EngineError
from pipeline.memory import Memory
from pipeline.service.numbers import array_of, number_of
from pipeline.structures import (
    Detections,
    Float,
    FrameResult,
    Keypoints,
    Mask,
    People,
    Plan,
    Rejected,
    SmplParams,
)

Told = Mapping[str, Any]
INCLUDE = ("masks", "keypoints", "features", "rejected")
"""What a service must be asked for, so that nothing is missing."""


def result_of(told: Told) -> FrameResult:
    """The result in an answer.

    Raises:
        EngineError: The answer is not of a form that is known here.
    """
    try:
        return _result(told)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise EngineError(
            f"The service gave an answer that is not understood ({type(error).__name__}: {error}).",
            "It may be of another version of Retake; use the same here and there.",
            kind="protocol",
        ) from error


def memory_of(told: Told) -> Memory | None:
    """The memory of the service's engine in an answer, if it says so."""
    memory = told.get("memory")
    known = {field.name for field in dataclasses.fields(Memory)}
    if not isinstance(memory, dict) or set(memory) != known:
        return None
    return Memory(**memory)


def _result(told: Told) -> FrameResult:
    people = told["people"]
    tracks = [person["engine_track"] for person in people] if told["engine_tracks"] else None
    return FrameResult(
        frame_index=told["frame_number"],
        people=_people(told, people),
        rejected=_rejected(told["rejected"]),
        engine_id=told["engine_id"],
        plan=_plan(told["plan"]),
        timings={name: number_of(seconds) for name, seconds in told["timings"].items()},
        peak_memory=told["peak_memory"],
        tracks=None if tracks is None else np.array(tracks, np.int64),
        warning=told["warning"],
    )


def _people(told: Told, people: Sequence[Told]) -> People:
    count = len(people)
    width, height = told["image_size"]
    return People(
        detections=Detections(_column(people, "box", 4), _column(people, "score"), tuple(_masks(people))),
        smpl=SmplParams(
            _column([person["smpl"] for person in people], "global_orient", 3, 3),
            _column([person["smpl"] for person in people], "body_pose", 23, 3, 3),
            _column([person["smpl"] for person in people], "betas", 10),
        ),
        cam_t=_column([person["camera"] for person in people], "cam_t", 3),
        focal_length=number_of(told["focal_length"]),
        image_size=(width, height),
        body_model=told["body_model"],
        features=array_of(
            [person["features"] for person in people], np.float16, (count, told["feature_size"])
        ),
        keypoints=_keypoints(told["keypoint_layout"], people),
    )


def _keypoints(layout: Told | None, people: Sequence[Told]) -> Keypoints | None:
    if layout is None:
        return None
    points, count = [person["keypoints"] for person in people], layout["count"]
    return Keypoints(
        layout["name"],
        _column(points, "image", count, 2),
        _column(points, "scores", count),
        _column(points, "body", count, 3),
    )


def _masks(people: Sequence[Told]) -> list[Mask | None]:
    """One a person, None where there is none; no entry at all where the engine made none."""
    told = [person["mask"] for person in people if "mask" in person]
    return [None if mask is None else _mask(mask) for mask in told]


def _mask(told: Told) -> Mask:
    height, width = told["size"]
    return Mask((height, width), told["counts"].encode("ascii"))


def _rejected(told: Sequence[Told]) -> Rejected:
    reasons = tuple(str(one["reason"]) for one in told)
    return Rejected(_column(told, "box", 4), _column(told, "score"), reasons)


def _plan(told: Told) -> Plan:
    known = {field.name for field in dataclasses.fields(Plan)}
    plan = {name: value for name, value in told.items() if name in known}
    return Plan(**{**plan, "notes": tuple(plan["notes"])})


def _column(rows: Sequence[Told], name: str, *shape: int) -> Float:
    """One field of all rows, (N, *shape)."""
    values: Float = array_of([row[name] for row in rows], np.float32, (len(rows), *shape))
    return values
