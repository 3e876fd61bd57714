"""Body size and proportions from the landmarks.

A picture does not say how large a person is; MediaPipe's metric landmarks are a guess at it. So the shape is
the most probable one of two opinions: lengths of limbs and trunk between landmarks, and shape coefficients
near those of an adult of usual stature.
"""

from __future__ import annotations

import numpy as np

from pipeline.engines.mediapipe.landmarks import INDEX
from pipeline.engines.mediapipe.markers import Markers
from pipeline.engines.mediapipe.rotations import Array

STATURE = 1.70
# Relative errors of MediaPipe's lengths: of all together, and of each.
_COMMON_ERROR, _OWN_ERROR = 0.06, 0.12
_SHAPE_SPREAD = 1.0
_STEPS = 3

# Lengths between landmarks, each as pairs to be averaged: left and right.
_LENGTHS = tuple(
    tuple((INDEX[one.replace("*", side)], INDEX[other.replace("*", side)]) for side in ("left", "right"))
    for one, other in (
        ("*_shoulder", "*_elbow"),
        ("*_elbow", "*_wrist"),
        ("*_hip", "*_knee"),
        ("*_knee", "*_ankle"),
        ("*_shoulder", "*_hip"),
    )
) + tuple(((INDEX[f"left_{name}"], INDEX[f"right_{name}"]),) for name in ("shoulder", "hip"))


def lengths_of(points: Array, visibility: Array) -> tuple[Array, Array]:
    """Lengths (7,) m between landmarks (33, 3), and how visible they are in [0, 1]."""
    values, weights = [], []
    for pairs in _LENGTHS:
        long = np.array([np.linalg.norm(points[a] - points[b]) for a, b in pairs])
        seen = np.array([min(visibility[a], visibility[b]) for a, b in pairs]) + 1e-3
        values.append(float((long * seen).sum() / seen.sum()))
        weights.append(float(seen.max()))
    return np.array(values), np.minimum(np.array(weights), 1.0)


def usual(markers: Markers) -> Array:
    """The shape (10,) of an adult of 1.70 m that is nearest to the mean shape."""
    dirs = markers.stature_dirs
    short = STATURE - markers.stature
    step = dirs * short / max(float(dirs @ dirs), 1e-9)
    return np.asarray(np.clip(step, -2, 2), np.float64)


def betas_from(points: Array, visibility: Array, markers: Markers) -> Array:
    """Shape (10,) of the person with these landmarks (33, 3) m."""
    wanted, weights = lengths_of(points, visibility)
    middle = usual(markers)
    betas = middle.copy()
    for _ in range(_STEPS):
        betas = _step(betas, middle, wanted, weights, markers)
    return betas


def _step(betas: Array, middle: Array, wanted: Array, weights: Array, markers: Markers) -> Array:
    """One Gauss-Newton step; the common error is one more unknown."""
    have, slopes = _logs(betas, markers)
    each = weights / _OWN_ERROR
    count = len(betas)
    rows = [np.concatenate([slopes, np.ones((len(have), 1))], 1) * each[:, None]]
    rights = [(np.log(np.maximum(wanted, 1e-3)) - have + slopes @ betas) * each]
    rows.append(np.eye(count + 1) / np.array([_SHAPE_SPREAD] * count + [_COMMON_ERROR])[:, None])
    rights.append(np.concatenate([middle, [0.0]]) / np.array([_SHAPE_SPREAD] * count + [_COMMON_ERROR]))
    return np.asarray(np.linalg.lstsq(np.concatenate(rows), np.concatenate(rights), rcond=None)[0][:count])


def _logs(betas: Array, markers: Markers) -> tuple[Array, Array]:
    """Logarithms (7,) of the body's lengths and their slopes (7, 10)."""
    points = markers.rest(betas).markers
    values, slopes = [], []
    for pairs in _LENGTHS:
        a, b = pairs[0]
        bone = points[a] - points[b]
        long = float(np.linalg.norm(bone))
        values.append(np.log(long))
        slopes.append(bone @ (markers.shapedirs[a] - markers.shapedirs[b]) / long**2)
    return np.array(values), np.array(slopes)
