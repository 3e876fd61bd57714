"""`retake run`."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.arguments import add_frames, add_video
from app.commands.engine_arguments import NO_FOCAL_LENGTH, add_engine, run_options, settings_of
from app.estimate import estimate
from pipeline.engines.client import EngineClient
from pipeline.engines.command import command_for
from pipeline.headless import Headless, Step
from pipeline.job import Job
from pipeline.loading import StageState, StageStatus
from pipeline.structures import FrameFailure, RunOptions
from pipeline.video import Video

HELP = "Run an engine on a video without a window, into the session the window opens."
EPILOG = """examples:
  retake run clip.mp4
  retake run clip.mp4 --frames 0-99 --score 0.3
  retake run clip.mp4 --again          run frames that have a result once more, as new versions
  retake run clip.mp4 --engine humans4d --gender female --gpu-memory 8
  retake run clip.mp4 --engine humans4d --focal-length video

Frames that are done are kept if the command is stopped; run it again to go on where it stopped.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Video, engine, range and the options of a run."""
    add_video(parser)
    add_frames(parser)
    parser.add_argument("--again", action="store_true", help="also run frames that have a result")
    add_engine(parser)


def run(arguments: argparse.Namespace) -> int:
    """Load the engine, run the frames, list what failed."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    client = EngineClient(
        arguments.engine,
        command_for(arguments.engine),
        settings_of(arguments),
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
            options = _options(arguments, headless.video, console)
            _load(client, console)
            if client.info is not None and (text := estimate("This run", len(wanted), client.info)):
                console.print(text)
            return _run(headless, wanted, options, console)
    finally:
        client.close()


def _options(arguments: argparse.Namespace, video: Video, console: Console) -> RunOptions:
    if arguments.focal_length is None and not video.focal_length:
        console.print(NO_FOCAL_LENGTH, style="yellow")
    return run_options(arguments, video.focal_length)


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
    warned: dict[str, list[int]] = {}
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Running", total=len(wanted), people=0)

        def tell(step: Step) -> None:
            if isinstance(step.outcome, FrameFailure):
                failures.append(step.outcome)
            elif step.outcome.warning:
                warned.setdefault(step.outcome.warning, []).append(step.outcome.frame_index)
            progress.update(task, completed=step.done, people=step.people)

        headless.run(wanted, options, tell)
    for notice in headless.new_notices():
        console.print(notice, style="yellow")
    for warning, frames in warned.items():
        console.print(f"{_named(frames)}: {warning}", style="yellow")
    for failure in failures:
        console.print(f"Frame {failure.frame_index}: {failure.message} {failure.hint}", style="red")
    console.print(f"{len(wanted) - len(failures)} of {len(wanted)} frames done, in {headless.store.path}")
    return 1 if failures else 0


def _named(frames: list[int]) -> str:
    """Frames, in order, with runs put together: "Frames 16–17, 25"."""
    spans: list[list[int]] = []
    for frame in frames:
        if spans and frame == spans[-1][1] + 1:
            spans[-1][1] = frame
        else:
            spans.append([frame, frame])
    named = ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in spans)
    return f"{'Frame' if len(frames) == 1 else 'Frames'} {named}"
