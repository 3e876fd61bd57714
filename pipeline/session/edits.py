"""What a reviewer can change. Applying an edit returns the edit that undoes it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Protocol

from pipeline.session.store import Store
from pipeline.session.tracks import Cell, Color
from pipeline.session.versions import NONE
from pipeline.structures import Changes


class Edit(Protocol):
    """One change to a session. Fields are plain values, since edits are stored as JSON."""

    @property
    def label(self) -> str:
        """What the menu calls it: "Rename track"."""

    def apply(self, store: Store) -> Edit:
        """Do it, inside a transaction; returns the edit that undoes it."""

    def touched(self) -> Changes:
        """What doing it touches; an edit's inverse touches the same."""

    def top_track(self) -> int:
        """The highest track it names, or 0."""


@dataclass(frozen=True, slots=True)
class _TrackEdit:
    """A change of how one track is shown."""

    track_id: int

    def touched(self) -> Changes:
        """Tracks, and no frame's results or assignments."""
        return Changes(tracks=True)

    def top_track(self) -> int:
        """The track."""
        return self.track_id


@dataclass(frozen=True, slots=True)
class RenameTrack(_TrackEdit):
    """Name a track; empty for "Person ID"."""

    name: str
    label: str = "Rename track"

    def apply(self, store: Store) -> RenameTrack:
        """Rename it."""
        before = store.looks(self.track_id).name
        store.set_track_name(self.track_id, self.name)
        return dataclasses.replace(self, name=before)


@dataclass(frozen=True, slots=True)
class RecolorTrack(_TrackEdit):
    """Colour a track; None for the palette's colour."""

    color: Color | None
    label: str = "Colour track"

    def apply(self, store: Store) -> RecolorTrack:
        """Colour it."""
        before = store.looks(self.track_id).color
        store.set_track_color(self.track_id, self.color)
        return dataclasses.replace(self, color=before)


@dataclass(frozen=True, slots=True)
class ShowTrack(_TrackEdit):
    """Show or hide a track."""

    visible: bool
    label: str = "Show or hide track"

    def apply(self, store: Store) -> ShowTrack:
        """Show or hide it."""
        before = store.looks(self.track_id).visible
        store.set_track_visible(self.track_id, self.visible)
        return dataclasses.replace(self, visible=before)


@dataclass(frozen=True, slots=True)
class SetCells:
    """Say who exactly these people of exactly these versions are; what most edits are undone with."""

    cells: tuple[Cell, ...]
    label: str

    def apply(self, store: Store) -> SetCells:
        """Say it; those who are that already are left out of the inverse."""
        now = store.cells_now(self.cells)
        changed = [(was, cell) for was, cell in zip(now, self.cells, strict=True) if was and was != cell]
        store.set_cells(cell for _, cell in changed)
        return SetCells(tuple(was for was, _ in changed), self.label)

    def touched(self) -> Changes:
        """The versions' frames, and the tracks' counts."""
        return Changes(frozenset(cell.frame for cell in self.cells), tracks=bool(self.cells))

    def top_track(self) -> int:
        """The highest track among the cells."""
        return max((cell.track or 0 for cell in self.cells), default=0)


@dataclass(frozen=True, slots=True)
class AssignPerson:
    """The reviewer says who a person of a frame's counting version is.

    Whoever had that track in the frame gets the person's former one: two people whose IDs were mixed up
    are set right with one assignment.
    """

    frame: int
    slot: int
    track_id: int | None
    label: str = "Assign person"

    def apply(self, store: Store) -> SetCells:
        """Assign; a person who is not there is a ValueError."""
        version = store.counting_version(self.frame)
        cells = () if version is None else store.cells(self.frame, version)
        if not 0 <= self.slot < len(cells):
            raise ValueError(f"frame {self.frame} has no person {self.slot}")
        person = cells[self.slot]
        wanted = [person._replace(track=self.track_id, reviewer=True)]
        wanted += [
            cell._replace(track=person.track, reviewer=False)
            for cell in cells
            if self.track_id is not None and cell.track == self.track_id and cell.slot != self.slot
        ]
        return SetCells(tuple(wanted), self.label).apply(store)

    def touched(self) -> Changes:
        """The frame."""
        return Changes(frozenset({self.frame}), tracks=True)

    def top_track(self) -> int:
        """The track."""
        return self.track_id or 0


@dataclass(frozen=True, slots=True)
class ReassignTrack:
    """The reviewer says that a track is another one, in all frames or from one to another.

    Where the other track is seen too the two are two people, so there they stay as they are.

    Attributes:
        track_id: The track whose people are moved.
        to: The track they move to.
        first: First frame.
        last: Last frame; None for the end.
    """

    track_id: int
    to: int
    first: int = 0
    last: int | None = None
    label: str = "Reassign track"

    def moves(self, store: Store) -> tuple[Cell, ...]:
        """The people that move, as they are now: what doing it would touch."""
        taken = {cell.frame for cell in store.cells_of(self.to)}
        return tuple(
            cell
            for cell in store.cells_of(self.track_id)
            if cell.frame not in taken
            and self.first <= cell.frame
            and (self.last is None or cell.frame <= self.last)
        )

    def apply(self, store: Store) -> SetCells:
        """Move them."""
        wanted = tuple(cell._replace(track=self.to, reviewer=True) for cell in self.moves(store))
        return SetCells(wanted, self.label).apply(store)

    def touched(self) -> Changes:
        """Any frame: only doing it tells which."""
        return Changes(None, tracks=True)

    def top_track(self) -> int:
        """The higher of the two."""
        return max(self.track_id, self.to)


@dataclass(frozen=True, slots=True)
class UseVersion:
    """Let a version of a frame count. One that an undone run made is taken back for it.

    Attributes:
        frame: The frame.
        version: The version's id; 0 for the newest, whichever that is by then; `NONE` for none.
        back: Set in an inverse: what its own inverse is, so that redoing chooses the same version again
            although a newer one has come.
        shelve: Set in an inverse: a version to set aside again.
    """

    frame: int
    version: int
    back: int | None = None
    label: str = "Use version"
    shelve: int = 0

    def apply(self, store: Store) -> UseVersion:
        """Let it count."""
        before = store.counting_version(self.frame) or NONE
        was_newest = before == store.newest_version(self.frame)
        taken = self.version if self.version > 0 and store.is_shelved(self.version) else 0
        if taken:
            store.unshelve(taken)
        store.use_version(self.frame, self.version)
        if self.shelve:
            store.shelve(self.shelve)
        if self.back is None and before == store.counting_version(self.frame):
            return self
        if self.back is not None:
            before = self.back
        elif was_newest:
            before = 0
        return UseVersion(self.frame, before, self.version, self.label, taken)

    def touched(self) -> Changes:
        """The frame, and the tracks' counts."""
        return Changes(frozenset({self.frame}), tracks=True)

    def top_track(self) -> int:
        """It names none."""
        return 0
