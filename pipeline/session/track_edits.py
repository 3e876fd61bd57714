"""Edits of whole tracks: swap, split, delete. Each tells beforehand whom it moves (`moves`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.session.edits import SetCells
from pipeline.session.store import Store
from pipeline.session.tracks import Cell
from pipeline.structures import Changes


def say(store: Store, people: Sequence[Cell], track_of: Callable[[int], int | None], label: str) -> SetCells:
    """The reviewer says who people, given as they are now, are by the track they have; returns the inverse."""
    wanted = (cell._replace(track=track_of(cell.track or 0), reviewer=True) for cell in people)
    changed = [(cell, after) for cell, after in zip(people, wanted, strict=True) if cell != after]
    store.set_cells(after for _, after in changed)
    return SetCells(tuple(cell for cell, _ in changed), label)


@dataclass(frozen=True, slots=True)
class _Moving:
    """The reviewer moves people to other tracks; only doing it tells which frames they are in."""

    def touched(self) -> Changes:
        """Any frame."""
        return Changes(None, tracks=True)


@dataclass(frozen=True, slots=True)
class SwapTracks(_Moving):
    """Two tracks were mixed up: from a frame on each is the other.

    Attributes:
        track_id: The one.
        other: The other.
        first: First frame.
    """

    track_id: int
    other: int
    first: int
    label: str = "Swap tracks"

    def moves(self, store: Store) -> tuple[Cell, ...]:
        """The people who move, as they are now."""
        both = (*store.cells_of(self.track_id, self.first), *store.cells_of(self.other, self.first))
        return tuple(sorted(both, key=lambda cell: (cell.frame, cell.slot)))

    def apply(self, store: Store) -> SetCells:
        """Swap them."""
        mine = {self.track_id: self.other}
        return say(store, self.moves(store), lambda track: mine.get(track, self.track_id), self.label)

    def top_track(self) -> int:
        """The higher of the two."""
        return max(self.track_id, self.other)


@dataclass(frozen=True, slots=True)
class SplitTrack(_Moving):
    """A track is two people: from a frame on it is another, new one.

    Attributes:
        track_id: The track.
        first: The new one's first frame.
        to: The new one, from `Store.new_track_id`.
    """

    track_id: int
    first: int
    to: int
    label: str = "Split track"

    def moves(self, store: Store) -> tuple[Cell, ...]:
        """The people who move, as they are now: none if nobody would stay."""
        earlier = self.first > 0 and store.cells_of(self.track_id, 0, self.first - 1)
        return tuple(store.cells_of(self.track_id, self.first)) if earlier else ()

    def apply(self, store: Store) -> SetCells:
        """Split it."""
        return say(store, self.moves(store), lambda _track: self.to, self.label)

    def top_track(self) -> int:
        """The new one."""
        return max(self.track_id, self.to)


@dataclass(frozen=True, slots=True)
class DeleteFromTrack(_Moving):
    """People of a track are none: in a frame, a range, or everywhere. Their results stay, unseen.

    Attributes:
        track_id: The track.
        first: First frame.
        last: Last frame; None for the end.
    """

    track_id: int
    first: int = 0
    last: int | None = None
    label: str = "Delete person"

    def moves(self, store: Store) -> tuple[Cell, ...]:
        """The people who go, as they are now."""
        return tuple(store.cells_of(self.track_id, self.first, self.last))

    def apply(self, store: Store) -> SetCells:
        """Delete them."""
        return say(store, self.moves(store), lambda _track: None, self.label)

    def top_track(self) -> int:
        """The track."""
        return self.track_id
