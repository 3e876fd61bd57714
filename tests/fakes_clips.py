"""Clips whose frames say which they are, in blocks of black and white that survive any codec."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT = 160, 96
_COLUMNS, _BITS = 8, 12
_BLOCK_W, _BLOCK_H = WIDTH // _COLUMNS, HEIGHT * _COLUMNS // (2 * _BITS)


def picture(number: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """(H, W, 3) uint8 that shows a number below 4096: twelve bits, then their opposites."""
    bits = [number >> k & 1 for k in range(_BITS)]
    grid = np.array([*bits, *(1 - bit for bit in bits)], np.uint8).reshape(-1, _COLUMNS)
    gray = np.kron(grid * 200 + 28, np.ones((size[1] // grid.shape[0], size[0] // _COLUMNS), np.uint8))
    return np.repeat(gray[..., None], 3, axis=2)


def number_in(image: np.ndarray) -> int:
    """The number a picture shows; -1 if it shows none clearly."""
    rows = 2 * _BITS // _COLUMNS
    height, width = image.shape[0] // rows, image.shape[1] // _COLUMNS
    blocks = image[: rows * height, : _COLUMNS * width, 1].reshape(rows, height, _COLUMNS, width)
    inner = blocks[:, height // 4 : -(height // 4), :, width // 4 : -(width // 4)]
    bits, opposite = np.split(inner.mean(axis=(1, 3)).ravel(), 2)
    if np.abs(bits - opposite).min() < 80:
        return -1
    return int(sum(1 << k for k in np.flatnonzero(bits > opposite)))


@dataclass(frozen=True)
class Clip:
    """A video and the number each presented frame shows."""

    path: Path
    numbers: tuple[int, ...]


def encode(
    path: Path,
    count: int = 120,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    *,
    pts: Sequence[int] | None = None,
    tick: Fraction = Fraction(1, 30),
    pix_fmt: str = "yuv420p",
    b_frames: int | None = None,
    container: dict[str, str] | None = None,
    form: str | None = None,
    draw: Callable[[int], np.ndarray] = picture,
) -> Clip:
    """Encode frames 0 to count - 1 with the given timestamps."""
    first = draw(0)
    with av.open(str(path), "w", format=form, options=container or {}) as out:
        stream = out.add_stream(codec, rate=30, options=options or {})
        stream.width, stream.height, stream.pix_fmt = first.shape[1], first.shape[0], pix_fmt
        stream.codec_context.time_base = tick
        stream.codec_context.thread_count = 1
        if b_frames is not None:
            stream.codec_context.max_b_frames = b_frames
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(draw(number), "rgb24")
            frame.pts, frame.time_base = (pts[number] if pts else number), tick
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return Clip(path, tuple(range(count)))


def x264(gop: int, b_frames: int = 3, **more: int) -> dict[str, str]:
    """Options with exactly these groups."""
    params = {"keyint": gop, "min-keyint": gop, "scenecut": 0, "bframes": b_frames, "b-adapt": 0, **more}
    text = ":".join(f"{name}={value}" for name, value in params.items())
    return {"preset": "veryfast", "x264-params": text}


def patch(path: Path, box: bytes, offset: int, form: str, *values: int) -> None:
    """Overwrite numbers in an MP4 box, `offset` bytes after its name."""
    data = bytearray(path.read_bytes())
    place = data.index(box) + 4 + offset
    struct.pack_into(form, data, place, *values)
    path.write_bytes(data)


def turn(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Ask players to show pixel (p, q) at (a p + c q, b p + d q)."""
    patch(path, b"tkhd", 40, ">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)


def trim(clip: Clip, first: int, last: int, frame_ticks: int = 512) -> Clip:
    """Let an edit list show frames first to last only."""
    data = clip.path.read_bytes()
    place = data.index(b"elst") + 4
    (start,) = struct.unpack_from(">i", data, place + 12)
    length = round((last - first + 1) * 1000 / 30)
    patch(clip.path, b"elst", 8, ">ii", length, start + first * frame_ticks)
    return Clip(clip.path, clip.numbers[first : last + 1])
