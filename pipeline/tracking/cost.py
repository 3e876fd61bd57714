"""How well an expected and a seen person agree, and who goes with whom.

Four terms, each 0 for agreement to 1 for none, weighted: how far the boxes overlap, the distance in space,
the difference in pose, the difference in appearance. A term that is not there (an engine without
appearance features) is left out. With the frames since the last sighting, overlap and pose count less,
and distances are forgiven more.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.structures import Float
from pipeline.tracking.observation import Observation
from pipeline.tracking.prediction import Prediction

LIMIT = 0.75
"""Cost from which two are different people. On noisy made-up walks (`tests/fakes_walkers.py`; 5th to 95th
percentile) the same person costs 0.03 to 0.18 one frame on, somebody 0.7 m beside 0.87; after 15 frames and
without appearance 0.04 to 0.24 against 0.48 to 0.66. Somebody running at 7.5 m/s, before the velocity is known,
0.39 to 0.50."""

_OVERLAP, _SPACE, _POSE, _LOOKS = 1.0, 1.0, 0.7, 1.0  # weights; pose less, as engines flip it now and then
_FADE = 12.0  # frames after which overlap and pose count 1/e: a step takes about 15 at 30 frames/s

_SIDEWAYS = 0.5  # m at which people in adjacent frames are elsewhere: about half a step
_SIDEWAYS_GROWS, _SIDEWAYS_MOST = 0.075, 3.0  # m a frame (2.3 m/s at 30 frames/s, a jog), and at most
_DEPTH = 0.25  # in log z, a quarter of the distance: monocular depth is no better
_DEPTH_GROWS, _DEPTH_MOST = 0.02, 0.8

_ROOT_ANGLE, _BODY_ANGLE = 1.2, 0.5  # rad at which facing and posture are different ones

_LOOKS_APART = 0.35  # cosine distance of two colour histograms in unlike clothes
_TRUST_PLACE = 10  # frames; after a longer absence somebody who looks different is somebody else

# In box heights: how far the middle of the box may be from where it was expected.
_GATE, _GATE_GROWS, _GATE_MOST = 0.75, 0.1, 3.0
_RESIZE, _RESIZE_GROWS, _RESIZE_MOST = 0.6, 0.03, 1.2  # in log of box height; crouching halves it


def match(prediction: Prediction, observation: Observation) -> list[tuple[int, int]]:
    """Who goes with whom: pairs of (track, slot) of least total cost, none of them at LIMIT or above."""
    return match_costs(costs(prediction, observation))


def match_costs(cost: Float) -> list[tuple[int, int]]:
    """Pairs of (row, column) of least total cost, none of them at LIMIT or above."""
    if not cost.size:
        return []
    from scipy.optimize import linear_sum_assignment  # here: it takes 0.3 s, which the window's start has not

    # Gains instead of costs, and nothing for a pair out of question: it neither attracts nor repels.
    gain = np.maximum(LIMIT - cost, 0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if gain[r, c] > 0]


def costs(prediction: Prediction, observation: Observation) -> Float:
    """(T, N) in [0, 1]; 1 where a gate says no, or a number is not finite."""
    late = np.maximum(prediction.gaps - 1, 0).astype(np.float32)[:, None]
    fade = np.exp(-late / _FADE)
    looks = _looks(prediction, observation)
    terms = np.stack(
        [
            _overlap(prediction, observation),
            _space(prediction, observation, late),
            _pose(prediction, observation),
            looks,
        ]
    )
    weights = np.stack(
        np.broadcast_arrays(
            _OVERLAP * fade, np.float32(_SPACE), _POSE * fade, np.where(np.isnan(looks), 0, _LOOKS)
        )
    )
    # A broken number is a disagreement. Taking it for 0, as PHALP does, makes it a perfect match.
    terms = np.nan_to_num(terms, nan=1.0, posinf=1.0)
    cost = (terms * weights).sum(axis=0) / weights.sum(axis=0)
    stranger = (late >= _TRUST_PLACE) & (looks >= 1)
    return np.where(_reachable(prediction, observation, late) & ~stranger, cost, 1).astype(np.float32)


def _overlap(prediction: Prediction, observation: Observation) -> Float:
    """(T, N) 1 - intersection over union of the boxes."""
    a, b = _boxes(prediction.states)[:, None], _boxes(observation.states)[None]
    sides = np.maximum(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0)
    shared = sides[..., 0] * sides[..., 1]
    union = _area(a) + _area(b) - shared
    overlap: Float = 1 - shared / union
    return overlap


def _space(prediction: Prediction, observation: Observation, late: Float) -> Float:
    """(T, N) distance, sideways in m at the mean depth, since an error in depth is one sideways too."""
    a, b = prediction.states[:, None, 4:], observation.states[None, :, 4:]
    depth = np.exp((a[..., 2] + b[..., 2]) / 2)
    sideways = np.hypot(a[..., 0] - b[..., 0], a[..., 1] - b[..., 1]) * depth
    sideways = sideways / np.minimum(_SIDEWAYS + _SIDEWAYS_GROWS * late, _SIDEWAYS_MOST)
    deep = np.abs(a[..., 2] - b[..., 2]) / np.minimum(_DEPTH + _DEPTH_GROWS * late, _DEPTH_MOST)
    distance: Float = np.minimum(np.hypot(sideways, deep), 1)
    return distance


def _pose(prediction: Prediction, observation: Observation) -> Float:
    """(T, N) geodesic angles: half the root's, which way one faces, half the mean of the other joints'."""
    trace = np.einsum("tjk,njk->tnj", prediction.rotations, observation.rotations)
    angle = np.arccos(np.clip((trace - 1) / 2, -1, 1))
    root, body = angle[..., 0] / _ROOT_ANGLE, angle[..., 1:].mean(axis=-1) / _BODY_ANGLE
    pose: Float = (np.minimum(root, 1) + np.minimum(body, 1)) / 2
    return pose


def _looks(prediction: Prediction, observation: Observation) -> Float:
    """(T, N) cosine distance; NaN where either has no features, or they come from unlike engines."""
    looks = np.full((len(prediction), len(observation)), np.nan, np.float32)
    there = observation.features.any(axis=1)
    for row, feature in enumerate(prediction.features):
        if feature.shape == observation.features.shape[1:] and feature.any():
            distance = (1 - observation.features @ feature) / _LOOKS_APART
            looks[row] = np.where(there, np.clip(distance, 0, 1), np.nan)
    return looks


def _reachable(prediction: Prediction, observation: Observation, late: Float) -> npt.NDArray[np.bool_]:
    """(T, N) whether one can have got there, and grown or shrunk so much, in that time."""
    a, b = prediction.states[:, None], observation.states[None]
    height = np.exp((a[..., 3] + b[..., 3]) / 2)
    moved = np.hypot(a[..., 0] - b[..., 0], a[..., 1] - b[..., 1]) / height
    resized = np.abs(a[..., 3] - b[..., 3])
    near = moved <= np.minimum(_GATE + _GATE_GROWS * late, _GATE_MOST)
    alike = resized <= np.minimum(_RESIZE + _RESIZE_GROWS * late, _RESIZE_MOST)
    return np.asarray(near & alike)


def _boxes(states: Float) -> Float:
    """(K, 4) x1, y1, x2, y2 of (K, 7) states."""
    half = np.exp(states[:, 2:4]) / 2
    return np.concatenate([states[:, :2] - half, states[:, :2] + half], axis=1)


def _area(boxes: Float) -> Float:
    area: Float = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    return area
