"""What is kept of every person in every frame, from which signals are computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from pipeline.problems.feet import FEET_COLUMNS, measure_feet
from pipeline.problems.motion import NEAR, Motion, following, measure_motion
from pipeline.problems.observed import LOOKS, NO_TRACK, Double, Flags, Observed
from pipeline.structures import Float, Half, Int


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """K people, sorted by track, then by time. See `Observed` for most columns.

    Attributes:
        frames: (K,) frame of each.
        slots: (K,) row in that frame.
        tracks: (K,) track, NO_TRACK for none.
        times: (K,) s.
        boxes: (K, 4) px.
        scores: (K,).
        focal: (K,) px.
        looks: (K, LOOKS).
        looks_size: (K,).
        model: (K,).
        stature: (K,) m.
        shape: (K, 10) m.
        pelvis: (K, 3) m.
        motion: (K, 5) what `measure_motion` says.
        feet: (K, FEET_COLUMNS) what `measure_feet` says.
    """

    frames: Int
    slots: Int
    tracks: Int
    times: Double
    boxes: Float
    scores: Float
    focal: Float
    looks: Half
    looks_size: Int
    model: Int
    stature: Float
    shape: Float
    pelvis: Float
    motion: Float
    feet: Float

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, rows: Any) -> Table:
        """Some of the people, in that order."""
        return Table(*(getattr(self, field.name)[rows] for field in fields(self)))

    def followed(self, near: float = NEAR) -> Flags:
        """(K,) whether the row before is the same person, at most `near` s earlier."""
        return following(self.times, self.tracks, near)

    def segments(self) -> Iterator[slice]:
        """The rows of each track."""
        edges = np.flatnonzero(np.diff(self.tracks)) + 1
        for first, end in zip([0, *edges.tolist()], [*edges.tolist(), len(self)], strict=True):
            if end > first and self.tracks[first] != NO_TRACK:
                yield slice(first, end)

    def measured(self, name: str) -> Float:
        """(K,) one of the columns of `Motion`."""
        column: Float = self.motion[:, Motion._fields.index(name)]
        return column


_SHAPES: dict[str, tuple[tuple[int, ...], Any]] = {
    **dict.fromkeys(("frames", "slots", "tracks", "looks_size", "model"), ((), np.int64)),
    "times": ((), np.float64),
    "boxes": ((4,), np.float32),
    **dict.fromkeys(("scores", "focal", "stature"), ((), np.float32)),
    "looks": ((LOOKS,), np.float16),
    "shape": ((10,), np.float32),
    "pelvis": ((3,), np.float32),
    "motion": ((len(Motion._fields),), np.float32),
    "feet": ((FEET_COLUMNS,), np.float32),
}


def empty_table() -> Table:
    """Of nobody."""
    return Table(**{name: np.zeros((0, *shape), dtype) for name, (shape, dtype) in _SHAPES.items()})


def table_of(people: Observed) -> Table:
    """Measure the people of some frames; those at the ends miss their neighbours outside."""
    kept = {
        field.name: getattr(people, field.name)
        for field in fields(Table)
        if field.name not in ("motion", "feet")
    }
    return Table(
        **kept,
        motion=np.stack(measure_motion(people), 1),
        feet=measure_feet(people),
    )


def joined(tables: list[Table]) -> Table:
    """All rows of several tables, sorted."""
    whole = Table(*(np.concatenate([getattr(t, f.name) for t in tables]) for f in fields(Table)))
    return whole.take(np.lexsort((whole.slots, whole.times, whole.tracks)))
