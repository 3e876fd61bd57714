"""Whether two sessions hold the same: one that was killed and went on, or put together from parts, and a plain one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pipeline.session.store import Store
from pipeline.structures import FrameFailure, FrameResult, RunOptions


def differences(one: Store, other: Store) -> list[str]:
    """In what two sessions differ, a sentence each; nothing if they are the same.

    Compared are what counts for each frame, bit by bit, with the engine and the options it was run with, how often
    it was run, who its people are and who said so, the tracks with their names and colours, and the failures.
    What differs from run to run anyway is not: times, timings, peak memory, the numbers of runs and versions, and
    the names of runs in order. What a reviewer says of frames (verdicts, notes, layers) is no part of it either.

    Args:
        one: A session.
        other: Another, of the same video.

    Raises:
        SessionError: One of them is damaged.
    """
    frames, others = (store.frames_with_results().tolist() for store in (one, other))
    found = list(_only(frames, others, "has a result"))
    for frame in sorted({*frames} & {*others}):
        found += _in_frame(one, other, frame)
    found += _between("tracks", one.tracks(), other.tracks())
    failed, others_failed = ({at: _said(why) for at, why in of.failures().items()} for of in (one, other))
    found += _only(list(failed), list(others_failed), "failed")
    for frame in sorted(failed.keys() & others_failed.keys()):
        found += _between(f"frame {frame}: failure", failed[frame], others_failed[frame])
    return found


def _only(frames: list[int], others: list[int], what: str) -> Iterator[str]:
    """Frames that something is true of in one session alone."""
    for which, of, without in (("first", frames, others), ("second", others, frames)):
        for frame in sorted({*of} - {*without}):
            yield f"frame {frame}: {what} in the {which} session only"


def _in_frame(one: Store, other: Store, frame: int) -> Iterator[str]:
    mine, its = _content(one, frame), _content(other, frame)
    for name, value in mine.items():
        yield from _between(f"frame {frame}: {name}", value, its[name])


def _content(store: Store, frame: int) -> dict[str, Any]:
    """What is compared of a frame, by name."""
    versions = [version for version in store.versions(frame) if not version.shelved]
    options = next((version.options for version in versions if version.counts), None)
    return {
        "result": _lasting(store.result(frame)),
        "options": _unnamed(options),
        "versions": len(versions),
        "people": store.assignments(frame),
    }


def _lasting(result: FrameResult | None) -> FrameResult | None:
    """Without what is never the same twice."""
    return None if result is None else dataclasses.replace(result, timings={}, peak_memory=0)


def _unnamed(options: RunOptions | None) -> RunOptions | None:
    """Whether a frame was run in order counts; under which name does not."""
    return options and dataclasses.replace(options, sequence="in order" if options.sequence else "")


def _said(failure: FrameFailure) -> tuple[str, str, str]:
    """Its numbers are of the moment, such as free memory."""
    return failure.stage, failure.kind, failure.message


def _between(path: str, one: Any, other: Any) -> Iterator[str]:
    """Where two values differ."""
    if type(one) is not type(other):
        yield f"{path}: {_short(one)} is not {_short(other)}"
    elif isinstance(one, np.ndarray):
        yield from _between_arrays(path, one, other)
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            yield from _between(f"{path}.{field.name}", getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, (tuple, list)) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from _between(f"{path}[{index}]", *pair)
    elif isinstance(one, Mapping) and one.keys() == other.keys():
        for key in one:
            yield from _between(f"{path}[{key!r}]", one[key], other[key])
    elif one != other:
        yield f"{path}: {_short(one)} is not {_short(other)}"


def _between_arrays(path: str, one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> Iterator[str]:
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        yield f"{path}: {one.dtype} {one.shape} is not {other.dtype} {other.shape}"
    elif one.tobytes() != other.tobytes():
        apart = float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max())
        yield f"{path}: differs by up to {apart:.3g}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
