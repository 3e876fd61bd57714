"""Finds out what a path is and opens it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from pipeline.errors import VideoError
from pipeline.video.decoder import Decoder, open_container
from pipeline.video.images import ImageVideo
from pipeline.video.lens import equivalent_in_tags, focal_length_px
from pipeline.video.orientation import orientation_of
from pipeline.video.pictures import pictures_at, unreadable
from pipeline.video.scan import Scan
from pipeline.video.source import Source, frame_bytes
from pipeline.video.stream import StreamVideo
from pipeline.video.video import MEBIBYTE, Video, VideoInfo

_ODD_RATE = 1000
_TEXT_ART = {"tty", "bin", "xbin", "adf", "idf"}  # libav plays text files as ANSI art


def open_video(
    path: Path | str, *, cache_bytes: int = 256 * MEBIBYTE, index_file: Path | None = None
) -> Video:
    """Open a video file, a folder of pictures, a numbered series of pictures, or one picture.

    A picture whose number has a neighbour ("img_0007.png" beside "img_0008.png") stands for its series,
    as "img_%04d.png" does. The first frame is decoded, so what opens can be shown.

    Args:
        path: What to open.
        cache_bytes: Decoded frames are kept up to this size.
        index_file: Where the index is kept between sessions; used if it fits the file's size and
            modification time. Pictures need none.

    Raises:
        VideoError: There is nothing to show at this path; the message says why.
    """
    path = Path(path)
    if (pictures := pictures_at(path)) is not None:
        return ImageVideo(path, pictures, cache_bytes)
    _check_readable(path)
    with contextlib.closing(open_container(path)) as container:
        stream = _choose(container, path)
        described = _describe(path, container, stream)
        index, expected = stream.index, stream.frames
    return _open_stream(described, index, expected, cache_bytes, index_file)


def _open_stream(
    info: VideoInfo, stream: int, expected: int, cache_bytes: int, index_file: Path | None
) -> StreamVideo:
    decoder = Decoder(info.path, stream)
    first = decoder.next()
    if first is None:
        decoder.close()
        raise VideoError(
            f"No picture of “{info.path.name}” can be decoded.",
            "The file is damaged or cut off before its first picture; copy it again from where it came.",
        )
    decoder.unread(*first)
    turn = orientation_of(first[1])
    size = turn.size(first[1].width, first[1].height)
    info = replace(info, size=size, rotation=turn.quarters * 90)
    scan = Scan(info.path, stream, info.rate, expected, index_file)
    estimate = expected or round(info.duration * info.rate)
    return StreamVideo(
        Source(info, stream, turn, scan, estimate, frame_bytes(first[1])), cache_bytes, decoder
    )


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise unreadable(path, error) from error
    if empty:
        raise VideoError(f"“{path.name}” is empty.", "Copy it again from where it came.")


def _choose(container: InputContainer, path: Path) -> VideoStream:
    """The first real video stream; a cover picture in a sound file is none."""
    if container.format.name in _TEXT_ART:
        raise VideoError(f"“{path.name}” cannot be read as a video.", "It is text; open a video file.")
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if stream.codec_context is None:
                raise VideoError(
                    f"“{path.name}” uses a codec that cannot be decoded here.", "Convert it to H.264."
                )
            return stream
    content = "only sound" if container.streams.audio else "no pictures"
    raise VideoError(f"“{path.name}” holds {content}.", "Open a video file.")


def _describe(path: Path, container: InputContainer, stream: VideoStream) -> VideoInfo:
    duration = 0.0
    if stream.duration and stream.time_base:
        duration = float(stream.duration * stream.time_base)
    elif container.duration:
        duration = container.duration / av.time_base
    rates = (stream.average_rate, stream.guessed_rate)
    rate = next((Fraction(rate) for rate in rates if rate and 0 < rate < _ODD_RATE), Fraction(30))
    codec = stream.codec_context
    equivalent = equivalent_in_tags(stream.metadata, container.metadata)
    return VideoInfo(
        path=path, size=(codec.width, codec.height), rate=rate, duration=duration,
        container=container.format.name, codec=codec.name, rotation=0,
        has_audio=bool(container.streams.audio),
        focal_length=focal_length_px(equivalent, (codec.width, codec.height)),  # the same when turned
    )  # fmt: skip
