"""What is kept of a person in each frame, from which every curve is computed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from pipeline.curves.values import Codes, Double, Flags
from pipeline.structures import Float, Int


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """K sightings; of one person, by frame, or of several while they are read. Some 560 bytes each.

    Attributes:
        frames: (K,) frame of each.
        tracks: (K,) who it is.
        times: (K,) s.
        made: (K,) codes of `pipeline.curves.values.MADE`.
        pelvis: (K, 3) m in the world.
        depth: (K,) m of the pelvis along the camera's axis.
        joints: (K, 24, 3) m from the pelvis, in the world's axes; NaN where the body model is not here.
        turned: (K, 24) degrees by which each joint is turned against its parent.
        flexion: (K, 8) degrees, as `pipeline.curves.angles.flexions` has them; NaN likewise.
        betas: (K, 10) shape coefficients.
        shape: (K, 10) m: two of these are as far apart as the rest joints of the bodies are, as root of the
            mean square; NaN likewise.
        scores: (K,) in [0, 1].
        boxes: (K, 4) x1, y1, x2, y2 px.
    """

    frames: Int
    tracks: Int
    times: Double
    made: Codes
    pelvis: Float
    depth: Float
    joints: Float
    turned: Float
    flexion: Float
    betas: Float
    shape: Float
    scores: Float
    boxes: Float

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, rows: Flags | Int) -> Samples:
        """Some of them."""
        return Samples(**{name: getattr(self, name)[rows] for name in _FIELDS})

    def of(self, track: int) -> Samples:
        """One person's, by frame."""
        mine = self.take(self.tracks == track)
        return mine.take(np.argsort(mine.frames, kind="stable"))

    def replaced(self, frames: Int, new: Samples) -> Samples:
        """One person's with all that is known of some frames known anew."""
        if len(self) and len(new) and np.array_equal(self.frames[np.isin(self.frames, frames)], new.frames):
            return self._overwritten(new)
        both = joined([self.take(~np.isin(self.frames, frames)), new])
        return both.take(np.argsort(both.frames, kind="stable"))

    def _overwritten(self, new: Samples) -> Samples:
        """The same frames again: nothing moves, and what is kept need not be copied."""
        rows = np.searchsorted(self.frames, new.frames)
        for name in _FIELDS:
            getattr(self, name)[rows] = getattr(new, name)
        return self


_FIELDS = tuple(field.name for field in fields(Samples))
_SHAPES: dict[str, tuple[int, ...]] = {
    "pelvis": (3,), "joints": (24, 3), "turned": (24,), "flexion": (8,), "betas": (10,), "shape": (10,), "boxes": (4,),
}  # fmt: skip
_KINDS: dict[str, Any] = {"frames": np.int64, "tracks": np.int64, "times": np.float64, "made": np.uint8}


def no_samples() -> Samples:
    """None."""
    return Samples(
        **{name: np.zeros((0, *_SHAPES.get(name, ())), _KINDS.get(name, np.float32)) for name in _FIELDS}
    )


def joined(parts: list[Samples]) -> Samples:
    """All of some."""
    whole = [no_samples(), *parts]
    return Samples(**{name: np.concatenate([getattr(part, name) for part in whole]) for name in _FIELDS})
