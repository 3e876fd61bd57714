"""`retake run`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from app.commands.arguments import add_frames, add_videos
from app.commands.engine_arguments import add_running, settings_of
from app.commands.export_files import wanted
from app.commands.run_videos import Outcome, Runner
from app.commands.videos import named_videos
from pipeline.engines.client import EngineClient
from pipeline.engines.command import command_for
from pipeline.formats import FORMATS

HELP = "Run an engine on videos without a window, into the sessions the window opens."
EPILOG = """examples:
  retake run clip.mp4
  retake run clip.mp4 --frames 0-99 --score 0.3
  retake run clip.mp4 --again          run frames that have a result once more, as new versions
  retake run a.mp4 b.mp4 folder 'more/*.mov' --out results --export phalp --export npz
  retake run clip.mp4 --export phalp=people.pkl
  retake run clip.mp4 --engine humans4d --gender female --gpu-memory 8
  retake run clip.mp4 --engine humans4d --focal-length video
  retake run clip.mp4 --boxes clip-mot.txt       only the frames that have boxes, with their tracks

Frames that are done are kept if the command is stopped, however it is; run it again to go on where it stopped,
with the results of a run that never was. What fails is told at the end, the rest is done all the same.

Exit codes: 0 all done, 1 a video, frame or export failed or the engine could not be loaded, 2 wrong arguments,
130 interrupted.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Videos, range, exports, engine and the options of a run."""
    add_videos(parser)
    add_frames(parser)
    parser.add_argument("--again", action="store_true", help="also run frames that have a result")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="keep sessions and exports there, beside a link to each video: open FOLDER/VIDEO "
        "(default: beside each video)",
    )
    parser.add_argument(
        "--export",
        action="append",
        default=[],
        type=wanted,
        metavar="FORMAT[=PATH]",
        help=f"also write it, to a file or into a folder (default: beside the session): {', '.join(FORMATS)}; "
        "may be given several times",
    )
    parser.add_argument("--quiet", action="store_true", help="say only what went wrong")
    parser.add_argument(
        "--json", action="store_true", help="say at the end what was done, as one line of JSON"
    )
    parser.add_argument(
        "--boxes",
        type=Path,
        metavar="FILE",
        help="reconstruct the boxes of this file instead of detecting people (MOT .txt or boxes for PHALP .pkl)",
    )
    add_running(parser)
    parser.set_defaults(refuse=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Run the videos with one engine, list what failed."""
    videos = named_videos(arguments.videos)
    _check(arguments, videos)
    console = _console(quiet=arguments.quiet)
    client = EngineClient(
        arguments.engine,
        command_for(arguments.engine),
        settings_of(arguments),
        on_notice=lambda text: console.print(text, style="yellow"),
    )
    runner = Runner(arguments, client, console)
    try:
        runner.run(videos)
    finally:  # also when it is interrupted
        client.close()
        _tell_problems(runner.outcomes, _console(quiet=False), len(videos))
    if arguments.json:
        print(json.dumps({"videos": [outcome.to_json() for outcome in runner.outcomes]}))
    return 1 if any(outcome.problems for outcome in runner.outcomes) else 0


def _console(*, quiet: bool) -> Console:
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True, quiet=quiet)


def _check(arguments: argparse.Namespace, videos: list[Path]) -> None:
    """Refuse what does not go together; exits with code 2."""
    refuse: Callable[[str], None] = arguments.refuse
    names = [video.name for video in videos]
    if arguments.out and len(set(names)) < len(names):
        refuse("two videos have the same name, so they cannot be kept in one folder: leave out --out")
    if arguments.boxes and len(videos) > 1:
        refuse("a file of boxes is of one video")
    if len(videos) > 1 and any(not one.is_folder for one in arguments.export):
        refuse("several videos cannot be written to one file: name a folder, as in --export phalp=results/")


def _tell_problems(outcomes: list[Outcome], console: Console, count: int) -> None:
    bad = [outcome for outcome in outcomes if outcome.problems]
    if bad and count > 1:
        console.print(f"{len(bad)} of {count} videos are not all done:", style="red")
    for outcome in bad:
        for problem in outcome.problems:
            console.print(f"{Path(outcome.video).name}: {problem}", style="red")
