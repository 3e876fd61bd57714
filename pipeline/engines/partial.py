"""What an interrupted download left behind, and of what it is the beginning."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a file on a server.

    Attributes:
        url: Its address.
        validator: A strong ETag, else the date of its last change: what `If-Range` takes. Empty if
            neither is known; then going on is a guess that only the finished file's check settles.
        length: Bytes; 0 if unknown.
    """

    url: str
    validator: str = ""
    length: int = 0


def note_of(url: str, headers: Mapping[str, str], length: int) -> Note:
    """What the answer's headers say."""
    etag = headers.get("ETag") or ""
    # A weak ETag promises the same meaning, not the same bytes.
    validator = etag if etag and not etag.startswith("W/") else headers.get("Last-Modified") or ""
    return Note(url, validator, length)


class Partial:
    """`NAME.part` beside a target, with `NAME.part.json` that says of what it is the beginning."""

    def __init__(self, url: str, target: Path) -> None:
        self.url = url
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._note_path = target.with_name(f"{target.name}.part.json")
        self.note = self._read_note()

    @property
    def size(self) -> int:
        """Bytes that are here and that can be gone on from."""
        try:
            return self.path.stat().st_size if self.note else 0
        except OSError:
            return 0

    @property
    def whole(self) -> bool:
        """Whether nothing is left to fetch, as far as the length is known."""
        return self.note is not None and 0 < self.note.length == self.size

    def begin(self, note: Note) -> None:
        """Start from nothing."""
        self.path.unlink(missing_ok=True)
        self.keep(note)

    def keep(self, note: Note) -> None:
        """Remember what the part is of."""
        self.note = note
        making = self._note_path.with_suffix(".new")
        making.write_text(json.dumps(asdict(note)), encoding="utf-8")
        making.replace(self._note_path)

    def adopt(self) -> None:
        """Take a file at the target, which another program left, for the beginning of it."""
        if self.size == 0 and self.target.is_file():
            self.target.replace(self.path)
            self.keep(Note(self.url))

    def discard(self) -> None:
        """Forget what was fetched."""
        self.note = None
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
            self._note_path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Move the whole file into place."""
        self.path.replace(self.target)
        self.discard()

    def _read_note(self) -> Note | None:
        try:
            note = Note(**json.loads(self._note_path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return note if note.url == self.url else None
