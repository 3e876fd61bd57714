"""People of a picture of one size, in the same picture of another."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from pipeline.masks import decode_mask, encode_mask
from pipeline.structures import Detections, Mask, People


def scaled(people: People, scale: float, size: tuple[int, int]) -> People:
    """People in a picture `scale` times as large; the same object if it is as large.

    Boxes, masks, keypoints and the focal length grow; bodies stay where they are.

    Args:
        people: The people.
        scale: New width through old one.
        size: New (W, H) px.
    """
    if people.image_size == size:
        return people
    if not len(people):
        focal = people.focal_length * scale if people.focal_length > 0 else 5000 / 256 * max(size)
        return replace(people, image_size=size, focal_length=focal)
    found, points = people.detections, people.keypoints
    return replace(
        people,
        detections=Detections(
            found.boxes * np.float32(scale),
            found.scores,
            tuple(mask and _mask(mask, size) for mask in found.masks),
        ),
        focal_length=people.focal_length * scale,
        image_size=size,
        keypoints=points and replace(points, image=points.image * np.float32(scale)),
    )


def _mask(mask: Mask, size: tuple[int, int]) -> Mask:
    pixels = decode_mask(mask).astype(np.uint8)
    return encode_mask(cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST).astype(bool))
