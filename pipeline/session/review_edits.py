"""Edits of what a reviewer says: verdicts, notes, ignored problems, and settings of the whole video."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.session.reviews import VERDICTS, Ignored, Note, Said
from pipeline.session.store import Store
from pipeline.spans import runs
from pipeline.structures import Changes


@dataclass(frozen=True, slots=True)
class _Review:
    """A change that touches no frame's results and no track."""

    def touched(self) -> Changes:
        """Only what the reviewer says."""
        return Changes(review=True)

    def top_track(self) -> int:
        """It names none."""
        return 0


@dataclass(frozen=True, slots=True)
class SetVerdict(_Review):
    """Judge frames, or a person in the frames of a range that the person is in.

    Attributes:
        first: First frame.
        last: Last frame, inclusive.
        track: The person, or 0 for whole frames.
        verdict: "verified", "problem", "ignored", or empty to take a verdict away.
    """

    first: int
    last: int
    track: int
    verdict: str
    label: str = "Set verdict"

    def frames(self, store: Store) -> tuple[tuple[int, int], ...]:
        """First and last of each run of frames it is about."""
        if not self.track:
            return ((self.first, self.last),)
        return tuple(runs(store.frames_of(self.track, self.first, self.last)))

    def apply(self, store: Store) -> SetVerdicts:
        """Judge them."""
        code = VERDICTS.index(self.verdict)
        said = tuple(Said(first, last, self.track, code) for first, last in self.frames(store))
        return SetVerdicts(said, self.label).apply(store)


@dataclass(frozen=True, slots=True)
class SetVerdicts(_Review):
    """Set verdicts as they are given; what judging is undone with."""

    said: tuple[Said, ...]
    label: str

    def touched(self) -> Changes:
        """Only what the reviewer says."""
        return Changes(review=bool(self.said))

    def apply(self, store: Store) -> SetVerdicts:
        """Set them."""
        before = tuple(was for said in self.said for was in _verdicts_in(store, said))
        if before == self.said:
            return SetVerdicts((), self.label)
        store.set_verdicts(self.said)
        return SetVerdicts(before, self.label)

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> SetVerdicts:
        """From what JSON makes of it."""
        return cls(tuple(Said(*said) for said in fields["said"]), fields["label"])


def _verdicts_in(store: Store, said: Said) -> Iterator[Said]:
    """What the verdicts within a span are now, with the frames that have none as spans of their own."""
    known = dict(store.verdicts_of(said.track, said.first, said.last))
    changes = sorted({said.first, *known, *(frame + 1 for frame in known)})
    start, code = said.first, known.get(said.first, 0)
    for frame in changes:
        if said.first < frame <= said.last and known.get(frame, 0) != code:
            yield Said(start, frame - 1, said.track, code)
            start, code = frame, known.get(frame, 0)
    yield Said(start, said.last, said.track, code)


@dataclass(frozen=True, slots=True)
class AddNote(_Review):
    """Write a note about frames, or about a person in them (`track`, else None)."""

    first: int
    last: int
    track: int | None
    text: str
    label: str = "Add note"

    def apply(self, store: Store) -> RemoveNote:
        """Write it."""
        number = store.put_note(Note(0, self.first, self.last, self.track, self.text, ""))
        return RemoveNote(number, self.label)


@dataclass(frozen=True, slots=True)
class ChangeNote(_Review):
    """Write something else in a note."""

    id: int
    text: str
    label: str = "Change note"

    def apply(self, store: Store) -> ChangeNote:
        """Change it; a note that is not there is a ValueError."""
        note = _must_be(store.note(self.id), self.id)
        store.put_note(dataclasses.replace(note, text=self.text))
        return dataclasses.replace(self, text=note.text)


@dataclass(frozen=True, slots=True)
class RemoveNote(_Review):
    """Remove a note."""

    id: int
    label: str = "Remove note"

    def apply(self, store: Store) -> PutNoteBack:
        """Remove it; a note that is not there is a ValueError."""
        note = _must_be(store.note(self.id), self.id)
        store.drop_note(self.id)
        return PutNoteBack(note, self.label)


@dataclass(frozen=True, slots=True)
class PutNoteBack(_Review):
    """A removed note as it was; what removing is undone with."""

    note: Note
    label: str

    def apply(self, store: Store) -> RemoveNote:
        """Put it back."""
        store.put_note(self.note)
        return RemoveNote(self.note.id, self.label)

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> PutNoteBack:
        """From what JSON makes of it."""
        return cls(Note(**fields["note"]), fields["label"])


def _must_be(note: Note | None, number: int) -> Note:
    if note is None:
        raise ValueError(f"there is no note {number}")
    return note


@dataclass(frozen=True, slots=True)
class IgnoreProblem(_Review):
    """Say that a problem is none, or is one after all. See `pipeline.session.reviews.Ignored`."""

    signal: str
    track: int
    first: int
    last: int
    ignored: bool
    label: str = "Ignore problem"

    def apply(self, store: Store) -> IgnoreProblem:
        """Say it."""
        problem = Ignored(self.signal, self.track, self.first, self.last)
        if (problem in store.ignored_problems()) == self.ignored:
            return self
        store.set_ignored(problem, self.ignored)
        return dataclasses.replace(self, ignored=not self.ignored)


@dataclass(frozen=True, slots=True)
class ChangeSetting:
    """Change what holds for the whole video.

    Attributes:
        key: Such as "camera".
        value: Anything JSON can hold; None for nothing.
        label: What the menu calls it.
    """

    key: str
    value: Any
    label: str = "Change setting"

    def apply(self, store: Store) -> ChangeSetting:
        """Change it."""
        before = store.setting(self.key)
        if before == self.value:
            return self
        store.set_setting(self.key, None if self.value is None else json.dumps(self.value, sort_keys=True))
        return dataclasses.replace(self, value=before)

    def touched(self) -> Changes:
        """All frames may look different."""
        return Changes(None, settings=True)

    def top_track(self) -> int:
        """It names none."""
        return 0

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> ChangeSetting:
        """From what JSON makes of it."""
        return cls(**fields)
