"""MP4 with the overlay drawn in: the source's timestamps, turned upright, sound copied as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import av
import numpy as np

from pipeline.atomic import replacing
from pipeline.depict import Painter
from pipeline.formats.extent import Extent
from pipeline.formats.format import Format, Opened, Option, Written
from pipeline.formats.painted import drawn_from, painted, picture_range
from pipeline.job import Job
from pipeline.structures import Image

_QUALITY = {"high": "17", "normal": "21", "small": "27"}
_BYTES_PER_PIXEL = {"high": (0.5, 0.009), "normal": (0.4, 0.0045), "small": (0.22, 0.0018)}
_BT709 = 1
"""libav's number for the BT.709 matrix, which players assume for HD; without saying so colours shift."""
_TIME_BASE = Fraction(1, 90_000)


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Encode every frame of the range, with the overlay where there is a result."""
    first, last = picture_range(opened)
    with ExitStack() as stack:
        painter = stack.enter_context(Painter(opened.source.body_paths))
        temporary = stack.enter_context(replacing(path))
        target = stack.enter_context(av.open(str(temporary), "w", format="mp4"))
        target.metadata["comment"] = drawn_from(opened)
        stream = _video_stream(opened, target, options)
        start = opened.video.time_of(first)
        end = opened.video.time_of(last) + 1 / float(opened.video.info.rate)
        sound = _Sound(
            opened.source.video_path if options["audio"] == "copy" else None, target, stack, start, end
        )
        for index, image in painted(opened, painter, job):
            time = opened.video.time_of(index)
            sound.copy_until(time)
            for packet in stream.encode(_encodable(image, time - start)):
                target.mux(packet)
        for packet in stream.encode():
            target.mux(packet)
        sound.copy_until(end)
        return Written((path,), tuple(filter(None, (painter.notice, sound.notice))))


def _video_stream(opened: Opened, target: Any, options: Mapping[str, str]) -> Any:
    width, height = opened.video.info.size
    stream = target.add_stream("libx264", rate=opened.video.info.rate.limit_denominator(90_000))
    stream.width, stream.height = width - width % 2, height - height % 2  # 4:2:0 wants even sides
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = stream.time_base = _TIME_BASE
    stream.options = {"crf": _QUALITY[options["quality"]], "preset": "veryfast"}
    stream.codec_context.colorspace = stream.codec_context.color_primaries = _BT709
    stream.codec_context.color_trc = _BT709
    return stream


def _encodable(image: Image, time: float) -> av.VideoFrame:
    height, width = image.shape[:2]
    even = np.ascontiguousarray(image[: height - height % 2, : width - width % 2])
    frame = av.VideoFrame.from_ndarray(even, format="rgb24").reformat(format="yuv420p", dst_colorspace=_BT709)
    frame.pts, frame.time_base = round(time / _TIME_BASE), _TIME_BASE
    return frame


class _Sound:
    """Copies the sound's packets without decoding them, a little at a time so that the file is interleaved."""

    def __init__(self, path: Path | None, target: Any, stack: ExitStack, start: float, end: float) -> None:
        """`start` and `end` in s from the video's first frame; a path of None, or of no file, is silent."""
        self.notice = ""
        self._target = target
        self._packets: Iterator[tuple[float, Any]] = iter(())
        self._next: tuple[float, Any] | None = None
        if path is None or not path.is_file():
            return
        try:
            container = stack.enter_context(av.open(str(path)))
            if container.streams.audio:
                source = container.streams.audio[0]
                copy = target.add_stream_from_template(source)
                self._packets = self._inside(container, source, copy, start, end)
                self._next = next(self._packets, None)
        except (av.error.FFmpegError, ValueError) as error:
            self.notice = f"The sound cannot be copied into an MP4 ({error}): the video is silent."

    def copy_until(self, time: float) -> None:
        """Copy what is heard up to `time`."""
        while self._next is not None and self._next[0] <= time:
            self._target.mux(self._next[1])
            self._next = next(self._packets, None)

    @staticmethod
    def _inside(
        container: Any, source: Any, copy: Any, start: float, end: float
    ) -> Iterator[tuple[float, Any]]:
        video = container.streams.video[0]
        origin = float((video.start_time or 0) * video.time_base)
        for packet in container.demux(source):
            if packet.pts is None:
                continue
            time = float(packet.pts * packet.time_base) - origin
            # A whole video keeps the packets before its first frame: a coder's run-in is presented before zero.
            if (start <= time or start == 0) and time < end:
                shift = round((origin + start) / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = copy
                yield time, packet


def _size(extent: Extent, options: Mapping[str, str]) -> float:
    """Without the sound, in bytes a pixel of key frames, of which there is one in 250, and of frames."""
    key, frame = _BYTES_PER_PIXEL[options["quality"]]
    width, height = extent.picture
    return width * height * (key * ceil(extent.span / 250) + frame * extent.span)


OVERLAY_VIDEO = Format(
    key="mp4",
    title="MP4 with the overlay",
    summary="The video with bodies and names drawn in, as on screen; source rate and sound kept.",
    readers="any player",
    suffix=".mp4",
    options=(
        Option("quality", "Quality", tuple(_QUALITY), "high", ("high", "normal", "small file")),
        Option("audio", "Sound", ("copy", "none"), "copy", ("as in the video", "no sound")),
    ),
    group="Pictures",
    write_opened=write,
    size=_size,
)
