"""What the service says of itself: to stderr and to a rotated file."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

from pipeline.errors import UserError
from pipeline.loading import StageState, StageStatus

LOGGER = "retake.service"
_LONGEST = 5 * 2**20  # bytes of the file before it is rotated
_OLD_FILES = 3

log = logging.getLogger(LOGGER)
_server = logging.getLogger("waitress")


class Journal:
    """While it is open, the service's log goes to stderr and to a file."""

    def __init__(self, path: Path | None) -> None:
        """Open the file; None for stderr alone.

        Raises:
            UserError: It cannot be written.
        """
        self._handlers: list[logging.Handler] = [logging.StreamHandler()]
        if path is not None:
            self._handlers.append(_file(path))
        for handler in self._handlers:
            handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
            for logger in (log, _server):
                logger.addHandler(handler)
        log.setLevel(logging.INFO)
        # That requests wait for a thread is what the service's own queue says, in words a user knows.
        _server.getChild("queue").setLevel(logging.ERROR)

    def close(self) -> None:
        """Write no more."""
        for handler in self._handlers:
            for logger in (log, _server):
                logger.removeHandler(handler)
            handler.close()


class StageLog:
    """Tells stages of loading as they begin and end: each change once."""

    def __init__(self) -> None:
        self._told: dict[str, StageState] = {}

    def tell(self, statuses: tuple[StageStatus, ...]) -> None:
        """Log what changed since it was last told."""
        for status in statuses:
            if self._told.get(status.title, StageState.WAITING) is not status.state:
                self._told[status.title] = status.state
                self._log(status)

    def _log(self, status: StageStatus) -> None:
        if status.state is StageState.RUNNING:
            log.info("[INIT] Loading %s...", status.title)
        elif status.state is StageState.DONE:
            log.info("[INIT] ✓ %s (%.1f s)", status.title, status.seconds)
        elif status.state is StageState.FAILED:
            log.error("[INIT] ✗ %s: %s", status.title, f"{status.error} {status.hint}".rstrip())


def _file(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return logging.handlers.RotatingFileHandler(
            path, maxBytes=_LONGEST, backupCount=_OLD_FILES, encoding="utf-8", errors="backslashreplace"
        )
    except OSError as error:
        raise UserError(
            f"The log {path} cannot be written: {error.strerror}.", "Choose another with --log."
        ) from None
