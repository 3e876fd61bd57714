"""What lets PHALP go on where it was: its state at intervals, and what was seen since.

One folder for each range that is run in order. After a restart the newest state is put back and the frames after it are
replayed, which costs neither detector nor HMR 2.0. Files are written under another name and moved into place; numbers
only, no pickle. A journal that cannot be written or read costs the tracker's memory, never a frame. Ranges that are
only passing, of which there are many, have a folder of their own and push out none that are resumed later.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.engines.humans4d.tracker import MAX_AGE, PhalpTracker, Sightings, State
from pipeline.structures import PASSING

INTERVAL = 32
"""Frames between two states; a restart replays no more than that."""

_log = logging.getLogger(__name__)
_NUMBERS = 10_000  # tracks a range may begin before numbers could meet
_KEPT = 4  # journals of other ranges; the older ones are deleted
_KEPT_PASSING = 32  # more than workers on one machine; each has one and deletes it when it leaves it
_PASSING_FOLDER = "passing"
_FIELDS = ("boxes", "scores", "size", "looks", "maps", "poses", "places")


@dataclass(eq=False)
class Journal:
    """A tracker that remembers across restarts.

    Attributes:
        tracker: The tracker.
        folder: Where journals are.
    """

    tracker: PhalpTracker
    folder: Path
    _sequence: str = ""
    _since: int = 0
    _place: Path = Path()

    def take_up(self, sequence: str, frame: int) -> str:
        """Have the tracker where it was before a frame of a range.

        Returns:
            How it came there, in words; empty if it simply goes on.
        """
        if self._goes_on(sequence, frame):
            return ""
        self._sequence = ""  # until it is done: it may run out of memory and be tried again
        how = self._restore_or_begin(sequence, frame)
        self._sequence = sequence
        return how

    @contextlib.contextmanager
    def unless_done(self) -> Iterator[None]:
        """A frame within which the tracker is stopped leaves it in between: before the next one it is restored."""
        sequence, self._sequence = self._sequence, ""
        yield
        self._sequence = sequence

    def write(self, frame: int, seen: Sightings) -> None:
        """Remember what the tracker was given; every INTERVAL frames its state instead."""
        try:
            self._place.mkdir(parents=True, exist_ok=True)
            self._since += 1
            if self._since >= INTERVAL or not self._numbers("state"):
                self._write_state(frame)
            else:
                _save(self._file("seen", frame), {name: np.asarray(getattr(seen, name)) for name in _FIELDS})
        except OSError as error:
            _log.warning("the tracker's journal cannot be written: %s", error)

    def _goes_on(self, sequence: str, frame: int) -> bool:
        newest = self.tracker.frame
        return sequence == self._sequence and newest is not None and newest < frame <= newest + MAX_AGE

    def _restore_or_begin(self, sequence: str, frame: int) -> str:
        self._turn_to(sequence)
        try:
            replayed = self._restore(frame)
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            _log.warning("the tracker's journal cannot be read: %s", error)
            replayed = None
        if replayed is not None:
            return f"tracking went on from frame {self.tracker.frame}, {replayed} frames replayed"
        # Numbers that no other beginning within this range has given.
        self.tracker.reset(first_number=frame * _NUMBERS + 1)
        self._clear()
        return "tracking began here"

    def _turn_to(self, sequence: str) -> None:
        passing = sequence.startswith(PASSING)
        folder = self.folder / _PASSING_FOLDER if passing else self.folder
        place = folder / hashlib.sha256(sequence.encode()).hexdigest()[:16]
        if self._place != place and self._place.parent.name == _PASSING_FOLDER:
            shutil.rmtree(self._place, ignore_errors=True)  # it is not come back to
        self._place, self._since = place, 0

    def _restore(self, frame: int) -> int | None:
        """How many frames were replayed; None if there is nothing to go on from."""
        states = [at for at in self._numbers("state") if at < frame]
        seen = [at for at in self._numbers("seen") if at < frame]
        if not states or frame - max(states + seen) > MAX_AGE:
            return None
        self.tracker.restore(_read(self._file("state", states[-1])))
        self._forget(lambda at: at >= frame)
        after = [at for at in seen if at > states[-1]]
        for at in after:
            self.tracker.follow(at, _sightings(_read(self._file("seen", at))))
        self._since = len(after)
        return len(after)

    def _clear(self) -> None:
        shutil.rmtree(self._place, ignore_errors=True)
        passing = self._place.parent.name == _PASSING_FOLDER
        # Another process may delete what is its own meanwhile.
        folders = (path for path in self._place.parent.glob("*") if path.is_dir())
        ages = {path: _age(path) for path in folders if path.name != _PASSING_FOLDER}
        others = sorted(ages, key=ages.__getitem__)
        for old in others[: max(0, len(others) - (_KEPT_PASSING if passing else _KEPT))]:
            shutil.rmtree(old, ignore_errors=True)

    def _write_state(self, frame: int) -> None:
        _save(self._file("state", frame), self.tracker.state())
        self._forget(lambda at: at < frame)
        self._since = 0

    def _forget(self, which: Callable[[int], bool]) -> None:
        for kind in ("state", "seen"):
            for at in filter(which, self._numbers(kind)):
                self._file(kind, at).unlink(missing_ok=True)

    def _file(self, kind: str, frame: int) -> Path:
        return self._place / f"{kind}-{frame:09d}.npz"

    def _numbers(self, kind: str) -> list[int]:
        """Frames of which there is a file of a kind, ascending."""
        found = (re.fullmatch(rf"{kind}-(\d+)\.npz", path.name) for path in self._place.glob(f"{kind}-*.npz"))
        return sorted(int(match[1]) for match in found if match)


def _age(path: Path) -> float:
    """When something was put into it; long ago if it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _save(path: Path, content: State) -> None:
    making = path.with_suffix(".new")
    with making.open("wb") as file:
        np.savez(file, **content)  # type: ignore[arg-type]  # packing it would take longer than the frame did
    making.replace(path)


def _read(path: Path) -> State:
    # Opened here, since numpy leaves a file it does not understand open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _sightings(content: State) -> Sightings:
    width, height = (int(value) for value in content["size"])
    return Sightings(**{name: content[name] for name in _FIELDS if name != "size"}, size=(width, height))
