"""The numbers of curves as a table in a file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.atomic import replacing
from pipeline.curves.values import MADE, Double, Series
from pipeline.structures import Int

_PLAIN = {"²": "^2", "°": "deg", "σ": "sigma", "β": "beta "}
_FEW = 5000  # rows between two looks whether somebody wants to stop
_HEAD = ("frame", "time (s)", "track", "person", "made")


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A curve in the table, a column for each of its lines.

    Attributes:
        title: Its name.
        unit: Of its values; empty for a bare number.
        lines: Names of its lines.
        series: Its numbers, person by person; track 0 is what is the frame's.
    """

    title: str
    unit: str
    lines: tuple[str, ...]
    series: tuple[Series, ...]

    @property
    def heads(self) -> list[str]:
        """What is written over it: "Knee flexion left (deg)"."""
        unit = f" ({plain(self.unit)})" if self.unit else ""
        return [plain(f"{self.title} {line}".strip() + unit) for line in self.lines]


def plain(text: str) -> str:
    """Units in letters that every spreadsheet reads, whatever it takes the file's encoding for."""
    for sign, letters in _PLAIN.items():
        text = text.replace(sign, letters)
    return text.strip()


def write_csv(
    path: Path,
    about: Sequence[str],
    columns: Sequence[Column],
    people: Mapping[int, str],
    span: tuple[int, int] | None = None,
    check: Callable[[], None] = lambda: None,
) -> int:
    """Write a row for each frame of each person, whole or not at all; returns how many.

    First come lines that begin with "#" and say what the numbers are. `made` is "filled" or "smoothed" where a
    layer made the pose. Nothing is written where there is no number.

    Args:
        path: The file.
        about: Lines to begin with.
        columns: The curves.
        people: Names by track.
        span: First and last frame; None for all.
        check: Called from time to time; it may raise to stop.

    Raises:
        ExportError: The file cannot be written.
    """
    count = 0
    heads = [head for column in columns for head in column.heads]
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {' '.join(line.split())}\n" for line in about)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*_HEAD, *heads])
        for track in sorted({one.track for column in columns for one in column.series}):
            frames, times, made, values = _of_person(columns, track, span)
            for start in range(0, len(frames), _FEW):
                check()
                part = [column[start : start + _FEW].tolist() for column in (frames, times, made, values)]
                writer.writerows(
                    [frame, f"{time:.6f}", track, people.get(track, ""), MADE[code], *map(_number, row)]
                    for frame, time, code, row in zip(*part, strict=True)
                )
            count += len(frames)
    return count


def _of_person(columns: Sequence[Column], track: int, span: tuple[int, int] | None) -> Any:
    """Frames (K,), times (K,), codes (K,) and values (K, C) of one person."""
    mine = [[one for one in column.series if one.track == track] for column in columns]
    known = [one for some in mine for one in some]
    frames, places = np.unique(np.concatenate([one.frames for one in known]), return_index=True)
    times = np.concatenate([one.times for one in known])[places]
    made = np.zeros(len(frames), np.uint8)
    for one in known:
        np.maximum.at(made, np.searchsorted(frames, one.frames), one.made)
    values = np.concatenate(
        [_placed(frames, some, len(column.lines)) for column, some in zip(columns, mine, strict=True)], 1
    )
    inside = np.ones(len(frames), bool) if span is None else (frames >= span[0]) & (frames <= span[1])
    return frames[inside], times[inside], made[inside], values[inside]


def _placed(frames: Int, some: Sequence[Series], lines: int) -> Double:
    placed = np.full((len(frames), lines), np.nan)
    for one in some:
        placed[np.searchsorted(frames, one.frames)] = one.values
    return placed


def _number(value: float) -> str:
    return f"{value:.7g}" if value == value else ""
