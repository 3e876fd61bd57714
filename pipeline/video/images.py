"""Pictures as a video: a folder of them, a numbered series, or a single one."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline.errors import VideoError
from pipeline.job import Job
from pipeline.structures import Frame, Image
from pipeline.video.cache import FrameCache
from pipeline.video.damage import Damage
from pipeline.video.index import VideoIndex
from pipeline.video.lens import equivalent_in_picture, focal_length_px
from pipeline.video.pictures import fit, missing_numbers, read_picture
from pipeline.video.video import MEBIBYTE, Video, VideoInfo

PICTURE_RATE = Fraction(30)


class ImageVideo(Video):
    """Pictures, one per frame. Their index is there from the start, every picture is a key frame.

    All are shown at the size of the first that can be read; others are fitted into it with black
    bars, with a notice.
    """

    def __init__(self, path: Path, pictures: tuple[Path, ...], cache_bytes: int) -> None:
        """Read the first readable picture, for the size.

        Raises:
            VideoError: No picture can be read.
        """
        self._pictures = pictures
        self._cache: FrameCache[Image] = FrameCache(cache_bytes, lambda image: image.nbytes)
        self._damage = Damage()
        self._odd_sizes: frozenset[int] = frozenset()
        count = np.arange(len(pictures), dtype=np.int64)
        self._index = VideoIndex(count, count, count, count, 1 / PICTURE_RATE, complete=True)
        first = self._first_readable()
        self._size = (first.shape[1], first.shape[0])
        self._chunk = cache_bytes // (2 * first.nbytes)
        codec = pictures[0].suffix.lower()[1:]
        duration = float(len(pictures) / PICTURE_RATE)
        focal_length = focal_length_px(equivalent_in_picture(pictures[0]), self._size)
        self._info = VideoInfo(
            path, self._size, PICTURE_RATE, duration, "pictures", codec, 0,
            has_audio=False, focal_length=focal_length,
        )  # fmt: skip

    @property
    def info(self) -> VideoInfo:
        """What is known of the pictures."""
        return self._info

    @property
    def frame_count(self) -> int:
        """How many pictures there are."""
        return len(self._pictures)

    @property
    def indexed(self) -> bool:
        """Always."""
        return True

    @property
    def identity(self) -> str:
        """Hash of the pictures' names and sizes in bytes."""
        text = "".join(f"{picture.name}\0{_bytes(picture)}\n" for picture in self._pictures)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def notices(self) -> tuple[str, ...]:
        """Gaps in the numbering, pictures of another size, pictures that cannot be read."""
        found = []
        if gaps := missing_numbers(self._pictures):
            found.append(f"{gaps} numbers of the series are missing; frames are counted without them.")
        if odd := len(self._odd_sizes):
            found.append(f"{odd} pictures have another size than the first and are shown inside black bars.")
        return (*found, *self._damage.notices(self.frame_count))

    def build_index(self, job: Job | None = None) -> VideoIndex:
        """The index, which is always there."""
        if job:
            job.report(1.0)
        return self._index

    def frame(self, index: int, job: Job | None = None) -> Frame:
        """The picture at `index`."""
        self.pts_of(index)
        self._cache.focus(index)
        image = self._cache.get(index)
        if image is None:
            image = self._read(index)
            self._cache.put(index, image)
        return Frame(index, index, self.time_of(index), image)

    def preview(self, index: int) -> Frame | None:
        """None: a picture stands alone, nothing is nearer than itself."""
        return None

    def prefetch(self, index: int, direction: int, job: Job | None = None, limit: int = 24) -> None:
        """Read ahead of a movement into the cache."""
        self._cache.focus(index)
        for step in range(1, min(limit, max(1, self._chunk)) + 1):
            place = index + direction * step
            if job:
                job.check()
            if 0 <= place < self.frame_count and place not in self._cache and place not in self._damage:
                self._try(place)

    def cached_ranges(self) -> tuple[tuple[int, int], ...]:
        """Runs of decoded pictures."""
        return self._cache.ranges()

    def time_of(self, index: int) -> float:
        """When a picture is presented, at 30 a second."""
        return float(index / PICTURE_RATE)

    def index_at(self, time: float) -> int:
        """The picture on screen at a time."""
        return self._index.index_at(time)

    def pts_of(self, index: int) -> int:
        """The picture's own number."""
        if not 0 <= index < self.frame_count:
            raise VideoError(
                f"There is no picture {index}.", f"There are {self.frame_count}, counted from 0."
            )
        return index

    def second_reader(self, *, cache_bytes: int = 64 * MEBIBYTE) -> ImageVideo:
        """An independent reader of the same pictures."""
        reader = ImageVideo(self._info.path, self._pictures, cache_bytes)
        reader._damage = self._damage
        return reader

    def close(self) -> None:
        """Free the cache."""
        self._cache.clear()

    def _first_readable(self) -> Image:
        problem: VideoError | None = None
        for picture in self._pictures:
            try:
                return read_picture(picture)
            except VideoError as error:
                problem = problem or error
        assert problem is not None
        raise problem

    def _read(self, index: int) -> Image:
        try:
            image = read_picture(self._pictures[index])
        except VideoError:
            self._damage.lose(index)
            raise
        if (image.shape[1], image.shape[0]) != self._size:
            self._odd_sizes |= {index}
            return fit(image, self._size)
        return image

    def _try(self, index: int) -> None:
        try:
            self._cache.put(index, self._read(index))
        except VideoError:
            return


def _bytes(picture: Path) -> int:
    try:
        return picture.stat().st_size
    except OSError:
        return -1
