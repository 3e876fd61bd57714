"""The one pass over a file that makes its index, usable while it grows."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Generator, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.video.stream import VideoStream

from pipeline.errors import VideoError
from pipeline.job import Cancelled, Job
from pipeline.video.decoder import Decoder, Packet, open_container, packets_of, video_stream
from pipeline.video.gaps import broken_off, missing_at_end, missing_inside
from pipeline.video.index import VideoIndex, index_by_time, load_index, save_index

# No codec puts a picture more than 16 places from where it is decoded (H.264 and HEVC: the size of the
# picture buffer), so timestamps are final once this many more packets were read.
_REORDER = 32
_PROBE = 64
_BATCH = 512


class Scan:
    """The index of one stream, read once and shared by all readers. Thread-safe.

    `index` is a snapshot of what is certain so far. Whichever thread needs more than that reads on;
    never two at once.
    """

    def __init__(self, path: Path, stream: int, rate: Fraction, expected: int, file: Path | None) -> None:
        """Take a kept index if it is for this state of the file; read nothing yet.

        Args:
            path: The video.
            stream: Index of the stream in it.
            rate: Frames per s, for streams without timestamps.
            expected: Packets the container promises; 0 if it promises nothing.
            file: Where the index is kept, if it is.
        """
        self._path, self._stream, self._rate = path, stream, rate
        self._expected, self._file = expected, file
        status = path.stat()
        self._stamp = (status.st_size, status.st_mtime_ns)
        self.index = (load_index(file, self._stamp) if file else None) or index_by_time([], [], Fraction(1))
        self._changed = threading.Condition()
        self._busy = self._closed = False
        self._unreadable = 0
        self._steps = self._read()

    def ensure(self, frame: int, job: Job | None = None) -> VideoIndex:
        """An index that knows `frame`, or the complete one if the video has no such frame.

        Raises:
            Cancelled: The job was cancelled, or the scan closed.
        """
        while not (self.index.complete or frame < len(self.index)):
            self._step(job)
        return self.index

    def build(self, job: Job | None = None) -> VideoIndex:
        """Read to the end, reporting the fraction.

        Raises:
            Cancelled: The job was cancelled, or the scan closed.
        """
        while not self.index.complete:
            fraction = self._step(job)
            if job and fraction is not None:
                job.report(fraction)
        return self.index

    def close(self) -> None:
        """Let go of the file; what is known stays usable."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._busy)
        self._steps.close()

    def _step(self, job: Job | None) -> float | None:
        """Read one batch, or wait for the thread that is reading one."""
        if job:
            job.check()
        with self._changed:
            if self._closed:
                raise Cancelled
            if self._busy:
                self._changed.wait()
                return None
            self._busy = True
        try:
            fraction = next(self._steps, None)
            if fraction is None and not self.index.complete:
                raise VideoError(
                    f"The index of “{self._path.name}” could not be read.", "Open the video again."
                )
            return fraction
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _read(self) -> Generator[float, None, None]:
        """Read in batches, publish `index` after each, and yield the fraction done."""
        with contextlib.closing(open_container(self._path)) as container:
            stream = video_stream(container, self._stream)
            packets = packets_of(container, stream, self._note_unreadable)
            probe = list(itertools.islice(packets, _PROBE))
            if self._untrustworthy(probe, stream):
                yield from self._count(stream)
            else:
                yield from self._collect(itertools.chain(probe, packets), self._floor(probe), stream)
        if self._file:
            save_index(self.index, self._file, self._stamp)
        yield 1.0

    def _collect(
        self, packets: Iterator[Packet], floor: int | None, stream: VideoStream
    ) -> Generator[float, None, None]:
        assert stream.time_base is not None
        base, read, end = stream.time_base, 0, 0
        shown: list[int] = []
        keys: list[int] = []
        for batch in iter(lambda: list(itertools.islice(packets, _BATCH)), []):
            read += len(batch)
            keys += [p.pts for p in batch if p.is_keyframe and p.pts is not None]
            times = [p.pts for p in batch if p.pts is not None and not p.is_discard]
            shown += [time for time in times if floor is None or time >= floor]
            end = max([end, *(p.pts + (p.duration or 0) for p in batch if p.pts is not None)])
            settled = np.sort(np.array(shown, np.int64))[:-_REORDER]
            self.index = index_by_time(settled, [k for k in keys if len(settled) and k <= settled[-1]], base)
            yield self._fraction(batch[-1])
        whole = index_by_time(shown, keys, base)
        said = self._cut_off(read, stream) + self._gaps(whole, end, stream)
        self.index = replace(whole, complete=True, notices=said)

    def _count(self, stream: VideoStream) -> Generator[float, None, None]:
        """Learn the order of presentation from the decoder, where timestamps do not tell it."""
        assert stream.time_base is not None
        step = max(1, round(1 / (self._rate * stream.time_base)))
        with contextlib.closing(open_container(self._path)) as again:
            packets = packets_of(again, video_stream(again, self._stream))
            marks = [packet.is_keyframe for packet in packets]
            keys = [place for place, is_key in enumerate(marks) if is_key]
        tokens: list[int] = []
        with contextlib.closing(Decoder(self._path, self._stream, counted=True)) as decoder:
            while (item := decoder.next()) is not None:
                if item[0] is not None:
                    tokens.append(item[0])
                if len(tokens) % _PROBE == 0:
                    self.index = _counted(tokens, keys, step, stream.time_base, complete=False)
                    yield min(1.0, len(tokens) / max(1, self._expected))
        whole = _counted(tokens, keys, step, stream.time_base, complete=True)
        self.index = replace(whole, notices=self._cut_off(len(marks), stream))

    def _untrustworthy(self, probe: list[Packet], stream: VideoStream) -> bool:
        """Whether timestamps are missing, or rise in a stream whose pictures are reordered.

        AVI, for one, knows no presentation timestamps: what libav gives for H.264 in it is made up.
        """
        times = [packet.pts for packet in probe if packet.pts is not None]
        if len(times) < len(probe):
            return True
        rising = all(a < b for a, b in itertools.pairwise(times))
        if not (rising and stream.codec_context.has_b_frames):
            return False
        with contextlib.closing(Decoder(self._path, self._stream)) as decoder:
            out = [
                token for token, _ in itertools.islice(iter(decoder.next, None), _PROBE) if token is not None
            ]
        return out != sorted(out)

    def _floor(self, probe: list[Packet]) -> int | None:
        """Timestamp before which nothing is shown, in a stream that begins in the middle of a group.

        Pictures before the first key frame that lean on pictures before the cut are never presented.
        """
        key = next((p.pts for p in probe if p.is_keyframe), None)
        times = [p.pts for p in probe if p.pts is not None and not p.is_discard]
        if key is not None and probe[0].is_keyframe and min(times, default=key) >= key:
            return None
        with contextlib.closing(Decoder(self._path, self._stream)) as decoder:
            first = decoder.next()
        shown = first[0] if first else None
        return min((time for time in (shown, key) if time is not None), default=None)

    def _fraction(self, packet: Packet) -> float:
        return min(1.0, packet.pos / max(1, self._stamp[0])) if packet.pos and packet.pos > 0 else 0.0

    def _note_unreadable(self) -> None:
        self._unreadable += 1

    def _cut_off(self, read: int, stream: VideoStream) -> tuple[str, ...]:
        if _has_samples(stream):
            # Its table of samples says where each must be; packets are fewer than samples where an
            # edit list leaves some out, so counting them says nothing.
            entries = stream.index_entries
            missing = sum(entry.pos + entry.size > self._stamp[0] for entry in entries)
            said = f"The file ends early: the last {missing} of {len(entries)} frames are not whole in it."
        else:
            missing = self._expected - read
            said = f"The file is damaged or cut off: {missing} of {self._expected} frames are missing."
        places = "place" if self._unreadable == 1 else "places"
        spots = f"The file cannot be read in {self._unreadable} {places}: frames may be missing."
        return ((said,) if missing > 0 else ()) + ((spots,) if self._unreadable else ())

    def _gaps(self, whole: VideoIndex, end: int, stream: VideoStream) -> tuple[str, ...]:
        """What the timestamps say is missing, where the container did not count its frames."""
        if self._expected or _has_samples(stream):
            return ()
        said = (
            missing_at_end(whole.pts, end, stream),
            broken_off(self._path, stream.container),
            missing_inside(whole.pts),
        )
        return tuple(sentence for sentence in said if sentence)


def _has_samples(stream: VideoStream) -> bool:
    return "mov" in stream.container.format.name


def _counted(
    tokens: list[int], keys: list[int], step: int, time_base: Fraction, *, complete: bool
) -> VideoIndex:
    order = np.array(tokens, np.int64)
    frames = np.flatnonzero(np.isin(order, keys))
    return VideoIndex(
        np.arange(len(order)) * step, order, order[frames], frames, time_base, counted=True, complete=complete
    )
