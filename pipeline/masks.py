"""Segmentation masks as COCO run-length codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco

from pipeline.structures import Mask


def encode_mask(mask: npt.NDArray[np.bool_]) -> Mask:
    """Encode an (H, W) mask."""
    height, width = mask.shape
    code = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    return Mask((height, width), code["counts"])


def decode_mask(mask: Mask) -> npt.NDArray[np.bool_]:
    """Decode to an (H, W) mask."""
    decoded: npt.NDArray[np.uint8] = coco.decode({"size": list(mask.size), "counts": mask.counts})
    return decoded.astype(bool)


def mask_area(mask: Mask) -> int:
    """How many pixels are set."""
    return int(coco.area({"size": list(mask.size), "counts": mask.counts}))
