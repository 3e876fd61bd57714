"""Smooth opaque lines, dots and pictures on a premultiplied RGBA picture.

OpenCV blends all four channels towards the colour it draws with, which for an opaque colour is exactly
premultiplied over. Positions are continuous px: the centre of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.palette import Color
from pipeline.render.blend import lay_over
from pipeline.structures import Image

DARK: Color = (16, 18, 24)
WHITE: Color = (255, 255, 255)

_SHIFT = 4
# Farther from the picture nothing is drawn: OpenCV's fixed-point coordinates overflow.
_FAR = 1 << 14

Points = npt.NDArray[np.floating]


class Canvas:
    """Draws on (H, W, 4) uint8; lengths given to it are for a picture of 1080 lines.

    Attributes:
        rgba: The picture drawn on.
        scale: Picture height over 1080, but lines never vanish.
    """

    def __init__(self, rgba: Image) -> None:
        self.rgba = rgba
        self.scale = scale_of(rgba.shape[0])

    def line(self, points: Points, color: Color, width: float, *, closed: bool = False) -> None:
        """A polyline through (P, 2) px; one with a point that is far away or not finite is left out."""
        self.lines([points], color, width, closed=closed)

    def lines(self, paths: Sequence[Points], color: Color, width: float, *, closed: bool = False) -> None:
        """Several polylines at once."""
        fixed = [_fixed(path) for path in paths if _drawable(path)]
        if fixed:
            cv2.polylines(self.rgba, fixed, closed, (*color, 255), self.px(width), cv2.LINE_AA, _SHIFT)

    def dot(self, point: Points, color: Color, radius: float) -> None:
        """A filled circle."""
        if _drawable(point[None]):
            x, y = _fixed(point[None])[0].tolist()
            size = round(max(radius * self.scale, 1) * 2**_SHIFT)
            cv2.circle(self.rgba, (x, y), size, (*color, 255), cv2.FILLED, cv2.LINE_AA, _SHIFT)

    def area(self, points: Points, color: Color) -> None:
        """A filled convex polygon."""
        if _drawable(points):
            cv2.fillConvexPoly(self.rgba, _fixed(points), (*color, 255), cv2.LINE_AA, _SHIFT)

    def picture(self, rgba: Image, x: int, y: int) -> None:
        """A premultiplied picture with its top left corner at (x, y), cut to what fits."""
        height, width = self.rgba.shape[:2]
        x0, y0 = max(x, 0), max(y, 0)
        x1, y1 = min(x + rgba.shape[1], width), min(y + rgba.shape[0], height)
        if x1 > x0 and y1 > y0:
            lay_over(self.rgba[y0:y1, x0:x1], rgba[y0 - y : y1 - y, x0 - x : x1 - x])

    def px(self, width: float) -> int:
        """A line width in whole px."""
        return max(1, round(width * self.scale))


def scale_of(height: int) -> float:
    """How large lines and letters are in a picture of some height, against 1080."""
    return max(height / 1080, 0.35)


def _drawable(points: Points) -> bool:
    return len(points) > 0 and bool(np.isfinite(points).all()) and bool(np.abs(points).max() < _FAR)


def _fixed(points: Points) -> npt.NDArray[np.int32]:
    fixed: npt.NDArray[np.int32] = np.rint((points - 0.5) * 2**_SHIFT).astype(np.int32)
    return fixed
