"""`retake doctor`."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
from rich.console import Console
from rich.markup import escape

from app.gpus import find_gpus
from app.versions import package_versions
from pipeline.engines import environment
from pipeline.engines.registry import ENGINES
from pipeline.errors import UserError
from pipeline.places import data_folder, engines_folder

HELP = "Check what Retake needs on this machine."
EPILOG = """example:
  retake doctor

Each line says what was found; a line marked ✗ says what to do. The exit code is 1 if there is one.
"""

_LEAST_FREE = 2 * 2**30
"""Bytes: an engine's environment takes 0.5 GB, and sessions and exports want room."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `good` None is a remark."""

    good: bool | None
    text: str
    hint: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`retake doctor` takes no arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Print the findings."""
    console = Console(highlight=False, soft_wrap=True)
    findings = list(examine())
    for finding in findings:
        mark = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "·"}[finding.good]
        console.print(f"{mark} {escape(finding.text)}")
        if finding.hint:
            console.print(f"    {escape(finding.hint)}")
    return int(any(finding.good is False for finding in findings))


def examine() -> Iterator[Finding]:
    """Look at everything, cheapest first."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python,
        _packages,
        _display,
        _drawing,
        _video,
        _gpu,
        _room,
        _engines,
    )
    for check in checks:
        yield from check()


def _python() -> Iterator[Finding]:
    good = sys.version_info >= (3, 11)
    yield Finding(
        good, f"Python {platform.python_version()} on {platform.platform()}", "" if good else "Install 3.11."
    )
    yield Finding(True, f"SQLite {sqlite3.sqlite_version}")


def _packages() -> Iterator[Finding]:
    for name, found in package_versions().items():
        hint = "" if found else "pip install retake, or make demo in a checkout."
        yield Finding(bool(found), f"{name} {found or 'is missing'}", hint)


def _display() -> Iterator[Finding]:
    if sys.platform != "linux":
        return
    name = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if name:
        yield Finding(True, f"Display {name}")
    else:
        yield Finding(None, "No display", "The window needs one; `retake run`, `frame` and `export` do not.")


def _drawing() -> Iterator[Finding]:
    from pipeline.render import create_renderer

    renderer = create_renderer()
    yield Finding(None if renderer.notice else True, f"Drawing with {renderer.name}", renderer.notice)
    renderer.close()


def _video() -> Iterator[Finding]:
    import av

    codecs = ("h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg")
    missing = [name for name in codecs if name not in av.codecs_available]
    yield Finding(not missing, f"FFmpeg's libavcodec {'.'.join(map(str, av.library_versions['libavcodec']))}")
    if missing:
        yield Finding(
            False, f"It cannot decode {', '.join(missing)}", "Install PyAV from its wheel: pip install av"
        )


def _gpu() -> Iterator[Finding]:
    gpus = find_gpus()
    if not gpus:
        yield Finding(None, "No NVIDIA GPU or driver found", "The MediaPipe engine does not need one.")
    for index, read in enumerate(gpus):
        memory = read()
        if memory is None:
            yield Finding(None, f"GPU {index} does not answer", "See what nvidia-smi says of it.")
        else:
            yield Finding(True, f"{memory.device}, {memory.total / 2**30:.1f} GB")


def _room() -> Iterator[Finding]:
    memory = psutil.virtual_memory()
    yield Finding(True, f"{memory.total / 2**30:.1f} GB of memory, {memory.available / 2**30:.1f} GB free")
    for title, folder in (("data", data_folder()), ("engines", engines_folder())):
        existing = next(place for place in (folder, *folder.parents) if place.exists())
        free = shutil.disk_usage(existing).free
        good = free >= _LEAST_FREE and os.access(existing, os.W_OK)
        hint = "" if good else "Free some space, or let RETAKE_HOME and RETAKE_ENGINES name other folders."
        yield Finding(good, f"{free / 2**30:.1f} GB free for {title} in {folder}", hint)


def _engines() -> Iterator[Finding]:
    for name in ENGINES:
        try:
            status = environment.check(name)
        except UserError as error:
            yield Finding(False, f"Engine {name}: {error.message}", error.hint)
            continue
        if status.installed:
            yield Finding(True, f"Engine {name} {status.version}: {status.python}")
        else:
            yield Finding(False, f"Engine {name}: {status.problem}", f"retake engines install {name}")
