"""`retake demo`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from pipeline.places import data_folder, resource

HELP = "Open the window on the demo clip."
EPILOG = """example:
  retake demo

The clip is copied to your data folder once, because the session is kept beside the video.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether the tour may begin."""
    parser.add_argument(
        "--no-tour", action="store_true", help="do not begin with the tour at the first start"
    )


def run(arguments: argparse.Namespace) -> int:
    """Open the window."""
    from app.gui import main

    return main(demo_clip(), demo=True, tour=not arguments.no_tour)


def demo_clip() -> Path:
    """The user's own copy of the demo clip, made if it is not there or an older one."""
    source = resource("demo.mp4")
    copy = data_folder() / "demo" / source.name
    if not copy.is_file() or copy.stat().st_size != source.stat().st_size:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    return copy
