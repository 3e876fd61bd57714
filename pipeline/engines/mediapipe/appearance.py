"""What a person looks like, for tracking: colours of the upper and of the lower body.

Two histograms over hue and saturation with soft bins, and of brightness for the pixels without colour, as in
"colour appearance" features of multi-object trackers; cosine distance compares them.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.engines.mediapipe.graphs import LANDMARK_SIZE
from pipeline.engines.mediapipe.landmarks import INDEX, Pose
from pipeline.structures import Float, Half, Image

_HUES, _SATURATIONS, _GREYS = 12, 3, 12
_GREY_BELOW = 40
FEATURE_SIZE = 2 * (_HUES * _SATURATIONS + _GREYS)


def appearance(image: Image, pose: Pose) -> Half:
    """Feature (96,) of length 1 of a person in an (H, W, 3) picture; zeros where nothing of them is seen."""
    region = pose.region
    patch = np.asarray(cv2.cvtColor(region.cut(image, LANDMARK_SIZE), cv2.COLOR_RGB2HSV), np.uint8)
    inside = pose.mask > 0.5
    back = (pose.points - region.centre) @ region.turn() * (LANDMARK_SIZE / region.size) + LANDMARK_SIZE / 2
    shoulders, hips = (
        back[[INDEX[f"left_{name}"], INDEX[f"right_{name}"]]].mean(0) for name in ("shoulder", "hip")
    )
    parts = [_histogram(patch, inside & where) for where in _halves(shoulders, hips)]
    feature = np.sqrt(np.concatenate(parts))
    return np.asarray(feature / max(float(np.linalg.norm(feature)), 1e-6), np.float16)


def _halves(shoulders: Float, hips: Float) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Pixels of the region beside the trunk, and below the hips, along the body's axis."""
    axis = hips - shoulders
    length = max(float(axis @ axis), 1.0)
    rows, columns = np.mgrid[:LANDMARK_SIZE, :LANDMARK_SIZE]
    along = ((columns - shoulders[0]) * axis[0] + (rows - shoulders[1]) * axis[1]) / length
    return (along > 0) & (along <= 1), along > 1


def _histogram(patch: Image, where: npt.NDArray[np.bool_]) -> Float:
    """Shares (48,) of the pixels by colour."""
    hue, saturation, value = (channel.astype(np.int64) for channel in patch[where].T)
    grey = (saturation < _GREY_BELOW) | (value < _GREY_BELOW)
    level = np.minimum((saturation - _GREY_BELOW) * _SATURATIONS // (256 - _GREY_BELOW), _SATURATIONS - 1)
    coloured = _HUES * level + hue * _HUES // 180
    bins = np.where(grey, _HUES * _SATURATIONS + value * _GREYS // 256, coloured)
    counts = np.bincount(bins, minlength=FEATURE_SIZE // 2)
    return (counts / max(len(bins), 1)).astype(np.float32)
