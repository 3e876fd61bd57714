"""Signals of how bodies move, from what `pipeline.problems.motion` measured."""

from __future__ import annotations

import numpy as np

from pipeline.problems.local import local_median, robust_z
from pipeline.problems.table import Table
from pipeline.structures import Float

# Least deviations, for people who stand perfectly still: a joint that jumps by 1 cm and back at 30 frames/s
# is accelerated by 12 statures/s².
_ACCELERATION, _ROTATION = 1.0, 10.0

_STILL = 0.03  # of the motion around: what is less is no motion
_STIRS = 0.03  # of the stature a second: who moves less around may well stand still
_STILL_STEPS = 2  # one is a video whose frames were doubled for another frame rate


def acceleration_spikes(table: Table) -> Float:
    """(K,) robust deviations of the joints' acceleration."""
    return robust_z(table, table.measured("acceleration"), _ACCELERATION)


def rotation_spikes(table: Table) -> Float:
    """(K,) robust deviations of the joints' angular acceleration."""
    return robust_z(table, table.measured("rotation"), _ROTATION)


def flips(table: Table) -> Float:
    """(K,) % of the motion since the sighting before that exchanging left and right saves."""
    return table.measured("flip") * 100


def sudden_turns(table: Table) -> Float:
    """(K,) degrees about the upright since the sighting before."""
    return table.measured("turn")


def frozen_for(table: Table) -> Float:
    """(K,) s for which a body is exactly as it was, in the run of sightings that each is in; 0 elsewhere."""
    moved, follows = table.measured("moved"), table.followed()
    steps = np.diff(table.times, prepend=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = np.where(follows, moved / steps, np.nan).astype(np.float32)
    usual = local_median(table, speed, 1.0)
    still = follows & (speed <= _STILL * usual) & (usual > _STIRS)
    seconds = np.where(np.isnan(table.stature), np.nan, 0).astype(np.float32)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(np.int8)))
    for first, end in edges.reshape(-1, 2).tolist():
        if end - first >= _STILL_STEPS:
            # The sighting before the first step without motion is the one that is repeated.
            seconds[first - 1 : end] = table.times[end - 1] - table.times[first - 1]
    return seconds
