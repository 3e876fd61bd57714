"""The table of `pipeline.formats.table` as Parquet: typed, compressed, and with its meaning beside it.

The schema's metadata say ``units``, ``axes``, ``space``, ``world`` (what it is known from), ``rate`` (Hz), ``video``,
``engine`` and ``body_model`` (JSON lists); every column with a unit has it as ``unit`` in its own metadata. A missing
track is null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.atomic import replacing
from pipeline.errors import ExportError
from pipeline.formats import table
from pipeline.formats.extent import per_body
from pipeline.formats.format import Format, Opened, Written
from pipeline.formats.table import NOBODY, SPACES, Column
from pipeline.job import Job


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one row a person a frame. See `pipeline.formats.table` for the columns.

    Raises:
        ExportError: pyarrow is not installed.
    """
    arrow = _arrow()
    from pyarrow import parquet

    columns = table.columns(options)
    fields = [
        arrow.field(
            column.name, _kind(arrow, column), metadata={"unit": column.unit} if column.unit else None
        )
        for column in columns
    ]
    batches, said = [], dict[str, set[str]](engine=set(), body_model=set())
    for block in table.blocks(opened, options, job):
        arrays = [_array(arrow, column, block[column.name]) for column in columns]
        batches.append(arrow.RecordBatch.from_arrays(arrays, schema=arrow.schema(fields)))
        for key, values in said.items():
            values.update(block[key].tolist())
    schema = arrow.schema(fields, metadata=_meaning(opened, options, said))
    whole = arrow.Table.from_batches(batches, arrow.schema(fields)).replace_schema_metadata(schema.metadata)
    with replacing(path) as temporary:
        job.check()
        parquet.write_table(whole, temporary, compression="zstd")
        job.check()
    return Written((path,))


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise ExportError(
            "Parquet needs pyarrow, which is not installed.",
            "Install it with: pip install 'retake[parquet]', or choose CSV.",
        ) from error
    return pyarrow


def _kind(arrow: Any, column: Column) -> Any:
    if column.kind == "text":
        return arrow.dictionary(arrow.int32(), arrow.string())
    if column.kind == "flag":
        return arrow.bool_()
    if column.kind == "whole":
        return arrow.int64()
    return arrow.float64() if column.unit == "s" else arrow.float32()


def _array(arrow: Any, column: Column, values: npt.NDArray[Any]) -> Any:
    if column.kind == "text":
        return arrow.array(values.tolist(), arrow.string()).dictionary_encode()
    missing = values == NOBODY if column.name == "track" else None
    if column.kind == "whole":
        values = np.asarray(values, np.int64)
    return arrow.array(values, mask=missing).cast(_kind(arrow, column))


def _meaning(opened: Opened, options: Mapping[str, str], said: Mapping[str, set[str]]) -> dict[str, str]:
    info, world = opened.video.info, options["space"] == "world"
    return {
        "units": f"{options['units']}, px, deg, s",
        "axes": SPACES[options["space"]],
        "space": options["space"],
        **({"world": opened.world.note} if world else {}),
        "rate": f"{float(info.rate):.9g}",
        "video": info.path.name.encode("utf-8", "replace").decode(),  # a name need not be text
        **{key: json.dumps(sorted(values)) for key, values in said.items()},
        "written_by": "Retake",
    }


PARQUET = Format(
    key="parquet",
    title="Parquet table",
    summary="The table of CSV, typed and compressed, with units, axes, engine and rate in the file.",
    readers="pandas, Polars, DuckDB, Spark, R",
    suffix=".parquet",
    options=table.OPTIONS,
    group="Tables and text",
    write_opened=write,
    size=per_body(700, start=57_000),
)
