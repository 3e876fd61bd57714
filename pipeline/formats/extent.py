"""How much an export will hold, and about how many bytes that makes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.diagnosis import in_bytes


@dataclass(frozen=True, slots=True)
class Extent:
    """What would be written.

    Attributes:
        frames: Frames with results.
        span: Frames of the video in the range, with results or without.
        tracks: People.
        bodies: People, frame by frame.
        picture: (W, H) px.
    """

    frames: int
    span: int
    tracks: int
    bodies: int
    picture: tuple[int, int]


Size = Callable[[Extent, Mapping[str, str]], float]
"""Bytes of an export with the chosen options."""


def per_body(body: float, *, frame: float = 0.0, track: float = 0.0, start: float = 0.0) -> Size:
    """The size of a format that grows with what is in it: bytes a person in a frame, a frame, a person, and at all."""

    def size(extent: Extent, options: Mapping[str, str]) -> float:
        return start + track * extent.tracks + frame * extent.frames + body * extent.bodies

    return size


def in_words(size: float) -> str:
    """Bytes as one says them: "about 3 MB". Two digits at most, because it is an estimate."""
    if size <= 0:
        return "nothing"
    step = 10.0 ** (math.floor(math.log10(size)) - 1)
    return f"about {in_bytes(round(size / step) * step)}"
