"""Where people might be: regions that are worth a look with the landmark network.

The detector shrinks what it sees to 224 px, so people smaller than about a fifth of the picture need a
closer look: it also runs on overlapping square tiles as high as the picture and half as high. OpenCV's
HOG people detector (Dalal and Triggs, 2005) sees small upright people the other misses, in 13 to 45 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.engines.mediapipe.graphs import PoseDetector
from pipeline.engines.mediapipe.regions import (
    Region,
    containment,
    region_of_axis,
    region_of_box,
)
from pipeline.structures import Float, Image

HOG_WIDTH = 640
# HOG's boxes are loose: a person fills about 0.75 of the height.
_HOG_ENLARGE = 1.1
_LEAST_TILE = 32  # px
_MOST_ENLARGED = 4.0
_TILE_STEP = 0.65
# A region is 1.25 times as high as the person: people side by side are about 0.2 of a region apart.
_NEAR = 0.11
_SIMILAR = 1.4
View = tuple[int, int, int, int]


@dataclass(frozen=True)
class Proposal:
    """A region somebody believes to hold a person.

    Attributes:
        region: Where.
        score: How likely, in [0, 1].
        source: The view it was seen in, or "hog"; beliefs from one source are not independent.
    """

    region: Region
    score: float
    source: str


def tiles(width: int, height: int) -> list[View]:
    """Overlapping squares x, y, width, height: as wide as the shorter side, then half as wide.

    None is so small that nobody could be found in it: a strip of a picture would have thousands of them.
    """
    short = min(width, height)
    squares: list[View] = []
    for side in (side for side in (short, short // 2) if side >= _LEAST_TILE):
        for y in _starts(height, side):
            squares += [(x, y, side, side) for x in _starts(width, side)]
    return [view for view in squares if view != (0, 0, width, height)]


def _starts(length: int, side: int) -> list[int]:
    count = int(np.ceil((length - side) / (side * _TILE_STEP))) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]


class Proposer:
    """Runs the detectors.

    Args:
        detector: MediaPipe's person detector.
    """

    def __init__(self, detector: PoseDetector) -> None:
        self._detector = detector
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(cv2.HOGDescriptor_getDefaultPeopleDetector())  # type: ignore[attr-defined]

    def whole(self, image: Image) -> list[Proposal]:
        """Look at the whole picture only."""
        return self._in_view(image, (0, 0, image.shape[1], image.shape[0]))

    def everywhere(self, image: Image, tell: Callable[[float], None]) -> list[Proposal]:
        """Look at the whole picture, at every tile, and with HOG; `tell` hears the fraction done."""
        views = tiles(image.shape[1], image.shape[0])
        found = self.whole(image)
        for index, view in enumerate(views):
            tell((index + 1) / (len(views) + 2))
            found += self._in_view(image, view)
        return found + self._with_hog(image)

    def _in_view(self, image: Image, view: View) -> list[Proposal]:
        x, y, width, height = view
        corner = np.array([x, y], np.float32)
        return [
            Proposal(region_of_axis(one.hips + corner, one.rim + corner), one.score, str(view))
            for one in self._detector.detect(image[y : y + height, x : x + width])
        ]

    def _with_hog(self, image: Image) -> list[Proposal]:
        height, width = image.shape[:2]
        if min(height, width) < _LEAST_TILE:
            return []
        scale = min(HOG_WIDTH / width, _MOST_ENLARGED)  # a narrow picture would become a tower
        size = round(width * scale), max(round(height * scale), 128)
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        corners, weights = self._hog.detectMultiScale(small, winStride=(8, 8), scale=1.05)
        boxes = np.array([(x, y, x + w, y + h) for x, y, w, h in corners], np.float32).reshape(-1, 4) / scale
        scores = (1 / (1 + np.exp(-(np.ravel(weights) - 0.5) * 1.5))).astype(np.float32)
        kept = without_nested(boxes, scores)
        return [Proposal(region_of_box(boxes[k], _HOG_ENLARGE), float(scores[k]), "hog") for k in kept]


def without_nested(boxes: Float, scores: Sequence[float] | Float, limit: float = 0.7) -> list[int]:
    """Indices of the boxes (N, 4) that are left when, of two of which one lies in the other, the better stays."""
    kept: list[int] = []
    for index in np.argsort(-np.asarray(scores), kind="stable"):
        if all(containment(boxes[index], boxes[other]) < limit for other in kept):
            kept.append(int(index))
    return kept


def alike(one: Region, other: Region) -> bool:
    """Whether two regions show the same person."""
    larger, smaller = max(one.size, other.size), max(min(one.size, other.size), 1e-6)
    near = float(np.hypot(one.x - other.x, one.y - other.y)) < _NEAR * larger
    return near and larger / smaller < _SIMILAR


def either(one: float, other: float) -> float:
    """Probability of one or the other of two independent beliefs being right."""
    return 1 - (1 - one) * (1 - other)
