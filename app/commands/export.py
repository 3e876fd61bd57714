"""`retake export`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from app.commands.arguments import add_body, add_frames, add_video, session_of
from pipeline.errors import ExportError
from pipeline.formats import FORMATS, ExportSource, Format, Written, preview
from pipeline.job import Job


def _table() -> str:
    lines = []
    for format in FORMATS.values():
        lines.append(f"  {format.key:8}{format.title}: {format.summary} Read by: {format.readers}.")
        lines += [
            f"          --option {option.key}={'|'.join(option.choices) or 'VALUE'} (default {option.default})"
            for option in format.options
        ]
    return "\n".join(lines)


HELP = "Write a session's results for other programs."
EPILOG = f"""formats:
{_table()}

examples:
  retake export clip.mp4 phalp -o clip.pkl
  retake export clip.mp4 npz -o clip.npz --option variant=smpl-72 --option rate=30
  retake export clip.mp4 mp4 -o overlay.mp4 --frames 0-99 --tracks 1,2
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Video, format, output and the format's options."""
    add_video(parser)
    parser.add_argument("format", choices=tuple(FORMATS), metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="file to write")
    parser.add_argument("--tracks", type=_tracks, metavar="1,2", help="only these people (default: all)")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        type=_option,
        metavar="KEY=VALUE",
        help="a choice of the format, see below",
    )
    add_frames(parser)
    add_body(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file, showing how far it is."""
    source = ExportSource(
        store_path=session_of(arguments.video),
        video_path=arguments.video,
        body_paths=(arguments.body,) if arguments.body else (),
        frames=arguments.frames,
        tracks=arguments.tracks,
    )
    format, options = FORMATS[arguments.format], dict(arguments.option)
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    path = _with_suffix(arguments.output, format)
    console.print(f"{format.title}: {preview(format, source, options, path)}")
    written = _write(format, source, path, options, console)
    for notice in written.notices:
        console.print(notice)
    print(*written.paths, sep="\n")
    return 0


def _with_suffix(path: Path, format: Format) -> Path:
    if format.is_folder:
        return path
    if path.is_dir():
        raise ExportError(
            f"{path} is a folder.", f"Name a file in it, such as {path / ('out' + format.suffix)}."
        )
    return path if path.suffix else path.with_suffix(format.suffix)


def _write(
    format: Format, source: ExportSource, path: Path, options: Mapping[str, str], console: Console
) -> Written:
    job = Job(lambda job: None)
    with Progress(console=console) as progress:
        task = progress.add_task("Writing", total=1.0)
        job.listen(lambda: progress.update(task, completed=job.take_report() or 0.0))
        return format.write(source, path, options, job)


def _tracks(text: str) -> frozenset[int]:
    try:
        return frozenset(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of tracks; write it like 1,2") from None


def _option(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no choice; write it like rate=30")
    return key, value
