"""The window as a reviewer feels it: from a key press to the painted frame with its bodies, and long sessions.

Run: pytest tests/benchmarks/test_bench_review.py --override-ini addopts="" -s
The first wants MediaPipe's engine and the footage in ../shared; the others make a clip of 100,000 frames with 5 people
in each, which takes minutes.
"""

from __future__ import annotations

import gc
import random
import shutil
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import psutil
import pytest
from fakes_clips import encode, picture
from fakes_engine import stand_in_command
from fakes_people import people_at
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from scipy.spatial.transform import Rotation

from app.compose import Program, compose
from pipeline.engines.command import command_for
from pipeline.engines.engine import EngineSettings
from pipeline.errors import EngineError
from pipeline.session.open import session_path
from pipeline.session.store import Store
from pipeline.session.tracks import Cell
from pipeline.smpl import builtin_body
from pipeline.structures import FrameResult, People, Plan, Rejected, RunOptions, SmplParams

PATIENCE_MS = 60_000
LONG = 100_000
KEYS = (
    (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier),
    (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier),
    (Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier),
)


class Reviewer:
    """Somebody at the keys, with a stopwatch."""

    def __init__(self, program: Program, qtbot) -> None:
        self.program = program
        self.picture = program.window.frame_view
        self._qtbot = qtbot

    def until(self, condition) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    def open(self, path: Path) -> float:
        """Seconds until the frame is painted with its bodies, and lanes are there."""
        start = time.perf_counter()
        self.program.open(path)
        self.until(lambda: self.program.session.path == path and self.picture.frame_index is not None)
        self.until(lambda: self.whole(self.program.view.frame_index))
        store = self.program.session.store
        if len(store.frames_with_results()):
            self.until(lambda: self.program.window.timeline.lanes._lanes)
        return time.perf_counter() - start

    def whole(self, frame: int) -> bool:
        """Whether a frame is painted, with bodies over it if it has any."""
        result = self.program.session.store.result(frame)
        bodies = result is None or self.picture._overlay_index == frame
        return self.picture.frame_index == frame and not self.picture._preview and bodies

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> tuple[str, float]:
        """What kind of frame a key led to, and ms until it was painted whole."""
        program = self.program
        ranges = program.session.video.cached_ranges()
        here = program.view.frame_index
        start = time.perf_counter()
        QTest.keyClick(self.picture, key, modifiers)
        to = program.view.frame_index
        if to == here:
            return "", 0.0
        kind = "new" if program.session.store.result(to) is None else "inferred"
        if any(first <= to <= last for first, last in ranges):
            kind = "cached" if kind == "inferred" else "new, cached"
        self.until(lambda: self.whole(to))
        return kind, (time.perf_counter() - start) * 1000


@pytest.fixture
def start(qtbot):
    """Starts programs."""
    programs = []

    def start(commands) -> Reviewer:
        settings = EngineSettings(extra={"body_model": builtin_body().id})
        program = compose(commands, engine_settings=settings)
        programs.append(program)
        program.window.resize(1440, 900)
        program.window.show()
        program.window.activateWindow()
        reviewer = Reviewer(program, qtbot)
        reviewer.until(program.window.isActiveWindow)
        return reviewer

    yield start
    for program in programs:
        program.window.close()
        program.deleteLater()
        program.window.deleteLater()


def told(title: str, times: dict[str, list[float]]) -> None:
    for kind, ms in sorted(times.items()):
        if kind:
            median, late = np.median(ms), np.percentile(ms, 95)
            print(f"{title}, {kind}: median {median:.0f} ms, p95 {late:.0f} ms of {len(ms)}")  # noqa: T201


def test_keys_while_a_range_is_running(start, runner_clip, tmp_path):
    """1080p, one key frame in 180 frames, a body over each; MediaPipe runs the second half meanwhile."""
    try:
        command_for("mediapipe")
    except EngineError as error:
        pytest.skip(error.message)
    clip = Path(shutil.copy(runner_clip, tmp_path / "runner.mp4"))
    reviewer = start(command_for)
    program = reviewer.program
    reviewer.open(clip)
    reviewer.until(lambda: program.session.video.indexed)
    program.engine.load("mediapipe")
    reviewer.until(lambda: program.engine.state == "ready")
    program.inference.run_frames("First half", range(90))
    reviewer.until(lambda: not program.inference.running)
    chance, times = random.Random(0), {}
    for _ in range(3):
        program.inference.run_frames("Second half", range(90, 180))
        while program.inference.running:
            kind, ms = reviewer.press(*chance.choice(KEYS))
            times.setdefault(kind, []).append(ms)
    told("while a range runs", times)
    assert np.median(times["cached"]) < 150


def swaying(phase: float) -> People:
    """Five people who sway evenly, once in a phase of 1: nothing about them is wrong."""
    people = people_at(
        [(x + 0.1 * np.sin(2 * np.pi * phase), 0, 6) for x in (-2, -1, 0, 1, 2)],
        size=(160, 96),
        focal=150.0,
        masks=False,
    )
    turns = Rotation.from_matrix(people.smpl.body_pose.reshape(-1, 3, 3)).as_rotvec()
    swayed = Rotation.from_rotvec(turns * np.sin(2 * np.pi * phase)).as_matrix().astype(np.float32)
    pose = swayed.reshape(people.smpl.body_pose.shape)
    return replace(people, smpl=SmplParams(people.smpl.global_orient, pose, people.smpl.betas))


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory) -> Path:
    """100,000 small frames with 5 people on five tracks in each."""
    folder = tmp_path_factory.mktemp("long")
    pictures = [picture(k) for k in range(64)]
    options = {"preset": "ultrafast", "x264-params": "keyint=50:scenecut=0"}
    clip = encode(
        folder / "long.mp4", LONG, options=options, draw=lambda k: pictures[k % 64], tick=Fraction(1, 25)
    )
    bodies = [
        people_at([(x, 0, 6) for x in (-2, -1, 0, 1, 2)], seed=k, size=(160, 96), focal=150.0, masks=False)
        for k in range(64)
    ]
    with Store(session_path(clip.path)) as store, store.transaction():
        run = store.start_run("made-up", RunOptions(), "All frames")
        for frame in range(LONG):
            result = FrameResult(frame, bodies[frame % 64], Rejected(), "made-up", Plan(), {"total": 0.1}, 0)
            version = store.add_result(result, run)
            store.set_cells(Cell(frame, version, slot, slot + 1, False) for slot in range(5))
            store._kept.clear()
    return clip.path


def test_a_session_of_100_000_frames_and_5_tracks(start, long_clip):
    reviewer = start(lambda _name: stand_in_command())
    program = reviewer.program
    size = session_path(long_clip).stat().st_size / 2**20
    print(f"session of {LONG} frames x 5 people, {size:.0f} MiB: opened in {reviewer.open(long_clip):.2f} s")  # noqa: T201
    reviewer.until(lambda: program.session.video.indexed)
    chance, times = random.Random(0), {}
    for _ in range(200):
        kind, ms = reviewer.press(*chance.choice(KEYS))
        times.setdefault(kind, []).append(ms)
    told("long session, being measured for problems", times)
    finder = program.problems.finder
    began = time.perf_counter()
    reviewer.until(lambda: finder.findings is not None or time.perf_counter() - began > 50)
    program.engine.load(program.engine.name)
    reviewer.until(lambda: program.engine.state == "ready")
    program.inference.run_frames("Again", range(2000))
    times = {}
    while program.inference.running and len(times.get("cached", ())) < 100:
        kind, ms = reviewer.press(*chance.choice(KEYS))
        times.setdefault(kind, []).append(ms)
    program.inference.cancel()
    told("long session, while a range runs", times)
    assert np.median(times["cached"]) < 150


def test_memory_after_10_000_random_seeks_is_flat(start, long_clip):
    reviewer = start(lambda _name: stand_in_command())
    program = reviewer.program
    program.settings.set_preferences(replace(program.settings.preferences, cache_mb=64))
    reviewer.open(long_clip)
    reviewer.until(lambda: program.session.video.indexed)
    chance, process, sizes = random.Random(1), psutil.Process(), []
    for seek in range(10_000):
        frame = chance.randrange(LONG)
        program.view.set_frame(frame)
        reviewer.until(lambda frame=frame: reviewer.picture.frame_index == frame)
        if seek % 1000 == 999:
            gc.collect()
            sizes.append(process.memory_info().rss / 2**20)
    print("MiB after each 1000 seeks: " + ", ".join(f"{size:.0f}" for size in sizes))  # noqa: T201
    assert sizes[-1] < sizes[2] * 1.05
