"""One person more in a frame's result, or another in somebody's place; everybody else stays bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.camera.refocus import moved
from pipeline.errors import EngineError
from pipeline.structures import (
    Detections,
    Float,
    FrameResult,
    Int,
    Keypoints,
    Mask,
    People,
    Rejected,
    SmplParams,
)

SAME_BOX = 0.7
"""Overlap from which a drawn box is drawn round somebody who was found already. Two people of whom one hides the
other seldom overlap so much, and a box drawn by hand round a person rarely overlaps the engine's box less."""

SAME_BODY = 0.8
"""Overlap from which what the engine made of a box is somebody it had found already, whatever the box."""

_LEFT_OUT = 0.5  # overlap from which somebody left out is the person who is in now


def overlaps(box: npt.ArrayLike, boxes: Float) -> Float:
    """(N,) intersection over union of a box with (N, 4) others, all x1, y1, x2, y2 in px."""
    one = np.asarray(box, np.float32)
    sides = np.maximum(np.minimum(one[2:], boxes[:, 2:]) - np.maximum(one[:2], boxes[:, :2]), 0)
    shared = sides[:, 0] * sides[:, 1]
    union = _area(one[None]) + _area(boxes) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0), np.float32)


def same_person(people: People, box: npt.ArrayLike, limit: float = SAME_BOX) -> int | None:
    """The slot of the person whom a box is drawn round, if anybody was found there."""
    shares = overlaps(box, people.detections.boxes)
    return int(shares.argmax()) if len(shares) and float(shares.max()) >= limit else None


def person_in(found: FrameResult, box: npt.ArrayLike) -> int | None:
    """The row of the person an engine found in a box, or None if it found nobody."""
    shares = overlaps(box, found.people.detections.boxes)
    return int(shares.argmax()) if len(shares) else None


def splice(
    base: FrameResult, found: FrameResult, row: int, slot: int | None, box: npt.ArrayLike, note: str
) -> FrameResult:
    """Put a person of one result into another.

    The others' rows are copied bit for bit. The newcomer's depth follows the base's focal length, which keeps
    the body on the same pixels; appearance or landmarks of an unlike engine are left out; who was left out
    where the newcomer is, is so no more.

    Args:
        base: The frame as it counts.
        found: What an engine made of a box in the same frame.
        row: The person's row in it.
        slot: Whose place the person takes; None to come behind the others.
        box: The box that was asked for, x1, y1, x2, y2 in px.
        note: What is added to the plan's notes.

    Raises:
        EngineError: The bodies are of different models, which one frame cannot hold.
    """
    person = _only(found.people, row)
    if len(base.people) and person.body_model != base.people.body_model:
        raise EngineError(
            "The other people of this frame are of another body model.",
            "Load the engine and the body they were run with, or run the frame again.",
            kind="bad_input",
        )
    people = _joined(base.people, person, slot) if len(base.people) else person
    notes = (*base.plan.notes, note if found.engine_id == base.engine_id else f"{note} By {found.engine_id}.")
    return replace(
        base,
        people=people,
        rejected=_still_left_out(base.rejected, box, person.detections.boxes[0]),
        plan=replace(base.plan, notes=notes),
        timings=dict(found.timings),
        peak_memory=found.peak_memory,
        tracks=_tracks(base, slot),
        warning=found.warning,
    )


def alone(found: FrameResult, row: int, note: str) -> FrameResult:
    """A result with one of its people only, for a frame in which nobody was looked for."""
    tracks = None if found.tracks is None else found.tracks[[row]]
    plan = replace(found.plan, notes=(*found.plan.notes, note))
    return replace(found, people=_only(found.people, row), rejected=Rejected(), plan=plan, tracks=tracks)


def _only(people: People, row: int) -> People:
    """One person alone."""
    rows, found, smpl, points = [row], people.detections, people.smpl, people.keypoints
    return replace(
        people,
        detections=Detections(
            found.boxes[rows], found.scores[rows], (found.masks[row],) if found.masks else ()
        ),
        smpl=SmplParams(smpl.global_orient[rows], smpl.body_pose[rows], smpl.betas[rows]),
        cam_t=people.cam_t[rows],
        features=people.features[rows],
        keypoints=None
        if points is None
        else Keypoints(points.layout, points.image[rows], points.scores[rows], points.body[rows]),
    )


def _joined(base: People, one: People, slot: int | None) -> People:
    found, smpl = base.detections, base.smpl
    # The same lens for all of a frame: the newcomer moves in depth and is seen from the same side.
    factor = base.focal_length / one.focal_length
    orient, cam_t = moved(one.smpl.global_orient, one.cam_t, one.body_model, factor)
    return replace(
        base,
        detections=Detections(
            _put(found.boxes, one.detections.boxes, slot),
            _put(found.scores, one.detections.scores, slot),
            _masks(found, one.detections, slot),
        ),
        smpl=SmplParams(
            _put(smpl.global_orient, orient, slot),
            _put(smpl.body_pose, one.smpl.body_pose, slot),
            _put(smpl.betas, one.smpl.betas, slot),
        ),
        cam_t=_put(base.cam_t, cam_t, slot),
        features=_put(base.features, _fitting(one.features, base.features), slot),
        keypoints=_keypoints(base.keypoints, one.keypoints, slot),
    )


def _put(array: Any, row: Any, slot: int | None) -> Any:
    """The array with a row behind the others, or in the place of one."""
    if slot is None:
        return np.concatenate([array, row.astype(array.dtype)])
    changed = array.copy()
    changed[slot] = row[0]
    return changed


def _fitting(row: Any, array: Any) -> Any:
    """The row if it has the array's shape, else zeros, which stand for unknown."""
    return row if row.shape[1:] == array.shape[1:] else np.zeros((1, *array.shape[1:]), array.dtype)


def _masks(found: Detections, one: Detections, slot: int | None) -> tuple[Mask | None, ...]:
    mask = one.masks[0] if one.masks else None
    if not found.masks and mask is None:
        return ()
    masks = list(found.masks) or [None] * len(found)
    if slot is None:
        masks.append(mask)
    else:
        masks[slot] = mask
    return tuple(masks)


def _keypoints(points: Keypoints | None, one: Keypoints | None, slot: int | None) -> Keypoints | None:
    if points is None:
        return None
    alike = one is not None and one.layout == points.layout
    parts = []
    for name in ("image", "scores", "body"):
        array = getattr(points, name)
        blank = np.zeros((1, *array.shape[1:]), array.dtype)
        parts.append(_put(array, _fitting(getattr(one, name), array) if alike else blank, slot))
    return Keypoints(points.layout, *parts)


def _tracks(base: FrameResult, slot: int | None) -> Int | None:
    """The engine's own numbers: somebody new has none, whoever takes a place keeps that one's."""
    if base.tracks is None or slot is not None:
        return base.tracks
    return np.append(base.tracks, np.int64(-1))


def _still_left_out(rejected: Rejected, *boxes: npt.ArrayLike) -> Rejected:
    if not len(rejected.boxes):
        return rejected
    covered = np.max([overlaps(box, rejected.boxes) for box in boxes], axis=0)
    kept = np.flatnonzero(covered < _LEFT_OUT)
    return Rejected(
        rejected.boxes[kept], rejected.scores[kept], tuple(rejected.reasons[i] for i in kept.tolist())
    )


def _area(boxes: Float) -> Float:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), np.float32)
