"""The table of `pipeline.formats.table` as comma-separated text.

UTF-8 with a line of names first. What is the same in all rows is in columns too, because CSV has no other room: at the
end stand ``rate_hz``, ``space``, ``axes`` and ``video``. A missing track is empty, flags are 0 and 1.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from pipeline.atomic import replacing
from pipeline.formats import table
from pipeline.formats.extent import per_body
from pipeline.formats.format import Format, Opened, Written
from pipeline.formats.table import NOBODY, SPACES, Column
from pipeline.job import Job


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one row a person a frame. See `pipeline.formats.table` for the columns."""
    columns = table.columns(options)
    info = opened.video.info
    always = {
        "rate_hz": f"{float(info.rate):.6g}",
        "space": options["space"],
        "axes": SPACES[options["space"]],
        "video": info.path.name,
    }
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="replace", newline="") as file,
    ):
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([*(column.name for column in columns), *always])
        for block in table.blocks(opened, options, job):
            texts = [map(_spelled(column), block[column.name].tolist()) for column in columns]
            rows.writerows([*row, *always.values()] for row in zip(*texts, strict=True))
    return Written((path,))


def _spelled(column: Column) -> Callable[[Any], str]:
    """How a column's values are written."""
    if column.name == "track":
        return lambda value: "" if value == NOBODY else str(value)
    if column.kind == "number":
        return lambda value: f"{value:.{column.digits}f}" if isfinite(value) else ""
    if column.kind in ("flag", "whole"):
        return lambda value: str(int(value))
    return str


CSV = Format(
    key="csv",
    title="CSV table",
    summary="One row for each person in each frame: joints in 3D and 2D, joint angles, shape, camera, scores.",
    readers="Excel, R, MATLAB, pandas",
    suffix=".csv",
    options=table.OPTIONS,
    group="Tables and text",
    write_opened=write,
    size=per_body(1330, start=3000),
)
