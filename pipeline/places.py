"""Where Retake keeps what is not part of a session."""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """The user's data folder; `RETAKE_HOME` moves it, as the tests do."""
    home = os.environ.get("RETAKE_HOME")
    import platformdirs  # here, because an engine's environment reads resources but has no platformdirs

    return Path(home) if home else Path(platformdirs.user_data_dir("retake", appauthor=False))


def engines_folder() -> Path:
    """Where engines' environments are: beside `.venv` in a checkout, else in the user's data folder.

    `RETAKE_ENGINES` moves it.
    """
    if chosen := os.environ.get("RETAKE_ENGINES"):
        return Path(chosen)
    if (_ROOT / "pyproject.toml").is_file():
        return _ROOT / ".engines"
    return data_folder() / "engines"


def log_folder() -> Path:
    """Where logs and crash reports go."""
    return data_folder() / "logs"


def resource(name: str) -> Path:
    """A file of `resources/`, such as "body.npz"."""
    return _ROOT / "resources" / name
