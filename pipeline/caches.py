"""Where the field's tools keep what they download, so that a set-up that works is used as it is."""

from __future__ import annotations

import os
from pathlib import Path

CACHES = ("4DHumans", "phalp", "detectron2")


def cache_root(tool: str, folder: str = "") -> Path:
    """The folder one tool's files are below.

    Args:
        tool: One of `CACHES`.
        folder: A folder that holds all of them, by these names. Empty means the one that RETAKE_WEIGHTS
            names, else each tool's own place in the user's home.
    """
    if together := folder or os.environ.get("RETAKE_WEIGHTS", ""):
        return Path(together).expanduser() / tool
    return usual_root(tool)


def usual_root(tool: str) -> Path:
    """Where the tool itself puts its files."""
    if tool == "detectron2":  # through iopath, which has a cache of its own
        cache = os.environ.get("FVCORE_CACHE") or "~/.torch/iopath_cache"
        return Path(cache).expanduser() / tool
    return Path.home() / ".cache" / tool
