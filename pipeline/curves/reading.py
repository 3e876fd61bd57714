"""Reading people from a session, as they are shown, and what curves need of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from pipeline.curves.angles import flexions, turned_by
from pipeline.curves.samples import Samples, joined
from pipeline.curves.values import MADE
from pipeline.problems.kinematics import people_last, posed_joints
from pipeline.session.layered import Shown, all_shown
from pipeline.session.store import Store
from pipeline.smpl.body import BodyModel
from pipeline.structures import Float, Int, People

_BLOCK = 512  # frames measured at a time

FindBody = Callable[[str], "BodyModel | None"]
TimeOf = Callable[[int], float]
Report = Callable[[float], None]


class World(Protocol):
    """Where cameras stand: `app.orbit_stage.World` is one."""

    def camera_to_world(self, frame: int) -> tuple[Float, Float]:
        """R (3, 3) and t (3,), so that R p + t is where a point p of that frame's camera is in the world."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads people.

    Attributes:
        find_body: The body model of an id, or None if it is not here.
        time_of: Presentation time of a frame in s.
        engines: Ids of the engines met so far.
        bodies: Ids of the body models met so far.
    """

    find_body: FindBody
    time_of: TimeOf
    engines: set[str] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)

    def read(
        self,
        store: Store,
        world: World,
        tracks: frozenset[int] | None,
        frames: Int | None,
        report: Report | None = None,
    ) -> Samples:
        """Some people, or all, in some frames, or all, in the order of frames.

        Args:
            store: The session.
            world: Where its cameras stand.
            tracks: Who is wanted; None for all.
            frames: Where; None for everywhere.
            report: Told which share of the frames is done. It may raise to stop.
        """
        parts: list[Samples] = []
        for share, block in self._blocks(store, tracks, frames):
            parts.append(self._measured(block, world))
            if report is not None:
                report(share)
        return joined(parts)

    def _blocks(
        self, store: Store, tracks: frozenset[int] | None, frames: Int | None
    ) -> Iterator[tuple[float, _Block]]:
        total = len(store.frames_with_results()) if frames is None else len(frames)
        block = _Block()
        for count, seen in enumerate(all_shown(store, None if frames is None else frames.tolist()), 1):
            block.add(seen, tracks)
            self._note(seen)
            if count % _BLOCK == 0:
                yield min(count / max(total, 1), 1.0), block
                block = _Block()
        if block.frames:
            yield 1.0, block

    def _note(self, seen: Shown) -> None:
        if seen.result.engine_id:
            self.engines.add(seen.result.engine_id)
        self.bodies.add(seen.result.people.body_model)

    def _measured(self, block: _Block, world: World) -> Samples:
        count = len(block.frames)
        rotations = people_last(block.rotations())
        joints, rest, shape = self._bodies(block, rotations)
        cam_t = block.of(lambda people: people.cam_t, (3,))
        pelvis = cam_t + np.where(np.isfinite(rest[0].T), rest[0].T, 0)
        flexion = flexions(joints, rotations[0])
        turn, shift = _cameras(world, block.frames)
        return Samples(
            frames=np.array(block.frames, np.int64),
            tracks=np.array(block.tracks, np.int64),
            times=np.array([self.time_of(frame) for frame in block.frames], np.float64),
            made=np.array(block.made, np.uint8),
            pelvis=(np.einsum("kij,kj->ki", turn, pelvis) + shift).astype(np.float32).reshape(count, 3),
            depth=pelvis[:, 2].astype(np.float32),
            joints=np.einsum("kij,njk->kni", turn, joints).astype(np.float32),
            turned=turned_by(rotations).T,
            flexion=flexion.T,
            betas=block.of(lambda people: people.smpl.betas, (10,)),
            shape=shape,
            scores=block.of(lambda people: people.detections.scores, ()),
            boxes=block.of(lambda people: people.detections.boxes, (4,)),
        )

    def _bodies(self, block: _Block, rotations: Float) -> tuple[Float, Float, Float]:
        """Joints from the pelvis and rest joints, (24, 3, K) m, and shapes (K, 10); NaN without a body model."""
        count = len(block.frames)
        betas = block.of(lambda people: people.smpl.betas, (10,))
        joints, shape = np.full((24, 3, count), np.nan, np.float32), np.full((count, 10), np.nan, np.float32)
        rests, models = joints.copy(), np.array(block.models, object)
        for body_id in set(block.models):
            body = self.find_body(body_id)
            if body is not None:
                rows = np.flatnonzero(models == body_id)
                rest = people_last(body.rest_joints(betas[rows]))
                joints[..., rows], rests[..., rows] = posed_joints(rotations[..., rows], rest), rest
                shape[rows] = betas[rows] @ _lengths(body)
        return joints, rests, shape


@dataclass(slots=True, eq=False)
class _Block:
    """People of some frames, as they are met.

    Attributes:
        frames: Frame of each.
        tracks: Who each is.
        made: Codes.
        models: Body model of each.
        parts: The people of each frame, and which of them are meant.
    """

    frames: list[int] = field(default_factory=list)
    tracks: list[int] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    parts: list[tuple[People, list[int]]] = field(default_factory=list)

    def add(self, seen: Shown, wanted: frozenset[int] | None) -> None:
        people, found = seen.result.people, _found(seen, wanted)
        if not found:
            return
        self.parts.append((people, list(found.values())))
        self.tracks.extend(found)
        self.frames.extend([seen.result.frame_index] * len(found))
        self.models.extend([people.body_model] * len(found))
        self.made.extend(MADE.index(seen.made.get(slot, "")) for slot in found.values())

    def of(self, array_of: Callable[[People], Any], shape: tuple[int, ...]) -> Float:
        """(K, ...) of the people."""
        arrays = [np.zeros((0, *shape), np.float32), *(array_of(p)[slots] for p, slots in self.parts)]
        return np.concatenate(arrays)

    def rotations(self) -> Float:
        """(K, 24, 3, 3) global orientation and body pose."""
        roots = self.of(lambda people: people.smpl.global_orient, (3, 3))
        return np.concatenate([roots[:, None], self.of(lambda people: people.smpl.body_pose, (23, 3, 3))], 1)


def _found(seen: Shown, wanted: frozenset[int] | None) -> dict[int, int]:
    """Slots by track; should two people of a frame be the same, the first."""
    found: dict[int, int] = {}
    for one in seen.assignments:
        track = one.track_id
        if track is not None and (wanted is None or track in wanted) and one.slot < len(seen.result.people):
            found.setdefault(track, one.slot)
    return found


def _cameras(world: World, frames: Iterable[int]) -> tuple[Float, Float]:
    """(K, 3, 3) and (K, 3) from the camera of each frame to the world."""
    placed = [world.camera_to_world(frame) for frame in frames]
    turn = np.array([one[0] for one in placed], np.float32).reshape(-1, 3, 3)
    return turn, np.array([one[1] for one in placed], np.float32).reshape(-1, 3)


def _lengths(body: BodyModel) -> Float:
    """(10, 10) that makes lengths of betas, so that Euclidean distance is that of the rest joints.

    With the joints' displacement `A b`, `|A b| = |R b|` for `A = Q R`; without the part that moves all alike.
    """
    moved = body.J_shapedirs - body.J_shapedirs.mean(0)
    _orthogonal, triangle = np.linalg.qr(moved.reshape(-1, moved.shape[-1]))
    lengths: Float = (triangle.T / np.sqrt(len(moved))).astype(np.float32)
    return lengths
