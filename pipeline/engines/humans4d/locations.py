"""PHALP's guess of where people will be: straight lines through what was seen, and how sure they are.

`PHALP.forward_for_tracking("L")`, for all people at once: ridge regressions on time of the root's x, y in the picture
and of the logarithm of its depth, each with the prediction interval of a straight line (a 95 % band, n - 2 degrees of
freedom).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from pipeline.structures import Float, Int

SIZE = 99  # 45 joints x, y in the padded square, and three times x, y, z
ROOT = 44  # the joint at the origin of the body
_FOCAL, _CROP = 5000.0, 256.0
_RIDGE = {"depth": 5.0, "x": 1.2, "y": 2.0}  # upstream's alphas
_FARTHEST = 48  # frames ahead

Array = npt.NDArray[np.float64]


def predict_locations(seen: Float, times: Int, missed: Int) -> Float:
    """Say where people will be in the next frame.

    Args:
        seen: (N, 7, 99) PHALP's `loca` of the last seven sightings, oldest first.
        times: (N, 7) their frames.
        missed: (N,) frames since the last of them.

    Returns:
        (N, 99): the joints of the last sighting with the root moved; then the predicted x, y, z in m and the widths of
        the three intervals.
    """
    count = len(seen)
    when = times.astype(np.float64)
    ahead = when[:, -1] + np.minimum(missed, _FARTHEST) + 1
    joints = seen[:, :, :90].reshape(count, seen.shape[1], 45, 2)
    with np.errstate(all="ignore"):  # what is not finite costs more than any match, see `costs`
        depth, depth_band = _line(np.log(seen[:, :, 92].astype(np.float64)), when, ahead, _RIDGE["depth"])
        x, x_band = _line(joints[:, :, ROOT, 0].astype(np.float64), when, ahead, _RIDGE["x"])
        y, y_band = _line(joints[:, :, ROOT, 1].astype(np.float64), when, ahead, _RIDGE["y"])
        far = np.exp(depth)
        scale = far / _FOCAL * _CROP
        repeats = (np.diff(times, axis=1) == 0).sum(axis=1) + 1
        camera = np.stack([(x - 0.5) * scale, (y - 0.5) * scale, far], axis=1)
        bands = np.stack([x_band, y_band, np.exp(depth_band)], axis=1) / repeats[:, None]
    last = joints[:, -1].copy()
    last[:, ROOT] = np.stack([x, y], axis=1)
    rest = np.broadcast_to(np.array([1.0, 1.0, 0.0]), (count, 3))
    return np.concatenate([last.reshape(count, 90), camera, bands, rest], axis=1).astype(np.float32)


def _line(values: Array, when: Array, ahead: Array, alpha: float) -> tuple[Array, Array]:
    """(N,) values of ridge lines at times ahead, and half the widths of their prediction intervals."""
    count = values.shape[1]
    middle, mean = when.mean(1, keepdims=True), values.mean(1, keepdims=True)
    spread = ((when - middle) ** 2).sum(1)
    slope = ((when - middle) * (values - mean)).sum(1) / (spread + alpha)
    fitted = mean + slope[:, None] * (when - middle)
    error = np.sqrt(((values - fitted) ** 2).sum(1) / (count - 2))
    distance = ahead - middle[:, 0]
    band = student.ppf(0.975, count - 2) * error * np.sqrt(1 + 1 / count + distance**2 / spread)
    return mean[:, 0] + slope * distance, band
