"""Numbers of foreign files: right in shape, finite, of a size that can be; or refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from pipeline.errors import ResultsError
from pipeline.structures import Float, Mask

_FAR = 1e6
_AGAIN = "Make the file again, or leave this person out."


def numbers(value: object, shape: tuple[int, ...], what: str) -> Float:
    """An array of float32 of a shape; -1 in it stands for any length.

    Raises:
        ResultsError: It is something else, or holds NaN or numbers beyond all measure.
    """
    array = _array(value, what)
    wanted = " × ".join("any" if n < 0 else str(n) for n in shape)
    if array.ndim != len(shape) or any(
        n not in (-1, have) for n, have in zip(shape, array.shape, strict=True)
    ):
        raise ResultsError(f"{what} has the shape {array.shape}, not {wanted}.", _AGAIN)
    if not np.isfinite(array).all():
        raise ResultsError(f"{what} holds NaN or infinity.", _AGAIN)
    if array.size and float(np.abs(array).max()) > _FAR:
        raise ResultsError(f"{what} holds {float(np.abs(array).max()):.3g}, which cannot be.", _AGAIN)
    return array.astype(np.float32)


def _array(value: object, what: str) -> npt.NDArray[Any]:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise ResultsError(f"{what} is no array of numbers.", _AGAIN) from error
    if array.dtype.kind not in "fiub":
        raise ResultsError(f"{what} is no array of numbers.", _AGAIN)
    return array


def rotations(value: object, shape: tuple[int, ...], what: str) -> Float:
    """Rotation matrices of a shape (..., 3, 3).

    Raises:
        ResultsError: They are none.
    """
    matrices = numbers(value, shape, what)
    flat = matrices.reshape(-1, 3, 3)
    off = np.abs(flat @ np.swapaxes(flat, 1, 2) - np.eye(3, dtype=np.float32)).max(initial=0.0)
    if off > 1e-2 or (len(flat) and np.linalg.det(flat).min() < 0):
        raise ResultsError(f"{what} holds matrices that are no rotations.", _AGAIN)
    return matrices


def from_axis_angle(vectors: Float) -> Float:
    """(N, J * 3) rad → (N, J, 3, 3)."""
    matrices = Rotation.from_rotvec(vectors.reshape(-1, 3).astype(np.float64)).as_matrix()
    found: Float = matrices.reshape(len(vectors), -1, 3, 3).astype(np.float32)
    return found


def whole(value: object, what: str) -> int:
    """A whole number.

    Raises:
        ResultsError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or int(value) != value:
        raise ResultsError(f"{what} is {value!r}, which is no whole number.", _AGAIN)
    if abs(value) > 2**53:
        raise ResultsError(f"{what} is {value}, which cannot be.", _AGAIN)
    return int(value)


def track_id(value: object, what: str) -> int:
    """A track as the session numbers them.

    Raises:
        ResultsError: It is none.
    """
    number = whole(value, what)
    if not -1 <= number < 2**31:
        raise ResultsError(f"{what} is {number}, which no track is.", _AGAIN)
    return number


def rle(value: object, size: tuple[int, int], what: str) -> Mask:
    """A run-length mask of a picture of (W, H); what is in it is not decoded.

    Raises:
        ResultsError: It is none, or of a picture of another size.
    """
    if not isinstance(value, dict) or not {"size", "counts"} <= value.keys():
        raise ResultsError(f"{what} is no run-length mask.", _AGAIN)
    counts, shape = value["counts"], tuple(value["size"])
    data = counts.encode("latin1", "replace") if isinstance(counts, str) else counts
    if shape != (size[1], size[0]) or not isinstance(data, bytes) or not _covers(data, size[0] * size[1]):
        raise ResultsError(f"{what} is no mask of a picture of {size[0]}×{size[1]}.", _AGAIN)
    return Mask((size[1], size[0]), data)


def _covers(data: bytes, pixels: int) -> bool:
    """Whether a compressed code runs over exactly so many pixels; else decoding writes beyond the picture.

    The code of COCO's maskApi.c, `rleFrString`: five bits a character, the sixth says that more follow, and from the
    third run on they are differences to the run before last.
    """
    runs: list[int] = []
    value = shift = 0
    for character in data:
        bits = character - 48
        if not 0 <= bits < 64 or shift > 50:
            return False
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value |= -1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        if runs[-1] < 0:
            return False
        value = shift = 0
    return not shift and sum(runs) == pixels
