"""Runs as steps of the history: undone, what they brought is set aside; redone, it is there again."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.session.shelf import Recorded
from pipeline.session.store import Store
from pipeline.spans import runs
from pipeline.structures import Changes


@dataclass(frozen=True, slots=True)
class _RunEdit:
    """A change of all that a run brought.

    Attributes:
        run: The run.
        label: What the menu calls it.
        spans: First and last of each run of frames it has outcomes for, once it was done.
    """

    run: int
    label: str
    spans: tuple[tuple[int, int], ...] = ()

    def touched(self) -> Changes:
        """The run's frames, once it was done; all before."""
        frames = (frame for first, last in self.spans for frame in range(first, last + 1))
        return Changes(frozenset(frames) if self.spans else None, tracks=True)

    def top_track(self) -> int:
        """Its tracks are in the session, set aside or not."""
        return 0


@dataclass(frozen=True, slots=True)
class TakeBackRun(_RunEdit):
    """Set aside what a run brought: the versions that counted before count again."""

    def apply(self, store: Store) -> BringBackRun:
        """Set it aside, the newest outcome first."""
        outcomes = store.recorded(self.run, newest_first=True)
        for outcome in outcomes:
            store.take_back(self.run, outcome)
        return BringBackRun(self.run, self.label, _spans(outcomes))


@dataclass(frozen=True, slots=True)
class BringBackRun(_RunEdit):
    """Let what a run brought be there again."""

    def apply(self, store: Store) -> TakeBackRun:
        """Bring it back, the oldest outcome first."""
        outcomes = store.recorded(self.run, newest_first=False)
        for outcome in outcomes:
            store.bring_back(self.run, outcome)
        return TakeBackRun(self.run, self.label, _spans(outcomes))


def _spans(outcomes: list[Recorded]) -> tuple[tuple[int, int], ...]:
    return tuple(runs(sorted({outcome.frame for outcome in outcomes})))
