"""The part of a session that says what the reviewer thinks: verdicts, notes, ignored problems, settings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, NamedTuple

from pipeline.session.tracks import Tracks
from pipeline.structures import Int

VERDICTS = ("", "verified", "problem", "ignored")
"""By code; the first is none."""


class Said(NamedTuple):
    """A verdict on frames that follow one another.

    Attributes:
        first: First frame.
        last: Last frame, inclusive.
        track: The person, or 0 for the whole frame.
        verdict: Code in `VERDICTS`.
    """

    first: int
    last: int
    track: int
    verdict: int


class Ignored(NamedTuple):
    """A problem that is none, as the reviewer says.

    Attributes:
        signal: Key of the signal.
        track: The person, or 0 for a problem of the frame.
        first: First frame.
        last: Last frame, inclusive.
    """

    signal: str
    track: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Note:
    """What a reviewer wrote.

    Attributes:
        id: Its number.
        first: First frame it is about.
        last: Last frame, inclusive.
        track: The person it is about, or None.
        text: Plain text of any number of lines.
        created: ISO 8601, UTC.
    """

    id: int
    first: int
    last: int
    track: int | None
    text: str
    created: str


@dataclass(frozen=True, slots=True, eq=False)
class VerdictTable:
    """All verdicts, by frame and track.

    Attributes:
        frames: (K,) frames.
        tracks: (K,) person, or 0 for the whole frame.
        verdicts: (K,) codes in `VERDICTS`.
    """

    frames: Int
    tracks: Int
    verdicts: Int


class Reviews(Tracks):
    """What the reviewer thinks. Changed through `pipeline.session.review_edits`."""

    def verdict(self, frame: int, track: int = 0) -> str:
        """What the reviewer said of a frame (track 0) or of a person in it; empty for nothing."""
        sql = "SELECT verdict FROM verdict WHERE frame = ? AND track = ?"
        return VERDICTS[self._value(sql, frame, track) or 0]

    def verdicts(self) -> VerdictTable:
        """All verdicts."""
        table = self._integers("SELECT frame, track, verdict FROM verdict ORDER BY frame, track", 3)
        return VerdictTable(table[:, 0], table[:, 1], table[:, 2])

    def verdicts_of(self, track: int, first: int, last: int) -> list[tuple[int, int]]:
        """Frame and code of the verdicts on a person, or on whole frames, within a range; by frame."""
        return [
            (frame, code)
            for frame, code in self._rows(
                "SELECT frame, verdict FROM verdict WHERE track = ? AND frame BETWEEN ? AND ? ORDER BY frame",
                *(track, first, last),
            )
        ]

    def set_verdicts(self, said: Iterable[Said]) -> None:
        """Set verdicts; code 0 takes them away."""
        for first, last, track, code in said:
            if code:
                rows = ((frame, track, code) for frame in range(first, last + 1))
                self._write_many("INSERT OR REPLACE INTO verdict VALUES (?, ?, ?)", rows)
            else:
                sql = "DELETE FROM verdict WHERE track = ? AND frame BETWEEN ? AND ?"
                self._write(sql, track, first, last)

    def frames_of(self, track: int, first: int, last: int) -> list[int]:
        """The frames of a range whose counting versions have a track in them, ascending."""
        rows = self._rows(
            """SELECT DISTINCT frame FROM assignment JOIN counting USING (version)
               WHERE track = ? AND frame BETWEEN ? AND ? ORDER BY frame""",
            *(track, first, last),
        )
        return [row[0] for row in rows]

    def notes(self) -> tuple[Note, ...]:
        """All notes, by frame."""
        rows = self._rows("SELECT id, first, last, track, text, created FROM note ORDER BY first, last, id")
        return tuple(Note(*row) for row in rows)

    def note(self, note: int) -> Note | None:
        """A note, or None."""
        row = self._row("SELECT id, first, last, track, text, created FROM note WHERE id = ?", note)
        return Note(*row) if row else None

    def put_note(self, note: Note) -> int:
        """Add a note, or replace the one of that number; id 0 takes a new number. Returns the number."""
        values = (note.first, note.last, note.track, note.text, note.created or _now())
        return self._write("INSERT OR REPLACE INTO note VALUES (?, ?, ?, ?, ?, ?)", note.id or None, *values)

    def drop_note(self, note: int) -> None:
        """Remove a note."""
        self._write("DELETE FROM note WHERE id = ?", note)

    def ignored_problems(self) -> frozenset[Ignored]:
        """The problems that the reviewer ignores."""
        return frozenset(
            Ignored(*row) for row in self._rows("SELECT signal, track, first, last FROM ignored")
        )

    def set_ignored(self, problem: Ignored, ignored: bool) -> None:
        """Ignore a problem, or no longer."""
        if ignored:
            self._write("INSERT OR REPLACE INTO ignored VALUES (?, ?, ?, ?)", *problem)
        else:
            sql = "DELETE FROM ignored WHERE signal = ? AND track = ? AND first = ? AND last = ?"
            self._write(sql, *problem)

    def setting(self, key: str) -> Any:
        """What holds for the whole video under a key, such as "camera"; None if nothing was set."""
        text = self.setting_text(key)
        return None if text is None else json.loads(text)

    def setting_text(self, key: str) -> str | None:
        """The same as JSON."""
        text: str | None = self._value("SELECT value FROM setting WHERE key = ?", key)
        return text

    def set_setting(self, key: str, text: str | None) -> None:
        """Set it to JSON, or None for nothing."""
        if text is None:
            self._write("DELETE FROM setting WHERE key = ?", key)
        else:
            self._write("INSERT OR REPLACE INTO setting VALUES (?, ?)", key, text)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
