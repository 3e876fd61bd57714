"""Many people of an edit as a short text: a merge of 100,000 frames is a step of some kB in the history."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence

import numpy as np

from pipeline.session.tracks import Cell

_COLUMNS = len(Cell._fields)
_NOBODY = -1


def pack_cells(cells: Sequence[Cell]) -> str:
    """Cells as text: the columns one after the other, each as its differences, which hardly vary; deflated."""
    rows = [
        (frame, version, slot, _NOBODY if track is None else track, reviewer)
        for frame, version, slot, track, reviewer in cells
    ]
    columns = np.array(rows, "<i8").reshape(-1, _COLUMNS).T
    steps = np.diff(columns, axis=1, prepend=0)
    return base64.b64encode(zlib.compress(np.ascontiguousarray(steps).tobytes(), 6)).decode("ascii")


def unpack_cells(text: str) -> tuple[Cell, ...]:
    """The cells of a text.

    Raises:
        ValueError: It is damaged.
    """
    try:
        steps = np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), "<i8")
    except (binascii.Error, zlib.error) as error:
        raise ValueError("these are no cells") from error
    columns = np.cumsum(steps.reshape(_COLUMNS, -1), axis=1).tolist()
    return tuple(
        Cell(frame, version, slot, None if track == _NOBODY else track, bool(reviewer))
        for frame, version, slot, track, reviewer in zip(*columns, strict=True)
    )
