"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable

WAIT = 20.0
"""s, for what takes milliseconds on an idle machine."""


def wait_until(condition: Callable[[], object], seconds: float = WAIT) -> None:
    """Wait until something is true; fail if it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)
