"""Faults put into results on purpose: what signals of problems must find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
from fakes_people import UPRIGHT
from scipy.spatial.transform import Rotation

from pipeline.problems.kinematics import mirrored_pose
from pipeline.session.store import Store
from pipeline.smpl import builtin_body, project
from pipeline.structures import (
    Assignment,
    Detections,
    FrameResult,
    People,
    Plan,
    Rejected,
    RunOptions,
    SmplParams,
)

SIZE, FOCAL = (1280, 720), 1200.0


@dataclass(frozen=True)
class Person:
    """One person in one frame, as columns of a result."""

    track: int
    box: np.ndarray
    score: float
    rotations: np.ndarray
    betas: np.ndarray
    cam_t: np.ndarray
    feature: np.ndarray


@dataclass(frozen=True)
class Shot:
    """One frame."""

    frame: int
    people: tuple[Person, ...]
    focal: float = FOCAL
    size: tuple[int, int] = SIZE
    body: str = ""

    def of(self, track: int) -> Person | None:
        return next((one for one in self.people if one.track == track), None)

    def put(self, track: int, change: Callable[[Person], Person | None]) -> Shot:
        changed = (change(one) if one.track == track else one for one in self.people)
        return replace(self, people=tuple(one for one in changed if one is not None))

    def result(self) -> FrameResult:
        ones = self.people

        def column(name: str, shape: tuple[int, ...], dtype=np.float32) -> np.ndarray:
            values = [np.asarray(getattr(one, name)) for one in ones]
            return np.array(values, dtype).reshape(len(ones), *shape)

        rotations = column("rotations", (24, 3, 3))
        width = len(ones[0].feature) if ones else 0
        people = People(
            Detections(column("box", (4,)), column("score", ())),
            SmplParams(rotations[:, 0].copy(), rotations[:, 1:].copy(), column("betas", (10,))),
            column("cam_t", (3,)),
            self.focal,
            self.size,
            self.body or builtin_body().id,
            column("feature", (width,), np.float16),
        )
        return FrameResult(self.frame, people, Rejected(), "made-up-1", Plan(), {"detect": 0.01}, 0)


Clip = tuple[Shot, ...]


@dataclass(frozen=True)
class Fault:
    """What was done, and to whom.

    Attributes:
        kind: Its name in FAULTS.
        first: First wrong frame.
        last: Last wrong frame.
        tracks: Whose.
    """

    kind: str
    first: int
    last: int
    tracks: tuple[int, ...]


def write(clip: Clip, path=":memory:") -> Store:
    """A session with the clip in it."""
    store = Store(path)
    run = store.start_run("made-up-1", RunOptions(), "Run")
    with store.transaction():
        for shot in clip:
            add(store, shot, run)
    return store


def add(store: Store, shot: Shot, run: int) -> None:
    """A frame, in the open transaction."""
    store.add_result(shot.result(), run)
    store.set_assignments(
        Assignment(shot.frame, slot, one.track or None) for slot, one in enumerate(shot.people)
    )


def read(store: Store) -> Clip:
    """A session as a clip."""
    shots = []
    for result in store.results():
        who = {a.slot: a.track_id or 0 for a in store.assignments(result.frame_index)}
        p = result.people
        rotations = np.concatenate([p.smpl.global_orient[:, None], p.smpl.body_pose], 1)
        people = tuple(
            Person(
                who[slot],
                p.detections.boxes[slot],
                float(p.detections.scores[slot]),
                rotations[slot],
                p.smpl.betas[slot],
                p.cam_t[slot],
                p.features[slot],
            )
            for slot in range(len(p))
        )
        shots.append(Shot(result.frame_index, people, p.focal_length, p.image_size, p.body_model))
    return tuple(shots)


def walker(
    track: int,
    time: float,
    *,
    x: float = 0.0,
    speed: float = 1.2,
    depth: float = 5.0,
    noise: float = 0.0,
    seed: int = 0,
    scale: float = 1.0,
) -> Person:
    """Somebody who walks to the right, or left for a negative speed, as seen from the side.

    Args:
        track: Who; looks and shape follow from it.
        time: s.
        x: m to the right at time 0.
        speed: m/s.
        depth: m.
        noise: rad by which joints are turned, and times 0.05 the depth stretched.
        seed: Of the noise.
        scale: Of the picture.
    """
    rng = np.random.default_rng([seed, track, round(time * 1e4)])
    stride, ahead, up = _cycle(track)
    turned = time * abs(speed) / stride + 0.37 * track
    rotations = _gait(2 * np.pi * turned, rng.normal(0, noise, (24, 3)))
    heading = Rotation.from_rotvec([0, np.sign(speed) * np.pi / 2, 0]).as_matrix()
    rotations[0] = UPRIGHT @ heading @ rotations[0]
    betas = _betas(track)
    share = turned % 1 * len(ahead)
    grid = np.arange(len(ahead) + 1)
    along = np.floor(turned) * stride + np.interp(share, grid, [*ahead, stride])
    place = np.array([x + np.sign(speed) * along, np.interp(share, grid, [*up, up[0]]), depth])
    place *= 1 + rng.normal(0, 0.05 * noise)
    smpl = SmplParams(*(np.float32(a)[None] for a in (rotations[0], rotations[1:], betas)))
    joints = builtin_body().skin(smpl)[1][0] + place.astype(np.float32)
    seen = project(joints, FOCAL * scale, (int(SIZE[0] * scale), int(SIZE[1] * scale)))
    feature = np.zeros(16)
    feature[track % 16], feature[(track * 7) % 16] = 1, 0.5
    feature += rng.normal(0, noise, 16) * 0.2
    margin = 12 * scale
    return Person(
        track,
        np.concatenate([seen.min(0) - margin, seen.max(0) + margin]),
        0.95,
        rotations,
        betas,
        place,
        feature,
    )


def _betas(track: int) -> np.ndarray:
    return np.random.default_rng(track).normal(0, 0.7, 10)


def _gait(phase: float, noise: np.ndarray | float = 0.0) -> np.ndarray:
    """(24, 3, 3) of somebody who walks, somewhere in the cycle of two steps."""
    turns = np.zeros((24, 3))
    swing = 0.45 * np.sin(phase)
    turns[1, 0], turns[2, 0] = -swing, swing
    # The knee of the leg that swings forward bends.
    turns[4, 0], turns[5, 0] = 0.9 * max(np.cos(phase), 0) ** 2, 0.9 * max(-np.cos(phase), 0) ** 2
    turns[16, 2], turns[17, 2] = -1.2, 1.2
    turns[18, 1], turns[19, 1] = -0.3 - 0.3 * np.sin(phase), 0.3 - 0.3 * np.sin(phase)
    turns[3, 1] = 0.1 * np.sin(phase)
    return Rotation.from_rotvec(turns + noise).as_matrix()


@lru_cache(maxsize=8)
def _cycle(track: int, parts: int = 400) -> tuple[float, tuple[float, ...], tuple[float, ...]]:
    """m a cycle of two steps leads on, and at parts of it how far on and how far down one is.

    The lower foot stands: it neither slides nor leaves the floor.
    """
    phases = 2 * np.pi * np.arange(parts + 1) / parts
    rotations = np.float32([_gait(phase) for phase in phases])
    betas = np.repeat(np.float32(_betas(track))[None], parts + 1, 0)
    joints = builtin_body().skin(SmplParams(rotations[:, 0].copy(), rotations[:, 1:].copy(), betas))[1]
    feet = joints[:, [10, 11]] - joints[:, :1]
    lower = feet[:, :, 1].argmin(1)
    rows = np.arange(parts)
    steps = feet[rows, lower[:-1], 2] - feet[rows + 1, lower[:-1], 2]
    ahead = np.concatenate([[0], np.cumsum(steps)])
    return float(ahead[-1]), tuple(ahead[:-1].tolist()), tuple(feet[rows, lower[:-1], 1].tolist())


def walkers(frames: int = 120, rate: float = 30.0, *, scale: float = 1.0, noise: float = 0.01) -> Clip:
    """Three people: two who cross in front of each other, one behind, all in plain sight."""
    size = (int(SIZE[0] * scale), int(SIZE[1] * scale))
    how = {1: (-2.0, 1.1, 5.0), 2: (2.0, -1.2, 6.5), 3: (-1.0, 0.6, 9.0)}
    return tuple(
        Shot(
            frame,
            tuple(
                walker(track, frame / rate, x=x, speed=speed, depth=depth, noise=noise, scale=scale)
                for track, (x, speed, depth) in how.items()
            ),
            FOCAL * scale,
            size,
        )
        for frame in range(frames)
    )


def _during(clip: Clip, first: int, last: int, change: Callable[[Shot], Shot]) -> Clip:
    return tuple(change(shot) if first <= shot.frame <= last else shot for shot in clip)


def _each(clip: Clip, fault: Fault, change: Callable[[Person], Person | None]) -> tuple[Clip, Fault]:
    (track,) = fault.tracks
    return _during(clip, fault.first, fault.last, lambda shot: shot.put(track, change)), fault


def swap(clip: Clip, first: int, tracks: tuple[int, int], rng) -> tuple[Clip, Fault]:
    """Two people change places from here on."""
    one, other = tracks
    names = {one: other, other: one}

    def change(shot: Shot) -> Shot:
        return replace(shot, people=tuple(replace(p, track=names.get(p.track, p.track)) for p in shot.people))

    return _during(clip, first, clip[-1].frame, change), Fault("swap", first, first, tracks)


def freeze(clip: Clip, first: int, track: int, rng, frames: int = 5) -> tuple[Clip, Fault]:
    """A person stays as they were in the frame before."""
    held = next(shot for shot in clip if shot.frame == first - 1).of(track)
    return _each(clip, Fault("freeze", first, first + frames - 1, (track,)), lambda one: held)


def mirror(clip: Clip, first: int, track: int, rng, frames: int = 3) -> tuple[Clip, Fault]:
    """Left and right of the body pose are exchanged."""

    def change(one: Person) -> Person:
        turned = mirrored_pose(np.moveaxis(np.float32(one.rotations)[None], 0, -1))[..., 0]
        return replace(one, rotations=turned)

    return _each(clip, Fault("mirror", first, first + frames - 1, (track,)), change)


def turn(clip: Clip, first: int, track: int, rng, frames: int = 3) -> tuple[Clip, Fault]:
    """A person faces the other way."""
    half = Rotation.from_rotvec([0, np.pi, 0]).as_matrix()

    def change(one: Person) -> Person:
        return replace(one, rotations=np.concatenate([(one.rotations[0] @ half)[None], one.rotations[1:]]))

    return _each(clip, Fault("turn", first, first + frames - 1, (track,)), change)


def noise(clip: Clip, first: int, track: int, rng, frames: int = 6, strength: float = 0.3):
    """All joints are turned at random, by some 17 degrees."""

    def change(one: Person) -> Person:
        shake = Rotation.from_rotvec(rng.normal(0, strength, (24, 3))).as_matrix()
        return replace(one, rotations=one.rotations @ shake)

    return _each(clip, Fault("noise", first, first + frames - 1, (track,)), change)


def dropout(clip: Clip, first: int, track: int, rng, frames: int = 10) -> tuple[Clip, Fault]:
    """A person is missing."""
    return _each(clip, Fault("drop-out", first, first + frames - 1, (track,)), lambda one: None)


def scale_jump(clip: Clip, first: int, track: int, rng, frames: int = 8, by: float = 1.25):
    """A person is a quarter further away; the box, which the detector gave, is not."""
    return _each(
        clip,
        Fault("scale jump", first, first + frames - 1, (track,)),
        lambda one: replace(one, cam_t=one.cam_t * by),
    )


def shape_jump(clip: Clip, first: int, track: int, rng, frames: int = 10) -> tuple[Clip, Fault]:
    """A person has somebody else's shape."""
    shape = rng.normal(0, 1.5, 10)
    return _each(
        clip,
        Fault("shape jump", first, first + frames - 1, (track,)),
        lambda one: replace(one, betas=one.betas + shape),
    )


def box_jump(clip: Clip, first: int, track: int, rng, frames: int = 1) -> tuple[Clip, Fault]:
    """The box is beside the person."""

    def change(one: Person) -> Person:
        wide = one.box[2] - one.box[0]
        return replace(one, box=one.box + np.array([1, 0, 1, 0]) * wide * 0.6)

    return _each(clip, Fault("box jump", first, first + frames - 1, (track,)), change)


def score_dip(clip: Clip, first: int, track: int, rng, frames: int = 3) -> tuple[Clip, Fault]:
    """The detector is not sure."""
    return _each(
        clip,
        Fault("score dip", first, first + frames - 1, (track,)),
        lambda one: replace(one, score=one.score * 0.6),
    )


def slide(clip: Clip, first: int, track: int, rng, frames: int = 15) -> tuple[Clip, Fault]:
    """A person is carried aside by half a metre, and stays there."""
    way = np.array([0.5, 0, 0]) * rng.choice([-1, 1])
    end = first + frames - 1

    def change(shot: Shot) -> Shot:
        share = min((shot.frame - first + 1) / frames, 1.0)
        return shot.put(track, lambda one: replace(one, cam_t=one.cam_t + way * share))

    return _during(clip, first, clip[-1].frame, change), Fault("slide", first, end, (track,))


def double(clip: Clip, first: int, track: int, rng, frames: int = 5) -> tuple[Clip, Fault]:
    """A person is found twice."""

    def change(shot: Shot) -> Shot:
        one = shot.of(track)
        if one is None:
            return shot
        shake = Rotation.from_rotvec(rng.normal(0, 0.05, (24, 3))).as_matrix()
        twin = replace(one, track=0, box=one.box + rng.normal(0, 3, 4), rotations=one.rotations @ shake)
        return replace(shot, people=(*shot.people, twin))

    return _during(clip, first, first + frames - 1, change), Fault(
        "duplicate", first, first + frames - 1, (track,)
    )


FAULTS: dict[str, tuple[Callable[..., tuple[Clip, Fault]], tuple[str, ...]]] = {
    "swap": (swap, ("switch",)),
    "freeze": (freeze, ("frozen",)),
    "mirror": (mirror, ("flip",)),
    "turn": (turn, ("turn",)),
    "noise": (noise, ("acceleration", "rotation")),
    "drop-out": (dropout, ("gap",)),
    "scale jump": (scale_jump, ("depth",)),
    "shape jump": (shape_jump, ("betas",)),
    "box jump": (box_jump, ("box",)),
    "score dip": (score_dip, ("score",)),
    "slide": (slide, ("foot",)),
    "duplicate": (double, ("duplicate",)),
}
"""How each fault is made, and the signals that are there to find it."""

WEAK: dict[str, tuple[Callable[..., tuple[Clip, Fault]], tuple[str, ...]]] = {
    "freeze, 3 frames": (partial(freeze, frames=2), ("frozen",)),
    "mirror, 1 frame": (partial(mirror, frames=1), ("flip",)),
    "noise, 11 degrees": (partial(noise, strength=0.2), ("acceleration", "rotation")),
    "noise, 6 degrees": (partial(noise, strength=0.1), ("acceleration", "rotation")),
    "noise, 3 degrees": (partial(noise, strength=0.05), ("acceleration", "rotation")),
    "noise, 1 frame": (partial(noise, frames=1), ("acceleration", "rotation")),
    "drop-out, 1 frame": (partial(dropout, frames=1), ("gap",)),
    "scale jump, 12 %": (partial(scale_jump, by=1.12), ("depth",)),
    "scale jump, 6 %": (partial(scale_jump, by=1.06), ("depth",)),
}
"""Faults so small that some are not found."""
