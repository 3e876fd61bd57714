"""How an engine's worker is started."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

WORKER = "pipeline.engines.worker"


@dataclass(frozen=True, slots=True)
class EngineCommand:
    """A command line that ends in a worker.

    Attributes:
        argv: The program and its arguments.
        env: The whole environment it gets.
        cwd: The folder it runs in; None means this process's.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path | None = None
