"""Bodies in plausible random poses, and the landmarks MediaPipe would see if it made no error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline.engines.mediapipe.camera import projected, towards
from pipeline.engines.mediapipe.fit import Seen
from pipeline.engines.mediapipe.kinematics import ARMS, LEGS
from pipeline.engines.mediapipe.markers import Markers, markers_of
from pipeline.engines.mediapipe.posing import Posed, pose
from pipeline.engines.mediapipe.rotations import exp
from pipeline.smpl import builtin_body

SIZE = (1280, 720)
FOCAL = 1536.0


@lru_cache(maxsize=1)
def body_markers() -> Markers:
    return markers_of(builtin_body())


def random_rotations(rng: np.random.Generator, bend: tuple[float, float] = (0.3, 2.0)) -> np.ndarray:
    """(24, 3, 3): any heading, spine, neck, shoulders and hips as people move them, elbows and knees as hinges."""
    rest = body_markers().rest(np.zeros(10))
    local = np.tile(np.eye(3), (24, 1, 1))
    heading = exp(np.array([0.0, rng.uniform(-np.pi, np.pi), 0.0]))
    local[0] = exp(np.array([np.pi, 0, 0])) @ heading @ exp(rng.normal(0, 0.2, 3))
    for joint in (3, 6, 9, 12, 15):
        local[joint] = exp(rng.normal(0, 0.08, 3))
    for arm, side in zip(ARMS, (1, -1), strict=True):
        down = exp(np.array([0, 0, -side * rng.uniform(0.2, 1.3)]))
        local[arm.upper] = down @ exp(rng.normal(0, 0.4, 3))
        local[arm.hinge] = exp(arm.axis(rest) * rng.uniform(*bend))
    for leg in LEGS:
        local[leg.upper] = exp(rng.normal(0, 0.35, 3))
        local[leg.hinge] = exp(leg.axis(rest) * rng.uniform(bend[0], bend[1] * 0.9))
        local[leg.end] = exp(rng.normal(0, 0.12, 3))
    return local


@dataclass(frozen=True)
class Subject:
    """Somebody in front of the camera, and what is seen of them."""

    local: np.ndarray
    posed: Posed
    cam_t: np.ndarray
    seen: Seen


def subject(
    rng: np.random.Generator,
    betas: np.ndarray | None = None,
    pixel_noise: float = 0.0,
    world_noise: float = 0.0,
) -> Subject:
    markers = body_markers()
    local = random_rotations(rng)
    posed = pose(markers, local, np.zeros(10) if betas is None else betas)
    cam_t = np.array([rng.uniform(-1.2, 1.2), rng.uniform(-0.2, 0.3), rng.uniform(4, 7)])
    points = projected(posed.markers + cam_t, FOCAL, SIZE)
    extent = float(np.linalg.norm(np.ptp(points, axis=0)))
    middle = points[[23, 24]].mean(0)
    world = (posed.markers - posed.markers[[23, 24]].mean(0)) @ towards(middle, SIZE, FOCAL)
    seen = Seen(
        points=points + rng.normal(0, pixel_noise * extent, points.shape),
        visibility=np.ones(33),
        world=world + rng.normal(0, world_noise, world.shape),
        size=SIZE,
        focal=FOCAL,
        extent=extent,
    )
    return Subject(local, posed, cam_t, seen)


def joint_errors(one: Posed, other: Posed) -> np.ndarray:
    """(24,) m, with the pelvises laid on each other."""
    apart = (one.joints - one.joints[0]) - (other.joints - other.joints[0])
    return np.linalg.norm(apart, axis=1)
