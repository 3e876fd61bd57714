"""Where Retake keeps what is not part of a session."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """The user's data folder; `RETAKE_HOME` moves it, as the tests do."""
    if home := os.environ.get("RETAKE_HOME"):
        return Path(home)
    try:
        import platformdirs
    except ModuleNotFoundError:  # in an engine's environment, which must find the same place
        return _usual_data_folder()
    return Path(platformdirs.user_data_dir("retake", appauthor=False))


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


def _usual_data_folder() -> Path:
    """What platformdirs would say."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "retake"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "retake"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "retake"
