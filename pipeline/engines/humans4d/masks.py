"""Mask R-CNN's small masks at the resolution of their boxes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.engines.humans4d.crops import BoxMask
from pipeline.masks import encode_mask
from pipeline.structures import Float, Mask

_THRESHOLD = 0.5


def box_mask(probabilities: Float, box: npt.ArrayLike, size: tuple[int, int]) -> BoxMask:
    """Stretch a mask over its box, as detectron2's `paste_masks_in_image` does, and over nothing else.

    Args:
        probabilities: (M, M) in [0, 1].
        box: x1, y1, x2, y2 px.
        size: (W, H) px of the picture.
    """
    x1, y1, x2, y2 = (float(value) for value in np.asarray(box))
    left, top = max(int(np.floor(x1)) - 1, 0), max(int(np.floor(y1)) - 1, 0)
    right, bottom = min(int(np.ceil(x2)) + 1, size[0]), min(int(np.ceil(y2)) + 1, size[1])
    if right <= left or bottom <= top or x2 <= x1 or y2 <= y1:
        return BoxMask(left, top, np.zeros((0, 0), bool))
    side = len(probabilities)
    rows = _weights((np.arange(top, bottom) + 0.5 - y1) / (y2 - y1) * side - 0.5, side)
    columns = _weights((np.arange(left, right) + 0.5 - x1) / (x2 - x1) * side - 0.5, side)
    return BoxMask(left, top, rows @ probabilities @ columns.T >= _THRESHOLD)


def _weights(places: npt.NDArray[np.floating], side: int) -> Float:
    """(K, M) what each cell of a row of M counts at K places; beyond the row is 0, as in torch's grid_sample."""
    cells = np.arange(side)
    weights: Float = np.maximum(1 - np.abs(places[:, None] - cells), 0).astype(np.float32)
    return weights


def encoded(mask: BoxMask, size: tuple[int, int]) -> Mask:
    """As COCO's run-length code of the whole picture of (W, H) px."""
    whole = np.zeros((size[1], size[0]), bool)
    height, width = mask.inside.shape
    whole[mask.top : mask.top + height, mask.left : mask.left + width] = mask.inside
    return encode_mask(whole)
