"""How much an export will hold, and about how many bytes that makes.

The formats' numbers were measured on three clips of 5 to 180 frames with 1 to 4 people, 960x540 to 1920x1088 px, with
MediaPipe's results; there they are right to a third.
"""

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
        mask: Bytes of a person's run-length code, 0 without masks.
    """

    frames: int
    span: int
    tracks: int
    bodies: int
    picture: tuple[int, int]
    mask: float = 0.0


Size = Callable[[Extent, Mapping[str, str]], float]
"""Bytes of an export with the chosen options."""


def per_body(
    body: float, *, frame: float = 0.0, track: float = 0.0, start: float = 0.0, mask: float = 0.0
) -> Size:
    """The size of a format that grows with what is in it, whatever is chosen.

    Args:
        body: Bytes of a person in a frame.
        frame: Bytes of a frame.
        track: Bytes of a person, however long.
        start: Bytes of an empty file.
        mask: Bytes that a byte of a mask becomes.
    """

    def size(extent: Extent, options: Mapping[str, str]) -> float:
        whole = start + track * extent.tracks + frame * extent.frames
        return whole + (body + mask * extent.mask) * extent.bodies

    return size


def in_words(size: float) -> str:
    """Bytes as one says them: "about 3 MB". Two digits at most, because it is an estimate."""
    if size <= 0:
        return "nothing"
    unit = 1024.0 ** min(max(math.floor(math.log(size, 1024)), 0), 3)
    step = unit * 10.0 ** (math.floor(math.log10(size / unit)) - 1)
    return f"about {in_bytes(round(size / step) * step)}"
