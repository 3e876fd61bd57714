"""What `retake doctor` looks at of the machine and of Retake's own environment."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator

import psutil

from app.gpus import find_gpus
from app.versions import package_versions
from pipeline.diagnosis import Finding
from pipeline.places import data_folder, engines_folder

_LEAST_FREE = 2 * 2**30
"""Bytes: an engine's environment takes 0.5 GB, and sessions and exports want room."""


def python() -> Iterator[Finding]:
    """Python and its SQLite."""
    good = sys.version_info >= (3, 11)
    text = f"Python {platform.python_version()} on {platform.platform()}"
    yield Finding("python", good, text, "" if good else "Install 3.11.")
    yield Finding("python", True, f"SQLite {sqlite3.sqlite_version}")


def packages() -> Iterator[Finding]:
    """What Retake itself is made of."""
    for name, found in package_versions().items():
        hint = "" if found else "pip install retake, or make demo in a checkout."
        yield Finding("packages", bool(found), f"{name} {found or 'is missing'}", hint)


def display() -> Iterator[Finding]:
    """Whether there is something to show a window on."""
    if sys.platform != "linux":
        return
    name = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if name:
        yield Finding("display", True, f"Display {name}")
    else:
        hint = "The window needs one; `retake run`, `frame` and `export` do not."
        yield Finding("display", None, "No display", hint)


def drawing() -> Iterator[Finding]:
    """OpenGL, or what is used in its place."""
    from pipeline.render import create_renderer

    renderer = create_renderer()
    good = None if renderer.notice else True
    yield Finding("drawing", good, f"Drawing with {renderer.name}", renderer.notice)
    renderer.close()


def video() -> Iterator[Finding]:
    """FFmpeg and what it can decode."""
    import av

    codecs = ("h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg")
    missing = [name for name in codecs if name not in av.codecs_available]
    version = ".".join(map(str, av.library_versions["libavcodec"]))
    if missing:
        hint = "Install PyAV from its wheel: pip install av"
        yield Finding("video", False, f"libavcodec {version} cannot decode {', '.join(missing)}", hint)
    else:
        yield Finding("video", True, f"FFmpeg's libavcodec {version}")


def gpu() -> Iterator[Finding]:
    """The GPUs and their memory, as the driver tells them."""
    gpus = find_gpus()
    if not gpus:
        yield Finding("gpu", None, "No NVIDIA GPU or driver found", "The MediaPipe engine does not need one.")
    for index, read in enumerate(gpus):
        memory = read()
        if memory is None:
            yield Finding("gpu", None, f"GPU {index} does not answer", "See what nvidia-smi says of it.")
        else:
            yield Finding("gpu", True, f"{memory.device}, {memory.total / 2**30:.1f} GB")


def room() -> Iterator[Finding]:
    """Memory and disk."""
    memory = psutil.virtual_memory()
    text = f"{memory.total / 2**30:.1f} GB of memory, {memory.available / 2**30:.1f} GB free"
    yield Finding("room", True, text)
    for title, folder in (("data", data_folder()), ("engines", engines_folder())):
        existing = next(place for place in (folder, *folder.parents) if place.exists())
        free = shutil.disk_usage(existing).free
        good = free >= _LEAST_FREE and os.access(existing, os.W_OK)
        hint = "" if good else "Free some space, or let RETAKE_HOME and RETAKE_ENGINES name other folders."
        yield Finding("room", good, f"{free / 2**30:.1f} GB free for {title} in {folder}", hint)
