"""Signals of where people are, how large, and how sure the detector was."""

from __future__ import annotations

import numpy as np

from pipeline.problems.local import local_median
from pipeline.problems.table import Table
from pipeline.structures import Float

NEAR_BOX = 0.5  # s to the sighting before; a box says longer where somebody is than a pose does how they move


def depth_jumps(table: Table) -> Float:
    """(K,) % by which the distance changed since the sighting before, beyond the motion around.

    The distance is compared as a share of the focal length, which is what the size in the picture says.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(table.pelvis[:, 2] / table.focal)
    logs[~np.isfinite(logs)] = np.nan
    jumped: Float = np.expm1(np.minimum(np.abs(_beyond(table, logs)), 3)) * 100
    return jumped


def _beyond(table: Table, values: Float) -> Float:
    """(K,) change since the row before, less what the median rate around predicts."""
    steps, follows = _steps(table), table.followed(NEAR_BOX)
    change = np.diff(values, prepend=np.float32(np.nan))
    rate = np.where(follows, change / steps, np.nan).astype(np.float32)
    beyond: Float = np.where(follows, change - local_median(table, rate) * steps, np.nan).astype(np.float32)
    return beyond


def _steps(table: Table) -> Float:
    apart = np.diff(table.times, prepend=np.inf)
    return np.where((apart > 0) & np.isfinite(apart), apart, 1).astype(np.float32)


def box_overlap(table: Table) -> Float:
    """(K,) intersection over union with where the box before, moved on as around, would be."""
    boxes = table.boxes
    middle: Float = (boxes[:, :2] + boxes[:, 2:]) / np.float32(2)
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 1)
    apart = np.stack([_beyond(table, middle[:, axis]) for axis in (0, 1)], 1)
    before = np.roll(size, 1, 0)
    # Two boxes whose middles are `apart`.
    shared = np.clip((size + before) / 2 - np.abs(apart), 0, np.minimum(size, before)).prod(1)
    overlap: Float = shared / (size.prod(1) + before.prod(1) - shared)
    return overlap


def score_dips(table: Table) -> Float:
    """(K,) by how much the detection score is below the median around."""
    dips: Float = np.maximum(local_median(table, table.scores) - table.scores, 0)
    return dips


def shape_changes(table: Table) -> Float:
    """(K,) % of the stature by which the rest joints are elsewhere than in the person's median shape."""
    changes = np.full(len(table), np.nan, np.float32)
    for rows in table.segments():
        for model in np.unique(table.model[rows]).tolist():
            same = np.flatnonzero(table.model[rows] == model) + rows.start
            apart = np.linalg.norm(table.shape[same] - np.median(table.shape[same], axis=0), axis=1)
            changes[same] = 100 * apart / table.stature[same]
    return changes
