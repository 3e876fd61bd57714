"""Curves as a table in a text file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.atomic import replacing
from pipeline.curves.kinds import Curve
from pipeline.curves.rows import MADE
from pipeline.structures import Float


@dataclass(frozen=True, slots=True, eq=False)
class TrackCurves:
    """The curves of one person.

    Attributes:
        track: Number of the track.
        name: Its name.
        curves: They may have different frames.
    """

    track: int
    name: str
    curves: tuple[Curve, ...]


def write_csv(path: Path, tracks: Sequence[TrackCurves]) -> None:
    """Write a row for each person and frame: who, when, whether a layer made the pose, and all values.

    Values that are not known are empty. The file is UTF-8, as RFC 4180 has it, with a heading that says the units.

    Raises:
        ExportError: It cannot be written.
    """
    headings = list(dict.fromkeys(curve.heading for one in tracks for curve in one.curves))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["track", "name", "frame", "time [s]", "made", *headings])
        for one in tracks:
            table.writerows(_lines(one, headings))


def _lines(one: TrackCurves, headings: Sequence[str]) -> Iterator[list[object]]:
    if not one.curves:
        return
    frames = np.unique(np.concatenate([curve.frames for curve in one.curves]))
    times, made = np.zeros(len(frames)), np.zeros(len(frames), np.int8)
    columns: dict[str, Float] = {name: np.full(len(frames), np.nan, np.float32) for name in headings}
    for curve in one.curves:
        rows = np.searchsorted(frames, curve.frames)
        times[rows], columns[curve.heading][rows] = curve.times, curve.values
        made[rows] = np.maximum(made[rows], curve.made)
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    for frame, time, how, row in zip(frames.tolist(), times.tolist(), made.tolist(), values, strict=True):
        said = ["" if value != value else f"{value:.6g}" for value in row]
        yield [one.track, one.name, frame, f"{time:.6f}", MADE[how], *said]
