"""What an engine's process prints."""

from __future__ import annotations

import logging
import logging.handlers
from collections import deque
from contextlib import suppress

from pipeline.places import log_folder

_LONGEST = 2**20  # bytes of a log file before it is rotated
_OLD_FILES = 2
_TAIL = 200  # lines


class _Rotating(logging.handlers.RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A full disk or a log held open by another window must not stop the engine."""


class EngineLog:
    """Appends lines to a rotated file in the log folder and keeps the newest at hand."""

    def __init__(self, name: str) -> None:
        self.path = log_folder() / f"engine-{name}.log"
        self._tail: deque[str] = deque(maxlen=_TAIL)
        self._handler: _Rotating | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handler = _Rotating(
                self.path,
                maxBytes=_LONGEST,
                backupCount=_OLD_FILES,
                encoding="utf-8",
                errors="replace",
                delay=True,
            )
            self._handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        except OSError:  # no place for logs: the tail remains
            self._handler = None

    def write(self, line: str) -> None:
        """Add one line; any thread."""
        self._tail.append(line)
        if self._handler is not None:
            self._handler.handle(logging.makeLogRecord({"msg": line, "levelno": logging.INFO}))

    def tail(self, lines: int = _TAIL) -> str:
        """The newest lines."""
        return "\n".join(tuple(self._tail)[-lines:])

    def close(self) -> None:
        """Close the file; it is opened again if something more is written."""
        if self._handler is not None:
            with suppress(OSError):  # a full disk: the rest of the log is lost, nothing else
                self._handler.close()
