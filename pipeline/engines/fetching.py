"""What the stages that fetch files share: one process at a time, and one sum of bytes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.engines.download_faults import writing
from pipeline.loading import Tell

_LOOK_EVERY = 0.2  # s


@contextmanager
def alone(lock_file: Path, tell: Tell) -> Iterator[None]:
    """Hold a lock, which another window's engine may hold while it fetches the same.

    Raises:
        EngineError: The lock's folder cannot be written to.
        Cancelled: By `tell`, while waiting.
    """
    from filelock import FileLock, Timeout  # here, because only an engine that fetches files must have it

    lock = FileLock(lock_file)
    with writing(lock_file):
        lock_file.parent.mkdir(parents=True, exist_ok=True)
        while not lock.is_locked:
            try:
                lock.acquire(timeout=0)
            except Timeout:
                tell(detail="another process is fetching it; waiting")
                time.sleep(_LOOK_EVERY)
    try:
        yield
    finally:
        lock.release()


class Tally:
    """Adds the bytes of steps up, so that bytes over seconds of the whole stage are its rate."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._before = 0
        self._now = 0

    def tell(self, **changes: Any) -> None:
        """As the stage's own."""
        if "bytes_done" in changes:
            self._now = changes["bytes_done"]
            changes["bytes_done"] += self._before
        if changes.get("bytes_total"):
            changes["bytes_total"] += self._before
        self._tell(**changes)

    def next(self) -> None:
        """Another step begins."""
        self._before += self._now
        self._now = 0
