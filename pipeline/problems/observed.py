"""The people of many frames as columns: what signals are measured on."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.problems.kinematics import people_last, posed_joints, stature
from pipeline.session.layered import Shown
from pipeline.smpl.body import BodyModel
from pipeline.structures import Float, Half, Int, Mask, People

NO_TRACK = 0
"""The track of people who are nobody's."""

LOOKS = 48
"""Numbers kept of a person's appearance. A random projection keeps distances to some 20 % (Johnson and
Lindenstrauss, 1984), which is enough to tell clothes apart, and 100,000 frames of 5 people take 50 MB."""

_UNSHARED = 230_000  # multiplications of a product that the linear algebra library keeps on one thread

FindBody = Callable[[str], "BodyModel | None"]
Flags = npt.NDArray[np.bool_]
Double = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """K people in some frames, sorted by track, then by time.

    Attributes:
        frames: (K,) frame of each.
        slots: (K,) row in that frame.
        tracks: (K,) track, NO_TRACK for none.
        times: (K,) s.
        boxes: (K, 4) x1, y1, x2, y2 px.
        scores: (K,) in [0, 1].
        focal: (K,) px.
        looks: (K, LOOKS) appearance of unit length, projected; zeros for none.
        looks_size: (K,) how many numbers the engine gave for it; only equal ones can be compared.
        model: (K,) the body model as a number.
        stature: (K,) m from the feet's to the head's joint at rest; NaN where the body model is not here.
        shape: (K, 10) m: how far apart two of these are is how far the rest joints of the bodies are, as root
            of the mean square; NaN likewise.
        pelvis: (K, 3) m where the pelvis is in the camera frame; `cam_t` where the model is not here.
        rotations: (24, 3, 3, K) global orientation and body pose.
        joints: (24, 3, K) m from the pelvis in camera axes; NaN where the model is not here.
        rest: (24, 3, K) m joints at rest; NaN likewise.
        order: (K,) where each stood before sorting: counted through the frames as they were given.
    """

    frames: Int
    slots: Int
    tracks: Int
    times: Double
    boxes: Float
    scores: Float
    focal: Float
    looks: Half
    looks_size: Int
    model: Int
    stature: Float
    shape: Float
    pelvis: Float
    rotations: Float
    joints: Float
    rest: Float
    order: Int

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The people of one frame who are not removed.

    Attributes:
        frame: The frame.
        slots: (N,) their rows in the result.
        tracks: (N,) who they are, NO_TRACK for nobody.
        people: All people of the frame.
    """

    frame: int
    slots: Int
    tracks: Int
    people: People

    def masks(self) -> list[Mask | None]:
        """A mask for each, or None."""
        masks = self.people.detections.masks
        return [masks[slot] if masks else None for slot in self.slots.tolist()]


def sheet_of(seen: Shown) -> Sheet:
    """What is measured of a frame: everybody whom the reviewer did not delete from it."""
    people = seen.result.people
    tracks = np.zeros(len(people), np.int64)
    for one in seen.assignments:
        if one.track_id is not None and one.slot < len(tracks):
            tracks[one.slot] = one.track_id
    slots = np.arange(len(people))
    if seen.removed:
        slots = slots[~np.isin(slots, list(seen.removed))]
    return Sheet(seen.result.frame_index, slots, tracks[slots], people)


def observed(sheets: Iterable[Sheet], find_body: FindBody, time_of: Callable[[int], float]) -> Observed:
    """Gather frames into columns.

    Args:
        sheets: The frames.
        find_body: The body model of an id, or None if it is not here.
        time_of: Presentation time of a frame in s.
    """
    there = [sheet for sheet in sheets if len(sheet.slots)]
    counts = [len(sheet.slots) for sheet in there]

    def spread(values: list[Any], dtype: Any) -> Any:
        return np.repeat(np.array(values, dtype), counts)

    def gathered(of: Callable[[People], Any], shape: tuple[int, ...]) -> Float:
        arrays = [_picked(of(sheet.people), sheet) for sheet in there]
        joined: Float = _joined(arrays, shape, np.float32)[order]
        return joined

    times, tracks = spread([time_of(sheet.frame) for sheet in there], np.float64), _tracks(there)
    slots = _joined([sheet.slots for sheet in there], (), np.int64)
    order = np.lexsort((slots, times, tracks))
    model = spread([_number(sheet.people.body_model) for sheet in there], np.int64)[order]
    betas, cam_t = gathered(lambda p: p.smpl.betas, (10,)), gathered(lambda p: p.cam_t, (3,))
    rotations = _rotations(there, order)
    looks, looks_size = _appearance(there, counts)
    return Observed(
        frames=spread([sheet.frame for sheet in there], np.int64)[order],
        slots=slots[order],
        tracks=tracks[order],
        times=times[order],
        boxes=gathered(lambda p: p.detections.boxes, (4,)),
        scores=gathered(lambda p: p.detections.scores, ()),
        focal=spread([sheet.people.focal_length for sheet in there], np.float32)[order],
        looks=looks[order],
        looks_size=looks_size[order],
        model=model,
        **_bodies(rotations, betas, cam_t, model, _models(there, find_body)),
        rotations=rotations,
        order=order,
    )


def _tracks(there: list[Sheet]) -> Int:
    tracks: Int = _joined([sheet.tracks for sheet in there], (), np.int64)
    return tracks


def _rotations(there: list[Sheet], order: Int) -> Float:
    """(24, 3, 3, K)."""
    rotations = np.empty((24, 3, 3, len(order)), np.float32)
    roots = _joined([_picked(s.people.smpl.global_orient, s) for s in there], (3, 3), np.float32)
    bodies = _joined([_picked(s.people.smpl.body_pose, s) for s in there], (23, 3, 3), np.float32)
    rotations[0], rotations[1:] = people_last(roots, order), people_last(bodies, order)
    return rotations


def _picked(array: Any, sheet: Sheet) -> Any:
    return array if len(sheet.slots) == len(sheet.people) else array[sheet.slots]


def _joined(arrays: list[Any], shape: tuple[int, ...], dtype: Any) -> Any:
    return np.concatenate(arrays) if arrays else np.zeros((0, *shape), dtype)


def _number(body_id: str) -> int:
    """A body model as a number, the same whenever it is asked for."""
    return zlib.crc32(body_id.encode())


def _models(there: list[Sheet], find_body: FindBody) -> dict[int, BodyModel | None]:
    ids = {sheet.people.body_model for sheet in there}
    return {_number(body_id): find_body(body_id) for body_id in ids}


def _bodies(
    rotations: Float, betas: Float, cam_t: Float, model: Int, models: Mapping[int, BodyModel | None]
) -> dict[str, Float]:
    """Joints, pelvis, stature and shape, model by model."""
    count = len(betas)
    joints, shape = np.full((24, 3, count), np.nan, np.float32), np.full((count, 10), np.nan, np.float32)
    rests = joints.copy()
    heights, pelvis = np.full(count, np.nan, np.float32), cam_t.copy()
    for number, body in models.items():
        rows = slice(None) if len(models) == 1 else np.flatnonzero(model == number)
        if body is None:
            continue
        rest = _rest(body, betas[rows])
        pelvis[rows] += rest[0].T
        rests[..., rows] = rest
        joints[..., rows], heights[rows] = posed_joints(rotations[..., rows], rest), stature(rest)
        shape[rows] = np.einsum("kb,bc->kc", betas[rows], _lengths(body))
    return {"joints": joints, "rest": rests, "pelvis": pelvis, "stature": heights, "shape": shape}


def _rest(body: BodyModel, betas: Float) -> Float:
    """(24, 3, K) m joints at rest of shapes (K, 10); see `BodyModel.rest_joints`."""
    rest: Float = np.einsum("kb,jab->jak", betas, body.J_shapedirs) + body.J_template[..., None]
    return rest


def _lengths(body: BodyModel) -> Float:
    """(10, 10) that makes lengths of betas, so that Euclidean distance is that of the rest joints.

    With the joints' displacement `A b`, `|A b| = |R b|` for `A = Q R`.
    """
    moved = body.J_shapedirs - body.J_shapedirs.mean(0)
    _orthogonal, triangle = np.linalg.qr(moved.reshape(-1, moved.shape[-1]))
    lengths: Float = (triangle.T / np.sqrt(24)).astype(np.float32)
    return lengths


def _appearance(there: list[Sheet], counts: list[int]) -> tuple[Half, Int]:
    """(K, LOOKS) appearance and (K,) the size it had, by the engines' sizes."""
    sizes = np.repeat(np.array([sheet.people.features.shape[1] for sheet in there], np.int64), counts)
    looks = np.zeros((len(sizes), LOOKS), np.float16)
    for size in np.unique(sizes[sizes > 0]).tolist():
        same = [sheet for sheet in there if sheet.people.features.shape[1] == size]
        features = np.concatenate([_picked(sheet.people.features, sheet) for sheet in same])
        looks[sizes == size] = _unit(_product(_unit(features.astype(np.float32)), _projection(size)))
    return looks, sizes


def _product(rows: Float, matrix: Float) -> Float:
    """Rows times a matrix, few at a time: see `pipeline.smpl.body` on products that are shared out over threads."""
    block = max(1, _UNSHARED // matrix.size)
    parts = [rows[start : start + block] @ matrix for start in range(0, len(rows), block)]
    return np.concatenate(parts)


@lru_cache(maxsize=8)
def _projection(size: int) -> Float:
    """(size, LOOKS), the same whenever it is asked for; small vectors are padded instead."""
    if size <= LOOKS:
        return np.eye(size, LOOKS, dtype=np.float32)
    return np.random.default_rng(size).normal(0, LOOKS**-0.5, (size, LOOKS)).astype(np.float32)


def _unit(features: Float) -> Float:
    lengths = np.sqrt(np.einsum("kd,kd->k", features, features))[:, None]
    unit: Float = np.divide(features, lengths, out=np.zeros_like(features), where=lengths > 0)
    return unit
