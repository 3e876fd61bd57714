"""What one worker does in one go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from pipeline.structures import RunOptions

Shot = tuple[int, int]
"""First and last frame."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Part of a shot.

    Attributes:
        video: Absolute path, the same on every machine.
        content: What the video is, whatever it is called: see `pipeline.batch.content`.
        configuration: Engine and options, as 12 hex digits.
        first: First frame whose outcome is wanted.
        last: Last such frame.
        run_in: Frames before `first` that are run too, to get an engine's tracker and filters going and
            to tell who is who on both sides of the seam. They begin no earlier than the shot.
        options: What is asked for; without a sequence, as each attempt is one of its own.
        folder: Where its file and the video's index are or will be.
        again: Do it although it is done, since frames of it failed.
    """

    video: Path
    content: str
    configuration: str
    first: int
    last: int
    run_in: int
    options: RunOptions
    folder: Path
    again: bool = field(default=False, compare=False)

    @property
    def start(self) -> int:
        """The first frame that is run."""
        return self.first - self.run_in

    @property
    def frames(self) -> range:
        """All frames that are run, the run-in among them."""
        return range(self.start, self.last + 1)

    @property
    def file(self) -> Path:
        """Where its outcomes are or will be."""
        name = f"{self.first:08d}-{self.last:08d}-{self.run_in}.chunk"
        return self.folder / self.configuration / name

    @property
    def index_file(self) -> Path:
        """Where the index of the video's frames is kept, so that not every worker reads the whole file."""
        return self.folder / "index.npz"

    def __str__(self) -> str:
        return f"{self.video.name}, frames {self.first}–{self.last}"


def parts_of(shots: Sequence[Shot], size: int, overlap: int) -> Iterator[tuple[int, int, int]]:
    """Cut shots that are too long into parts of about the same length.

    Args:
        shots: In order.
        size: Most frames of a part, at least 1.
        overlap: Frames of run-in before each part that is not the first of its shot.

    Yields:
        First frame, last frame and run-in of each part, in order.
    """
    for first, last in shots:
        length = last - first + 1
        count = -(-length // size)
        bounds = [first + length * part // count for part in range(count + 1)]
        for start, end in pairwise(bounds):
            yield start, end - 1, min(overlap, start - first)
