"""Work that can report, be cancelled, and knows nothing of Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Cancelled(Exception):  # noqa: N818 - not an error: nobody wants the result any more
    """Nobody wants the result any more."""


@dataclass(eq=False)
class Job:
    """One piece of background work.

    Attributes:
        work: Called with this job on a background thread; returns the result.
        key: Of several unfinished jobs with the same non-empty key only the newest counts.
        priority: Of the waiting jobs the one with the lowest number runs next.
        deliver_when_cancelled: A result that exists is delivered although a newer job took over,
            as for frames decoded during a drag.
    """

    work: Callable[[Job], Any]
    key: str = ""
    priority: int = 0
    deliver_when_cancelled: bool = False
    cancelled: bool = False
    _report: Any = None
    _listener: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Ask the work to stop at its next check or report."""
        self.cancelled = True

    def check(self) -> None:
        """Raise Cancelled if cancelled. Work calls this, or report(), between its steps."""
        if self.cancelled:
            raise Cancelled

    def report(self, value: Any) -> None:
        """Say how far the work has come. Reports are state: only the latest is delivered."""
        self.check()
        self._report = value
        if self._listener:
            self._listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener`, on the working thread, whenever there is something to take."""
        self._listener = listener

    def take_report(self) -> Any:
        """The latest report not taken yet, or None."""
        report, self._report = self._report, None
        return report
