"""The curves of a person."""

from __future__ import annotations

import numpy as np

from pipeline.curves.angles import FLEXIONS
from pipeline.curves.differences import acceleration, steps_before, velocity
from pipeline.curves.samples import Samples
from pipeline.curves.values import Double, Series, Wish, joined_to_previous


def series_of(samples: Samples, track: int, wish: Wish) -> Series:
    """The numbers of a curve of a person, whose samples these are, by frame."""
    values = np.asarray(_values(samples, wish.key, wish.choice), np.float64)
    return Series(
        track,
        samples.frames.copy(),  # samples are overwritten in place when a frame is read again
        samples.times.copy(),
        values.reshape(len(samples), len(wish.curve.lines_of(wish.choice))),
        samples.made.copy(),
    )


def _values(samples: Samples, key: str, choice: str) -> Double:
    """(K,) or (K, L)."""
    if key in FLEXIONS:
        first = 2 * FLEXIONS.index(key)
        return samples.flexion[:, first : first + 2].astype(np.float64)
    if key == "speed":
        moved = velocity(samples.pelvis.astype(np.float64), _steps(samples))
        return np.asarray(np.linalg.norm(moved, axis=1))
    if key == "acceleration":
        return _acceleration(samples, choice)
    if key == "betas":
        return _shape(samples, choice)
    if key == "box":
        size = samples.boxes[:, 2:] - samples.boxes[:, :2]
        return size[:, ::-1].astype(np.float64)
    columns = {"depth": samples.depth, "score": samples.scores}
    return (samples.turned[:, int(choice or 1)] if key == "rotation" else columns[key]).astype(np.float64)


def _steps(samples: Samples) -> Double:
    return steps_before(samples.times, joined_to_previous(samples.frames))


def _acceleration(samples: Samples, choice: str) -> Double:
    """Of the joints but the pelvis, from which they are seen; or of one joint."""
    joints = samples.joints[:, 1:] if choice in ("", "mean", "max") else samples.joints[:, [int(choice)]]
    count, each = joints.shape[:2]
    vectors = acceleration(joints.reshape(count, 3 * each).astype(np.float64), _steps(samples))
    sizes = np.linalg.norm(vectors.reshape(count, each, 3), axis=2)
    found: Double = sizes.max(1) if choice == "max" else sizes.mean(1)
    return found


def _shape(samples: Samples, choice: str) -> Double:
    if choice in ("", "drift"):
        known = samples.shape[np.isfinite(samples.shape).all(1)]
        usual = np.median(known, 0) if len(known) else np.full(10, np.nan)
        return np.asarray(1000.0 * np.linalg.norm(samples.shape - usual, axis=1), np.float64)
    return samples.betas.astype(np.float64)[:, slice(None) if choice == "all" else int(choice)]
