"""What is to be plotted now, of whom, or why nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.plot_choices import SIGNAL, Choices, signal_of
from pipeline.structures import Track
from widgets.values import Range

if TYPE_CHECKING:
    from app.compose import Program


class PlotScope:
    """Puts together what was chosen, who is selected, and which problem one is at.

    Attributes:
        choices: What was chosen in the tab.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self.choices = Choices()

    def people(self) -> tuple[Track, ...]:
        """Whose curves are shown: the selected person's, then those of the pinned ones."""
        known = {track.track_id: track for track in self._program.session.tracks()}
        wanted = (self._program.view.selected_track, *self.choices.pinned)
        return tuple(known[track] for track in dict.fromkeys(wanted) if track is not None and track in known)

    def plotted(self) -> tuple[str, ...]:
        """Keys from top to bottom: what is chosen, and the signal of the current problem."""
        current = self._program.problems.current
        return self.choices.ordered(SIGNAL + current.signal if current is not None else "")

    def spans(self) -> dict[str, Range]:
        """What is highlighted, by key: the frames of the current problem."""
        current = self._program.problems.current
        return {SIGNAL + current.signal: (current.first, current.last)} if current is not None else {}

    def why_none(self, *, counted: bool) -> str:
        """Why there is nothing to see; empty if there is something.

        Args:
            counted: Whether the video's frames are known.
        """
        session = self._program.session
        if session.video is None:
            return "Open a video first."
        if session.store is None:
            return "There is no session."
        if not counted:
            return "The frames are being counted…"
        if not self.plotted():
            return "Choose what to plot under Curves."
        if not self.people() and not any(_of_frames(key) for key in self.plotted()):
            if not session.tracks():
                return "Nothing has been run yet. Run some frames to see how people move."
            return "Select a person to see their curves.\nPin one to compare it with others."
        return ""


def _of_frames(key: str) -> bool:
    """Whether it is plotted without any person."""
    signal = signal_of(key)
    return signal is not None and not signal.per_track
