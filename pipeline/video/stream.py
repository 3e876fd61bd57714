"""A video file, read through libav."""

from __future__ import annotations

from dataclasses import replace

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from pipeline.errors import VideoError
from pipeline.job import Job
from pipeline.structures import Frame, Image
from pipeline.video.cache import FrameCache
from pipeline.video.decoder import Decoder
from pipeline.video.index import VideoIndex
from pipeline.video.reader import Reader, nearest_key, seek_points
from pipeline.video.source import Source, frame_bytes
from pipeline.video.video import MEBIBYTE, Video, VideoInfo

_AS_NEAR = 4
_NOMINAL = 0.02
_DECODER_FRAMES = 20


class StreamVideo(Video):
    """One reader of a video file. See `Video` for what may be called from where."""

    def __init__(self, source: Source, cache_bytes: int, decoder: Decoder | None = None) -> None:
        """Read from `source`; `decoder`, if given, stands at the start of the file."""
        self._source, self._scan = source, source.scan
        self._shares_scan = False
        self._limit = max(cache_bytes - _DECODER_FRAMES * source.frame_bytes, cache_bytes // 2)
        self._cache: FrameCache[av.VideoFrame] = FrameCache(self._limit, frame_bytes)
        self._reader = Reader(source, self._cache, decoder)
        self._key_decoder: Decoder | None = None
        self._reformatter = VideoReformatter()

    @property
    def info(self) -> VideoInfo:
        """What is known of the file."""
        info, index = self._source.info, self._scan.index
        if not index.complete or not len(index):
            return info
        measured = index.rate or info.rate
        nominal = abs(measured / info.rate - 1) <= _NOMINAL
        rate = info.rate if nominal else measured
        duration = index.time_of(len(index) - 1) + float(1 / rate)
        return replace(info, rate=rate, duration=duration, variable_rate=index.variable_rate)

    @property
    def frame_count(self) -> int:
        """How many frames there are, as far as is known."""
        index = self._scan.index
        return len(index) if index.complete else max(self._source.estimate, len(index))

    @property
    def indexed(self) -> bool:
        """Whether the index is complete."""
        return self._scan.index.complete

    @property
    def identity(self) -> str:
        """Hash of the complete index."""
        index = self._scan.index
        return index.identity if index.complete else ""

    @property
    def notices(self) -> tuple[str, ...]:
        """What was found wrong with the file."""
        return self._scan.index.notices + self._source.damage.notices(self.frame_count)

    def build_index(self, job: Job | None = None) -> VideoIndex:
        """Complete the index."""
        return self._scan.build(job)

    def frame(self, index: int, job: Job | None = None) -> Frame:
        """The frame at `index`, exactly."""
        self._cache.focus(index)
        picture = self._cache.get(index)
        if picture is None:
            # Frames shortly before it come out on the way: kept, they make stepping back smooth.
            picture = self._reader.decode(index, index - self._chunk(), job)
        return self._show(index, picture)

    def preview(self, index: int) -> Frame | None:
        """The nearest cached or key frame, unless the exact one is as near."""
        if index in self._cache or self._reader.distance(index) <= _AS_NEAR:
            return None
        known = self._scan.index
        held, key = self._cache.nearest(index), nearest_key(known, index)
        place = None if key is None else known.first_frame(key)
        if key is not None and place is not None and (held is None or abs(place - index) < abs(held - index)):
            self._decode_key(known, key)
            held = place if place in self._cache else held
        picture = None if held is None else self._cache.get(held)
        return None if held is None or picture is None else self._show(held, picture)

    def prefetch(self, index: int, direction: int, job: Job | None = None, limit: int = 24) -> None:
        """Decode ahead of a movement into the cache."""
        self._cache.focus(index)
        span = range(1, min(limit, self._chunk()) + 1)
        count = self.frame_count
        wanted = [i for step in span if 0 <= (i := index + direction * step) < count]
        missing = [i for i in wanted if i not in self._cache and i not in self._source.damage]
        if direction < 0:
            # One decode from the key frame gives them all, and as many before them as are worth keeping.
            missing = missing[:1]
        for target in missing:
            self._try(target, target - self._chunk() + 1 if direction < 0 else target, job)

    def cached_ranges(self) -> tuple[tuple[int, int], ...]:
        """Runs of decoded frames."""
        return self._cache.ranges()

    def time_of(self, index: int) -> float:
        """When a frame is presented."""
        known = self._scan.index
        return known.time_of(index) if 0 <= index < len(known) else float(index / self.info.rate)

    def index_at(self, time: float) -> int:
        """The frame on screen at a time."""
        known = self._scan.index
        inside = known.complete or (len(known) and time < known.time_of(len(known) - 1))
        return known.index_at(time) if inside else max(0, int(time * self.info.rate + 1e-6))

    def pts_of(self, index: int) -> int:
        """A frame's presentation timestamp."""
        known = self._scan.ensure(index)
        if not 0 <= index < len(known):
            raise VideoError(f"There is no frame {index}.", f"The video has {len(known)} frames, from 0.")
        return int(known.pts[index])

    def second_reader(self, *, cache_bytes: int = 64 * MEBIBYTE) -> StreamVideo:
        """An independent reader that shares index and notices."""
        reader = StreamVideo(self._source, cache_bytes)
        reader._shares_scan = True
        return reader

    def close(self) -> None:
        """Free decoders, cache and files."""
        self._reader.close()
        if self._key_decoder:
            self._key_decoder.close()
            self._key_decoder = None
        self._cache.clear()
        if not self._shares_scan:
            self._scan.close()

    def _chunk(self) -> int:
        """How many frames before a frame are worth keeping: most of what fits.

        The more at once, the fewer times the way from the key frame must be decoded again.
        """
        return max(1, self._limit * 3 // (4 * self._source.frame_bytes))

    def _try(self, target: int, keep_from: int, job: Job | None) -> None:
        """Decode into the cache; a frame that cannot be decoded is noted and nothing more."""
        try:
            self._reader.decode(target, keep_from, job)
        except VideoError:
            return

    def _decode_key(self, known: VideoIndex, key: int) -> None:
        """Put a key frame into the cache without disturbing the reader's place in the file."""
        if self._key_decoder is None or self._key_decoder.counted != known.counted:
            if self._key_decoder:
                self._key_decoder.close()
            self._key_decoder = self._source.decoder(counted=known.counted, threads=False)
        picture = self._key_decoder.key_picture(int(known.keys[key]), seek_points(known, key))
        if picture is not None and not picture.is_corrupt:
            self._cache.put(known.first_frame(key), picture)

    def _show(self, index: int, picture: av.VideoFrame) -> Frame:
        known = self._scan.index
        return Frame(index, int(known.pts[index]), known.time_of(index), self._image(picture))

    def _image(self, picture: av.VideoFrame) -> Image:
        """RGB as shown; a picture of another size than the first, as broadcasts have, is stretched to it."""
        width, height = self._source.orientation.size(*self._source.info.size)
        rgb = self._reformatter.reformat(picture, width=width, height=height, format="rgb24")
        return self._source.orientation.apply(np.asarray(rgb.to_ndarray(), np.uint8))
