"""What is missing from a stream whose container does not count its frames."""

from __future__ import annotations

import contextlib
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import Container, InputContainer
from av.video.stream import VideoStream

_FEW = 10
_TICKS, _SHARE = 2, 0.05  # how far steps of a constant rate lie apart by rounding
_HOLE = 1.75
_HOLES, _HOLES_SHARE = 8, 0.02  # beyond these it is how the clip was recorded, not damage
_PAUSE = 1.0
_SYNC = 0x47
_STRIDES = ((188, 188), (188, 192), (204, 204))  # of plain, Blu-ray's and error-corrected packets
_LOOK = 5


def steady_step(times: npt.NDArray[np.int64]) -> float:
    """The step of a stream with a constant rate, in its units of time; 0 if the rate is not constant.

    A few holes leave it constant: that is what damage looks like.

    Args:
        times: (N,) timestamps, never decreasing.
    """
    steps = np.diff(times)
    if len(steps) < _FEW:
        return 0.0
    median = float(np.median(steps))
    regular = np.abs(steps - median) <= max(_TICKS, _SHARE * median)
    holes = int((~regular).sum())
    if median <= 0 or holes > max(_HOLES, _HOLES_SHARE * len(steps)):
        return 0.0
    return float(steps[regular].mean()) if (steps[~regular] > _HOLE * median).all() else 0.0


def missing_inside(times: npt.NDArray[np.int64]) -> str:
    """Says which frames of a constant rate are not there; empty if none is missing."""
    if not (step := steady_step(times)):
        return ""
    lengths = np.diff(times) / step
    places = np.flatnonzero(lengths > _HOLE)
    if not len(places):
        return ""
    missing = int((np.rint(lengths[places]) - 1).sum())
    frames = "1 frame is" if missing == 1 else f"{missing} frames are"
    where = f"after frame {places[0]}"
    if len(places) > 1:
        where = f"in {len(places)} places, first {where}"
    return f"The file is damaged or was recorded with gaps: {frames} missing {where}."


def missing_at_end(times: npt.NDArray[np.int64], end: int, stream: VideoStream) -> str:
    """Says how much sooner the pictures end than the container promises; empty if they do not.

    Args:
        times: (N,) timestamps, never decreasing.
        end: When the last picture ends, in the stream's units.
        stream: The stream, with its container.
    """
    assert stream.time_base is not None
    promised = _promised_end(stream)
    missing = promised - float(end * stream.time_base)
    step = steady_step(times) * float(stream.time_base)
    # Without a constant rate nobody knows how long the last picture is meant to stay.
    if missing <= (1.5 * step if step else _PAUSE):
        return ""
    return f"The file ends early: the last {missing:.1f} of {promised:.1f} s are missing."


def broken_off(path: Path, container: Container) -> str:
    """Says that a transport stream ends in the middle of a packet; empty for all else.

    Nothing in such a stream says how long it should be.
    """
    if container.format.name != "mpegts":
        return ""
    with path.open("rb") as file, contextlib.suppress(OSError):
        file.seek(max(0, path.stat().st_size - _LOOK * _STRIDES[-1][1]))
        tail = file.read()
        if not any(_whole(tail, first, stride) for first, stride in _STRIDES):
            return "The file ends early, in the middle of a packet: its last frames are missing or damaged."
    return ""


def _whole(tail: bytes, first: int, stride: int) -> bool:
    starts = range(len(tail) - first, -1, -stride)
    return all(tail[start] == _SYNC for start in starts)


def _promised_end(stream: VideoStream) -> float:
    """When the stream ends as Matroska's header says, in s; 0 if it does not.

    The length of the whole file says nothing if there is sound, which may go on. Other containers' lengths are
    what libav found in the file itself, or guessed.
    """
    container = stream.container
    assert isinstance(container, InputContainer)
    if "matroska" not in container.format.name or not container.duration:
        return 0.0
    whole = container.duration / av.time_base
    named = next((text for name, text in stream.metadata.items() if name.startswith("DURATION")), "")
    if named:
        return min(whole, _seconds(named))
    return whole if len(container.streams) == 1 else 0.0


def _seconds(clock: str) -> float:
    """Of "00:00:04.200000000"; 0 for anything else."""
    try:
        hours, minutes, seconds = (float(part) for part in clock.strip("\0 ").split(":"))
    except ValueError:
        return 0.0
    return hours * 3600 + minutes * 60 + seconds
