"""`retake export`."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from app.commands.arguments import add_body, add_frames, add_video, session_of
from app.commands.export_files import Wanted, write
from pipeline.errors import UserError
from pipeline.formats import FORMATS, ExportSource, Format, Option, preview

_MARGIN = " " * 12
_WIDTH = 100


def _table() -> str:
    """What each format is for, who reads it, and what can be chosen; the default stands first."""
    return "\n\n".join(_entry(format) for format in FORMATS.values())


def _entry(format: Format) -> str:
    kind = "" if format.is_folder or format.suffix in format.title else f" {format.suffix}"
    said = f"{format.summary} Read by {format.readers}."
    lines = [f"  {format.key:10}{format.title}{kind}"]
    lines += textwrap.wrap(said, _WIDTH, initial_indent=_MARGIN, subsequent_indent=_MARGIN)
    return "\n".join(
        [*lines, *(f"{_MARGIN}  {_choices(option):50} {option.title}" for option in format.options)]
    )


def _choices(option: Option) -> str:
    others = [choice for choice in option.choices if choice != option.default]
    return f"{option.key}={'|'.join([option.default, *(others or ['NUMBER'])])}"


HELP = "Write a session's results for other programs."
EPILOG = f"""formats, and below each what --option KEY=VALUE chooses, the default first:

{_table()}

examples:
  retake export clip.mp4 phalp -o clip.pkl
  retake export clip.mp4 npz -o clip.npz --option variant=smpl-72 --option rate=30
  retake export clip.mp4 mp4 -o overlay.mp4 --frames 0-99 --tracks 1,2
  retake export clip.mp4 csv -o clip.csv --option space=world --option units=mm
  retake export clip.mp4 trc -o clip.trc --option markers=body-25
  retake export clip.mp4 openpose -o clip-openpose
  retake export clip.mp4 phalp npz jsonl -o results
  retake export --list

Several formats are written into a folder, named after the video, and each option goes to the formats that have it;
what fails is told at the end, the rest is written. Exit codes: 0 done, 1 failed, 2 wrong arguments, 130 interrupted.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Video, format, output and the format's options."""
    add_video(parser)
    parser.add_argument(
        "formats", nargs="+", choices=tuple(FORMATS), metavar="FORMAT", help=", ".join(FORMATS)
    )
    parser.add_argument("--list", action=_List, nargs=0, help="list the formats with their options, and end")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="PATH", help="file or folder to write"
    )
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
    parser.set_defaults(refuse=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Write the files, showing how far it is."""
    source = ExportSource(
        store_path=session_of(arguments.video),
        video_path=arguments.video,
        body_paths=(arguments.body,) if arguments.body else (),
        frames=arguments.frames,
        tracks=arguments.tracks,
    )
    options = dict(arguments.option)
    formats = [FORMATS[key] for key in dict.fromkeys(arguments.formats)]
    _check(arguments, formats, options)
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    # A single format that goes wrong ends the command, as any error does.
    failed = [
        one for one in formats if not _written(one, source, options, arguments.output, len(formats), console)
    ]
    return 1 if failed else 0


def _check(arguments: argparse.Namespace, formats: Sequence[Format], options: dict[str, str]) -> None:
    """Refuse what does not go together; exits with code 2."""
    refuse: Callable[[str], None] = arguments.refuse
    if len(formats) == 1:
        return  # it says itself which options it has
    if arguments.output.suffix and not arguments.output.is_dir():
        refuse("several formats cannot be one file: name a folder")
    for key in options.keys() - {option.key for format in formats for option in format.options}:
        refuse(f"none of these formats has the option {key!r}")


def _written(
    format: Format, source: ExportSource, options: dict[str, str], output: Path, count: int, console: Console
) -> bool:
    """Write one of so many formats; whether it went well.

    Raises:
        UserError: It is the only one and did not.
    """
    own = {option.key for option in format.options}
    chosen = options if count == 1 else {key: value for key, value in options.items() if key in own}
    path = Wanted(format, str(output) if count == 1 else f"{output}/").path(source.video_path)
    try:
        console.print(f"{format.title}: {preview(format, source, chosen, path)}")
        with Progress(console=console, disable=not console.is_terminal) as progress:
            written = write(format, source, path, chosen, progress)
    except UserError as error:
        if count == 1:
            raise
        console.print(f"{format.title}: {error}", style="red")
        return False
    for notice in written.notices:
        console.print(notice)
    print(*written.paths, sep="\n")
    return True


class _List(argparse.Action):
    """Lists the formats, and ends: no video is needed for that."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        """Print them."""
        del rest
        print(_table())
        parser.exit()


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
