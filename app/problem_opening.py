"""What the background is given to look at a session; without what measures, which takes a moment to load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Opening:
    """What is needed to look at a session.

    Attributes:
        path: The session's file.
        body_files: Body models of the user's own.
        time_of: Presentation time of a frame, s; may be called from any thread.
        known: Problems known before, as `Ledger.to_plain` said them.
        owed: Frames that were changed since these were found.
    """

    path: Path
    body_files: tuple[Path, ...]
    time_of: Callable[[int], float]
    known: tuple[Any, ...] = ()
    owed: frozenset[int] | None = frozenset()
