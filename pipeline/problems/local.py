"""What is usual for a person, around a moment and altogether."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline.problems.table import Table
from pipeline.structures import Float

AROUND = 0.5
"""Seconds before and after that are compared with."""

_LEAST, _MOST = 5, 241  # sightings in a window

Filter = Callable[[Float, int], Float]


def window_of(times: np.ndarray, around: float = AROUND) -> int:
    """How many sightings lie within `around` s before and after one: an odd number."""
    if len(times) < 2:
        return _LEAST
    step = max(float(np.median(np.diff(times))), 1e-3)
    return int(min(max(2 * round(around / step) + 1, _LEAST), _MOST))


def over_tracks(table: Table, values: Float, work: Filter, around: float = AROUND) -> Float:
    """Apply a windowed filter to (K,) values, track by track; what was not measured counts as usual."""
    filtered = np.full(len(values), np.nan, np.float32)
    for rows in table.segments():
        part = values[rows]
        missing = np.isnan(part)
        if missing.all():
            continue
        if missing.any():
            part = np.where(missing, np.median(part[~missing]), part)
        filtered[rows] = work(part, window_of(table.times[rows], around))
    return filtered


def local_median(table: Table, values: Float, around: float = AROUND) -> Float:
    """(K,) median of the same person's values around each; NaN where nothing of that person was measured."""
    from scipy.ndimage import median_filter  # here: it takes 0.2 s, which the window's start has not

    return over_tracks(table, values, lambda part, size: median_filter(part, size, mode="nearest"), around)


def local_most(table: Table, values: Float, around: float = AROUND) -> Float:
    """(K,) greatest of the same person's values around each."""
    from scipy.ndimage import maximum_filter1d

    return over_tracks(table, values, lambda part, size: maximum_filter1d(part, size, mode="nearest"), around)


def robust_z(table: Table, values: Float, floor: float) -> Float:
    """(K,) by how many robust deviations values lie above what is usual for the person.

    Usual is the median around (Hampel's identifier, 1974) or that of the whole track, whichever is greater,
    so that somebody who starts to run is not a problem. A deviation is 1.4826 times the median absolute deviation, but
    no less than a share of what is usual, for people who hardly ever move, and than `floor`, for those who never do.
    """
    centre = local_median(table, values)
    spread = np.full(len(values), np.float32(floor))
    for rows in table.segments():
        part = values[rows]
        there = part[~np.isnan(part)]
        if len(there):
            usual = np.median(there)
            centre[rows] = np.maximum(centre[rows], usual)
            spread[rows] = np.maximum(floor, 1.4826 * np.median(np.abs(there - usual)))
    spread = np.maximum(spread, _SHARE * centre)
    z: Float = np.maximum((values - centre) / spread, 0)
    return z


_SHARE = 0.35
"""Of what is usual, the least deviation: that of an exponential distribution is about 0.7 of its median."""
