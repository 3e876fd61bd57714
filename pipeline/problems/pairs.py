"""People in the same frame who may be one and the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.problems.marks import Marks
from pipeline.problems.observed import Double, Observed
from pipeline.structures import Float, Int

_TOLERANCE = 0.05
"""Of the stature, by which joints of one person found twice are apart in the picture. In OKS, COCO's measure, twice the
per-joint constants are 0.05 (eyes) to 0.21 (hips) of the box's scale, for people who annotate by hand."""

_KEPT = 0.05  # pairs less alike are not remembered


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """M pairs of people in one frame each.

    Attributes:
        frames: (M,).
        times: (M,) s.
        tracks: (M, 2) who they are, ascending; 0 for nobody.
        alike: (M,) in [0, 1].
    """

    frames: Int
    times: Double
    tracks: Int
    alike: Float

    def take(self, rows: np.ndarray) -> Pairs:
        """Some of the pairs."""
        return Pairs(self.frames[rows], self.times[rows], self.tracks[rows], self.alike[rows])

    def marks(self) -> Marks:
        """As the values of a signal: of the person with the lower number, or of the one who has one."""
        low, high = self.tracks.T
        alone = low == 0
        tracks, others = np.where(alone, high, low), np.where(alone, 0, high)
        return Marks(self.frames, self.times, tracks, others, self.alike, self.frames)


def no_pairs() -> Pairs:
    """None."""
    return Pairs(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 2), np.int64), np.zeros(0, np.float32))


def joined_pairs(pairs: list[Pairs]) -> Pairs:
    """All of several."""
    return Pairs(
        *(
            np.concatenate([getattr(p, name) for p in pairs])
            for name in ("frames", "times", "tracks", "alike")
        )
    )


def find_pairs(people: Observed) -> Pairs:
    """Pairs of people whose joints lie on each other in the picture.

    The measure is COCO's object keypoint similarity on the 24 joints: the mean of exp(-d² / 2 s²), with d
    their distance in px and s a share of the smaller person's stature in px.
    """
    order = np.lexsort((people.slots, people.frames))
    frames = people.frames[order]
    found = [no_pairs()]
    for apart in range(1, _most_in_a_frame(frames)):
        same = np.flatnonzero(frames[apart:] == frames[:-apart])
        found.append(_alike(people, order[same], order[same + apart]))
    return joined_pairs(found)


def _most_in_a_frame(frames: Int) -> int:
    return int(np.unique(frames, return_counts=True)[1].max()) if len(frames) else 0


def _alike(people: Observed, one: Int, other: Int) -> Pairs:
    near = _overlapping(people.boxes[one], people.boxes[other])
    one, other = one[near], other[near]
    scale = np.minimum(_pixels(people, one), _pixels(people, other)) * np.float32(_TOLERANCE)
    apart = _projected(people, one) - _projected(people, other)
    alike = np.exp(-np.einsum("jak,jak->jk", apart, apart) / (2 * scale**2)).mean(0)
    rows = np.flatnonzero(alike >= _KEPT)
    tracks = np.sort(np.stack([people.tracks[one], people.tracks[other]], 1), axis=1)
    return Pairs(people.frames[one], people.times[one], tracks, alike.astype(np.float32)).take(rows)


def _overlapping(one: Float, other: Float) -> np.ndarray:
    shared = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    return np.asarray((shared > 0).all(1))


def _pixels(people: Observed, rows: Int) -> Float:
    """(K,) px that the stature of people takes up."""
    depth = np.maximum(people.pelvis[rows, 2], np.float32(0.1))
    size: Float = people.focal[rows] * people.stature[rows] / depth
    return size


def _projected(people: Observed, rows: Int) -> Float:
    """(24, 2, K) px of joints from the middle of the picture."""
    joints = people.joints[..., rows] + people.pelvis[rows].T[None]
    seen: Float = joints[:, :2] * people.focal[rows] / np.maximum(joints[:, 2:], np.float32(0.1))
    return seen
