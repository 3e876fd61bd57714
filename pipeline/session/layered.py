"""A frame as it is shown, measured and exported: what counts, with the reviewer's layers over it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.camera.kept import camera_in
from pipeline.camera.refocus import moved, refocused
from pipeline.camera.values import Camera
from pipeline.session.poses import NOBODY_THERE, LaidPose
from pipeline.session.store import Store
from pipeline.structures import (
    Assigner,
    Assignment,
    Detections,
    FrameResult,
    Int,
    Keypoints,
    People,
    Plan,
    Rejected,
    SmplParams,
)

_KEPT = 256
MADE = {"fill": "filled", "smooth": "smoothed"}
"""What a person is called whose pose a layer of that kind made."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One frame.

    Attributes:
        result: The people: of the counting version, then those that layers fill in, each with the layer's
            pose. Without layers it is the stored result itself.
        assignments: Who they are, by slot of `result`.
        made: "filled" or "smoothed", by slot, where a layer made the pose.
        removed: Slots of people that the reviewer deleted from the frame.
    """

    result: FrameResult
    assignments: tuple[Assignment, ...]
    made: Mapping[int, str]
    removed: frozenset[int]


class ShownFrames:
    """Frames as they are shown, the last few hundred of them kept. Belongs to the store's thread.

    Attributes:
        bare: Leave the layers out, to see what lies under them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[int, tuple[Any, Shown | None]] = OrderedDict()
        self.bare = False

    def result(self, frame: int) -> FrameResult | None:
        """The people of a frame."""
        seen = self.of(frame)
        return None if seen is None else seen.result

    def assignments(self, frame: int) -> tuple[Assignment, ...]:
        """Who they are."""
        seen = self.of(frame)
        return () if seen is None else seen.assignments

    def of(self, frame: int) -> Shown | None:
        """A frame, the same object as long as nothing of it has changed; None if nobody ever looked at it."""
        store = self._store
        laid = [] if self.bare else store.laid_keys(frame)
        camera = camera_in(store)
        key = (store.counting_version(frame), store.assignments(frame), laid, camera)
        if frame in self._kept and self._kept[frame][0] == key:
            self._kept.move_to_end(frame)
            return self._kept[frame][1]
        seen = _shown(store.result(frame), key[1], _laid(store, frame) if laid else (), frame, camera)
        self._kept[frame] = key, seen
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return seen


def shown(store: Store, frame: int) -> Shown | None:
    """A frame as it is shown, or None if it was never run and nothing was filled in."""
    kept = store.companion(ShownFrames)
    return kept.of(frame)


def shown_frames(store: Store) -> Int:
    """The frames that have something to show, ascending."""
    filled = store.layered_frames()
    frames = store.frames_with_results()
    return np.union1d(frames, np.array(filled, np.int64)) if filled else frames


def track_frames(store: Store, track: int, first: int, last: int) -> Int:
    """The frames of a range in which a track is shown, ascending: found, or filled in by a layer that is on."""
    found = np.array(store.frames_of(track, first, last), np.int64)
    filled = [
        frame
        for layer in store.pose_layers()
        if layer.kind == "fill" and layer.enabled and layer.track == track
        for frame in store.layer_frames(layer.id)
        if first <= frame <= last
    ]
    return np.union1d(found, np.array(filled, np.int64)) if filled else found


def all_shown(store: Store, frames: Iterable[int] | None = None, *, without: int = 0) -> Iterator[Shown]:
    """Frames as they are shown, all or some, ascending; read as one goes, and not kept.

    Args:
        store: The session.
        frames: The frames; None for all.
        without: A layer to leave out.
    """
    wanted = shown_frames(store)
    if frames is not None:
        wanted = wanted[np.isin(wanted, np.fromiter(frames, np.int64))]
    layered = frozenset(store.layered_frames())
    who = _assignments(store, wanted)
    camera = camera_in(store)
    results = store.results(wanted.tolist())
    result = next(results, None)
    for frame in wanted.tolist():
        here = result if result is not None and result.frame_index == frame else None
        laid = _laid(store, frame, without) if frame in layered else ()
        seen = _shown(here, who.get(frame, ()), laid, frame, camera)
        if here is not None:
            result = next(results, None)
        if seen is not None:
            yield seen


def _assignments(store: Store, frames: Int) -> dict[int, tuple[Assignment, ...]]:
    if len(frames) < 64:
        return {frame: store.assignments(frame) for frame in frames.tolist()}
    who: dict[int, list[Assignment]] = {}
    for cell in store.all_cells():
        by: Assigner = "reviewer" if cell.reviewer else "tracker"
        who.setdefault(cell.frame, []).append(Assignment(cell.frame, cell.slot, cell.track, by))
    return {frame: tuple(of) for frame, of in who.items()}


def _laid(store: Store, frame: int, without: int = 0) -> list[LaidPose]:
    """The poses over a frame, without those made for a version that counts no more."""
    version = store.counting_version(frame)
    return [
        one
        for one in store.laid_poses(frame)
        if one.layer.id != without and (one.pose.slot == NOBODY_THERE or _holds(store, one, version))
    ]


def _holds(store: Store, one: LaidPose, version: int | None) -> bool:
    """Whether a pose was made for the person who counts: of that version, or carried over into it unchanged.

    A drawn or accepted box makes a version in which everybody else is bit for bit as before.
    """
    made_for, slot = one.pose.version, one.pose.slot
    if made_for == version or version is None:
        return made_for == version
    try:
        was, now = store.result_of(made_for).people, store.result_of(version).people
    except KeyError:  # removed since
        return False
    return slot < min(len(was), len(now)) and all(
        np.array_equal(a[slot], b[slot])
        for a, b in (
            (was.smpl.global_orient, now.smpl.global_orient),
            (was.smpl.body_pose, now.smpl.body_pose),
            (was.smpl.betas, now.smpl.betas),
            (was.cam_t, now.cam_t),
        )
    )


def _shown(
    result: FrameResult | None,
    who: tuple[Assignment, ...],
    laid: Sequence[LaidPose],
    frame: int,
    camera: Camera,
) -> Shown | None:
    if result is None and not laid:
        return None
    removed = frozenset(a.slot for a in who if a.track_id is None and a.by == "reviewer")
    if not laid:
        return None if result is None else Shown(refocused(result, camera), who, {}, removed)
    seen = _Sheet(result, who, laid, frame).shown(removed)
    return None if seen is None else replace(seen, result=refocused(seen.result, camera))


class _Sheet:
    """A frame's people as arrays that layers write into."""

    def __init__(
        self, result: FrameResult | None, who: tuple[Assignment, ...], laid: Sequence[LaidPose], frame: int
    ) -> None:
        self._result = result
        self._frame = frame
        self._who = {a.slot: a for a in who}
        self._slot_of = {a.track_id: a.slot for a in who if a.track_id is not None}
        self._count = len(result.people) if result is not None else 0
        self._fills = [one for one in laid if one.layer.kind == "fill"]
        self._replaced: dict[int, LaidPose] = {}
        self._added: dict[int, LaidPose] = {}
        for one in laid:
            self._lay(one)

    def _lay(self, one: LaidPose) -> None:
        """A pose counts only where the person is the one it was made for, or was filled in by a layer below."""
        track, slot = one.layer.track, self._slot_of.get(one.layer.track)
        if slot is None and one.pose.slot == NOBODY_THERE:
            if one.layer.kind == "fill" or track in self._added:
                self._added[track] = one
        elif slot is not None and slot == one.pose.slot:
            self._replaced[slot] = one

    def shown(self, removed: frozenset[int]) -> Shown | None:
        """The frame with all that was laid."""
        added = list(self._added.values())
        if self._result is None and not added:
            return None
        people = self._people(added)
        slots = range(self._count, self._count + len(added))
        extra = [Assignment(self._frame, s, one.layer.track) for s, one in zip(slots, added, strict=True)]
        made = {slot: MADE[one.layer.kind] for slot, one in self._replaced.items()}
        made |= dict.fromkeys(slots, MADE["fill"])
        return Shown(self._as_result(people, len(added)), (*self._who.values(), *extra), made, removed)

    def _as_result(self, people: People, added: int) -> FrameResult:
        if self._result is None:
            return FrameResult(self._frame, people, Rejected(), "", Plan(notes=("Filled in.",)), {}, 0)
        tracks = self._result.tracks
        if tracks is not None and added:
            tracks = np.concatenate([tracks, np.full(added, -1, np.int64)])
        return replace(self._result, people=people, tracks=tracks)

    def _people(self, added: Sequence[LaidPose]) -> People:
        base = self._result.people if self._result is not None else _nobody(self._fills[0])
        people = _extended(base, len(added))
        rotations = np.concatenate([people.smpl.global_orient[:, None], people.smpl.body_pose], 1)
        betas, cam_t = people.smpl.betas.copy(), people.cam_t.copy()
        boxes, scores = people.detections.boxes.copy(), people.detections.scores.copy()
        laid = [*self._replaced.items(), *((self._count + k, one) for k, one in enumerate(added))]
        for slot, one in laid:
            pose = one.pose
            rotations[slot], betas[slot], boxes[slot], scores[slot] = (
                pose.rotations,
                pose.betas,
                pose.box,
                pose.score,
            )
            factor = people.focal_length / pose.focal_length if pose.focal_length > 0 else 1.0
            root, place = moved(pose.rotations[None, 0], pose.cam_t[None], people.body_model, factor)
            rotations[slot, 0], cam_t[slot] = root[0], place[0]
        return replace(
            people,
            detections=Detections(boxes, scores, people.detections.masks),
            smpl=SmplParams(
                np.ascontiguousarray(rotations[:, 0]), np.ascontiguousarray(rotations[:, 1:]), betas
            ),
            cam_t=cam_t,
        )


def _nobody(one: LaidPose) -> People:
    """No people, in a picture of which nothing but a layer's pose is known."""
    width, height = one.layer.options["image_size"]
    return People(
        Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)),
        SmplParams(
            np.zeros((0, 3, 3), np.float32),
            np.zeros((0, 23, 3, 3), np.float32),
            np.zeros((0, 10), np.float32),
        ),
        np.zeros((0, 3), np.float32),
        one.pose.focal_length,
        (int(width), int(height)),
        str(one.layer.options["body_model"]),
        np.zeros((0, 0), np.float16),
    )


def _extended(people: People, more: int) -> People:
    """The people with room for more: no mask, no features, no landmarks seen."""
    if not more:
        return people
    found, smpl, points = people.detections, people.smpl, people.keypoints
    return replace(
        people,
        detections=Detections(
            _padded(found.boxes, more),
            _padded(found.scores, more),
            (*found.masks, *[None] * more) if found.masks else (),
        ),
        smpl=SmplParams(
            *(_padded(array, more) for array in (smpl.global_orient, smpl.body_pose, smpl.betas))
        ),
        cam_t=_padded(people.cam_t, more),
        features=_padded(people.features, more),
        keypoints=None
        if points is None
        else Keypoints(
            points.layout, *(_padded(array, more) for array in (points.image, points.scores, points.body))
        ),
    )


def _padded(array: Any, more: int) -> Any:
    return np.concatenate([array, np.zeros((more, *array.shape[1:]), array.dtype)])
