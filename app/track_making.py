"""The edits of whole tracks, as the reviewer asks for them, with names that say what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.units import format_count

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.session.edits import ReassignTrack
    from pipeline.session.touching import TrackEdit


class Making:
    """Makes edits for the frame one is at. A track 0 is one that is new."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def swap(self, mine: int, other: int) -> TrackEdit:
        """Two tracks swapped from the current frame on."""
        from pipeline.session.track_edits import SwapTracks

        here = self._program.view.frame_index
        return SwapTracks(mine, other, here, f"Swap {self.name(mine)} and {self.name(other)} from {here} on")

    def merge(self, mine: int, other: int) -> ReassignTrack:
        """A track that becomes part of another."""
        from pipeline.session.edits import ReassignTrack

        return ReassignTrack(mine, other, label=f"Merge {self.name(mine)} into {self.name(other)}")

    def move(self, mine: int, other: int, span: tuple[int, int]) -> ReassignTrack:
        """A track's people in a range that become another's, or a new one's."""
        from pipeline.session.edits import ReassignTrack

        label = f"Move {self.name(mine)} to {self.name(other)}, {stretch(*span)}"
        return ReassignTrack(mine, other or self._new(), *span, label=label)

    def split(self, mine: int) -> TrackEdit:
        """A track that is a new one from the current frame on."""
        from pipeline.session.track_edits import SplitTrack

        here = self._program.view.frame_index
        return SplitTrack(mine, here, self._new(), f"Split {self.name(mine)} at {here}")

    def delete(self, mine: int, first: int = 0, last: int | None = None) -> TrackEdit:
        """A track's people who go, from a frame to another or to the end."""
        from pipeline.session.track_edits import DeleteFromTrack

        where = f", {stretch(first, last)}" if (first, last) != (0, None) else ""
        return DeleteFromTrack(mine, first, last, f"Delete {self.name(mine)}{where}")

    def name(self, track: int) -> str:
        """What a track is called."""
        if not track:
            return "a new track"
        known = {one.track_id: one.title for one in self._program.session.tracks()}
        return known.get(track, f"Person {track}")

    def _new(self) -> int:
        store = self._program.session.store
        return store.new_track_id() if store is not None else 0


def counted(frames: int) -> str:
    """So many frames, in words."""
    return f"{format_count(frames)} frame{'' if frames == 1 else 's'}"


def stretch(first: int, last: int | None) -> str:
    """From one frame to another, or to the end, in words."""
    if last is None:
        return f"from {format_count(first)} on"
    return f"frame {format_count(first)}" if first == last else f"{format_count(first)}–{format_count(last)}"
