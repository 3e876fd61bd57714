"""What is known of the files below one root: that they were whole, and their checksums."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.places import data_folder

NAME = "retake-manifest.json"


@dataclass(frozen=True, slots=True)
class Record:
    """One file when it was last looked into.

    Attributes:
        size: Bytes.
        mtime_ns: When it was last changed.
        sha256: Of its content, in hex; empty until somebody needed it.
        came_as: The SHA-256 it had when Retake fetched it; empty if another program did.
    """

    size: int
    mtime_ns: int
    sha256: str = ""
    came_as: str = ""


class Manifest:
    """A JSON file in the root; in the data folder where the root cannot be written to, as on a cluster.

    That it cannot be written anywhere costs time at the next start and nothing else, so it is not said.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._records = self._read()

    def record(self, path: Path) -> Record | None:
        """What is known of a file in its present state; None if it has changed or was never looked into."""
        record = self.last(path)
        if record is None or not path.is_file():
            return None
        state = path.stat()
        same = (record.size, record.mtime_ns) == (state.st_size, state.st_mtime_ns)
        return record if same else None

    def last(self, path: Path) -> Record | None:
        """What is known of a file in whatever state it was."""
        return self._records.get(self._name(path))

    def put(self, path: Path, *, sha256: str = "", fetched: bool = False) -> None:
        """Note that a file was found whole just now."""
        before, state = self.record(path), path.stat()
        last = self.last(path)
        record = Record(
            state.st_size,
            state.st_mtime_ns,
            sha256 or (before.sha256 if before else ""),
            sha256 if fetched else (last.came_as if last else ""),
        )
        if record != before:
            self._records[self._name(path)] = record
            self._write()

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _places(self) -> tuple[Path, Path]:
        digest = hashlib.sha256(str(self._root).encode()).hexdigest()[:12]
        return self._root / NAME, data_folder() / "weights" / f"{digest}.json"

    def _read(self) -> dict[str, Record]:
        beside, elsewhere = self._places()
        return _records(beside) | _records(elsewhere)

    def _write(self) -> None:
        text = json.dumps({name: asdict(record) for name, record in self._records.items()}, indent=1)
        for place in self._places():
            if _written(place, text):
                return


def _records(place: Path) -> dict[str, Record]:
    try:
        content: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        return {str(name): Record(**fields) for name, fields in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _written(place: Path, text: str) -> bool:
    making = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        making.write_text(text + "\n", encoding="utf-8")
        making.replace(place)
    except OSError:
        return False
    return True
