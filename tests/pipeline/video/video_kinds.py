"""The kinds of video that are tested."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import fakes_clips as clips
import numpy as np
from fakes_clips import Clip


def _variable_rate(path: Path) -> Clip:
    steps = np.random.default_rng(4).integers(1, 9, 120)
    pts = [int(x) for x in np.cumsum(steps)]
    return clips.encode(path / "vfr.mp4", options=clips.x264(25), pts=pts, tick=Fraction(1, 240))


def _late_start(path: Path) -> Clip:
    return clips.encode(path / "late.mkv", options=clips.x264(40), pts=[165 + i for i in range(120)])


def _same_times(path: Path) -> Clip:
    # Matroska rounds to ms, so frames 0.2 ms apart get the same timestamp.
    ticks = [(i - 1) * 3333 + 20 if i % 7 == 3 else i * 3333 for i in range(120)]
    return clips.encode(path / "same.mkv", options=clips.x264(30), pts=ticks, tick=Fraction(1, 100000))


def _cut(path: Path) -> Clip:
    """A transport stream that begins in the middle of a group, as a recording does."""
    whole = clips.encode(path / "whole.ts", options=clips.x264(20)).path.read_bytes()
    target = path / "cut.ts"
    tables = whole[: 188 * 3]
    target.write_bytes(tables + whole[len(whole) // 3 // 188 * 188 :])
    with av.open(str(target)) as container:
        numbers = tuple(clips.number_in(f.to_ndarray(format="rgb24")) for f in container.decode(video=0))
    return Clip(target, numbers)


def _edited(name: str) -> Callable[[Path], Clip]:
    return lambda path: clips.trim(clips.encode(path / name, options=clips.x264(30)), 42, 101)


def _simple(name: str, *args: object, **kwargs: object) -> Callable[[Path], Clip]:
    return lambda path: clips.encode(path / name, *args, **kwargs)


VP = {"deadline": "realtime", "cpu-used": "8", "g": "30"}
X265 = {
    "preset": "ultrafast",
    "x265-params": "keyint=30:min-keyint=30:bframes=3:open-gop=1:log-level=none:pools=1",
}
KINDS: dict[str, Callable[[Path], Clip]] = {
    "h264 gop 250": _simple("plain.mp4", 300, options=clips.x264(250)),
    "one key frame": _simple("one.mp4", 180, options=clips.x264(1000)),
    "variable rate": _variable_rate,
    "open gop": _simple("open.mp4", options={**clips.x264(20, **{"open-gop": 1})}),
    "intra refresh": _simple("refresh.mp4", options={**clips.x264(20, 0, **{"intra-refresh": 1})}),
    "same times": _same_times,
    "late start": _late_start,
    "edit list mp4": _edited("edit.mp4"),
    "edit list mov": _edited("edit.mov"),
    "transport stream": _simple("plain.ts", options=clips.x264(40)),
    "transport stream open gop": _simple("open.ts", options=clips.x264(20, **{"open-gop": 1})),
    "cut transport stream": _cut,
    "hevc": _simple("hevc.mp4", codec="libx265", options=X265),
    "hevc transport stream": _simple("hevc.ts", codec="libx265", options=X265),
    "mpeg2 transport stream": _simple("mpeg2.ts", codec="mpeg2video", options={"g": "15", "b:v": "2M"}, b_frames=2),
    "mpeg4 mp4": _simple("mpeg4.mp4", codec="mpeg4", options={"g": "24", "b:v": "2M"}, b_frames=2),
    "mpeg4 avi": _simple("mpeg4.avi", codec="mpeg4", options={"g": "24", "b:v": "2M"}, b_frames=2),
    "h264 avi": _simple("h264.avi", options=clips.x264(30)),
    "raw h264": _simple("raw.h264", options=clips.x264(30)),
    "mjpeg avi": _simple("mjpeg.avi", codec="mjpeg", pix_fmt="yuvj420p"),
    "vp9 webm": _simple("vp9.webm", codec="libvpx-vp9", options=VP),
    "vp8 webm": _simple("vp8.webm", codec="libvpx", options=VP),
}  # fmt: skip
