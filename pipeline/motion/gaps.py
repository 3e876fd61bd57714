"""Where a track is missing; apart from filling, as the window asks it and shall not wait for scipy."""

from __future__ import annotations

import numpy as np

from pipeline.structures import Int


def gaps(frames: Int, longest: int) -> list[tuple[int, int]]:
    """First and last missing frame of each gap of at most `longest` frames in ascending frames."""
    missing = np.diff(frames) - 1
    return [
        (int(frames[k]) + 1, int(frames[k + 1]) - 1)
        for k in np.flatnonzero((missing > 0) & (missing <= longest))
    ]
