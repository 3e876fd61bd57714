"""`retake batch`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console

from app.batch_progress import BatchProgress
from app.commands.arguments import add_videos, amount, length
from app.commands.engine_arguments import NO_FOCAL_LENGTH, add_running, run_options, settings_of
from app.commands.videos import named_videos
from pipeline.batch.driver import Driver, Ended
from pipeline.batch.executor import Executor, PlainExecutor
from pipeline.batch.plan import VideoWork, Wishes, plan
from pipeline.batch.survey import WORK_NAME, Survey, as_named, survey, work_folder
from pipeline.batch.work import Equipment
from pipeline.errors import UserError

HELP = "Run an engine on many videos, on one machine or many, into one session for each."
EPILOG = """examples:
  retake batch a.mp4 b.mp4
  retake batch *.mp4 --ray local --workers 2
  retake batch /data/*.mp4 --engine humans4d --ray ADDRESS:6379 --gpus-per-worker 0.5
  retake batch /data/*.mp4 --engine humans4d --slurm --workers 8 --slurm-option partition=gpu

Whatever stopped it, run the same command again: what is done is not done again. All machines must see the
videos and the work folder at the same paths. Exit codes: 0 all done, 1 some frames, chunks or videos failed,
2 wrong arguments, 130 interrupted.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Videos, engine, who does the work, how it is cut."""
    add_videos(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="keep sessions there, beside a link to each video: open FOLDER/VIDEO (default: beside each "
        "video)",
    )
    parser.add_argument(
        "--work",
        type=Path,
        metavar="FOLDER",
        help=f"of what is done so far (default: {WORK_NAME} beside each video)",
    )
    parser.add_argument("--retry-failed", action="store_true", help="do chunks again in which frames failed")
    _add_workers(parser)
    group = parser.add_argument_group("how videos are cut")
    group.add_argument("--chunk", type=_size, default=300, help="most frames of a chunk (%(default)s)")
    group.add_argument(
        "--overlap", type=amount, default=32, help="frames before a chunk that are run too (%(default)s)"
    )
    add_running(parser)
    parser.set_defaults(refuse=parser.error)


def _add_workers(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("who does the work (default: this process)")
    who = group.add_mutually_exclusive_group()
    who.add_argument("--ray", metavar="ADDRESS", help="Ray workers; `local` starts them on this machine")
    who.add_argument(
        "--slurm",
        nargs="?",
        const="slurm",
        choices=("slurm", "local"),
        help="an array of Slurm jobs; `local`: processes of this machine, to try it",
    )
    group.add_argument(
        "--workers", type=amount, default=0, help="how many (Ray: as many as there is room for)"
    )
    group.add_argument(
        "--gpus-per-worker",
        type=length,
        metavar="N",
        help="such as 1 or, with Ray, 0.5 (default: 1 for humans4d unless --device cpu, else 0)",
    )
    group.add_argument(
        "--slurm-option",
        action="append",
        default=[],
        type=slurm_option,
        metavar="NAME=VALUE",
        help="such as partition=gpu, time=240 or mem=32GB; may be given several times",
    )


def run(arguments: argparse.Namespace) -> int:
    """Look at the videos, have what is missing done, make the sessions, list what failed."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    problems = _Problems(console)
    arguments.videos = named_videos(arguments.videos)
    _check(arguments)
    with closing(_executor(arguments, problems.notice)) as executor:
        surveys = _surveyed(arguments, console, problems)
        if not surveys:
            return problems.told()
        console.print("Loading the engine")
        engine = executor.engine()
        console.print(f"  {engine.name} {engine.version} on {engine.device}", style="dim")
        works = _planned(arguments, surveys, engine.engine_id, problems)
        with BatchProgress(console, works) as progress:
            ended = Driver(executor, engine.engine_id, progress.update).run(works)
    for one in ended:
        problems.note(one)
    return problems.told()


class _Problems:
    """What went wrong, told at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._found: list[str] = []
        self._noticed: set[str] = set()

    def notice(self, text: str) -> None:
        """Say something at once, but once."""
        if text not in self._noticed:
            self._noticed.add(text)
            self._console.print(text, style="yellow")

    def add(self, text: str) -> None:
        """Note what is to be told at the end."""
        self._found.append(text)

    def note(self, ended: Ended) -> None:
        """Tell how a video ended."""
        name = ended.video.name
        if ended.problem:
            self.add(f"{name}: {ended.problem}")
        for chunk, why in ended.lost:
            self.add(f"{name}, frames {chunk.first}–{chunk.last}: {why}")
        for failure in ended.failures:
            self.add(f"{name}, frame {failure.frame_index}: {failure.message} {failure.hint}")
        for first, last in ended.stitched.waiting if ended.stitched else ():
            frames = f"frame {first} is" if first == last else f"frames {first}–{last} are"
            self.add(f"{name}: {frames} done and will be put into the session when those before are done")
        if ended.stitched is not None:
            for text in ended.stitched.notices:
                self.notice(f"{name}: {text}")
            self._console.print(f"{name}: {ended.stitched.results} frames, in {ended.stitched.session}")
        elif not ended.problem:
            self._console.print(f"{name}: nothing to do, every frame has a result")

    def told(self) -> int:
        """Tell what went wrong; the exit code."""
        for text in self._found:
            self._console.print(text, style="red")
        return 1 if self._found else 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse what does not go together; exits with code 2."""
    refuse: Callable[[str], None] = arguments.refuse
    videos = {as_named(video) for video in arguments.videos}
    if arguments.workers and not (arguments.ray or arguments.slurm):
        refuse("--workers needs --ray or --slurm")
    if arguments.slurm and not arguments.workers:
        refuse("--slurm needs --workers: how many jobs the array has")
    if arguments.slurm_option and not arguments.slurm:
        refuse("--slurm-option needs --slurm")
    if arguments.slurm and not _gpus(arguments).is_integer():
        refuse("Slurm gives whole GPUs: give a whole number to --gpus-per-worker, or use --ray")
    if arguments.overlap >= arguments.chunk:
        refuse("--overlap must be less than --chunk")
    if arguments.out and len({video.name for video in videos}) < len(videos):
        refuse("two videos have the same name, so their sessions cannot be in one folder: leave out --out")


def _gpus(arguments: argparse.Namespace) -> float:
    if arguments.gpus_per_worker is not None:
        return float(arguments.gpus_per_worker)
    return float(arguments.engine == "humans4d" and arguments.device != "cpu")


def _surveyed(arguments: argparse.Namespace, console: Console, problems: _Problems) -> list[Survey]:
    found: dict[Path, Survey] = {}
    for path in arguments.videos:
        try:
            with console.status(f"Looking for cuts in {path.name}"):
                one = survey(path, arguments.work)
        except UserError as error:
            problems.add(f"{path}: {error}")
            continue
        other = found.setdefault(one.video, one).named
        if other != one.named:
            problems.add(f"{path}: It is the same video as {other}. Run the same command again for this one.")
            continue
        for text in one.notices:
            problems.notice(f"{path.name}: {text}")
        if arguments.focal_length is None and not one.focal_length:
            problems.notice(NO_FOCAL_LENGTH)
        shots = "1 shot" if len(one.shots) == 1 else f"{len(one.shots)} shots"
        console.print(f"{path.name}: {one.frame_count} frames, {shots}")
    return list(found.values())


def _planned(
    arguments: argparse.Namespace, surveys: list[Survey], engine_id: str, problems: _Problems
) -> list[VideoWork]:
    out = arguments.out.resolve() if arguments.out else None
    wishes = Wishes(arguments.chunk, arguments.overlap, arguments.retry_failed, out)
    works = []
    for one in surveys:
        options = run_options(arguments, one.focal_length)
        try:
            works.append(plan(one, engine_id, settings_of(arguments), options, wishes))
        except UserError as error:
            problems.add(f"{one.named.name}: {error}")
    return works


def _executor(arguments: argparse.Namespace, notice: Callable[[str], None]) -> Executor:
    """Who does the work. Made first: what is missing is told before videos are looked at."""
    equipment = Equipment(arguments.engine, settings_of(arguments))
    if arguments.ray:
        from pipeline.batch.on_ray import Place, RayExecutor

        return RayExecutor(equipment, Place(arguments.ray, arguments.workers, _gpus(arguments)), notice)
    if arguments.slurm:
        from pipeline.batch.on_slurm import Cluster, SlurmExecutor

        folder = work_folder(arguments.videos[0].resolve(), arguments.work) / "jobs"
        options = dict(arguments.slurm_option)
        cluster = Cluster(arguments.slurm, arguments.workers, int(_gpus(arguments)), options, folder)
        return SlurmExecutor(equipment, cluster, notice)
    return PlainExecutor(equipment, notice)


def _size(text: str) -> int:
    """Read a whole number from 1 up."""
    number = amount(text)
    if number < 1:
        raise argparse.ArgumentTypeError("a chunk has at least one frame")
    return number


def slurm_option(text: str) -> tuple[str, Any]:
    """Read NAME=VALUE: what submitit knows by that name, else what sbatch does."""
    name, given, value = text.partition("=")
    if not given or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    known = name.startswith(("slurm_", "local_")) or name in _FOR_ANY_CLUSTER
    return (name if known else f"slurm_{name}"), _number_in(value)


_FOR_ANY_CLUSTER = ("timeout_min", "mem_gb", "cpus_per_task", "gpus_per_node", "nodes", "name")


def _number_in(text: str) -> int | float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if text.isdecimal() else number
