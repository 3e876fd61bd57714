"""Tracks as arrays over time, and the frames they make together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.errors import ResultsError
from pipeline.importing.content import ReadFrame
from pipeline.importing.placing import people_of, plain_result
from pipeline.smpl import BodyModel
from pipeline.structures import Float


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """One track.

    Attributes:
        track: Its number in the file.
        numbers: (N,) frame of each sample.
        rotations: (N, 24, 3, 3), the root in camera axes.
        betas: (N, 10).
        cam_t: (N, 3) m in the camera's axes.
        made: By sample, "filled" or "smoothed", else empty; empty means none is.
        edited: Samples whose person a reviewer assigned.
    """

    track: int
    numbers: npt.NDArray[np.int64]
    rotations: Float
    betas: Float
    cam_t: Float
    made: tuple[str, ...] = ()
    edited: frozenset[int] = frozenset()


def frames_of(
    motions: Sequence[Motion], focal: float, size: tuple[int, int], body_id: str, body: BodyModel | None
) -> tuple[ReadFrame, ...]:
    """The people of several tracks, frame by frame, ascending.

    Raises:
        ResultsError: A track is twice in a frame.
    """
    rows: dict[int, list[tuple[Motion, int]]] = {}
    for motion in motions:
        if len(np.unique(motion.numbers)) != len(motion.numbers):
            raise ResultsError(f"Person {motion.track} is twice in a frame.", "The file is damaged.")
        for row, number in enumerate(motion.numbers.tolist()):
            rows.setdefault(number, []).append((motion, row))
    return tuple(_frame(number, rows[number], focal, size, body_id, body) for number in sorted(rows))


def _frame(
    number: int,
    rows: Sequence[tuple[Motion, int]],
    focal: float,
    size: tuple[int, int],
    body_id: str,
    body: BodyModel | None,
) -> ReadFrame:
    rotations, betas, cam_t = (
        np.stack([getattr(motion, name)[row] for motion, row in rows])
        for name in ("rotations", "betas", "cam_t")
    )
    people = people_of(rotations, betas, cam_t, focal, size, body_id, body)
    return ReadFrame(
        number,
        plain_result(number, people),
        tracks=tuple(motion.track for motion, _ in rows),
        reviewed=frozenset(slot for slot, (motion, row) in enumerate(rows) if row in motion.edited),
        made={
            slot: motion.made[row]
            for slot, (motion, row) in enumerate(rows)
            if motion.made and motion.made[row]
        },
    )
