"""Who stays by the thresholds of a run, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.structures import Float, Rejected, RunOptions

WORTH_TELLING = 0.1
"""Candidates scored lower nobody would call a person: they are not worth a line in `rejected`."""


def choose(
    scores: npt.ArrayLike, heights: npt.ArrayLike, options: RunOptions
) -> tuple[list[int], list[tuple[int, str]]]:
    """Apply the thresholds, best first.

    Args:
        scores: (N,) in [0, 1].
        heights: (N,) px.
        options: The run's.

    Returns:
        The candidates that stay, best first, and those that do not, each with the reason.
    """
    certain, tall = np.asarray(scores, float), np.asarray(heights, float)
    kept: list[int] = []
    dropped: list[tuple[int, str]] = []
    for index in np.argsort(-certain, kind="stable").tolist():
        reason = _objection(float(certain[index]), float(tall[index]), len(kept), options)
        if not reason:
            kept.append(index)
        elif certain[index] >= WORTH_TELLING:
            dropped.append((index, reason))
    return kept, dropped


def _objection(score: float, height: float, kept: int, options: RunOptions) -> str:
    if score < options.score_threshold:
        return f"score {score:.2f} below {options.score_threshold:.2f}"
    if height < options.min_size:
        return f"height {height:.0f} px below {options.min_size} px"
    if options.max_people and kept >= options.max_people:
        return f"more than {options.max_people} people, and the others are surer"
    return ""


def rejected(boxes: Sequence[npt.ArrayLike], scores: Sequence[float], reasons: Sequence[str]) -> Rejected:
    """The value for those left out; `boxes` are N times x1, y1, x2, y2 in px."""
    table: Float = np.array(boxes, np.float32).reshape(-1, 4)
    return Rejected(table, np.array(scores, np.float32), tuple(reasons))
