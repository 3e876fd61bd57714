"""Gets to an exact frame by the shortest way and keeps what it decodes on the way."""

from __future__ import annotations

import bisect

import av

from pipeline.errors import VideoError
from pipeline.job import Job
from pipeline.video.cache import FrameCache
from pipeline.video.decoder import Decoder
from pipeline.video.index import VideoIndex
from pipeline.video.source import Source

_CHEAPER_THAN_A_SEEK = 4


class Reader:
    """A decoder that knows which frame it is at. Belongs to one thread."""

    def __init__(self, source: Source, cache: FrameCache[av.VideoFrame], decoder: Decoder | None) -> None:
        """Decode into `cache`; `decoder`, if given, stands at the start of the file."""
        self._source, self._cache = source, cache
        self._scan, self._damage = source.scan, source.damage
        self._decoder = decoder
        self._careful = False
        self._last = -1  # the newest frame that came out
        self._floor = 0  # frames before it may lean on pictures the decoder never saw
        self._first: int | None = None  # the first frame that came out since decoding was started

    def decode(self, target: int, keep_from: int, job: Job | None = None) -> av.VideoFrame:
        """Decode on, or from a key frame, to `target`; cache what comes out from `keep_from` on.

        Raises:
            VideoError: There is no such frame, or it cannot be decoded.
            Cancelled: The job was cancelled; what was decoded is in the cache, and the next call
                goes on from there.
        """
        index = self._scan.ensure(target, job)
        if not 0 <= target < len(index):
            raise VideoError(f"There is no frame {target}.", f"The video has {len(index)} frames, from 0.")
        if target in self._damage:
            raise self._lost(target)
        key = index.key_for(target)
        if not self._leads_to(target, index.first_frame(key)):
            self._begin(index, key)
        while (frame := self._roll(index, target, keep_from, job)) is None:
            key = self._retry(index, key, target)
        return frame

    def distance(self, target: int) -> int:
        """How many frames must be decoded to get to `target`."""
        index = self._scan.ensure(target)
        first = index.first_frame(index.key_for(target))
        return target - self._last if self._leads_to(target, first) else target - first + 1

    def close(self) -> None:
        """Free the decoder."""
        if self._decoder:
            self._decoder.close()
            self._decoder = None

    def _leads_to(self, target: int, first: int) -> bool:
        """Whether decoding on gets to `target` no later than a seek would."""
        if self._decoder is None or self._decoder.counted != self._scan.index.counted:
            return False
        if not self._last < target or target < self._floor:
            return False
        return first <= self._last + 1 or target - self._last <= _CHEAPER_THAN_A_SEEK

    def _begin(self, index: VideoIndex, key: int) -> None:
        if self._decoder is None or index.counted != self._decoder.counted:
            self._replace(index.counted)
        assert self._decoder is not None
        if key >= 0:
            self._decoder.start(int(index.keys[key]), seek_points(index, key))
        else:
            self._decoder.start()
        self._last = self._floor = index.first_frame(key)
        self._last -= 1
        self._first = None

    def _replace(self, counted: bool) -> None:
        self.close()
        self._decoder = self._source.decoder(counted=counted, threads=not self._careful)

    def _roll(self, index: VideoIndex, target: int, keep_from: int, job: Job | None) -> av.VideoFrame | None:
        """Decode until `target` is out; None if the decoder passes it or ends."""
        assert self._decoder is not None
        while self._last < target:
            if job:
                job.check()
            if (item := self._decoder.next()) is None:
                self._last = len(index)
                return None
            token, frame = item
            place = index.locate(token, self._last)
            if place is None or place < self._floor:
                continue
            self._note(place, frame)
            if place >= keep_from:
                self._cache.put(place, frame)
            if place == target:
                return frame
        return None

    def _note(self, place: int, frame: av.VideoFrame) -> None:
        self._last = place
        self._first = place if self._first is None else self._first
        if frame.is_corrupt:
            self._damage.doubt(place)

    def _retry(self, index: VideoIndex, key: int, target: int) -> int:
        """Start again in a way that may still give `target`; the key it starts from.

        Raises:
            VideoError: There is no way left.
        """
        assert self._decoder is not None
        if self._decoder.failures and not self._careful:
            self._careful = True
            self._replace(index.counted)
        elif key >= 0 and (self._first is None or self._first > target):
            # The key frame is broken, or its pictures only become right some frames later.
            key -= 1
        else:
            self._damage.lose(target)
            raise self._lost(target)
        self._begin(index, key)
        return key

    def _lost(self, target: int) -> VideoError:
        return VideoError(
            f"Frame {target} cannot be decoded: the file is damaged there.",
            "Other frames are not affected; a fresh copy of the file may help.",
        )


def seek_points(index: VideoIndex, key: int) -> list[int]:
    """Timestamps to seek to in search of a key packet: its own, then ever farther back.

    Containers without an index of their own, such as MPEG-TS, land behind what was asked for.
    """
    steps = (0, 1, 2, 4, 8)
    back = sorted({max(0, key - step) for step in steps}, reverse=True)
    return [int(index.keys[row]) for row in back]


def nearest_key(index: VideoIndex, frame: int) -> int | None:
    """The row of the key whose frame is closest to `frame`."""
    place = bisect.bisect_left(index.key_frames, frame)
    rows = range(max(0, place - 1), min(place + 1, len(index.keys)))
    return min(rows, key=lambda row: abs(int(index.key_frames[row]) - frame), default=None)
