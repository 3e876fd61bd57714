"""Which frame of the video each frame of a file is: by number or by time, and never by guessing.

By number, frame n of the file is frame n + offset of the video. By time, it is the video's frame that is shown at n
divided by the file's rate, plus the offset in frames of the video, and begins no further from it than half a frame;
after the last one a whole frame.
Unasked, it is by time where the file's rate is known to be another than the video's, else by number. Numbers that a
file does not say to be those of the video must also be as many as the video has frames, or somebody must say how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pipeline.errors import ResultsError
from pipeline.importing.content import Content, Place, ReadFrame
from pipeline.importing.scaling import scaled
from pipeline.spans import runs

How = Literal["auto", "frame", "time"]
_SAME_RATE = 0.01
_FEW = 2
_DOUBLED = -2
"""In place of a frame: another of the file is nearer to it, which is no sign of a wrong video."""

Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """How frames are to be matched.

    Attributes:
        how: "auto", "frame" or "time".
        offset: Frames of the video that are added.
        rate: Frames per second of the file; 0 takes what it says.
        partial: Leave out what the video has no frame for, instead of refusing.
    """

    how: How = "auto"
    offset: int = 0
    rate: float = 0.0
    partial: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """What fits, and what does not.

    Attributes:
        frames: Frames of the video with what the file has of them, ascending; boxes are px of the video's size.
        how: "frame" or "time".
        total: Frames in the file.
        left_out: Numbers in the file that have no frame in the video, or not one of their own.
        notices: What one should know, as sentences.
    """

    frames: Mapping[int, ReadFrame]
    how: str
    total: int
    left_out: tuple[int, ...]
    notices: tuple[str, ...]


def match(content: Content, place: Place, wish: Wish) -> Match:
    """Match a file with a video.

    Raises:
        ResultsError: They do not fit; the message has the numbers, the hint what to say.
    """
    if not content.frames:
        raise ResultsError(f"{content.name} holds no frames.", "There is nothing to import.")
    numbers = np.array([frame.number for frame in content.frames], np.int64)
    if len(np.unique(numbers)) != len(numbers):
        twice = int(numbers[:-1][np.diff(numbers) == 0][0])
        raise ResultsError(
            f"{content.name} has frame {twice} twice.", "It is damaged, or several files in one."
        )
    _must_be_once(content)
    rate = wish.rate or content.rate
    how = _how(content, place, wish, rate)
    if how == "frame":
        targets, notices = _by_number(content, numbers, place, wish)
    else:
        targets, notices = _by_time(content, numbers, place, wish, rate)
    left_out = numbers[targets == -1]
    if len(left_out) and not wish.partial:
        raise _beyond(content, numbers, left_out, place, wish, how)
    scale, said = _scale(content, place)
    found = {
        int(target): _moved(frame, int(target), scale, place)
        for frame, target in zip(content.frames, targets, strict=True)
        if target >= 0
    }
    if not found:
        raise ResultsError(
            f"No frame of {content.name} is one of {place.name}.", "Are they of another video?"
        )
    if left_out.size:
        notices.append(
            f"Left out, since the video has no frame of their own for them: {_named(left_out.tolist())}."
        )
    return Match(dict(sorted(found.items())), how, len(numbers), tuple(left_out.tolist()), (*notices, *said))


def _must_be_once(content: Content) -> None:
    for frame in content.frames:
        named = [track for track in frame.tracks if track is not None]
        if len(named) != len(set(named)):
            twice = next(track for track in named if named.count(track) > 1)
            raise ResultsError(
                f"{content.name} has track {twice} twice in frame {frame.number}.",
                "Nobody is in two places at once: it is damaged, or made of several files.",
            )


def _how(content: Content, place: Place, wish: Wish, rate: float) -> str:
    if wish.how == "auto":
        unlike = rate and abs(rate / place.rate - 1) > _SAME_RATE
        return "time" if unlike and not content.sourced else "frame"
    if wish.how == "time" and not rate and any(frame.time is None for frame in content.frames):
        raise ResultsError(
            f"{content.name} does not say its frame rate, so it cannot be matched by time.",
            "Say it, such as --rate 30.",
        )
    return wish.how


def _by_number(content: Content, numbers: Numbers, place: Place, wish: Wish) -> tuple[Numbers, list[str]]:
    count, have = content.count, place.frame_count
    notices = []
    if content.identity and place.identity and content.identity != place.identity:
        notices.append(
            f"It was made of a video whose frames are at other times than those of {place.name}: a copy that was "
            "encoded again, or another one."
        )
    if count is not None and count != have:
        said = f"It is of a video of {count} frames, and {place.name} has {have}"
        if (
            wish.how == "auto"
            and not wish.offset
            and not wish.partial
            and not _near(count, have)
            and not content.sourced
        ):
            raise ResultsError(
                f"{content.name} has {count} frames, {place.name} has {have}.",
                "Say what it is: match by time (--match time --rate FPS) if it was made at another frame rate, "
                "an offset (--offset N) if it begins at frame N, or match by number (--match frame) if it has "
                "only the first frames.",
            )
        notices.append(f"{said}: matched by number, from frame {int(numbers[0]) + wish.offset} on.")
    targets = numbers + wish.offset
    return np.where((targets >= 0) & (targets < have), targets, -1), notices


def _near(count: int, have: int) -> bool:
    """Programs lose a frame or two at the end."""
    return abs(count - have) <= _FEW


def _by_time(
    content: Content, numbers: Numbers, place: Place, wish: Wish, rate: float
) -> tuple[Numbers, list[str]]:
    known = [frame.time for frame in content.frames]
    if wish.rate or any(time is None for time in known):
        seconds, said = numbers / rate, f"by time, at {rate:g} frames per second"
    else:
        seconds, said = np.array(known, np.float64), "by the times it holds"
    if rate and abs(rate / place.rate - 1) > _SAME_RATE:
        said += f", where the video has {place.rate:.5g}"
    begin = place.times[0] + wish.offset / place.rate
    seconds = seconds + begin
    targets = _nearest(seconds, place, max(1 / place.rate, 1 / rate if rate else 0.0))
    doubled = int((targets == _DOUBLED).sum())
    notices = [f"Frames are matched {said}."]
    if doubled:
        notices.append(
            f"{doubled} frames of the file fall on a frame that another is nearer to, and are left out."
        )
    return targets, notices


def _nearest(seconds: Numbers, place: Place, step: float) -> Numbers:
    """Frame shown at each time; of several that are nearest to one frame the nearest has it."""
    right = np.minimum(np.maximum(np.searchsorted(place.times, seconds), 1), place.frame_count - 1)
    before = np.maximum(right - 1, 0)
    left = np.abs(seconds - place.times[before]) <= np.abs(place.times[right] - seconds)
    nearest = np.where(left, before, right)
    off = np.abs(place.times[nearest] - seconds)
    order = np.lexsort((off, nearest))
    first = np.ones(len(order), bool)
    first[1:] = np.diff(nearest[order]) > 0
    targets = np.full(len(order), _DOUBLED)
    targets[order[first]] = nearest[order[first]]
    reach = np.where(seconds > place.times[-1], 1.0, 0.51) * step  # the last frame is shown for a whole one
    return np.where(off <= reach, targets, -1)


def _beyond(
    content: Content, numbers: Numbers, left_out: Numbers, place: Place, wish: Wish, how: str
) -> ResultsError:
    shifted = f" with offset {wish.offset}" if wish.offset else ""
    first, last = int(numbers[0]), int(numbers[-1])
    return ResultsError(
        f"{content.name} has frames {first} to {last}{shifted}; {place.name} has frames 0 to {place.frame_count - 1}: "
        f"{len(left_out)} have none.",
        "Match by time (--match time --rate FPS) if the file was made at another frame rate, move it (--offset N), "
        f"or leave {_named(left_out.tolist())} out (--partial)."
        if how == "frame"
        else "Say its rate (--rate FPS), move it (--offset N), or leave out what does not fit (--partial).",
    )


def _scale(content: Content, place: Place) -> tuple[float, tuple[str, ...]]:
    if content.size is None or content.size == place.size or 0 in content.size:
        return 1.0, ()
    (width, height), (wide, high) = content.size, place.size
    said = f"{content.name} is of pictures of {width}×{height}, {place.name} of {wide}×{high}"
    if abs(width * high / (height * wide) - 1) > 0.01:
        turned = " One of them is turned." if abs(height * high / (width * wide) - 1) < 0.01 else ""
        raise ResultsError(
            f"{said}, which is of another shape.{turned}",
            "Are they of another video, or of one that was cut?",
        )
    return wide / width, (f"{said}: boxes, masks and focal length are scaled by {wide / width:.4g}.",)


def _moved(frame: ReadFrame, target: int, scale: float, place: Place) -> ReadFrame:
    """The frame under its number in the video, at the video's size."""
    failure = None if frame.failure is None else replace(frame.failure, frame_index=target)
    result = frame.result
    if result is not None:
        people = scaled(result.people, scale, place.size)
        rejected = replace(result.rejected, boxes=(result.rejected.boxes * np.float32(scale)))
        result = replace(result, frame_index=target, people=people, rejected=rejected)
    return replace(frame, number=target, result=result, failure=failure)


def _named(numbers: list[int]) -> str:
    """Frames, runs put together, the first few of them."""
    spans = [f"{first}" if first == last else f"{first}–{last}" for first, last in runs(numbers)]
    more = f" and {len(spans) - 4} more stretches" if len(spans) > 4 else ""
    return f"{'frame' if len(numbers) == 1 else 'frames'} {', '.join(spans[:4])}{more}"
