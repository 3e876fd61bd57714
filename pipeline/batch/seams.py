"""An engine's own track numbers, made to hold through all chunks of a video.

Each chunk is a sequence of its own, with numbers of its own. The frames of its run-in were also run by the chunk
before it: people at the same place in the same frame are the same, and so are their numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from pipeline.batch.chunks import Chunk
from pipeline.engines.engine import Outcome
from pipeline.structures import Float, FrameResult, Int

SAME = 0.5
"""Intersection over union of two boxes from which they are the same person's."""


class Seams:
    """Takes a video's chunks in order. Only what the next seam needs is kept of them."""

    def __init__(self) -> None:
        self._held: dict[int, FrameResult] = {}
        self._given: set[int] = set()

    def join(self, chunk: Chunk, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes of a chunk's own frames, with numbers that go on with those of the chunks before.

        Args:
            chunk: The chunk.
            outcomes: Of all its frames, in order, the run-in among them.
        """
        tracked = [one for one in outcomes if isinstance(one, FrameResult) and one.tracks is not None]
        names = _agreed(_votes(tracked[: chunk.run_in], self._held, chunk.first))
        self._name_others(tracked, names, chunk.first)
        own = [_renamed(one, names) for one in outcomes[chunk.run_in :]]
        self._held = {one.frame_index: one for one in own if isinstance(one, FrameResult)}
        return own

    def _name_others(self, tracked: Sequence[FrameResult], names: dict[int, int], first: int) -> None:
        """Let who is new keep the number, unless somebody before had it."""
        for result in tracked:
            for number in _numbers(result) if result.frame_index >= first else ():
                if number not in names:
                    free = number not in self._given and number not in names.values()
                    names[number] = number if free else 1 + max(self._given | set(names.values()))
                self._given.add(names[number])


def overlaps(one: Float, other: Float) -> Float:
    """(N, M) intersection over union of boxes (N, 4) and (M, 4), x1, y1, x2, y2."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1) for boxes in (one, other)]
    union = areas[0][:, None] + areas[1][None] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)


def _votes(
    tracked: Sequence[FrameResult], held: dict[int, FrameResult], first: int
) -> Counter[tuple[int, int]]:
    """In how many frames of the run-in each new number was at the place of each old one."""
    votes: Counter[tuple[int, int]] = Counter()
    for result in tracked:
        before = held.get(result.frame_index)
        if result.frame_index < first and before is not None and before.tracks is not None:
            votes.update(_same_people(result, before))
    return votes


def _same_people(result: FrameResult, before: FrameResult) -> Iterator[tuple[int, int]]:
    assert result.tracks is not None
    assert before.tracks is not None
    shared = overlaps(result.people.detections.boxes, before.people.detections.boxes)
    for row, column in zip(*linear_sum_assignment(-shared), strict=True):
        pair = int(result.tracks[row]), int(before.tracks[column])
        if shared[row, column] >= SAME and min(pair) >= 0:
            yield pair


def _agreed(votes: Counter[tuple[int, int]]) -> dict[int, int]:
    """By new number the old one: most votes first, no number twice; of equals the lowest numbers."""
    names: dict[int, int] = {}
    for (new, old), _ in sorted(votes.items(), key=lambda item: (-item[1], item[0])):
        if new not in names and old not in names.values():
            names[new] = old
    return names


def _numbers(result: FrameResult) -> list[int]:
    assert result.tracks is not None
    return [number for number in result.tracks.tolist() if number >= 0]


def _renamed(outcome: Outcome, names: dict[int, int]) -> Outcome:
    if not isinstance(outcome, FrameResult) or outcome.tracks is None:
        return outcome
    tracks: Int = np.array([names.get(number, -1) for number in outcome.tracks.tolist()], np.int64)
    return replace(outcome, tracks=tracks)
