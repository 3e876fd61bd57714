"""The people of a session as columns, as far as curves are made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from pipeline.problems.observed import FindBody, observed, sheet_of
from pipeline.session.layered import Shown
from pipeline.structures import Float, Int

MADE = ("", "filled", "smoothed")
"""What the numbers in `Rows.made` mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """K people who are on a track, sorted by track, then by frame.

    Attributes:
        tracks: (K,) track.
        frames: (K,) frame.
        times: (K,) s, presentation time.
        made: (K,) place in MADE: whether a layer made the pose.
        pelvis: (K, 3) m in the camera frame; the engine's translation where the body model is not here.
        joints: (K, 24, 3) m from the pelvis in camera axes; NaN where the body model is not here.
        betas: (K, 10) body shape, standard deviations.
        boxes: (K, 4) x1, y1, x2, y2 px.
        scores: (K,) detection score in [0, 1].
    """

    tracks: Int
    frames: Int
    times: npt.NDArray[np.float64]
    made: npt.NDArray[np.int8]
    pelvis: Float
    joints: Float
    betas: Float
    boxes: Float
    scores: Float

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, chosen: npt.NDArray[np.bool_] | slice) -> Rows:
        """Some of the rows."""
        return Rows(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def of(self, track: int) -> Rows:
        """The rows of a track."""
        first, end = np.searchsorted(self.tracks, [track, track + 1]).tolist()
        return self.take(slice(first, end))

    def follows(self) -> npt.NDArray[np.bool_]:
        """(K,) whether a row of one track is next to the one before it, and no gap lies between.

        A session may be run on every fifth frame only; a gap is what is longer than the track's usual step.
        """
        near = np.zeros(len(self), bool)
        steps = np.diff(self.frames)
        if len(steps):
            near[1:] = steps <= np.median(steps)
        return near


def no_rows() -> Rows:
    """Nobody."""
    return Rows(
        np.zeros(0, np.int64),
        np.zeros(0, np.int64),
        np.zeros(0),
        np.zeros(0, np.int8),
        *(np.zeros((0, *shape), np.float32) for shape in ((3,), (24, 3), (10,), (4,), ())),
    )


def joined(parts: Sequence[Rows]) -> Rows:
    """All rows, sorted."""
    everything = Rows(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rows))
    )
    order = np.lexsort((everything.frames, everything.tracks))
    return Rows(*(getattr(everything, field.name)[order] for field in fields(Rows)))


def rows_of(seen: Sequence[Shown], find_body: FindBody, time_of: Callable[[int], float]) -> Rows:
    """The people of some frames who are on a track and were not deleted.

    Args:
        seen: The frames as they are shown.
        find_body: The body model of an id, or None if it is not here.
        time_of: Presentation time of a frame, s.
    """
    sheets = [sheet_of(one) for one in seen]
    pairs = [(one, sheet) for one, sheet in zip(seen, sheets, strict=True) if len(sheet.slots)]
    if not pairs:
        return no_rows()
    people = observed([sheet for _one, sheet in pairs], find_body, time_of)
    betas = np.concatenate([sheet.people.smpl.betas[sheet.slots] for _one, sheet in pairs])
    made = [MADE.index(one.made.get(slot, "")) for one, sheet in pairs for slot in sheet.slots.tolist()]
    everybody = Rows(
        people.tracks,
        people.frames,
        people.times,
        np.array(made, np.int8)[people.order],
        people.pelvis,
        np.ascontiguousarray(np.moveaxis(people.joints, -1, 0)),
        betas[people.order],
        people.boxes,
        people.scores,
    )
    return everybody.take(people.tracks > 0)
