"""Following people through frames that are run in order.

Frame by frame each person is looked for where they were; on every other frame one detector pass over the whole
picture looks for newcomers. The full search, which sees small people too and renews the evidence, runs on the
first frame, on every twelfth, and whenever somebody was lost, on that frame and the next few. Landmarks are smoothed
over time, and a person's shape is the median of the shapes so far. A frame that does not follow the one before
in the same sequence starts anew, so a single frame depends on nothing that ran before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.engines.mediapipe.finding import Finder, Found, Tell
from pipeline.engines.mediapipe.rotations import Array
from pipeline.engines.mediapipe.smoothing import PoseFilter
from pipeline.structures import Frame, Image

SEARCH_EVERY = 12
_GLANCE_EVERY = 2
_SEARCH_AFTER_LOSS = 3
# Who is less sure than this is not followed; only the loss of who was surer is a reason to search.
_WORTH_FOLLOWING = 0.25
_WORTH_A_SEARCH = 0.5
# After so many frames a person's shape is settled: their median, about one second of video.
_SHAPES = 30
_SHORTEST = 1e-3  # s between two frames, should a file say less


@dataclass
class Follower:
    """The state of one sequence.

    Attributes:
        finder: Finds people.
    """

    finder: Finder
    _sequence: str = ""
    _next_index: int = -1
    _since_search: int = 0
    _searches_due: int = 0
    _people: list[Found] = field(default_factory=list)
    _shapes: dict[int, list[Array]] = field(default_factory=dict)
    _filters: dict[int, PoseFilter] = field(default_factory=dict)
    _time: float = 0.0
    _last_identity: int = 0

    def find(self, frame: Frame, sequence: str, tell: Tell) -> tuple[list[Found], str]:
        """People of a frame, and a sentence on how they were looked for.

        Raises:
            Cancelled: By `tell`; the state then starts anew.
        """
        image = frame.image
        if not sequence:
            # Leaves the state alone: a range that is being run goes on as if nobody had asked in between.
            return self.finder.search(image, [], tell), "searched everywhere"
        continues = sequence == self._sequence and frame.index == self._next_index
        before = self._people if continues else []
        self._forget()
        found, how = self._continue(image, before, tell) if continues else self._start(image, tell)
        people = [self._named(one) for one in found]
        self._people = [one for one in people if one.score >= _WORTH_FOLLOWING]
        self._sequence, self._next_index = sequence, frame.index + 1
        return self._steadied(people, frame.time), how

    def _forget(self) -> None:
        self._sequence, self._next_index, self._people = "", -1, []

    def settled_shape(self, identity: int) -> Array | None:
        """A person's shape (10,) once it is settled."""
        kept = self._shapes.get(identity, [])
        return self._median(identity) if len(kept) >= _SHAPES else None

    def add_shape(self, identity: int, betas: Array) -> Array:
        """Take one more estimate (10,) of a person's shape; returns the median so far."""
        self._shapes.setdefault(identity, []).append(betas)
        return self._median(identity)

    def _median(self, identity: int) -> Array:
        return np.asarray(np.median(self._shapes[identity], axis=0), np.float64)

    def _start(self, image: Image, tell: Tell) -> tuple[list[Found], str]:
        self._shapes, self._filters = {}, {}
        self._last_identity, self._since_search, self._searches_due = 0, 0, 0
        return self.finder.search(image, [], tell), "started a sequence, searched everywhere"

    def _continue(self, image: Image, before: list[Found], tell: Tell) -> tuple[list[Found], str]:
        found = self.finder.follow(image, before)
        how = f"followed {len(found)} of {len(before)}"
        still = {one.identity for one in found}
        if any(one.score >= _WORTH_A_SEARCH for one in before if one.identity not in still):
            self._searches_due = _SEARCH_AFTER_LOSS
        self._since_search += 1
        if self._since_search < SEARCH_EVERY and not self._searches_due:
            if found and self._since_search % _GLANCE_EVERY:
                return found, how
            return self.finder.glance(image, found), f"{how}, looked at the whole picture"
        self._since_search, self._searches_due = 0, max(self._searches_due - 1, 0)
        return self.finder.search(image, found, tell), f"{how}, searched everywhere"

    def _steadied(self, people: list[Found], time: float) -> list[Found]:
        """With landmarks smoothed over time; who was lost starts anew."""
        seconds, self._time = max(time - self._time, _SHORTEST), time
        self._filters = {one.identity: self._filters.get(one.identity, PoseFilter()) for one in people}
        return [replace(one, pose=self._filters[one.identity](one.pose, seconds)) for one in people]

    def _named(self, one: Found) -> Found:
        if one.identity:
            return one
        self._last_identity += 1
        return replace(one, identity=self._last_identity)
