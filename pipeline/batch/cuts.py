"""Where one shot ends and the next begins.

Pictures are compared by their colours: histograms of hue, saturation and value of each quarter of a small
picture. Key frames are compared first; only where two of them differ is everything between decoded and the cut
found to the frame. Encoders put key frames at cuts and every few seconds, so this reads a few per cent of a long
video. What is missed is a shot that is over before the next key frame while the one around it goes on, and what
fades slowly: both are run as one shot, as `retake run` runs the whole video.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.batch.chunks import Shot
from pipeline.errors import VideoError
from pipeline.structures import Image
from pipeline.video import Video

Histogram = npt.NDArray[np.float32]

SHORTEST = 12
"""Frames; a shot is at least so long. A flash is no shot, nor is what follows it."""

_SIDE = 90  # px, about, of the shorter side that is looked at
_BINS = [12, 4, 6]
_MAYBE = 0.25  # distance of two key frames from which what is between them is looked at
_CUT = 0.35  # distance of neighbours from which it may be a cut
_TIMES = 3.0  # so many times what is usual around it, or it is only fast
_QUIET = 0.03  # distance that is usual at least
_NEAR = 5  # frames around in which that is measured
_SPARSE = 24  # frames; keys that are nearer to each other are not all looked at
_BLIND = 300  # frames between two keys that are looked at in any case


def find_shots(video: Video, tell: Callable[[float], None] = lambda done: None) -> tuple[Shot, ...]:
    """The shots of a video, in order and without gaps; the same for the same video, always.

    Args:
        video: Its index must be complete.
        tell: Gets the share done.
    """
    count = video.frame_count
    keys = _looked_at(video.build_index().key_frames.tolist(), count)
    cuts: list[int] = []
    before = _seen(video, keys[0])
    for first, last in pairwise(keys):
        after = _seen(video, last)
        unlike = before is None or after is None or _distance(before, after) >= _MAYBE
        if unlike or last - first > _BLIND:
            cuts += cuts_among((_seen(video, frame) for frame in range(first, last + 1)), first)
        before = after
        tell(last / count)
    return _as_shots(cuts, count)


def cuts_among(seen: Iterable[Histogram | None], first: int) -> list[int]:
    """The frames that begin a shot, of frames that follow one another.

    Args:
        seen: Histograms, None for frames that cannot be decoded.
        first: Number of the first of these frames.
    """
    steps = np.array([_step(one, other) for one, other in pairwise(seen)])
    return [first + 1 + at for at in np.flatnonzero(steps >= _CUT).tolist() if _stands_out(steps, at)]


def histogram(image: Image) -> Histogram:
    """(4 * 288,) shares of colours, each quarter of the picture summing up to 1."""
    stride = max(1, min(image.shape[:2]) // _SIDE)
    hsv = cv2.cvtColor(np.ascontiguousarray(image[::stride, ::stride]), cv2.COLOR_RGB2HSV)
    middle, centre = (hsv.shape[0] + 1) // 2, (hsv.shape[1] + 1) // 2
    quarters = [
        hsv[y, x]
        for y in (slice(middle), slice(-middle, None))
        for x in (slice(centre), slice(-centre, None))
    ]
    return np.concatenate([_shares(np.ascontiguousarray(quarter)) for quarter in quarters])


def _shares(hsv: Image) -> Histogram:
    counts = cv2.calcHist([hsv], [0, 1, 2], None, _BINS, [0, 180, 0, 256, 0, 256]).ravel()
    return np.asarray(counts / counts.sum(), np.float32)


def _distance(one: Histogram, other: Histogram) -> float:
    """0 for the same colours in the same quarters, 1 for none in common."""
    return float(np.abs(one - other).sum()) / 8


def _step(one: Histogram | None, other: Histogram | None) -> float:
    return 0.0 if one is None or other is None else _distance(one, other)


def _stands_out(steps: npt.NDArray[np.float64], at: int) -> bool:
    around = np.concatenate([steps[max(0, at - _NEAR) : at], steps[at + 1 : at + 1 + _NEAR]])
    usual = float(np.median(around)) if len(around) else 0.0
    return bool(steps[at] >= _TIMES * max(usual, _QUIET))


def _seen(video: Video, frame: int) -> Histogram | None:
    try:
        return histogram(video.frame(frame).image)
    except VideoError:
        return None


def _looked_at(keys: Sequence[int], count: int) -> list[int]:
    """Frames 0 and the last, and of the keys between those that are not too near to each other."""
    chosen = [0]
    for key in keys:
        if key - chosen[-1] >= _SPARSE and key < count - 1:
            chosen.append(key)
    return [*chosen, count - 1] if count > 1 else chosen


def _as_shots(cuts: Sequence[int], count: int) -> tuple[Shot, ...]:
    begins = [0]
    for cut in sorted(set(cuts)):
        if cut - begins[-1] >= SHORTEST and count - cut >= SHORTEST:
            begins.append(cut)
    return tuple(zip(begins, [begin - 1 for begin in begins[1:]] + [count - 1], strict=True))
