"""What a worker's process must be told to find this program."""

from __future__ import annotations

import os
from pathlib import Path

import pipeline


def way_here() -> dict[str, str]:
    """What a worker's environment needs: a PYTHONPATH if this program is run from a checkout; else nothing."""
    root = Path(pipeline.__file__).resolve().parents[1]
    if not (root / "pyproject.toml").is_file():
        return {}
    theirs = os.environ.get("PYTHONPATH", "")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(root), theirs)))}
