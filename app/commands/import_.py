"""`retake import`."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from app.commands.arguments import add_body, add_video, length
from pipeline.errors import SessionError
from pipeline.importing import (
    IMPORTS,
    Content,
    Match,
    Wish,
    described,
    import_all,
    match,
    place_of,
    read_files,
    summary,
)
from pipeline.job import Job
from pipeline.session.open import check_identity, index_path, leaving_no_empty, open_session
from pipeline.session.store import Store
from pipeline.video import Video, open_video

HELP = "Put results that other programs computed into a video's session."


def _table() -> str:
    lines = []
    for format in IMPORTS.values():
        lines.append(f"  {format.key:8}{format.title}: {format.summary}")
        lines += [
            f"          --option {option.key}={'|'.join(option.choices) or 'VALUE'}"
            + (f" (default {option.default})" if option.default else "")
            for option in format.options
        ]
    return "\n".join(lines)


EPILOG = f"""formats, recognised by what is in the file:
{_table()}

examples:
  retake import clip.mp4 demo_clip.pkl
  retake import clip.mp4 hmr4d_results.pt --match time
  retake import clip.mp4 person-1.npz person-2.npz --option axes=y-up
  retake import clip.mp4 part.pkl --offset 120 --check    say what would be imported

What was in the session stays as older versions, and the import is one step that Undo takes back. Exit codes: 0
imported, 1 refused, with the reason and nothing changed.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Video, files, and how they are matched."""
    add_video(parser)
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="results; several .npz are a track each"
    )
    parser.add_argument(
        "--format", choices=tuple(IMPORTS), default="", metavar="KEY", help=", ".join(IMPORTS)
    )
    parser.add_argument(
        "--match",
        choices=("auto", "frame", "time"),
        default="auto",
        help="frames by number or by presentation time (%(default)s: by time where the rates differ)",
    )
    parser.add_argument(
        "--offset", type=int, default=0, metavar="N", help="the file's frame 0 is frame N of the video"
    )
    parser.add_argument(
        "--rate", type=length, default=0.0, metavar="FPS", help="the file's frames per second"
    )
    parser.add_argument("--partial", action="store_true", help="leave out what the video has no frame for")
    parser.add_argument("--space", choices=("camera", "world"), help="the same as --option space=…")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        type=_option,
        metavar="KEY=VALUE",
        help="a choice of the format",
    )
    parser.add_argument("--check", action="store_true", help="only say what would be imported")
    add_body(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read, match, say what fits, put it in."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    with leaving_no_empty(arguments.video):
        _open_and_import(arguments, console)
    return 0


def _open_and_import(arguments: argparse.Namespace, console: Console) -> None:
    video = open_video(arguments.video, index_file=index_path(arguments.video))
    try:
        video.build_index()
        opened = open_session(arguments.video)
        try:
            if opened.store.read_only and not arguments.check:
                raise SessionError(*opened.store.locked)
            for notice in (*opened.notices, check_identity(opened.store, video)):
                if notice:
                    console.print(notice, style="yellow")
            _import(arguments, video, opened.store, console)
        finally:
            opened.store.close()
    finally:
        video.close()


def _import(arguments: argparse.Namespace, video: Video, store: Store, console: Console) -> None:
    place = place_of(video, store, (arguments.body,) if arguments.body else ())
    options = dict(arguments.option) | ({"space": arguments.space} if arguments.space else {})
    wish = Wish(arguments.match, arguments.offset, arguments.rate, arguments.partial)
    job = Job(lambda job: None)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Reading", total=1.0)
        job.listen(lambda: progress.update(task, completed=job.take_report() or 0.0))
        content = read_files(arguments.files, place, options, job, arguments.format)
        found = match(content, place, wish)
        progress.update(task, completed=1.0)
    for name, said in described(content, found, place, IMPORTS[content.key].title):
        console.print(f"{name:10}{said}")
    for notice in (*content.notices, *found.notices):
        console.print(notice, style="yellow")
    if not arguments.check:
        _enter(store, content, found, console)


def _enter(store: Store, content: Content, found: Match, console: Console) -> None:
    job = Job(lambda job: None)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Importing", total=1.0)
        job.listen(lambda: progress.update(task, completed=job.take_report() or 0.0))
        done = import_all(store, content, found, job)
        progress.update(task, completed=1.0)
    said, notices = summary(content, done)
    for notice in notices:
        console.print(notice, style="yellow")
    console.print(f"{said} In {store.path}")


def _option(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no choice; write it like axes=y-up")
    return key, value
