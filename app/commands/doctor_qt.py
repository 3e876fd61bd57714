"""Whether Qt finds its own plugins beside OpenCV's, which sets variables of Qt's when it is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.diagnosis import Finding

SECTION = "qt"
_VARIABLE = "QT_QPA_PLATFORM_PLUGIN_PATH"
_WINDOW = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
_SECONDS = 30.0
_HEADLESS = (
    f'"{sys.executable}" -m pip uninstall -y opencv-python opencv-contrib-python && '
    f'"{sys.executable}" -m pip install "opencv-python-headless>=4.10,<5"'
)


def qt_beside_opencv(environment: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """Start Qt after OpenCV in a process of their own, since Qt ends the process over a wrong plugin.

    Args:
        environment: What the user's shell has set; by default as found in this process.
    """
    environment = _users_environment() if environment is None else environment
    chosen = environment.get(_VARIABLE, "")
    if "cv2" in Path(chosen).parts:
        text = f"{_VARIABLE} points into OpenCV's own Qt: {chosen}"
        yield Finding(SECTION, False, text, _forget())
        return
    together, said = _starts(f"import cv2; {_WINDOW}", environment)
    if together:
        yield Finding(SECTION, True, "Qt starts beside OpenCV")
        return
    alone, said_alone = _starts(_WINDOW, environment)
    if alone:
        yield Finding(SECTION, False, f"Qt does not start once OpenCV is imported: {said}", _HEADLESS)
    else:
        hint = f'"{sys.executable}" -m pip install --force-reinstall "PySide6-Essentials>=6.10.3,<6.11"'
        yield Finding(SECTION, False, f"Qt does not start: {said_alone}", hint)


def _starts(program: str, environment: Mapping[str, str]) -> tuple[bool, str]:
    """Whether a program runs to its end, and what it said first if not."""
    offscreen = {**environment, "QT_QPA_PLATFORM": "offscreen"}
    try:
        done = subprocess.run(
            (sys.executable, "-c", program), env=offscreen, capture_output=True, text=True, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return False, "it does not answer"
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    # Of a traceback the last line says what happened, of Qt's own words the first.
    said = "" if not lines else lines[-1] if lines[0].startswith("Traceback") else lines[0]
    return done.returncode == 0, said or f"exit code {done.returncode}"


def _users_environment() -> dict[str, str]:
    """This process's, without what OpenCV has set in it by being imported."""
    environment = dict(os.environ)
    opencv = getattr(sys.modules.get("cv2"), "__file__", None)
    if opencv and Path(opencv).parent in Path(environment.get(_VARIABLE, "")).parents:
        del environment[_VARIABLE]
    return environment


def _forget() -> str:
    return f"set {_VARIABLE}=" if sys.platform == "win32" else f"unset {_VARIABLE}"
