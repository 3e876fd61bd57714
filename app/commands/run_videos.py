"""Running one video after another with one engine, on over failures, all of which are told at the end."""

from __future__ import annotations

import argparse
import dataclasses
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from app.commands.engine_arguments import NO_FOCAL_LENGTH, run_options
from app.commands.export_files import write
from app.estimate import estimate
from pipeline.engines.client import EngineClient
from pipeline.errors import UserError
from pipeline.formats import ExportSource
from pipeline.headless import Headless, Step
from pipeline.importing.boxes import BoxTable
from pipeline.importing.formats import read_boxes
from pipeline.importing.running import run_boxes
from pipeline.job import Job
from pipeline.loading import StageState, StageStatus
from pipeline.session.linking import link_into
from pipeline.session.open import leaving_no_empty, session_path
from pipeline.structures import FrameFailure, RunOptions

LOG_EVERY = 60.0
"""Seconds between two lines on how far a video is, where there is no terminal for a bar, as in a log."""


@dataclass
class Outcome:
    """What became of a video.

    Attributes:
        video: As it was named.
        session: The session file, empty if it could not be opened.
        wanted: Frames that were to be run.
        done: Frames that were run and have a result.
        failed: Frames that were run and have none.
        skipped: Frames of the range that had a result before.
        exports: Files written.
        problems: What went wrong, with what to do.
    """

    video: str
    session: str = ""
    wanted: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    exports: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return dataclasses.asdict(self)


class Runner:
    """Runs videos with an engine that is loaded when the first frame wants it.

    Attributes:
        outcomes: What became of those that were run so far.
    """

    def __init__(self, arguments: argparse.Namespace, client: EngineClient, console: Console) -> None:
        self._arguments = arguments
        self._client = client
        self._console = console
        self._loaded = False
        self.outcomes: list[Outcome] = []

    def run(self, videos: list[Path]) -> None:
        """Run them.

        Raises:
            UserError: The engine cannot be loaded: no video could be run.
        """
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._console, disable=not self._console.is_terminal) as progress:
            whole = progress.add_task("Videos", total=len(videos), note="", visible=len(videos) > 1)
            for video in videos:
                progress.update(whole, note=video.name)
                self._video(video, progress)
                progress.advance(whole)

    def _video(self, named: Path, progress: Progress) -> None:
        outcome = Outcome(str(named))
        self.outcomes.append(outcome)
        out = self._arguments.out
        there = bool(out) and (out / named.name).is_symlink()  # somebody's own, or of an earlier run
        try:
            video = link_into(named, out) if out else named
            self._frames(video, outcome, progress)
            self._exports(video, outcome, progress)
        except EngineNotLoaded:
            raise
        except UserError as error:
            outcome.problems.append(str(error))
            if not Path(outcome.session).exists():  # nothing was put in
                outcome.session = ""
            if not outcome.session and not there and self._arguments.out:
                _forget_link(named, self._arguments.out)
        self._console.print(_in_words(outcome))

    def _frames(self, video: Path, outcome: Outcome, progress: Progress) -> None:
        arguments = self._arguments
        with leaving_no_empty(video), Headless(video, self._client) as headless:
            outcome.session = str(headless.store.path)
            for notice in headless.notices:
                self._warn(f"{video.name}: {notice}")
            boxes = read_boxes(arguments.boxes) if arguments.boxes else None
            wanted, whole = self._wanted(headless, boxes)
            outcome.skipped = len(whole) - len(wanted)
            outcome.wanted = len(wanted)
            if not wanted:
                if boxes is not None:
                    run_boxes(headless, boxes, [], RunOptions(), lambda step: None)
                return
            if arguments.focal_length is None and not headless.video.focal_length:
                self._warn(f"{video.name}: {NO_FOCAL_LENGTH}")
            self._load()
            if self._client.info and (text := estimate("This run", len(wanted), self._client.info)):
                self._console.print(text)
            task = progress.add_task(video.name, total=len(wanted), note="")
            told = _Told(outcome, progress, task)
            try:
                run_frames = headless.run if boxes is None else partial(run_boxes, headless, boxes)
                run_frames(wanted, run_options(arguments, headless.video.focal_length), told.step)
            finally:
                for text in [*told.warnings(), *headless.new_notices()]:
                    self._warn(f"{video.name}: {text}")
            progress.update(task, visible=self._alone(progress))

    def _wanted(self, headless: Headless, boxes: BoxTable | None) -> tuple[list[int], list[int]]:
        """The frames that are to be run, and all of the range; where there are boxes, those that have some."""
        arguments = self._arguments
        wanted = headless.frames_to_run(arguments.frames, again=arguments.again)
        whole = headless.frames_to_run(arguments.frames, again=True)
        if boxes is None:
            return wanted, whole
        boxes.within(headless.video.frame_count, headless.video.info.size)
        there = boxes.frames
        return [one for one in wanted if there.get(one)], [one for one in whole if there.get(one)]

    def _exports(self, video: Path, outcome: Outcome, progress: Progress) -> None:
        body = self._arguments.body
        for wanted in self._arguments.export:
            source = ExportSource(
                store_path=session_path(video),
                video_path=video,
                body_paths=(body,) if body else (),
                frames=self._arguments.frames,
            )
            try:
                written = write(wanted.format, source, wanted.path(video), {}, progress)
            except UserError as error:
                outcome.problems.append(f"export {wanted.format.key}: {error}")
                continue
            outcome.exports += map(str, written.paths)
            for notice in written.notices:
                self._console.print(f"{video.name}: {notice}")

    def _load(self) -> None:
        if self._loaded:
            return
        told: set[str] = set()

        def tell(job: Job) -> None:
            statuses: tuple[StageStatus, ...] = job.take_report() or ()
            for status in statuses:
                if status.state is StageState.DONE and status.title not in told:
                    told.add(status.title)
                    line = f"  {status.title}, {status.seconds:.1f} s {status.detail}"
                    self._console.print(line, style="dim")

        self._console.print("Loading the engine")
        job = Job(self._client.load)
        job.listen(lambda: tell(job))
        try:
            self._client.load(job)
        except UserError as error:
            raise EngineNotLoaded(error.message, error.hint) from error
        self._loaded = True

    def _warn(self, text: str) -> None:
        self._console.print(text, style="yellow")

    def _alone(self, progress: Progress) -> bool:
        """Whether there is one video: its bar stays, while many would fill the screen."""
        return progress.tasks[0].total == 1


class EngineNotLoaded(UserError):  # noqa: N818 - what is wrong, as a person says it
    """The engine cannot be loaded, so that no video can be run."""


class _Told:
    """Hears of each frame of a video."""

    def __init__(self, outcome: Outcome, progress: Progress, task: TaskID) -> None:
        self._outcome, self._progress, self._task = outcome, progress, task
        self._warned: dict[str, list[int]] = {}
        self._said = time.monotonic()

    def step(self, step: Step) -> None:
        """A frame is finished."""
        result = step.outcome
        if isinstance(result, FrameFailure):
            self._outcome.failed += 1
            said = f"Frame {result.frame_index}: {result.message} {result.hint}"
            self._outcome.problems.append(said.rstrip())
        else:
            self._outcome.done += 1
            if result.warning:
                self._warned.setdefault(result.warning, []).append(result.frame_index)
        people = "1 person" if step.people == 1 else f"{step.people} people"
        self._progress.update(self._task, completed=step.done, note=people)
        if self._progress.disable and time.monotonic() - self._said >= LOG_EVERY:
            self._said = time.monotonic()
            total = self._progress.tasks[-1].total or 0
            self._progress.console.print(
                f"{Path(self._outcome.video).name}: {step.done} of {total:.0f} frames"
            )

    def warnings(self) -> list[str]:
        """What the engine warned of, each once, with the frames."""
        return [f"{named_frames(frames)}: {warning}" for warning, frames in self._warned.items()]


def _forget_link(video: Path, folder: Path) -> None:
    """A link beside which there is no session is of no use."""
    link = folder / video.name
    if link.is_symlink() and not session_path(link).exists():
        link.unlink()


def _in_words(outcome: Outcome) -> str:
    name = Path(outcome.video).name
    if not outcome.session:
        return f"{name}: not run"
    if not outcome.wanted and outcome.skipped:
        said = "Nothing to do: every frame in the range has a result. Use --again to run them once more."
    else:
        said = f"{outcome.done} of {outcome.wanted} frames done, in {outcome.session}"
    return "\n".join([f"{name}: {said}", *(f"  {path}" for path in outcome.exports)])


def named_frames(frames: list[int]) -> str:
    """Frames, in order, with runs put together: "Frames 16–17, 25"."""
    spans: list[list[int]] = []
    for frame in frames:
        if spans and frame == spans[-1][1] + 1:
            spans[-1][1] = frame
        else:
            spans.append([frame, frame])
    named = ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in spans)
    return f"{'Frame' if len(frames) == 1 else 'Frames'} {named}"
