"""What batches are tried with: an engine with a memory, clips of several shots, and what is compared."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
from fakes_clips import encode, x264
from fakes_engine import StandIn, stand_in_people

from pipeline.engines import environment
from pipeline.engines.engine import EngineSettings, Report
from pipeline.loading import Stage
from pipeline.session.sameness import differences
from pipeline.session.store import Store
from pipeline.structures import PASSING, Frame, FrameResult, Plan, Rejected, RunOptions

TESTS = Path(__file__).resolve().parent
SHOTS = 75, 45
"""Frames of the shots that the command line is tried with."""

CUT = ["--chunk", "20", "--overlap", "12"]
WARM = 10
"""Frames after which the engine's memory makes no more difference."""


class Wanderer(StandIn):
    """Remembers, within a sequence: people have numbers, and stand where they stand only after some frames.

    Its cues come from the environment as JSON, STAND_IN_CUES, as a command line cannot give them. `orphan_on` is
    its own: frames on which it kills the process that started it.
    """

    _sequence, _next, _since = "", -1, 0

    def stages(self, settings: EngineSettings) -> Sequence[Stage]:
        cues = json.loads(os.environ.get("STAND_IN_CUES", "{}"))
        return super().stages(replace(settings, extra={**settings.extra, **cues}))

    def infer(self, frame: Frame, options: RunOptions, report: Report) -> FrameResult:
        if self._cued("orphan_on", frame.index):
            os.kill(os.getppid(), signal.SIGKILL)
        result = super().infer(frame, options, report)
        goes_on = options.sequence == self._sequence and frame.index == self._next
        self._since = self._since + 1 if goes_on else 0
        if not goes_on:
            self._begun = frame.index
        self._sequence, self._next = options.sequence, frame.index + 1
        cam_t = result.people.cam_t + np.float32(0.01 * max(0, WARM - self._since))
        numbers = self._begun * 100 + 1 + np.arange(len(result.people))
        plan = replace(result.plan, notes=("passing",) if options.sequence.startswith(PASSING) else ())
        people = replace(result.people, cam_t=cam_t)
        return replace(result, people=people, tracks=numbers.astype(np.int64), plan=plan)


def use_wanderer(monkeypatch, **cues: str) -> None:
    """The MediaPipe engine is, from here on, a command that starts the engine with a memory."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(TESTS.parent), str(TESTS))))
    monkeypatch.setenv("STAND_IN_CUES", json.dumps(cues))
    environment.use(
        "mediapipe", command=f"'{sys.executable}' -m pipeline.engines.worker fakes_batch:Wanderer"
    )


def make_result(frame: int, people: int = 2) -> FrameResult:
    """What the stand-in would make of a frame."""
    found = stand_in_people(frame, people, (320, 240), masks=True)
    return FrameResult(frame, found, Rejected(), "stand-in-1-cafe", Plan(), {"detect": 0.1}, 2**20)


def scenes(*lengths: int):
    """Draws frames of shots of these lengths: noise that wanders over a ground of the shot's own colour."""
    begins = np.cumsum([0, *lengths])
    noise = np.random.default_rng(7).integers(0, 60, (96, 400, 1))

    def draw(number: int) -> np.ndarray:
        shot = int(np.searchsorted(begins, number, side="right")) - 1
        ground = np.random.default_rng(shot).integers(20, 180, 3)
        return (noise[:, number % 200 : number % 200 + 160] + ground).astype(np.uint8)

    return draw


def write_shots(path: Path, *lengths: int, gop: int = 250) -> Path:
    """A clip of shots of these lengths."""
    return encode(path, sum(lengths), options=x264(gop), draw=scenes(*lengths)).path


def between(one: Path, other: Path) -> list[str]:
    """In what two sessions differ."""
    with Store(one, read_only=True) as first, Store(other, read_only=True) as second:
        return differences(first, second)


def files_of(clip: Path) -> dict[Path, int]:
    """The files of a clip's chunks, and when they were written."""
    return {file: file.stat().st_mtime_ns for file in (clip.parent / ".retake-batch").glob("*/*/*.chunk")}


def family(process: psutil.Process, name: str = "") -> list[psutil.Process]:
    """What a process has started, and what that has, with a word in its command line."""
    return [one for one in process.children(recursive=True) if name in " ".join(one.cmdline())]
