"""Where people who were seen are expected in another frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.structures import Float, Int
from pipeline.tracking.observation import Observation

MAX_GAP = 150
"""Frames after which a person who comes back is a new one: 5 s at 30 frames/s. By then neither place nor
pose says anything, and appearance alone mixes up people in similar clothes."""

SIGHTINGS = 5
"""Sightings of a track that are looked at: enough to average velocity and appearance over a noisy frame,
and few enough that recording a frame costs the same at the end of a long video."""

_VELOCITY_SPAN = 12  # frames; older sightings say where somebody walked, not where they are walking
_DAMPING = 0.95  # a frame; people stop and turn: no more than 20 frames' worth of walking straight on

# Only the place moves on. Sizes and depth are too noisy to be extrapolated.
_MOVES = np.array([1, 1, 0, 0, 1, 1, 0], np.float32)


class Sighting(NamedTuple):
    """One person in one frame; the fields are rows of `Observation`."""

    frame: int
    state: Float
    rotation: Float
    feature: Float


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Tracks in a frame where they are looked for.

    Attributes:
        gaps: (T,) frames to the nearest sighting; 0 when it is the same frame.
        states: (T, 7) as in Observation.
        rotations: (T, 24, 9) as last seen.
        features: T of (D,), unit length, or zeros.
    """

    gaps: Int
    states: Float
    rotations: Float
    features: tuple[Float, ...]

    def __len__(self) -> int:
        return len(self.gaps)


def sighting(observation: Observation, slot: int) -> Sighting:
    """One person of an observation."""
    return Sighting(
        observation.frame_index,
        observation.states[slot],
        observation.rotations[slot],
        observation.features[slot],
    )


def gather(
    tracks: Iterable[tuple[Sequence[Sighting], Sequence[Sighting], Float | None]], frame: int
) -> Prediction:
    """Predict several tracks.

    Args:
        tracks: For each the sightings before and after the frame, both nearest last and not both empty,
            and its appearance; None takes the mean of its sightings'.
        frame: Where they are looked for.
    """
    gaps, states, rotations, features = [], [], [], []
    for before, after, feature in tracks:
        nearest = min([*before[-1:], *after[-1:]], key=lambda seen: abs(frame - seen.frame))
        gaps.append(abs(frame - nearest.frame))
        states.append(_state(before, after, frame))
        rotations.append(nearest.rotation)
        features.append(_mean_feature(nearest, before, after) if feature is None else feature)
    return Prediction(
        np.array(gaps, np.int64),
        np.array(states, np.float32).reshape(-1, 7),
        np.array(rotations, np.float32).reshape(-1, 24, 9),
        tuple(features),
    )


def same_frame(observation: Observation) -> Prediction:
    """The people of an older version of a frame, as what is expected in a new one."""
    count = len(observation)
    return Prediction(
        np.zeros(count, np.int64), observation.states, observation.rotations, tuple(observation.features)
    )


def _state(before: Sequence[Sighting], after: Sequence[Sighting], frame: int) -> Float:
    """(7,) between two sightings if there are some on both sides, else straight on, ever slower."""
    if before and after:
        first, last = before[-1], after[-1]
        share = (frame - first.frame) / (last.frame - first.frame)
        return first.state + (last.state - first.state) * np.float32(share)
    seen = before or after
    near = seen[-1]
    reach = (1 - _DAMPING ** abs(frame - near.frame)) / (1 - _DAMPING)
    return near.state + _velocity(seen) * _MOVES * np.float32(reach if frame > near.frame else -reach)


def _velocity(seen: Sequence[Sighting]) -> Float:
    """(7,) per frame in the direction of time, over the nearest few sightings."""
    near = seen[-1]
    far = next(one for one in seen if abs(near.frame - one.frame) <= _VELOCITY_SPAN)
    span = near.frame - far.frame
    return (near.state - far.state) / np.float32(span) if span else np.zeros_like(near.state)


def _mean_feature(nearest: Sighting, before: Sequence[Sighting], after: Sequence[Sighting]) -> Float:
    alike = [seen.feature for seen in (*before, *after) if seen.feature.shape == nearest.feature.shape]
    mean: Float = np.mean(alike, axis=0)
    length = float(np.linalg.norm(mean))
    return mean / np.float32(length) if length else mean
