"""From HMR 2.0's camera of a crop to the camera of the whole picture."""

from __future__ import annotations

import numpy as np

from pipeline.structures import Float

FOCAL_OF_CROP = 5000.0  # px at 256 px, `EXTRA.FOCAL_LENGTH`: what the network was trained with
CROP = 256


def focal_length_for(size: tuple[int, int], chosen: float) -> float:
    """px: what was chosen, or upstream's rule for a picture of (W, H) px, which makes any lens a very long one."""
    return chosen if chosen > 0 else FOCAL_OF_CROP / CROP * max(size)


def camera_of_picture(
    pred_cam: Float, centers: Float, sides: Float, size: tuple[int, int], focal_length: float
) -> Float:
    """Translations in the camera of the whole picture, as upstream's `cam_crop_to_full`.

    Args:
        pred_cam: (N, 3) scale and x, y of the weak-perspective camera of each crop.
        centers: (N, 2) px of the crops.
        sides: (N,) px of the crops.
        size: (W, H) px.
        focal_length: px.

    Returns:
        (N, 3) m; x right, y down, z forward.
    """
    scale = sides * pred_cam[:, 0] + 1e-9
    offset = 2 * (centers - np.array(size, np.float32) / 2) / scale[:, None]
    depth = 2 * focal_length / scale
    return np.column_stack([offset + pred_cam[:, 1:], depth]).astype(np.float32)
