"""What a file of results holds once it is read, and what a reader is told of the video."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.job import Job
from pipeline.session.store import Store
from pipeline.smpl import BodyModel, find_body
from pipeline.structures import FrameFailure, FrameResult
from pipeline.video import Video
from pipeline.world import World, world_in

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """The video that results are read for. Plain values, so that it can cross threads.

    Attributes:
        name: Of its file.
        size: (W, H) px as it is shown.
        times: (F,) presentation times in s.
        rate: Average frames per second.
        identity: Hash of its timestamps.
        focal: px, to see bodies with whose file does not say; what results in the session have, else what the
            video says, else the picture's diagonal.
        body_paths: The user's own SMPL files.
        world: What the session knows of the world, for results in world axes; None if nothing was asked.
    """

    name: str
    size: tuple[int, int]
    times: npt.NDArray[np.float64]
    rate: float
    identity: str = ""
    focal: float = 0.0
    body_paths: tuple[Path, ...] = ()
    world: World | None = None

    @property
    def frame_count(self) -> int:
        """How many frames it has."""
        return len(self.times)

    def smpl_body(self, gender: str) -> tuple[str, BodyModel | None]:
        """Id of SMPL's body of a gender, and the body if its file is here.

        Results of other programs do not say which version of SMPL's file they are for. Where there is one, it is
        that; else the id has no hash, and stands for any once there is one.
        """
        body = find_body(f"smpl-{gender}", self.body_paths)
        return (f"smpl-{gender}", None) if body is None else (body.id, body)


def place_of(video: Video, store: Store, body_paths: tuple[Path, ...] = ()) -> Place:
    """The place of a video whose index was built, and its session."""
    times = np.array([video.time_of(frame) for frame in range(video.frame_count)], np.float64)
    info = video.info
    return Place(
        info.path.name,
        info.size,
        times,
        float(info.rate),
        video.identity,
        _focal(video, store),
        body_paths,
        world_in(store),
    )


def _focal(video: Video, store: Store) -> float:
    known = store.frames_with_results()
    result = store.result(int(known[0])) if len(known) else None
    if result is not None and result.people.focal_length > 0:
        return result.people.focal_length
    return video.focal_length or math.hypot(*video.info.size)


@dataclass(frozen=True, slots=True)
class Looks:
    """A track's name, colour and visibility, as a file has them."""

    name: str = ""
    color: tuple[int, int, int] | None = None
    visible: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class ReadFrame:
    """One frame of a file.

    Attributes:
        number: Its number in the file, from 0.
        result: The people, with `frame_index` being `number`; None where the file has a failure.
        failure: Why there is none.
        time: Presentation time in s, if the file has it.
        tracks: Track of each person, or None.
        reviewed: Which people a reviewer assigned; empty means nobody.
        made: "filled" or "smoothed", by slot.
        ghosts: How many of the rejected are people whom a tracker only expected.
    """

    number: int
    result: FrameResult | None
    failure: FrameFailure | None = None
    time: float | None = None
    tracks: tuple[int | None, ...] = ()
    reviewed: frozenset[int] = frozenset()
    made: Mapping[int, str] = field(default_factory=dict)
    ghosts: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a file holds.

    Attributes:
        key: Of the format.
        name: Of the file, or of the first of several.
        digest: First digits of the SHA-256 of the files.
        frames: Ascending by number.
        size: (W, H) px of the pictures it is for; None if it does not say.
        count: Frames of the video it was made of, if that is known.
        rate: Frames per second of its numbers; 0 if it does not say.
        sourced: Whether numbers are said to be those of a video's frames, as Retake writes them.
        identity: Hash of that video's timestamps, if it says.
        looks: By track.
        notices: What one should know of it, as sentences.
    """

    key: str
    name: str
    digest: str
    frames: tuple[ReadFrame, ...]
    size: tuple[int, int] | None = None
    count: int | None = None
    rate: float = 0.0
    sourced: bool = False
    identity: str = ""
    looks: Mapping[int, Looks] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @property
    def tracks(self) -> tuple[int, ...]:
        """All tracks, ascending."""
        return tuple(sorted({track for frame in self.frames for track in frame.tracks if track is not None}))

    @property
    def ghosts(self) -> int:
        """How many people were only expected."""
        return sum(frame.ghosts for frame in self.frames)

    @property
    def bodies(self) -> int:
        """How many people in all frames together."""
        return sum(len(frame.result.people) for frame in self.frames if frame.result is not None)


@dataclass(frozen=True, slots=True)
class Given:
    """A file that is to be read.

    Attributes:
        path: The file.
        digest: First digits of its SHA-256.
        place: The video.
        options: What was chosen, by key.
        job: May cancel it, and is told how far it is.
        span: Of the whole job, where this file begins and ends, in [0, 1].
    """

    path: Path
    digest: str
    place: Place
    options: Mapping[str, str]
    job: Job
    span: tuple[float, float] = (0.0, 1.0)

    def each(self, items: Sequence[Item]) -> Iterator[Item]:
        """The items, one after the other, while the job is told how far it is.

        Raises:
            Cancelled: The job was cancelled.
        """
        begin, end = self.span
        for done, item in enumerate(items):
            self.job.report(begin + (end - begin) * done / len(items))
            yield item


Read = Callable[[Any, Given], Content]
"""Makes content of what a file holds. Raises ResultsError."""
