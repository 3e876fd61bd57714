"""What is remembered of videos: who is who in them, and results, for requests that are repeated."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pipeline.structures import FrameResult, Int
from pipeline.track import MAX_GAP, NOBODY, SIGHTINGS, Observation, link_frame, observe

_KEPT = 300
"""Frames of a video that are remembered: those to both sides of a frame that its people are looked for in."""

_REACH = 60
"""Frames back in which a number of the engine's own tracker is looked for, as in a session."""


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """A result, and who its people are.

    Attributes:
        result: What the engine made.
        tracks: (N,) from 1; NOBODY in a frame on its own.
        waited: Seconds it waited for the engine.
        ran: Seconds the engine took.
    """

    result: FrameResult
    tracks: Int
    waited: float = 0.0
    ran: float = 0.0


@dataclass(slots=True)
class _Video:
    """One video's people so far: by frame, the observation and the engine's own numbers, used last at the end."""

    frames: OrderedDict[int, tuple[Observation, tuple[int, ...]]] = field(default_factory=OrderedDict)
    next_id: int = 1

    def around(self, frame: int) -> list[Observation]:
        """The frames before and after in which tracks were last and next seen."""
        near = sorted(self.frames, key=lambda other: abs(other - frame))
        sides: dict[tuple[int, bool], int] = {}
        chosen = []
        for other in near:
            if other == frame or abs(other - frame) > MAX_GAP:
                continue
            seen = self.frames[other][0]
            sides_of = [(track, other > frame) for track in seen.tracks.tolist() if track != NOBODY]
            if any(sides.get(side, 0) < SIGHTINGS for side in sides_of):
                chosen.append(seen)
            for side in sides_of:
                sides[side] = sides.get(side, 0) + 1
        return chosen

    def proposed(self, frame: int, numbers: Int) -> Int:
        """Tracks by the engine's own numbers: those that the nearest earlier frame gave to them."""
        known: dict[int, int] = {}
        for earlier in self._earlier(frame):
            seen, own = self.frames[earlier]
            for number, track in zip(own, seen.tracks.tolist(), strict=True):
                if number >= 0 and number not in known and track not in known.values():
                    known[number] = track
        return np.array([known.get(number, NOBODY) for number in numbers.tolist()], np.int64)

    def _earlier(self, frame: int) -> Iterator[int]:
        return (other for other in sorted(self.frames, reverse=True) if frame - _REACH <= other < frame)

    def add(self, result: FrameResult) -> Int:
        frame, own = result.frame_index, result.tracks
        old = self.frames.pop(frame, None)
        tracks, _ = link_frame(
            observe(result),
            self.around(frame),
            old=None if old is None else old[0],
            proposed=None if own is None else self.proposed(frame, own),
            next_id=self.next_id,
        )
        self.next_id = max([self.next_id, *(tracks + 1).tolist()])
        numbers = tuple(own.tolist()) if own is not None else (-1,) * len(tracks)
        self.frames[frame] = (observe(result, tracks), numbers)
        while len(self.frames) > _KEPT:
            self.frames.popitem(last=False)
        return tracks


class Videos:
    """The videos clients send frames of, by id; each and all of them bounded. Any thread may use it."""

    def __init__(self, most_videos: int, most_answers: int) -> None:
        """Remember at most so many videos, and results over all of them."""
        self._most_videos = most_videos
        self._most_answers = most_answers
        self._videos: OrderedDict[str, _Video] = OrderedDict()
        self._answers: OrderedDict[str, Tracked] = OrderedDict()
        self._lock = threading.Lock()

    def track(self, video_id: str, result: FrameResult) -> Int:
        """Say who the people of a new result are, and remember them; NOBODY for a frame on its own."""
        if not video_id:
            return np.full(len(result.people), NOBODY, np.int64)
        with self._lock:
            video = self._videos.pop(video_id, None) or _Video()
            self._videos[video_id] = video
            while len(self._videos) > self._most_videos:
                self._videos.popitem(last=False)
            return video.add(result)

    def remember(self, key: str, tracked: Tracked) -> None:
        """Keep a result for whoever asks the same again; an empty key is nobody's."""
        if key:
            with self._lock:
                self._answers[key] = tracked
                while len(self._answers) > self._most_answers:
                    self._answers.popitem(last=False)

    def answer(self, key: str) -> Tracked | None:
        """What was answered to the same request."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)
