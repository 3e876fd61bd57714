"""Frames that follow one another, as first and last of each run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def runs(frames: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of neighbours in ascending frames."""
    first = last = None
    for frame in frames:
        if first is not None and last is not None and frame > last + 1:
            yield first, last
            first = None
        first = frame if first is None else first
        last = frame
    if first is not None and last is not None:
        yield first, last
