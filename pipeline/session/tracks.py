"""The part of a session that says who is who: assignments, and tracks' names, colours, visibility."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.palette import track_color
from pipeline.session.versions import Versions
from pipeline.structures import Assignment, Int, Track

Color = tuple[int, int, int]


class Cell(NamedTuple):
    """Who one person of one version is. Naming the version keeps an undo exact after a re-run.

    Attributes:
        frame: The version's frame.
        version: The version.
        slot: The person's row.
        track: The track, or None.
        reviewer: Whether the reviewer said so.
    """

    frame: int
    version: int
    slot: int
    track: int | None
    reviewer: bool


class Looks(NamedTuple):
    """What a reviewer may change of a track.

    Attributes:
        name: Empty means "Person ID".
        color: (R, G, B) in 0..255, or None for the palette's.
        visible: Whether it is drawn.
    """

    name: str = ""
    color: Color | None = None
    visible: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentTable:
    """Who is who in all frames' counting versions, sorted by frame and slot.

    Attributes:
        frames: (K,) frame of each person.
        slots: (K,) row in that frame.
        tracks: (K,) track, or -1 for none.
        by_reviewer: (K,) whether the reviewer said so.
    """

    frames: Int
    slots: Int
    tracks: Int
    by_reviewer: npt.NDArray[np.bool_]


class Tracks(Versions):
    """Assignments and tracks."""

    def assignments(self, frame: int) -> tuple[Assignment, ...]:
        """Who the people of a frame's counting version are, by slot."""
        version = self.counting_version(frame)
        cells = () if version is None else self.cells(frame, version)
        return tuple(
            Assignment(c.frame, c.slot, c.track, "reviewer" if c.reviewer else "tracker") for c in cells
        )

    def set_assignments(self, assignments: Iterable[Assignment]) -> None:
        """Say who people of counting versions are; a frame that was never run is a KeyError."""
        self.set_cells(
            Cell(a.frame_index, self._must_count(a.frame_index), a.slot, a.track_id, a.by == "reviewer")
            for a in assignments
        )

    def cells(self, frame: int, version: int) -> tuple[Cell, ...]:
        """Who the people of a version are, by slot."""
        rows = self._rows(
            "SELECT slot, track, reviewer FROM assignment WHERE version = ? ORDER BY slot", version
        )
        return tuple(Cell(frame, version, slot, track, bool(reviewer)) for slot, track, reviewer in rows)

    def all_cells(self) -> list[Cell]:
        """Who is who in all counting versions, by frame and slot."""
        return [_cell(*row) for row in self._rows(f"{_CELLS} ORDER BY frame, slot")]

    def cells_of(self, track: int, first: int = 0, last: int | None = None) -> list[Cell]:
        """Where a track is in counting versions, by frame; from one frame to another, both included."""
        rows = self._rows(
            f"{_CELLS} WHERE track = ? AND frame BETWEEN ? AND ? ORDER BY frame, slot",
            *(track, first, _NO_END if last is None else last),
        )
        return [_cell(*row) for row in rows]

    def cells_now(self, people: Sequence[Cell]) -> list[Cell | None]:
        """Who the people of these versions and rows are now; None for those that are no more."""
        found: dict[tuple[int, int], tuple[int | None, int]] = {}
        for start in range(0, len(people), _CHUNK):
            part = people[start : start + _CHUNK]
            wanted = ",".join("(?,?)" for _ in part)
            rows = self._rows(  # CROSS: or else the whole table is gone through for each part
                f"""WITH wanted (v, s) AS (VALUES {wanted})
                    SELECT v, s, track, reviewer FROM wanted CROSS JOIN assignment ON version = v AND slot = s""",
                *(key for cell in part for key in (cell.version, cell.slot)),
            )
            found.update(((version, slot), (track, reviewer)) for version, slot, track, reviewer in rows)
        seen = ((cell, found.get((cell.version, cell.slot))) for cell in people)
        return [now and cell._replace(track=now[0], reviewer=bool(now[1])) for cell, now in seen]

    def set_cells(self, cells: Iterable[Cell]) -> None:
        """Say who people of any versions are."""
        self._write_many(
            "UPDATE assignment SET track = ?, reviewer = ? WHERE version = ? AND slot = ?",
            ((cell.track, int(cell.reviewer), cell.version, cell.slot) for cell in cells),
        )

    def assignment_table(self, frames: Sequence[int] | None = None) -> AssignmentTable:
        """Who is who, as columns: in all frames, or in some that are given ascending."""
        if frames is None:
            table = self._integers(f"{_COLUMNS} ORDER BY frame, slot", 4)
        else:
            parts = [frames[start : start + _CHUNK] for start in range(0, len(frames), _CHUNK)]
            marked = ((part, ",".join("?" * len(part))) for part in parts)
            found = [
                self._integers(f"{_COLUMNS} WHERE frame IN ({marks}) ORDER BY frame, slot", 4, *part)
                for part, marks in marked
            ]
            table = np.concatenate(found) if found else np.zeros((0, 4), np.int64)
        return AssignmentTable(table[:, 0], table[:, 1], table[:, 2], table[:, 3] != 0)

    def tracks(self) -> tuple[Track, ...]:
        """The tracks that somebody is in, by id."""
        rows = self._rows(
            """SELECT track, COUNT(*), MIN(frame), MAX(frame) FROM counting JOIN assignment USING (version)
               WHERE track IS NOT NULL GROUP BY track ORDER BY track"""
        )
        return self.described(rows)

    def described(self, counts: Iterable[tuple[int, int, int, int]]) -> tuple[Track, ...]:
        """Tracks as they are shown, from each one's id, frames, first and last frame."""
        looks = {
            id_: _looks(*rest) for id_, *rest in self._rows("SELECT id, name, color, visible FROM track")
        }
        return tuple(_track(track, looks.get(track, Looks()), *rest) for track, *rest in counts)

    def new_track_id(self) -> int:
        """A number that no track has, nor had where an undo or redo could bring it back."""
        return 1 + max(
            self._value("SELECT MAX(track) FROM assignment") or 0,
            self._value("SELECT MAX(id) FROM track") or 0,
            self._value("SELECT MAX(top_track) FROM history") or 0,
        )

    def free_track_ids(self, wanted: Iterable[int]) -> frozenset[int]:
        """Those numbers that no track has, nor had where an undo could bring it back."""
        had = self._value("SELECT MAX(top_track) FROM history") or 0
        rows = self._rows("SELECT DISTINCT track FROM assignment UNION SELECT id FROM track")
        taken = {track for (track,) in rows}
        return frozenset(track for track in wanted if track > had and track not in taken)

    def sightings(self, frame: int, first: int, last: int, each: int) -> list[tuple[int, int]]:
        """Where each track was seen next to a frame.

        Args:
            frame: The frame, itself left out.
            first: First frame to look at.
            last: Last frame to look at.
            each: How many frames at most for each track, before and after.

        Returns:
            Frame and version of each, by frame. The work is bounded by `last - first`.
        """
        rows = self._rows(
            """SELECT DISTINCT frame, version FROM (
                 SELECT frame, version, ROW_NUMBER() OVER (
                   PARTITION BY track, frame < ?1 ORDER BY ABS(frame - ?1)) AS place
                 FROM counting JOIN assignment USING (version)
                 WHERE frame BETWEEN ?2 AND ?3 AND frame <> ?1 AND track IS NOT NULL
               ) WHERE place <= ?4 ORDER BY frame""",
            *(frame, first, last, each),
        )
        return [(seen, version) for seen, version in rows]

    def looks(self, track: int) -> Looks:
        """A track's name, colour and visibility."""
        row = self._row("SELECT name, color, visible FROM track WHERE id = ?", track)
        return _looks(*row) if row else Looks()

    def set_looks(self, track: int, looks: Looks) -> None:
        """Set all three; defaults take no row, so that undoing leaves nothing behind."""
        self._write("DELETE FROM track WHERE id = ?", track)
        if looks != Looks():
            color = None if looks.color is None else int.from_bytes(bytes(looks.color), "big")
            self._write("INSERT INTO track VALUES (?, ?, ?, ?)", track, looks.name, color, int(looks.visible))

    def set_track_name(self, track: int, name: str | None) -> None:
        """Name a track; None or empty for "Person ID"."""
        self.set_looks(track, self.looks(track)._replace(name=name or ""))

    def set_track_color(self, track: int, color: Color | None) -> None:
        """Colour a track; None for the palette's."""
        self.set_looks(track, self.looks(track)._replace(color=color))

    def set_track_visible(self, track: int, visible: bool) -> None:
        """Show or hide a track."""
        self.set_looks(track, self.looks(track)._replace(visible=visible))

    def _must_count(self, frame: int) -> int:
        version = self.counting_version(frame)
        if version is None:
            raise KeyError(frame)
        return version


_CHUNK = 400  # two marks each: older SQLite takes no more than 999 in a statement
_NO_END = 2**62
_COLUMNS = "SELECT frame, slot, IFNULL(track, -1), reviewer FROM counting JOIN assignment USING (version)"
_CELLS = "SELECT frame, version, slot, track, reviewer FROM counting JOIN assignment USING (version)"


def _cell(frame: int, version: int, slot: int, track: int | None, reviewer: int) -> Cell:
    return Cell(frame, version, slot, track, bool(reviewer))


def _looks(name: str, color: int | None, visible: int) -> Looks:
    rgb = None if color is None else (color >> 16, color >> 8 & 255, color & 255)
    return Looks(name, rgb, bool(visible))


def _track(track: int, looks: Looks, frames: int, first: int, last: int) -> Track:
    return Track(track, looks.name, looks.color or track_color(track), looks.visible, frames, first, last)
