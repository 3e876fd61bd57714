"""The people of a frame that an export writes, and what is said of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.formats.format import Opened
from pipeline.structures import FrameResult


class Person(NamedTuple):
    """One person of a frame.

    Attributes:
        slot: Row in the frame's people.
        track: Who it is, or None.
        edited: Whether a reviewer said so.
        made: "engine", or "filled" or "smoothed" where a layer of the reviewer's made the pose.
    """

    slot: int
    track: int | None
    edited: bool
    made: str

    @property
    def said(self) -> dict[str, object]:
        """What formats with room for it say of where a person is from."""
        return {"track": self.track, "edited": self.edited, "made": self.made}


def persons(opened: Opened, result: FrameResult, *, tracked: bool = False) -> list[Person]:
    """The people of a frame that are to be exported, by slot.

    Who was deleted from the frame is left out; so is who belongs to no track, where tracks were chosen or the format
    is about tracks.

    Args:
        opened: The source.
        result: One of its results.
        tracked: Whether only people of a track are wanted.
    """
    frame = result.frame_index
    tracks, removed = opened.track_of(frame), opened.removed(frame)
    edited, made = opened.edited(frame), opened.made(frame)
    nameless = not tracked and opened.source.tracks is None
    return [
        Person(slot, tracks.get(slot), slot in edited, made.get(slot, "engine"))
        for slot in range(len(result.people))
        if slot not in removed and (slot in tracks or nameless)
    ]


def unflagged(people: Iterable[tuple[bool, str]], title: str) -> tuple[str, ...]:
    """What to tell of a format without room for flags.

    Args:
        people: Of each body written: whether it was edited, and what made it, as in `Person`.
        title: The format's.
    """
    counts = {"assigned by hand": 0, "filled in": 0, "smoothed": 0, "interpolated": 0}
    for edited, made in people:
        counts["assigned by hand"] += edited
        for word in ("filled", "smoothed", "interpolated"):
            counts["filled in" if word == "filled" else word] += made == word
    told = [f"{count} {what}" for what, count in counts.items() if count]
    return (
        (f"{title} has no room to say which bodies are not as detected: {', '.join(told)}.",) if told else ()
    )
