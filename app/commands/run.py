"""`retake run`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.arguments import add_body, add_frames, add_video, amount, focal, length, share
from app.engine_options import engine_settings
from app.estimate import estimate
from pipeline.engines.client import EngineClient
from pipeline.engines.command import command_for
from pipeline.engines.engine import EngineSettings
from pipeline.headless import Headless, Step
from pipeline.importing.boxes import BoxTable
from pipeline.importing.formats import read_boxes
from pipeline.importing.running import run_boxes
from pipeline.job import Job
from pipeline.loading import StageState, StageStatus
from pipeline.structures import FrameFailure, RunOptions
from pipeline.video import Video
from widgets.values import DetectorKind, Gender, Precision, Preferences

HELP = "Run an engine on a video without a window, into the session the window opens."
EPILOG = """examples:
  retake run clip.mp4
  retake run clip.mp4 --frames 0-99 --score 0.3
  retake run clip.mp4 --again          run frames that have a result once more, as new versions
  retake run clip.mp4 --engine humans4d --gender female --gpu-memory 8
  retake run clip.mp4 --engine humans4d --focal-length video
  retake run clip.mp4 --boxes clip-mot.txt       only the frames that have boxes, with their tracks

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
    parser.add_argument(
        "--focal-length",
        type=focal,
        default=0.0,
        metavar="PX|video",
        help="in px, or `video`: from the video's metadata (default: the engine's own rule)",
    )
    parser.add_argument(
        "--boxes",
        type=Path,
        metavar="FILE",
        help="reconstruct the boxes of this file instead of detecting people (MOT .txt or boxes for PHALP .pkl)",
    )
    parser.add_argument("--no-masks", action="store_true", help="make no segmentation masks")
    add_body(parser)
    _add_humans4d(parser)


def _add_humans4d(parser: argparse.ArgumentParser) -> None:
    """What is decided before 4D-Humans is loaded."""
    group = parser.add_argument_group("for humans4d")
    defaults = Preferences()
    group.add_argument(
        "--gender", choices=get_args(Gender), default=defaults.gender, help="of the body (%(default)s)"
    )
    group.add_argument(
        "--detector",
        choices=get_args(DetectorKind),
        default=defaults.detector,
        help="vitdet is the best, regnety is fast (%(default)s)",
    )
    group.add_argument("--device", default="", help="cpu, cuda:0, ... (default: the engine chooses)")
    group.add_argument(
        "--precision",
        choices=get_args(Precision),
        default=defaults.precision,
        help="auto is half where the GPU gains by it (%(default)s)",
    )
    group.add_argument(
        "--gpu-memory", type=length, default=0.0, metavar="GB", help="use at most so much (0: all of it)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Load the engine, run the frames, list what failed."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    client = EngineClient(
        arguments.engine,
        command_for(arguments.engine),
        _settings(arguments),
        on_notice=lambda text: console.print(text, style="yellow"),
    )
    try:
        with Headless(arguments.video, client) as headless:
            for notice in headless.notices:
                console.print(notice, style="yellow")
            wanted = headless.frames_to_run(arguments.frames, again=arguments.again)
            table = read_boxes(arguments.boxes) if arguments.boxes else None
            if table is not None:
                table.within(headless.video.frame_count, headless.video.info.size)
                wanted = [frame for frame in wanted if table.frames.get(frame)]
            if not wanted:
                console.print(
                    "Nothing to do: every frame in the range has a result. Use --again to run them once more."
                )
                return 0
            options = _options(arguments, headless.video, console)
            _load(client, console)
            if client.info is not None and (text := estimate("This run", len(wanted), client.info)):
                console.print(text)
            return _run(headless, wanted, options, console, table)
    finally:
        client.close()


def _settings(arguments: argparse.Namespace) -> EngineSettings:
    chosen = Preferences(
        body_model=str(arguments.body.resolve()) if arguments.body else "",
        gender=arguments.gender,
        detector=arguments.detector,
        precision=arguments.precision,
        gpu_memory=arguments.gpu_memory,
        device=arguments.device,
    )
    return engine_settings(arguments.engine, chosen, EngineSettings())


def _options(arguments: argparse.Namespace, video: Video, console: Console) -> RunOptions:
    given: float | None = arguments.focal_length
    if given is None and not video.focal_length:
        console.print(
            "The video does not say its focal length: the engine's own rule is used.", style="yellow"
        )
    return RunOptions(
        score_threshold=arguments.score,
        min_size=arguments.min_size,
        max_people=arguments.max_people,
        masks=not arguments.no_masks,
        focal_length=video.focal_length if given is None else given,
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


def _run(
    headless: Headless, wanted: list[int], options: RunOptions, console: Console, table: BoxTable | None
) -> int:
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

        run_frames = headless.run if table is None else partial(run_boxes, headless, table)
        run_frames(wanted, options, tell)
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
