"""`retake run`."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.arguments import add_body, add_frames, add_video, amount, length, share
from pipeline.engines.client import EngineClient
from pipeline.engines.command import command_for
from pipeline.engines.engine import EngineSettings
from pipeline.headless import Headless, Step
from pipeline.job import Job
from pipeline.loading import StageState, StageStatus
from pipeline.structures import FrameFailure, RunOptions

HELP = "Run an engine on a video without a window, into the session the window opens."
EPILOG = """examples:
  retake run clip.mp4
  retake run clip.mp4 --frames 0-99 --score 0.3
  retake run clip.mp4 --again          run frames that have a result once more, as new versions

Frames that are done are kept if the command is stopped; run it again to go on where it stopped.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Video, engine, range and the options of a run."""
    add_video(parser)
    add_frames(parser)
    defaults = RunOptions()
    parser.add_argument("--engine", default="mediapipe", metavar="NAME", help="see `retake engines list`")
    parser.add_argument("--again", action="store_true", help="also run frames that have a result")
    parser.add_argument(
        "--score", type=share, default=defaults.score_threshold, help="least score of a person (%(default)s)"
    )
    parser.add_argument(
        "--min-size", type=amount, default=defaults.min_size, help="least height in px (%(default)s)"
    )
    parser.add_argument(
        "--max-people", type=amount, default=0, help="at most so many, best first (0: no limit)"
    )
    parser.add_argument("--focal-length", type=length, default=0.0, help="in px (0: the engine's own choice)")
    parser.add_argument("--no-masks", action="store_true", help="make no segmentation masks")
    add_body(parser)


def run(arguments: argparse.Namespace) -> int:
    """Load the engine, run the frames, list what failed."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    settings = EngineSettings(body_model=str(arguments.body.resolve()) if arguments.body else "")
    client = EngineClient(
        arguments.engine,
        command_for(arguments.engine),
        settings,
        on_notice=lambda text: console.print(text, style="yellow"),
    )
    try:
        with Headless(arguments.video, client) as headless:
            for notice in headless.notices:
                console.print(notice, style="yellow")
            wanted = headless.frames_to_run(arguments.frames, again=arguments.again)
            if not wanted:
                console.print(
                    "Nothing to do: every frame in the range has a result. Use --again to run them once more."
                )
                return 0
            _load(client, console)
            return _run(headless, wanted, _options(arguments), console)
    finally:
        client.close()


def _options(arguments: argparse.Namespace) -> RunOptions:
    return RunOptions(
        score_threshold=arguments.score,
        min_size=arguments.min_size,
        max_people=arguments.max_people,
        masks=not arguments.no_masks,
        focal_length=arguments.focal_length,
    )


def _load(client: EngineClient, console: Console) -> None:
    told: set[str] = set()

    def tell(job: Job) -> None:
        statuses: tuple[StageStatus, ...] = job.take_report() or ()
        for status in statuses:
            if status.state is StageState.DONE and status.title not in told:
                told.add(status.title)
                console.print(f"  {status.title}, {status.seconds:.1f} s {status.detail}", style="dim")

    console.print("Loading the engine")
    job = Job(client.load)
    job.listen(lambda: tell(job))
    client.load(job)


def _run(headless: Headless, wanted: list[int], options: RunOptions, console: Console) -> int:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[people]} people"),
        TimeRemainingColumn(),
    )
    failures: list[FrameFailure] = []
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Running", total=len(wanted), people=0)

        def tell(step: Step) -> None:
            if isinstance(step.outcome, FrameFailure):
                failures.append(step.outcome)
            progress.update(task, completed=step.done, people=step.people)

        headless.run(wanted, options, tell)
    for notice in headless.new_notices():
        console.print(notice, style="yellow")
    for failure in failures:
        console.print(f"Frame {failure.frame_index}: {failure.message} {failure.hint}", style="red")
    console.print(f"{len(wanted) - len(failures)} of {len(wanted)} frames done, in {headless.store.path}")
    return 1 if failures else 0
