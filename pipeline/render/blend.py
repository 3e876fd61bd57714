"""Laying premultiplied pictures over each other."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.structures import Image, Overlay


def blend(image: Image, overlay: Overlay) -> Image:
    """An overlay laid over a picture: `overlay.rgb + image * (255 - overlay.alpha) / 255`, rounded.

    Args:
        image: (H, W, 3) uint8 RGB.
        overlay: Of the same size, premultiplied alpha.

    Returns:
        A new (H, W, 3) uint8 RGB picture.

    Raises:
        ValueError: The sizes differ.
    """
    if image.shape[:2] != overlay.rgba.shape[:2]:
        raise ValueError(
            f"an overlay of {overlay.rgba.shape[:2]} does not fit a picture of {image.shape[:2]}"
        )
    blended = image.copy()
    x, y, width, height = cv2.boundingRect(cv2.extractChannel(overlay.rgba, 3))
    if width and height:
        part = np.s_[y : y + height, x : x + width]
        blended[part] = _over(overlay.rgba[part], image[part])
    return blended


def _over(rgba: Image, image: Image) -> Image:
    """(h, w, 3) of premultiplied (h, w, 4) over opaque (h, w, 3)."""
    # t / 255 is never halfway between two integers, so OpenCV's float rounding is exact.
    remaining = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(rgba, 3)), cv2.COLOR_GRAY2RGB)
    below = cv2.multiply(image, remaining, scale=1 / 255)
    blended: Image = cv2.add(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), below).astype(np.uint8, copy=False)
    return blended


def lay_over(below: Image, above: Image) -> None:
    """Lay premultiplied RGBA over premultiplied RGBA, in place, both (h, w, 4) uint8."""
    remaining = 255 - above[..., 3:].astype(np.uint16)
    below[:] = above + ((below * remaining + 127) // 255).astype(np.uint8)


def lay_under(above: Image, below: Image) -> None:
    """Lay premultiplied RGBA under what is drawn already, in place, both (h, w, 4) uint8."""
    remaining = 255 - above[..., 3:].astype(np.uint16)
    above[:] = above + ((below * remaining + 127) // 255).astype(np.uint8)
