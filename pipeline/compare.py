"""How two results of one frame differ: who is who in both, and each joint's way from one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.structures import Float, FrameResult, Meshes

LEAST_OVERLAP = 0.3
"""Box IoU from which two people without a common track are taken for the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two.

    Attributes:
        result: The people.
        tracks: Track by slot; people of no track are left out.
        meshes: Their joints, skinned.
    """

    result: FrameResult
    tracks: Mapping[int, int]
    meshes: Meshes


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """One person's difference, this side's less the other's.

    Attributes:
        slots: Slot in this result and in the other.
        track: The track in this result, or None.
        apart: (24,) mm between the joints in the camera frame.
        posed: (24,) mm between the joints relative to the pelvis: pose and shape without place.
        pixels: (24,) px between the joints in the picture.
        scores: Of this result and of the other.
    """

    slots: tuple[int, int]
    track: int | None
    apart: Float
    posed: Float
    pixels: Float
    scores: tuple[float, float]


def compare(this: Side, other: Side) -> tuple[Difference, ...]:
    """The people who are in both, in the order of this side's slots."""
    return tuple(_difference(this, other, a, b) for a, b in sorted(match(this, other)))


def match(this: Side, other: Side) -> Iterator[tuple[int, int]]:
    """Slots of the same person on both sides: by track, and where there is none by the boxes' overlap."""
    by_track = {track: slot for slot, track in other.tracks.items()}
    pairs = {slot: by_track[track] for slot, track in this.tracks.items() if track in by_track}
    yield from pairs.items()
    mine = [slot for slot in range(len(this.result.people)) if slot not in pairs]
    theirs = [slot for slot in range(len(other.result.people)) if slot not in pairs.values()]
    if not mine or not theirs:
        return
    overlap = _overlaps(
        this.result.people.detections.boxes[mine], other.result.people.detections.boxes[theirs]
    )
    while (best := float(overlap.max())) >= LEAST_OVERLAP:
        row, column = (int(at) for at in np.unravel_index(overlap.argmax(), overlap.shape))
        yield mine[row], theirs[column]
        overlap[row], overlap[:, column] = -best, -best


def _overlaps(one: Float, other: Float) -> Float:
    """(N, M) intersection over union of boxes (N, 4) and (M, 4)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    inside = np.clip(high - low, 0, None).prod(-1)
    areas = [np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(-1) for boxes in (one, other)]
    both = areas[0][:, None] + areas[1][None] - inside
    return np.asarray(inside / np.maximum(both, 1e-6), np.float32)


def _difference(this: Side, other: Side, a: int, b: int) -> Difference:
    mine, theirs = this.meshes.joints[a], other.meshes.joints[b]
    seen, seen_other = this.meshes.keypoints_2d[a], other.meshes.keypoints_2d[b]
    return Difference(
        (a, b),
        this.tracks.get(a),
        _distances(mine, theirs) * np.float32(1000),
        _distances(mine - mine[:1], theirs - theirs[:1]) * np.float32(1000),
        _distances(seen, seen_other),
        (
            float(this.result.people.detections.scores[a]),
            float(other.result.people.detections.scores[b]),
        ),
    )


def _distances(one: Float, other: Float) -> Float:
    return np.asarray(np.linalg.norm(one - other, axis=-1), np.float32)
