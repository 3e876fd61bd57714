"""Following people through frames that are run in order.

Frame by frame each person is looked for where they were; on every other frame one detector pass over the whole
picture looks for newcomers. The full search, which sees small people too and renews the evidence, runs on the
first frame, on every twelfth, and whenever somebody was lost, on that frame and the next few. Landmarks are smoothed
over time, and a person's shape is the median of the shapes so far. A frame that does not follow the one before
in the same sequence is run in the state that the journal has of it, as after a restart of the engine; where there is
none it starts anew. A frame that was not finished leaves no state behind. So a result depends on the frames before it
in its sequence, however often the engine was ended and started in between, and a single frame on nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.engines.mediapipe.finding import Finder, Found, Tell
from pipeline.engines.mediapipe.journal import Journal
from pipeline.engines.mediapipe.rotations import Array
from pipeline.engines.mediapipe.smoothing import PoseFilter
from pipeline.engines.mediapipe.trail import Trail
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
    """Follows the people of one sequence at a time.

    Attributes:
        finder: Finds people.
        journal: Where the state outlives the engine.
    """

    finder: Finder
    journal: Journal
    _sequence: str = ""
    _next_index: int = -1
    _trail: Trail = field(default_factory=Trail)
    _seen: list[Found] = field(default_factory=list)

    def find(self, frame: Frame, sequence: str, tell: Tell) -> tuple[list[Found], str]:
        """People of a frame, and a sentence on how they were looked for.

        The state stays open until `finished`; a frame that never gets there is forgotten.

        Raises:
            Cancelled: By `tell`.
        """
        image = frame.image
        if not sequence:
            # Leaves the state alone: a range that is being run goes on as if nobody had asked in between.
            return self.finder.search(image, [], tell), "searched everywhere"
        continues = self._take_up(sequence, frame.index)
        found, how = self._continue(image, tell) if continues else self._start(image, tell)
        self._seen = [self._named(one) for one in found]
        return self._steadied(self._seen, frame.time), how

    def finished(self, frame: Frame, sequence: str) -> None:
        """A frame that was looked for with `find` is done, shapes and all: the next one goes on from here."""
        if not sequence:
            return
        self._trail.follow([one for one in self._seen if one.score >= _WORTH_FOLLOWING])
        self._sequence, self._next_index = sequence, frame.index + 1
        self.journal.write(sequence, self._next_index, self._trail)

    def _take_up(self, sequence: str, frame: int) -> bool:
        """Have the state in which a frame is to be run, if there is one; until it is finished, there is none."""
        goes_on = (sequence, frame) == (self._sequence, self._next_index)
        self._sequence, self._next_index = "", -1
        if goes_on:
            return True
        recalled = self.journal.recall(sequence, frame)
        self._trail = recalled or Trail()
        return recalled is not None

    def settled_shape(self, identity: int) -> Array | None:
        """A person's shape (10,) once it is settled."""
        kept = self._trail.shapes.get(identity, [])
        return self._median(identity) if len(kept) >= _SHAPES else None

    def add_shape(self, identity: int, betas: Array) -> Array:
        """Take one more estimate (10,) of a person's shape; returns the median so far."""
        self._trail.shapes.setdefault(identity, []).append(betas)
        return self._median(identity)

    def _median(self, identity: int) -> Array:
        return np.asarray(np.median(self._trail.shapes[identity], axis=0), np.float64)

    def _start(self, image: Image, tell: Tell) -> tuple[list[Found], str]:
        return self.finder.search(image, [], tell), "started a sequence, searched everywhere"

    def _continue(self, image: Image, tell: Tell) -> tuple[list[Found], str]:
        trail, before = self._trail, self._trail.people
        found = self.finder.follow(image, before)
        how = f"followed {len(found)} of {len(before)}"
        still = {one.identity for one in found}
        if any(one.score >= _WORTH_A_SEARCH for one in before if one.identity not in still):
            trail.searches_due = _SEARCH_AFTER_LOSS
        trail.since_search += 1
        if trail.since_search < SEARCH_EVERY and not trail.searches_due:
            if found and trail.since_search % _GLANCE_EVERY:
                return found, how
            return self.finder.glance(image, found), f"{how}, looked at the whole picture"
        trail.since_search, trail.searches_due = 0, max(trail.searches_due - 1, 0)
        return self.finder.search(image, found, tell), f"{how}, searched everywhere"

    def _steadied(self, people: list[Found], time: float) -> list[Found]:
        """With landmarks smoothed over time; who was lost starts anew."""
        trail = self._trail
        seconds, trail.time = max(time - trail.time, _SHORTEST), time
        filters = trail.filters = {
            one.identity: trail.filters.get(one.identity, PoseFilter()) for one in people
        }
        return [replace(one, pose=filters[one.identity](one.pose, seconds)) for one in people]

    def _named(self, one: Found) -> Found:
        if one.identity:
            return one
        self._trail.last_identity += 1
        return replace(one, identity=self._trail.last_identity)
