"""Arrays as JSON, losing nothing.

A float32 is written as the float64 of the same value, which JSON's shortest notation keeps exactly; read
as a float64 and rounded to float32 it is the same bits. JSON has no word for what is not finite: "NaN",
"Infinity" and "-Infinity" stand for it, as texts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def listed(array: npt.NDArray[Any]) -> Any:
    """An array of numbers as nested lists."""
    if array.dtype.kind != "f":
        return array.tolist()
    values = array.tolist()
    return values if np.isfinite(array).all() else _worded(values)


def number(value: float) -> float | str:
    """One number, as in `listed`."""
    value = float(value)
    return value if math.isfinite(value) else str(_worded(value))


def array_of(values: Any, dtype: npt.DTypeLike, shape: Sequence[int]) -> npt.NDArray[Any]:
    """The array that `listed` wrote; -1 in `shape` as in numpy.

    Raises:
        ValueError: The values are none, or not of that shape.
    """
    try:
        return np.array(_unworded(values), dtype).reshape(shape)
    except (TypeError, OverflowError, KeyError) as error:
        raise ValueError(f"no numbers of shape {tuple(shape)}: {error}") from error


def number_of(value: Any) -> float:
    """The number that `number` wrote.

    Raises:
        ValueError: It is none.
    """
    return float(array_of(value, np.float64, ()))


def _worded(values: Any) -> Any:
    if isinstance(values, list):
        return [_worded(value) for value in values]
    if math.isfinite(values):
        return values
    return "NaN" if math.isnan(values) else "Infinity" if values > 0 else "-Infinity"


def _unworded(values: Any) -> Any:
    if isinstance(values, list):
        return [_unworded(value) for value in values]
    return _WORDS[values] if isinstance(values, str) else values
