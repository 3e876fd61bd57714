"""How far feet slide while they stand."""

from __future__ import annotations

import numpy as np

from pipeline.problems.local import local_median, local_most
from pipeline.problems.observed import Flags
from pipeline.problems.table import Table
from pipeline.structures import Float

_LOWEST = 0.05  # of the stature: a foot that stands is as low as it gets, and lower than the other
_FASTEST = 1.2  # statures a second; a foot that swings is faster than one that slides
_WHILE = 0.3  # s over which a slide is measured: shorter than a step, longer than the jitter of an engine
_STEPS_AROUND = 1.5  # s before and after, some three steps of each foot


def foot_slides(table: Table) -> Float:
    """(K,) % of the stature that a foot that stands slid in the last third of a second, across the line of sight.

    A foot stands where it is the lower one, and about as low as it gets in the second around. The camera's own
    motion looks like sliding, so the median velocity of standing feet around is taken away; and so is how far
    the person's feet usually slide, which a camera that shakes, or a coarse engine, makes of all steps.
    """
    slides = np.where(np.isnan(table.stature), np.nan, 0).astype(np.float32)
    for foot in (0, 1):
        np.fmax(slides, _beyond_usual(table, _slide(table, foot)), out=slides)
    return slides


def _beyond_usual(table: Table, slid: Float) -> Float:
    """(K,) what is left without the person's median over the sightings in which the foot stands; 0 elsewhere."""
    beyond = np.zeros_like(slid)
    for rows in table.segments():
        standing = ~np.isnan(slid[rows])
        if standing.any():
            beyond[rows][standing] = slid[rows][standing] - np.median(slid[rows][standing])
    return np.maximum(beyond, 0)


def _slide(table: Table, foot: int) -> Float:
    stands = _stands(table, foot)
    path = np.diff(table.feet[:, 3 * foot : 3 * foot + 2], axis=0, prepend=np.float32(np.nan))
    path *= (table.pelvis[:, 2] / table.stature)[:, None]
    steps = np.diff(table.times, prepend=0)[:, None].astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = path / steps
    moving = stands & np.isfinite(speed).all(1)
    for axis in (0, 1):
        there = np.where(moving, speed[:, axis], np.nan).astype(np.float32)
        path[:, axis] -= local_median(table, there, _STEPS_AROUND) * steps[:, 0]
    moving &= np.linalg.norm(path, axis=1) <= _FASTEST * steps[:, 0]
    return _summed(table, path, moving)


def _stands(table: Table, foot: int) -> Flags:
    """(K,) whether a foot stands, now and in the sighting before."""
    low, other = table.feet[:, 3 * foot + 2], table.feet[:, 5 - 3 * foot]
    down = (low >= local_most(table, low) - _LOWEST) & (low >= other - _LOWEST / 2)
    both = down & table.followed()
    both[1:] &= down[:-1]
    return both


def _summed(table: Table, path: Float, moving: Flags) -> Float:
    """(K,) % by which the path (K, 2) led away from where it was; NaN where the foot has not stood for so long."""
    rows = np.arange(len(path))
    began = np.maximum.accumulate(np.where(moving, 0, rows))  # the last row before the run
    way = np.cumsum(np.where(moving[:, None], path, 0), axis=0, dtype=np.float64)
    slid = np.full(len(path), np.nan, np.float32)
    for part in table.segments():
        back = np.searchsorted(table.times[part], table.times[part] - _WHILE - 1e-6) + part.start
        there = np.flatnonzero(moving[part] & (back >= began[part])) + part.start
        slid[there] = 100 * np.linalg.norm(way[there] - way[back[there - part.start]], axis=1)
    return slid
