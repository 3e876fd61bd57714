"""A wish to run some frames, and how far it is."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer

from pipeline.job import Job
from pipeline.structures import RunOptions
from widgets.values import Preferences

if TYPE_CHECKING:
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
        number: The session's number of the run, once there is an outcome.
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
    number: int | None = None
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
