"""Sessions in which one person moves as told, to measure filling and smoothing against."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from fakes_walkers import Walker, seen
from scipy.spatial.transform import Rotation

from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import RunOptions, SmplParams

WALKER = Walker(0, 5, vx=0.01)
ELBOW = 18
RATE = 25.0  # frames a second


def elbow_at(frame: int, noise: float = 0.0, speed: float = 2.0) -> np.ndarray:
    """(3, 3): the elbow turns at `speed` rad/s."""
    jitter = np.random.default_rng(frame).normal(0, noise, 3)
    turned = Rotation.from_rotvec(jitter) * Rotation.from_rotvec([0, 0, speed * frame / RATE])
    return turned.as_matrix().astype(np.float32)


def put_frame(store: Store, run: int, frame: int, *, noise: float = 0.0, walkers=(WALKER,)) -> None:
    """Record a frame of the motion."""
    result = seen(frame, walkers)
    smpl = result.people.smpl
    pose = smpl.body_pose.copy()
    pose[:, ELBOW - 1] = elbow_at(frame, noise)
    people = replace(result.people, smpl=SmplParams(smpl.global_orient, pose, smpl.betas))
    record(store, replace(result, people=people), run)


def moving(store: Store, frames, *, noise: float = 0.0) -> None:
    """Record the motion in some frames; in the others there is nobody."""
    run = store.start_run("made-up-1", RunOptions(), "Run")
    for frame in range(max(frames) + 1):
        put_frame(store, run, frame, noise=noise, walkers=(WALKER,) if frame in frames else ())
