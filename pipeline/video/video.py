"""What a video is to the rest of the program, whatever it is made of."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pipeline.job import Job
from pipeline.structures import Frame
from pipeline.video.index import VideoIndex

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a file says about itself.

    Attributes:
        path: The file, folder, or first picture of a series.
        size: (W, H) px as shown: turned as the file says, sample aspect ratio left alone.
        rate: Average frames per s; pictures, which have none, count as 30.
        duration: s, from the start of the first frame to the end of the last.
        container: Format name, such as "mov,mp4,m4a,3gp,3g2,mj2"; "pictures" for pictures.
        codec: Such as "h264".
        rotation: Degrees the stored picture is turned counterclockwise to be shown: 0, 90, 180, 270.
        has_audio: Whether there is sound.
        variable_rate: Whether frames have different lengths; False until the index is complete.
        focal_length: px at the size shown, as the camera wrote it into the file; 0 if it did not.
    """

    path: Path
    size: tuple[int, int]
    rate: Fraction
    duration: float
    container: str
    codec: str
    rotation: int
    has_audio: bool
    variable_rate: bool = False
    focal_length: float = 0.0


class Video(abc.ABC):
    """Random access to presented frames.

    Belongs to the thread that uses it. What other threads may use too: `build_index`, `info`,
    `focal_length`, `frame_count`, `indexed`, `identity`, `notices`, `cached_ranges`, `time_of`, `index_at`
    and `second_reader`.
    """

    @property
    @abc.abstractmethod
    def info(self) -> VideoInfo:
        """What is known of the file; rate, duration and variable_rate sharpen with the index."""

    @property
    def focal_length(self) -> float:
        """What the camera wrote into the file, px at the size shown; 0 if it wrote nothing."""
        return self.info.focal_length

    @property
    @abc.abstractmethod
    def frame_count(self) -> int:
        """How many frames there are: exact once indexed, the container's estimate before."""

    @property
    @abc.abstractmethod
    def indexed(self) -> bool:
        """Whether the index is complete."""

    @property
    @abc.abstractmethod
    def identity(self) -> str:
        """16 hex digits that stay the same as long as the frames do; empty until indexed."""

    @property
    @abc.abstractmethod
    def notices(self) -> tuple[str, ...]:
        """What a reviewer should know, such as frames that cannot be decoded. May grow."""

    @abc.abstractmethod
    def build_index(self, job: Job | None = None) -> VideoIndex:
        """Complete the index; `job.report` gets the fraction done.

        Raises:
            Cancelled: The job was cancelled or the video closed; what was read is kept.
        """

    @abc.abstractmethod
    def frame(self, index: int, job: Job | None = None) -> Frame:
        """The frame at `index`, exactly.

        Before the index is complete this reads the index as far as it is needed first.

        Raises:
            VideoError: There is no such frame, or it cannot be decoded.
            Cancelled: The job was cancelled on the way; what was decoded stays in the cache.
        """

    @abc.abstractmethod
    def preview(self, index: int) -> Frame | None:
        """A stand-in that is fast to get: the nearest cached or key frame, as its `index` says.

        Returns:
            None if the exact frame is as near, or if there is no stand-in.
        """

    @abc.abstractmethod
    def prefetch(self, index: int, direction: int, job: Job | None = None, limit: int = 24) -> None:
        """Decode up to `limit` frames after (`direction` 1) or before (-1) `index` into the cache.

        Cancelling loses nothing: the next call goes on where this one stopped.

        Raises:
            Cancelled: The job was cancelled.
        """

    @abc.abstractmethod
    def cached_ranges(self) -> tuple[tuple[int, int], ...]:
        """Runs of decoded frames, first and last of each, in order."""

    @abc.abstractmethod
    def time_of(self, index: int) -> float:
        """When a frame is presented, in s from the first; estimated beyond the known index."""

    @abc.abstractmethod
    def index_at(self, time: float) -> int:
        """The frame on screen `time` s after the first."""

    @abc.abstractmethod
    def pts_of(self, index: int) -> int:
        """A frame's presentation timestamp in the stream's time base.

        Raises:
            VideoError: There is no such frame.
        """

    @abc.abstractmethod
    def second_reader(self, *, cache_bytes: int = 64 * MEBIBYTE) -> Video:
        """An independent reader for another thread; it shares the index and the notices.

        Close readers before the video they came from.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Free decoders, cache and files. May be called twice."""
