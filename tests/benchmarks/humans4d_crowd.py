"""A made-up clip for measuring: most frames hold one to three people, two moments hold twelve."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.structures import Float, Frame, Image

FRAMES = 30
SIZE = (1920, 1080)
MANY = 12
CROWDED = (16, 17, 25, 26)
_PERSON = (110, 420)  # px


def people_in(index: int) -> int:
    """How many people a frame of the clip holds."""
    return MANY if index in CROWDED else 1 + index % 3


def boxes_of(index: int, count: int) -> Float:
    """(N, 4) x1, y1, x2, y2 px of people side by side, walking to the right, some nearer than others."""
    width, height = _PERSON
    who = np.arange(count)
    left, top = 40 + 150 * who + 3 * index, 260 + 40 * (who % 3)
    grown = height + 60 * (who % 2)
    return np.stack([left, top, left + width, top + grown], axis=1).astype(np.float32)


def picture(index: int, count: int) -> Image:
    """RGB: people are striped boxes before a background that moves."""
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    image = np.stack([(columns + 5 * index) & 127, (rows + index) & 127, (rows + columns) & 63], -1)
    for who, (x1, y1, x2, y2) in enumerate(boxes_of(index, count).astype(int)):
        image[y1:y2, x1:x2] = ((rows[y1:y2, x1:x2, None] * (who + 1)) & 63) + 120 + 8 * who
    return image.astype(np.uint8)


def frame(index: int, count: int) -> Frame:
    """A frame with so many people."""
    return Frame(index, index, index / 25, picture(index, count))


def clip(frames: int = FRAMES) -> Iterator[tuple[Frame, Float]]:
    """Frames, each with the boxes of its people."""
    for index in range(frames):
        count = people_in(index)
        yield frame(index, count), boxes_of(index, count)
