"""Square, turned regions of a picture: what the landmark network looks at, and the way back.

The rules are those of MediaPipe's `PoseDetectionToRoi` and `PoseLandmarksToRoi` (0.10.21): the region is
centred on the hips, turned so that the body's long axis points up, and 1.25 times as wide as the circle
around the whole person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.structures import Float, Image

ENLARGE = 1.25
# A box holds an upright person about as tall as the box, hips near its middle; a little more than the
# circle around the person, so that a tight box costs no hand or foot.
BOX_ENLARGE = 1.35


@dataclass(frozen=True)
class Region:
    """A square of the picture.

    Attributes:
        x: Centre in px.
        y: Centre in px.
        size: Side in px.
        angle: How far it is turned, in rad from x towards y.
    """

    x: float
    y: float
    size: float
    angle: float = 0.0

    @property
    def centre(self) -> Float:
        """(2,) px."""
        return np.array([self.x, self.y], np.float32)

    def turn(self) -> Float:
        """(2, 2) rotation from the region's axes to the picture's."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return np.array([[cos, -sin], [sin, cos]], np.float32)

    def matrix(self, side: int) -> Float:
        """(2, 3) map from px of the region scaled to `side` x `side` to px of the picture."""
        linear = self.turn() * (self.size / side)
        shift = self.centre - linear @ np.full(2, side / 2, np.float32)
        return np.concatenate([linear, shift[:, None]], 1)

    def cut(self, image: Image, side: int) -> Image:
        """The region as (side, side, 3); the picture's border goes on where the region leaves it."""
        flags, border = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.BORDER_REPLICATE
        cut = cv2.warpAffine(image, self.matrix(side), (side, side), flags=flags, borderMode=border)
        return np.asarray(cut, np.uint8)

    def paste(self, patch: Float, corner: tuple[int, int], size: tuple[int, int]) -> Float:
        """What a (side, side) patch of the region shows in a window of the picture.

        Args:
            patch: Values by pixel of the region.
            corner: (x, y) px of the window's upper left corner.
            size: (W, H) px of the window.

        Returns:
            (H, W), 0 outside the region.
        """
        matrix = self.matrix(len(patch))
        matrix[:, 2] -= corner
        return np.asarray(cv2.warpAffine(patch, matrix, size, flags=cv2.INTER_LINEAR), np.float32)

    def to_picture(self, points: Float, side: int) -> Float:
        """Map (K, 2) px of the region scaled to `side` to px of the picture."""
        matrix = self.matrix(side)
        return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def region_of_axis(hips: Float, rim: Float) -> Region:
    """The region of a person whose hips' middle and a point on the circle around are known, (2,) px each."""
    across, down = (float(v) for v in rim - hips)
    angle = math.pi / 2 - math.atan2(-down, across)
    size = 2 * ENLARGE * math.hypot(across, down)
    return Region(float(hips[0]), float(hips[1]), size, (angle + math.pi) % (2 * math.pi) - math.pi)


def region_of_box(box: Float | tuple[float, float, float, float], enlarge: float = BOX_ENLARGE) -> Region:
    """The upright region around a box x1, y1, x2, y2 in px."""
    x1, y1, x2, y2 = (float(v) for v in box)
    return Region((x1 + x2) / 2, (y1 + y2) / 2, enlarge * max(x2 - x1, y2 - y1, 1.0))


def overlap(one: Float, other: Float) -> float:
    """Intersection over union of two boxes (4,)."""
    shared = _shared_area(one, other)
    return shared / max(_area(one) + _area(other) - shared, 1e-6)


def containment(one: Float, other: Float) -> float:
    """Intersection over the smaller of two boxes (4,): 1 where one lies within the other."""
    return _shared_area(one, other) / max(min(_area(one), _area(other)), 1e-6)


def _area(box: Float) -> float:
    return float(max(box[2] - box[0], 0) * max(box[3] - box[1], 0))


def _shared_area(one: Float, other: Float) -> float:
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    return float(np.prod(np.maximum(high - low, 0)))
