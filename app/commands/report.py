"""`retake report`."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from app.commands.arguments import add_body, add_video, session_of
from pipeline.formats import ExportSource
from pipeline.job import Job
from pipeline.problems import Thresholds
from pipeline.report import write_report

HELP = "Write the report of a review as one HTML file."
EPILOG = """examples:
  retake report clip.mp4 -o clip.html

Exit codes: 0 done, 1 failed, 2 wrong arguments, 130 interrupted.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Video and output."""
    add_video(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="HTML file to write")
    add_body(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file, showing how far it is."""
    source = ExportSource(
        store_path=session_of(arguments.video),
        video_path=arguments.video,
        body_paths=(arguments.body,) if arguments.body else (),
    )
    path = arguments.output if arguments.output.suffix else arguments.output.with_suffix(".html")
    job = Job(lambda job: None)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Writing", total=1.0)
        job.listen(lambda: progress.update(task, completed=job.take_report() or 0.0))
        written = write_report(source, path, Thresholds(), job)
    print(*written.paths, sep="\n")
    return 0
