"""Packets in, pictures out: the part that talks to libav."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from pipeline.errors import VideoError

Packet: TypeAlias = "av.Packet[VideoStream]"

_READ_ERRORS_IN_A_ROW = 32


def open_container(path: Path) -> InputContainer:
    """Open a file for reading.

    Raises:
        VideoError: libav does not know what it is, or it cannot be read.
    """
    try:
        return av.open(str(path), metadata_errors="replace")
    except av.error.InvalidDataError as error:
        raise VideoError(
            f"“{path.name}” cannot be read as a video.",
            "It may be another kind of file, or a recording or copy that was cut off: then copy it again.",
        ) from error
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"“{path.name}” cannot be opened: {error.strerror}.") from error


def video_stream(container: InputContainer, index: int) -> VideoStream:
    """The stream with this index, known to be video."""
    stream = container.streams[index]
    assert isinstance(stream, VideoStream)
    return stream


def packets_of(
    container: InputContainer, stream: VideoStream, on_error: Callable[[], None] = lambda: None
) -> Iterator[Packet]:
    """The stream's packets in file order, over unreadable spots as far as libav gets over them.

    Args:
        container: The open file.
        stream: Which of its streams.
        on_error: Called at each unreadable spot.
    """
    errors = 0
    while errors < _READ_ERRORS_IN_A_ROW:
        try:
            for packet in container.demux(stream):
                if packet.size:  # empty ones stand for a repeated picture, or for the end
                    errors = 0
                    yield packet
        except (av.error.FFmpegError, OSError):
            errors += 1
            on_error()
        else:
            return


class Decoder:
    """Decodes one stream forward from its start or from a key packet. Belongs to one thread.

    Attributes:
        counted: Whether tokens are places of packets instead of timestamps.
        failures: Packets the decoder refused since it was made.
    """

    def __init__(self, path: Path, stream: int, *, counted: bool = False, threads: bool = True) -> None:
        """Open the file.

        Args:
            path: The file.
            stream: Index of the stream in it.
            counted: Frames carry the place of their packet instead of its timestamp.
            threads: Decode on all cores. A decoder with frame threads may swallow a good frame
                together with a broken one; without it does not.
        """
        self._path, self._stream_index = path, stream
        self.counted, self._threads = counted, threads
        self._container: InputContainer | None = None
        self._packets: Iterator[Packet] = iter(())
        self._held: Packet | None = None
        self._ready: deque[av.VideoFrame] = deque()
        self._ended = False
        self._place = -1
        self.failures = 0
        self._open()

    def start(self, key: int | None = None, seek_to: Sequence[int] = ()) -> None:
        """Make `next` begin at a key packet, or at the start of the file.

        Args:
            key: The key packet's token; None for the start.
            seek_to: Timestamps to jump to in search of it, best first. Containers without an index of
                their own, such as MPEG-TS, land late, so the later ones lie further back.
        """
        if key is None:
            self._open()
        elif not self._jump(key, () if self.counted else seek_to):
            self._open()
            if not self._find(key):
                self._open()  # the key packet is not where it was: everything, then

    def next(self) -> tuple[int | None, av.VideoFrame] | None:
        """The next frame in order of presentation with its token; None at the end."""
        while not self._ready:
            if self._ended:
                return None
            self._feed(self._take())
        frame = self._ready.popleft()
        return frame.pts, frame

    def unread(self, token: int | None, frame: av.VideoFrame) -> None:
        """Give a frame back, so that `next` gives it again."""
        frame.pts = token
        self._ready.appendleft(frame)

    def key_picture(self, key: int, seek_to: Sequence[int]) -> av.VideoFrame | None:
        """Decode one key packet and nothing else; `start` must follow before `next`."""
        self.start(key, seek_to)
        self._feed(self._take())
        if not self._ready:
            self._feed(None)
        return self._ready.popleft() if self._ready else None

    def close(self) -> None:
        """Close the file and free the decoder."""
        if self._container:
            self._ready.clear()
            self._held = None
            self._packets = iter(())
            self._container.close()
            self._container = None

    def _open(self) -> None:
        self.close()
        self._container = open_container(self._path)
        self._stream = video_stream(self._container, self._stream_index)
        self._codec = self._stream.codec_context
        self._codec.thread_type = "AUTO" if self._threads else "SLICE"
        # Every further thread holds a picture more; beyond four they hardly help.
        self._codec.thread_count = min(os.cpu_count() or 1, 4) if self._threads else 1
        self._rewind()

    def _rewind(self) -> None:
        assert self._container is not None
        self._packets = packets_of(self._container, self._stream)
        self._place = -1
        self._held = None
        self._ready.clear()
        self._ended = False

    def _jump(self, key: int, seek_to: Sequence[int]) -> bool:
        return any(self._seek(timestamp) and self._find(key) for timestamp in seek_to)

    def _seek(self, timestamp: int) -> bool:
        assert self._container is not None
        try:
            self._container.seek(timestamp, stream=self._stream)
        except (av.error.FFmpegError, OSError):
            return False
        self._rewind()
        return True

    def _read(self) -> Packet | None:
        packet = next(self._packets, None)
        self._place += 1
        if packet is not None and self.counted:
            packet.pts = self._place
        return packet

    def _take(self) -> Packet | None:
        packet, self._held = self._held or self._read(), None
        return packet

    def _find(self, key: int) -> bool:
        """Read on to a key packet and hold it; False if the file goes on behind it or ends."""
        while (packet := self._read()) is not None:
            if packet.is_keyframe and packet.pts is not None and packet.pts >= key:
                self._held = packet
                return packet.pts == key
        return False

    def _feed(self, packet: Packet | None) -> None:
        self._ended = packet is None
        with contextlib.suppress(av.error.EOFError):
            try:
                self._ready.extend(self._codec.decode(packet))
            except av.error.FFmpegError:
                self.failures += 1
