"""What bodies do from one sighting to the next: measured on a few seconds at a time, with all joints at hand.

Each measure looks at a sighting, the one before and the one after, of the same person and no further away
in time than NEAR. Units are shares of the stature and seconds, so that neither the size of a person, nor
that of the picture, nor the frame rate matters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline.problems.kinematics import MIRRORED, mirrored_pose, posed_joints, turns, yaw_between
from pipeline.problems.observed import NO_TRACK, Double, Flags, Observed
from pipeline.structures import Float, Int

NEAR = 0.25
"""Seconds to the sighting before or after; beyond, motion says nothing about the frames between."""

_FLIP_NEAR = (
    0.15  # s; a step takes 0.5 s, after half of which left and right have changed places by themselves
)
_FLIP_LEAST = 0.02  # of the stature: joints that on average moved less are not worth exchanging
_TURN_TIME = 0.1  # s in which a turn is counted whole; spread over more time it is more likely a real one


class Motion(NamedTuple):
    """What was measured of K people, each (K,); NaN where there is no neighbour to compare with.

    Attributes:
        acceleration: 1/s²: mean over the joints of the second difference of their places from the pelvis, as
            a share of the stature (WHAM's `compute_accel`, on uneven times).
        rotation: rad/s²: root of the mean square of the joints' angular acceleration.
        flip: Share of the motion since the sighting before that is saved by exchanging left and right.
        turn: Degrees about the upright since the sighting before.
        moved: Root of the mean square of the joints' motion in the camera frame since then, as a share of
            the stature.
    """

    acceleration: Float
    rotation: Float
    flip: Float
    turn: Float
    moved: Float


def measure_motion(people: Observed) -> Motion:
    """Measure all people of some frames; those at the ends miss their neighbours outside."""
    follows = following(people.times, people.tracks, NEAR)
    return Motion(
        _acceleration(people, follows),
        _rotation(people, follows),
        _flip(people, following(people.times, people.tracks, _FLIP_NEAR)),
        _turn(people, follows),
        _moved(people, follows),
    )


def following(times: Double, tracks: Int, near: float) -> Flags:
    """(K,) whether the row before is the same person, at most `near` s earlier; rows are sorted."""
    follows = np.zeros(len(times), bool)
    apart = np.diff(times)
    same = (tracks[1:] == tracks[:-1]) & (tracks[1:] != NO_TRACK)
    # A little more than asked for, as times are sums of fractions.
    follows[1:] = same & (apart > 0) & (apart <= near + 1e-6)
    return follows


def _between(follows: Flags) -> Flags:
    """(K,) whether both neighbours are there."""
    both = follows.copy()
    both[:-1] &= follows[1:]
    both[-1:] = False
    return both


def _steps(people: Observed) -> Float:
    """(K - 1,) s between rows, 1 where they are not one person's."""
    apart = np.diff(people.times)
    return np.where(apart > 0, apart, 1).astype(np.float32)


def _second_difference(speed: Float, steps: Float) -> Float:
    """(..., K - 2) change of speeds (..., K - 1) per second."""
    mean: Float = (steps[1:] + steps[:-1]) / np.float32(2)
    return np.asarray(np.diff(speed, axis=-1) / mean, np.float32)


def _placed(values: Float, where: Flags, offset: int) -> Float:
    """(K,) with values from a row on, NaN elsewhere and where there was nothing to compare with."""
    placed = np.full(len(where), np.nan, np.float32)
    placed[offset : offset + len(values)] = values
    placed[~where] = np.nan
    return placed


def _acceleration(people: Observed, follows: Flags) -> Float:
    if len(people) < 3:
        return _placed(np.zeros(0, np.float32), follows, 0)
    steps = _steps(people)
    change = _second_difference(np.diff(people.joints, axis=-1) / steps, steps)
    jerked = np.sqrt(np.einsum("jak,jak->jk", change, change)).mean(0)
    return _placed(jerked / people.stature[1:-1], _between(follows), 1)


def _rotation(people: Observed, follows: Flags) -> Float:
    if len(people) < 3:
        return _placed(np.zeros(0, np.float32), follows, 0)
    steps = _steps(people)
    speed = turns(people.rotations[..., :-1], people.rotations[..., 1:]) / steps
    change = _second_difference(speed, steps)
    return _placed(np.sqrt(np.einsum("jak,jak->k", change, change) / 24), _between(follows), 1)


def _flip(people: Observed, follows: Flags) -> Float:
    """Two ways engines err: the whole pose mirrored, or the limbs exchanged where they are."""
    joints, before = people.joints[..., 1:], people.joints[..., :-1]
    stayed = _distance(joints, before)
    exchanged = _distance(joints[MIRRORED], before)
    mirrored = _distance(_mirrored_joints(people)[..., 1:], before)
    least = np.minimum(exchanged, mirrored)
    saved = 1 - np.divide(least, stayed, out=np.ones_like(stayed), where=stayed > 0)
    saved[stayed < _FLIP_LEAST * people.stature[1:]] = 0
    return _placed(np.maximum(saved, 0), follows, 1)


def _mirrored_joints(people: Observed) -> Float:
    """(24, 3, K) m joints of the mirrored pose. The body is taken to be symmetric, as all models nearly are."""
    flipped = mirrored_pose(people.rotations)
    return posed_joints(flipped, people.rest)


def _distance(one: Float, other: Float) -> Float:
    """(K,) m mean distance of joints (24, 3, K)."""
    apart = one - other
    mean: Float = np.sqrt(np.einsum("jak,jak->jk", apart, apart)).mean(0)
    return mean


def _turn(people: Observed, follows: Flags) -> Float:
    roots = people.rotations[0]
    degrees = np.degrees(yaw_between(roots[..., :-1], roots[..., 1:]))
    counted = np.minimum(1, np.float32(_TURN_TIME) / _steps(people))
    return _placed(degrees * counted, follows, 1)


def _moved(people: Observed, follows: Flags) -> Float:
    change = np.diff(people.joints + people.pelvis.T[None], axis=-1)
    moved = np.sqrt(np.einsum("jak,jak->k", change, change) / 24)
    return _placed(moved / people.stature[1:], follows, 1)
