"""Sessions of one person whose motion is known as a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from fakes_walkers import Walker, seen
from scipy.spatial.transform import Rotation

from pipeline.curves.book import CurveBook
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.smpl import JOINT_NAMES, builtin_body
from pipeline.structures import Changes, FrameResult, RunOptions, SmplParams

UPRIGHT = np.diag([1.0, -1.0, -1.0]).astype(np.float32)

Vfr = tuple(float(t) for t in np.cumsum([0.0, *np.random.default_rng(3).uniform(0.01, 0.08, 59)]))
"""60 frames at uneven times, s."""


class StillCamera:
    """A camera that never moves."""

    def camera_to_world(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        return UPRIGHT, np.zeros(3, np.float32)


def frame_of(
    frame: int,
    place: tuple[float, float, float] = (0.0, 0.0, 5.0),
    turned: Mapping[str, np.ndarray] | None = None,
    betas: np.ndarray | None = None,
    root: np.ndarray = UPRIGHT,
) -> FrameResult:
    """One upright person whose pelvis is at a place (m, in the camera) and whose joints are turned so."""
    result = seen(frame, (Walker(0, 5),))
    shape = np.zeros((1, 10), np.float32) if betas is None else betas[None].astype(np.float32)
    pose = result.people.smpl.body_pose.copy()
    for name, rotation in (turned or {}).items():
        pose[0, JOINT_NAMES.index(name) - 1] = rotation
    rest = builtin_body().rest_joints(shape)[0, 0]
    people = replace(
        result.people,
        smpl=SmplParams(root[None].astype(np.float32), pose, shape),
        cam_t=(np.array([place]) - rest).astype(np.float32),
    )
    return replace(result, people=people)


def about(axis: str, degrees: float) -> np.ndarray:
    """A rotation matrix."""
    return Rotation.from_euler(axis, degrees, degrees=True).as_matrix().astype(np.float32)


def session(frames, motion: Callable[[int], FrameResult] = frame_of, path=":memory:") -> Store:
    """A session with the motion in some frames; everybody is track 1."""
    store = Store(path)
    run = store.start_run("made-up-1", RunOptions(), "Run")
    for frame in frames:
        record(store, motion(frame), run)
    return store


def book_of(store: Store, time_of=lambda frame: frame / 25, tracks=(1,), world=None, **more) -> CurveBook:
    """A book that has read all of it."""
    there = world or StillCamera()
    book = CurveBook(lambda _id: builtin_body(), time_of, lambda _store: there, **more)
    book.update(store, Changes(None), tracks)
    return book
