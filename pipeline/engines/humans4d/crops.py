"""The square pictures of people that HMR 2.0 is given, as upstream's demo makes them.

A box is widened to 3:4 (192 by 256), its longer side becomes the side of a square, and that is scaled to 256 px.
Where this makes the picture smaller, upstream blurs the whole picture first, once for each person; here only what the
crop can see is blurred, by the same filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.structures import Float, Image

SIZE = 256  # px, `MODEL.IMAGE_SIZE`
ASPECT = (192, 256)  # width and height, `MODEL.BBOX_SHAPE`
_MEAN = np.array([0.485, 0.456, 0.406]) * 255
_STD = np.array([0.229, 0.224, 0.225]) * 255
_BLUR_FROM = 1.1  # halved reduction in size from which upstream blurs
_REACH = 4.0  # standard deviations after which skimage's Gaussian ends


@dataclass(frozen=True, slots=True, eq=False)
class Square:
    """Where a crop lies.

    Attributes:
        center: (2,) x, y px.
        side: px.
    """

    center: Float
    side: float


@dataclass(frozen=True, slots=True, eq=False)
class BoxMask:
    """A mask at the resolution of its box.

    Attributes:
        left: x of its first column, px.
        top: y of its first row, px.
        inside: (h, w) bool.
    """

    left: int
    top: int
    inside: npt.NDArray[np.bool_]


def square_of(box: npt.ArrayLike) -> Square:
    """The square for a box x1, y1, x2, y2 in px."""
    x1, y1, x2, y2 = np.asarray(box, np.float32)
    width, height = max(float(x2 - x1), 1.0), max(float(y2 - y1), 1.0)
    side = max(width, height, width * ASPECT[1] / ASPECT[0], height * ASPECT[0] / ASPECT[1])
    return Square(np.array([(x1 + x2) / 2, (y1 + y2) / 2], np.float32), side)


def crop(image: Image, square: Square) -> Float:
    """(3, 256, 256) RGB, normalised as ImageNet's; black outside the picture."""
    source, left, top = _seen_by(image, square)
    patch = _warp(source, square, left, top).astype(np.float32)
    normalised: Float = ((patch - _MEAN) / _STD).astype(np.float32)
    return np.ascontiguousarray(normalised.transpose(2, 0, 1))


def crops(image: Image, squares: Sequence[Square]) -> Float:
    """(N, 3, 256, 256)."""
    return np.stack([crop(image, square) for square in squares]).reshape(-1, 3, SIZE, SIZE)


def mask_crop(mask: BoxMask | None, square: Square) -> Float:
    """(256, 256) in {0, 1}, as PHALP warps masks; all ones where there is no mask."""
    if mask is None or not mask.inside.size:
        return np.ones((SIZE, SIZE), np.float32)
    warped = _warp(mask.inside.astype(np.uint8) * 255, square, mask.left, mask.top)
    return np.minimum(warped, 1).astype(np.float32)


def _seen_by(image: Image, square: Square) -> tuple[npt.NDArray[np.uint8 | np.float32], int, int]:
    """The picture, or a blurred piece of it with the place of its corner."""
    reduction = square.side / SIZE / 2
    if reduction <= _BLUR_FROM:
        return image, 0, 0
    sigma = (reduction - 1) / 2
    radius = int(_REACH * sigma + 0.5)
    height, width = image.shape[:2]
    reach = square.side / 2 + radius + 2
    left, top = (max(0, int(np.floor(value - reach))) for value in square.center)
    right, bottom = (int(np.ceil(value + reach)) for value in square.center)
    piece = image[top : min(bottom, height), left : min(right, width)].astype(np.float32)
    if not piece.size:  # a box drawn beyond the picture
        return image, 0, 0
    kernel = 2 * radius + 1
    blurred = cv2.GaussianBlur(piece, (kernel, kernel), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32), left, top


def _warp(
    source: npt.NDArray[np.uint8 | np.float32], square: Square, left: int, top: int
) -> npt.NDArray[np.float32]:
    """Bilinear, with the transformation found from three points as upstream does, so that it rounds alike."""
    half, middle = np.float32(square.side / 2), SIZE / 2
    x, y = square.center - np.array([left, top], np.float32)
    inside = np.array([[x, y], [x, y + half], [x + half, y]], np.float32)
    outside = np.array([[middle, middle], [middle, SIZE], [SIZE, middle]], np.float32)
    transform = cv2.getAffineTransform(inside, outside)
    return np.asarray(cv2.warpAffine(source, transform, (SIZE, SIZE), flags=cv2.INTER_LINEAR))
