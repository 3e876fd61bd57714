"""Speed and acceleration from places at uneven times."""

from __future__ import annotations

import numpy as np

from pipeline.curves.values import Double, Flags

LONGEST = 1.0
"""Seconds between two looks at a person beyond which nothing can be said of the motion between them."""


def steps_before(times: Double, joined: Flags) -> Double:
    """(K,) s since the row before; NaN where there is a gap, or where two frames have the same time."""
    steps = np.diff(times, prepend=np.nan)
    steps[~joined | ~(steps > 0) | (steps > LONGEST)] = np.nan
    return steps


def velocity(points: Double, steps: Double) -> Double:
    """Change of points (K, D) in a second, as (K, D).

    In the middle it is the slope of the parabola through three neighbours (Fornberg, "Generation of finite
    difference formulas on arbitrarily spaced grids", 1988), so that uneven times do no harm; beside a gap the
    slope of the line to the only neighbour.
    """
    before, after = _slopes(points, steps)
    h, g = steps[:, None], np.append(steps[1:], np.nan)[:, None] if len(steps) else steps[:, None]
    middle = (g * before + h * after) / (h + g)
    return np.where(np.isfinite(middle), middle, np.where(np.isfinite(before), before, after))


def acceleration(points: Double, steps: Double) -> Double:
    """Change of the velocity of points (K, D) in a second, as (K, D); NaN beside a gap."""
    before, after = _slopes(points, steps)
    span = steps + (np.append(steps[1:], np.nan) if len(steps) else steps)
    found: Double = 2 * (after - before) / span[:, None]
    return found


def _slopes(points: Double, steps: Double) -> tuple[Double, Double]:
    """(K, D) per second, from the row before, and to the row after."""
    before = np.full(points.shape, np.nan)
    before[1:] = np.diff(points, axis=0) / steps[1:, None]
    after = np.full(points.shape, np.nan)
    after[:-1] = before[1:]
    return before, after
