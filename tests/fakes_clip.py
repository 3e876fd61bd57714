"""Small clips with sound, encoded on the spot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def write_clip(
    path: Path,
    *,
    frames: int = 20,
    size=(320, 240),
    rate: int = 25,
    sound: bool | str = False,
    codec: str = "libx264",
    times: list[int] | None = None,
) -> Path:
    """An H.264 clip whose picture gets brighter; `times` (ms) makes the rate variable.

    `sound` may name a codec.
    """
    with av.open(str(path), "w") as target:
        stream = target.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        audio = target.add_stream(sound if isinstance(sound, str) else "aac", rate=44100) if sound else None
        if audio is not None:
            _write_tone(target, audio, frames / rate)
        for index in range(frames):
            shade = np.full((size[1], size[0], 3), 20 + index * 200 // max(frames, 1), np.uint8)
            frame = av.VideoFrame.from_ndarray(shade, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = times[index] if times else index * 1000 // rate, Fraction(1, 1000)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    return path


def _write_tone(target, audio, seconds: float) -> None:
    for start in range(0, int(seconds * 44100), 1024):
        wave = np.sin(2 * np.pi * 440 * (start + np.arange(1024)) / 44100).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 44100, start, Fraction(1, 44100)
        target.mux(audio.encode(frame))
    target.mux(audio.encode())
