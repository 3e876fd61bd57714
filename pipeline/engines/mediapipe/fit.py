"""Fitting a body to one person's landmarks.

The inverse kinematics of `kinematics` gives the start. From there damped Gauss-Newton steps (Levenberg,
Marquardt) move the translation, the joints' degrees of freedom and, a little, the shape, until the body's
landmarks lie on the picture's. What the picture does not say is held by MediaPipe's metric landmarks (depth
above all), by the start, and by the shape estimate. Elbows keep bend and forearm twist, knees their bend.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.engines.mediapipe import kinematics
from pipeline.engines.mediapipe.camera import by_moving, projected, standing, towards
from pipeline.engines.mediapipe.landmarks import LANDMARK_NAMES, LIMBS
from pipeline.engines.mediapipe.markers import Markers, Rest
from pipeline.engines.mediapipe.posing import Posed, by_shaping, by_turning, pose, turn
from pipeline.engines.mediapipe.rotations import Array, exp, twist_about, unit

_STEPS = 8
# What is believed of each residual: pixels as a share of the person's size, metres, rad.
_PIXEL_ERROR, _OUTLIER = 0.008, 3.0
_DEPTH_ERROR, _SIDE_ERROR = 0.05, 0.10
_SHAPE_ERROR = 0.5
_FAR_HIPS = (23, 24)
_WEIGHTS = {"shoulder": 1.0, "elbow": 1.0, "wrist": 1.0, "hip": 0.8, "knee": 1.0, "ankle": 1.0,
            "heel": 0.6, "foot": 0.6, "nose": 0.5, "eye": 0.3, "ear": 0.4, "mouth": 0.3,
            "pinky": 0.35, "index": 0.35, "thumb": 0.15}  # fmt: skip
_IMPORTANCE = np.array([next(w for word, w in _WEIGHTS.items() if word in name) for name in LANDMARK_NAMES])


@dataclass(frozen=True, eq=False)
class Seen:
    """What is known of a person.

    Attributes:
        points: (33, 2) px.
        visibility: (33,) in [0, 1].
        world: (33, 3) m relative to the middle of the hips, axes of the picture.
        size: (W, H) px of the picture.
        focal: px.
        extent: px, diagonal of the person's box.
    """

    points: Array
    visibility: Array
    world: Array
    size: tuple[int, int]
    focal: float
    extent: float


@dataclass(frozen=True, eq=False)
class Fit:
    """A body on a person.

    Attributes:
        local: (24, 3, 3) rotations relative to the parent; the first is `global_orient`.
        betas: (10,).
        cam_t: (3,) m.
    """

    local: Array
    betas: Array
    cam_t: Array


@dataclass(frozen=True, eq=False)
class _Freedoms:
    """Degrees of freedom: how each turns the joints, and how far from the start it may be.

    Attributes:
        turns: (24, 3, D), in the axes of each joint's parent.
        spread: (D,) rad.
    """

    turns: Array
    spread: Array


def fit_body(seen: Seen, markers: Markers, betas: Array, shape_error: float = _SHAPE_ERROR) -> Fit:
    """Fit a body.

    Args:
        seen: The person's landmarks.
        markers: The landmarks on the body model.
        betas: (10,) shape estimate; the result stays near it.
        shape_error: How near, in units of the coefficients.
    """
    middle = seen.points[list(_FAR_HIPS)].mean(0)
    world = seen.world @ towards(middle, seen.size, seen.focal).T
    rest = markers.rest(betas)
    start = kinematics.rotations(world, rest)
    weights = _IMPORTANCE * np.clip(seen.visibility, 0.05, 1.0)
    posed = pose(markers, start, betas)
    cam_t = standing(posed.markers, seen.points, weights, seen.focal, seen.size)
    scale = _extent(posed.markers) / max(_extent(world), 1e-3)
    problem = _Problem(seen, markers, world * scale, weights, _freedoms(rest), betas, shape_error)
    return problem.solve(Fit(start, betas, cam_t))


def _extent(points: Array) -> float:
    limbs = points[list(LIMBS)]
    return float(np.sqrt(((limbs - limbs.mean(0)) ** 2).sum(1).mean()))


def _freedoms(rest: Rest) -> _Freedoms:
    turns: list[Array] = []
    spread: list[float] = []

    def free(joints: dict[int, float], axes: Array, spread_of: float) -> None:
        for axis in axes:
            one = np.zeros((24, 3))
            for joint, share in joints.items():
                one[joint] = share * axis
            turns.append(one)
            spread.append(spread_of)

    every = np.eye(3)
    free({0: 1.0}, every, 0.5)
    free({3: 1 / 3, 6: 1 / 3, 9: 1 / 3}, every, 0.3)
    free({12: 0.5, 15: 0.5}, every, 0.25)
    for joint, much in ((13, 0.15), (14, 0.15), (16, 0.5), (17, 0.5), (1, 0.5), (2, 0.5)):
        free({joint: 1.0}, every, much)
    for limb in (*kinematics.ARMS, *kinematics.LEGS):
        free({limb.hinge: 1.0}, limb.axis(rest)[None], 0.5)
        free({limb.end: 1.0}, every, 0.25)
    for arm in kinematics.ARMS:
        free({arm.hinge: 1.0}, unit(rest.joints[arm.end] - rest.joints[arm.hinge])[None], 0.2)
    return _Freedoms(np.stack(turns, -1), np.array(spread))


@dataclass(frozen=True, eq=False)
class _Problem:
    seen: Seen
    markers: Markers
    world: Array
    weights: Array
    freedoms: _Freedoms
    betas: Array
    shape_error: float

    def solve(self, start: Fit) -> Fit:
        """Damped Gauss-Newton; a step that makes things worse is tried again with more damping."""
        best, damping = start, 1e-2
        turned = np.zeros(len(self.freedoms.spread))
        rows, right = self._system(best, turned)
        for _ in range(_STEPS):
            step = _damped(rows, right, damping)
            tried, tried_turned = self._moved(best, turned, step)
            new_rows, new_right = self._system(tried, tried_turned)
            gain = float(right @ right - new_right @ new_right)
            if gain <= 0:
                damping *= 10
                continue
            best, turned, rows, damping = tried, tried_turned, new_rows, damping / 5
            done = gain < 1e-3 * float(right @ right)
            right = new_right
            if done:
                break
        return best

    def _moved(self, fit: Fit, turned: Array, step: Array) -> tuple[Fit, Array]:
        count = len(turned)
        local = turn(fit.local, self.freedoms.turns, step[:count])
        rest = self.markers.rest(fit.betas)
        for leg in kinematics.LEGS:
            local[leg.hinge] = _not_forward(local[leg.hinge], leg.axis(rest))
        betas = fit.betas + step[count + 3 :]
        return Fit(local, betas, fit.cam_t + step[count : count + 3]), turned + step[:count]

    def _system(self, fit: Fit, turned: Array) -> tuple[Array, Array]:
        """Rows (R, D + 13) and right side (R,) of the linear least squares problem of the next step."""
        posed = pose(self.markers, fit.local, fit.betas)
        moved = np.concatenate(
            [
                by_turning(self.markers, posed, fit.local, self.freedoms.turns),
                np.zeros((len(posed.markers), 3, 3)),
                by_shaping(self.markers, posed),
            ],
            -1,
        )
        parts = [self._picture(posed, fit, moved), self._depth(posed, moved), self._start(fit, turned)]
        return np.concatenate([rows for rows, _ in parts]), np.concatenate([right for _, right in parts])

    def _picture(self, posed: Posed, fit: Fit, moved: Array) -> tuple[Array, Array]:
        """The body's landmarks lie on the picture's; far ones pull less (Huber)."""
        count = len(self.freedoms.spread)
        placed = posed.markers + fit.cam_t
        error = (self.seen.points - projected(placed, self.seen.focal, self.seen.size)) / (
            _PIXEL_ERROR * self.seen.extent
        )
        away = np.linalg.norm(error, axis=1)
        scale = (self.weights * np.sqrt(np.minimum(1, _OUTLIER / np.maximum(away, 1e-9))))[:, None]
        shifted = moved.copy()
        shifted[:, :, count : count + 3] = np.eye(3)
        rows = by_moving(placed, self.seen.focal) @ shifted / (_PIXEL_ERROR * self.seen.extent)
        return (rows * scale[..., None]).reshape(-1, moved.shape[-1]), (error * scale).reshape(-1)

    def _depth(self, posed: Posed, moved: Array) -> tuple[Array, Array]:
        """The limbs lie where MediaPipe puts them in 3D, relative to the hips."""
        limbs, hips = list(LIMBS), list(_FAR_HIPS)
        error = (self.world[limbs] - self.world[hips].mean(0)) - (
            posed.markers[limbs] - posed.markers[hips].mean(0)
        )
        rows = moved[limbs] - moved[hips].mean(0)
        scale = np.sqrt(np.clip(self.seen.visibility[limbs], 0.2, 1))[:, None] / np.array(
            [_SIDE_ERROR, _SIDE_ERROR, _DEPTH_ERROR]
        )
        return (rows * scale[..., None]).reshape(-1, moved.shape[-1]), (error * scale).reshape(-1)

    def _start(self, fit: Fit, turned: Array) -> tuple[Array, Array]:
        """Angles stay near the start, the shape near its estimate."""
        count = len(turned)
        rows = np.zeros((count + 10, count + 13))
        rows[:count, :count] = np.diag(1 / self.freedoms.spread)
        rows[count:, count + 3 :] = np.eye(10) / self.shape_error
        right = np.concatenate([-turned / self.freedoms.spread, (self.betas - fit.betas) / self.shape_error])
        return rows, right


def _damped(rows: Array, right: Array, damping: float) -> Array:
    normal = rows.T @ rows
    normal[np.diag_indices_from(normal)] *= 1 + damping
    normal[np.diag_indices_from(normal)] += 1e-9
    return np.asarray(np.linalg.solve(normal, rows.T @ right), np.float64)


def _not_forward(knee: Array, axis: Array) -> Array:
    bend = twist_about(knee, axis)
    return knee if bend >= 0 else exp(-axis * bend) @ knee
