"""A wish to run some frames, and how far it is."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer

from pipeline.job import Job
from pipeline.structures import RunOptions
from widgets.values import Preferences, RunProgress

if TYPE_CHECKING:
    from app.joining import Joining
    from pipeline.video import Video


@dataclass(eq=False)
class Run:
    """A wish to run some frames.

    Attributes:
        title: What the status bar says.
        frames: What is not handed to the lane yet.
        options: As the reviewer wants it.
        priority: On the engine lane.
        total: Frames wished for.
        span: First and last of them.
        step: What the history calls it; empty keeps it out of the history.
        joining: Where the person of a box goes, if it is run on one.
        wished: First and last of each run of neighbours among all frames wished for.
        engine: Name of the engine it was begun with.
        number: The session's number of the run, once there is an outcome.
        engine_id: What made the outcomes.
        named: Whether it is settled which earlier run in order it goes on with.
        taken_back: Whether it was undone; what still comes of it is not wanted.
        interrupted: Whether it waits for the engine to be loaded again.
        earlier: Frames that had an outcome before the program was started.
        done: Frames with an outcome.
        failed: Of these, failures.
        reason: Why the last of them failed, and what to do.
        paused: Whether it waits.
        jobs: What is on the lane.
        clock: Seconds spent, without pauses.
    """

    title: str
    frames: deque[int]
    options: RunOptions
    priority: int
    total: int
    span: tuple[int, int]
    step: str = ""
    joining: Joining | None = None
    wished: tuple[tuple[int, int], ...] = ()
    engine: str = ""
    number: int | None = None
    engine_id: str = ""
    named: bool = False
    taken_back: bool = False
    interrupted: bool = False
    earlier: int = 0
    done: int = 0
    failed: int = 0
    reason: tuple[str, str] = ("", "")
    paused: bool = False
    jobs: set[Job] = field(default_factory=set)
    clock: QElapsedTimer = field(default_factory=QElapsedTimer)
    spent: float = 0.0

    @property
    def seconds(self) -> float:
        """Time spent, without pauses."""
        return self.spent + (self.clock.elapsed() / 1000 if self.clock.isValid() else 0.0)

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        return not self.frames and not self.jobs

    @property
    def long(self) -> bool:
        """Whether it is worth keeping when it cannot go on now."""
        return self.total > 1

    def summary(self) -> tuple[str, str]:
        """What came of it, and what to do about what failed."""
        text = f"{self.title}: {self.done - self.failed} of {self.total} frames done"
        if not self.failed:
            return f"{text}.", ""
        why, hint = self.reason
        return f"{text}, {self.failed} failed: {why}" if why else f"{text}, {self.failed} failed.", hint

    def stopped(self) -> str:
        """Where it stopped: "The run of frames 0–179 stopped before frame 76: 76 of 180 frames are done."""
        title = f"{self.title[:1].lower()}{self.title[1:]}"
        done = f"{self.done} of {self.total} frames are done"
        return f"The run of {title} stopped before frame {self.frames[0]}: {done}."

    def progress(self, note: str = "") -> RunProgress:
        """How far it is, with a note behind its title."""
        title = f"{self.title} {note}".rstrip()
        return RunProgress(
            title, self.done, self.total, self.seconds, self.failed, self.paused, earlier=self.earlier
        )

    def pause(self, paused: bool) -> None:
        """Wait, or go on."""
        if paused == self.paused:
            return
        self.paused = paused
        if paused:
            self.spent = self.seconds
            self.clock.invalidate()
        else:
            self.clock.start()


def run_options(preferences: Preferences, video: Video | None = None) -> RunOptions:
    """What the preferences ask of a run on a video."""
    return RunOptions(
        score_threshold=preferences.score_threshold,
        min_size=preferences.min_size,
        max_people=preferences.max_people,
        masks=preferences.masks,
        focal_length=_focal_length(preferences, video),
    )


def _focal_length(preferences: Preferences, video: Video | None) -> float:
    """px; 0 leaves it to the engine's rule, also where the video does not say."""
    if preferences.focal_from == "value":
        return preferences.focal_length
    return video.focal_length if preferences.focal_from == "video" and video is not None else 0.0
