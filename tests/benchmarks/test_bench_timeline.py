"""The timeline of a long video and a frame on the screen: both within one refresh of the display."""

from __future__ import annotations

import time

import numpy as np
import pytest

from pipeline.structures import Frame, Overlay
from widgets.coverage import runs_of
from widgets.frame_view import FrameView
from widgets.theme import apply_theme
from widgets.timeline import Timeline
from widgets.values import Lane, Marks

COUNT = 100_000

# All of it happens on the window's thread; its own time is the same beside busy programs.
pytestmark = pytest.mark.benchmark(timer=time.thread_time)


@pytest.fixture
def timeline(qtbot, qapp):
    apply_theme(qapp, "dark")
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(1280, 210)
    made.set_count(COUNT)
    made.show()
    random = np.random.default_rng(0)
    present = np.flatnonzero(random.random(COUNT) < 0.9)
    edited = np.flatnonzero(random.random(COUNT) < 0.001)
    failed = np.flatnonzero(random.random(COUNT) < 0.0005)
    made.set_lanes(tuple(Lane(i, f"Person {i}", (86, 180, 233), runs_of(present), edited) for i in range(6)))
    made.set_marks(Marks(((0, 99),), present, failed))
    return made


def test_bench_paint_everything(timeline, benchmark):
    def paint() -> None:
        timeline.zoom_all()  # what is kept between changes is thrown away
        timeline.seek_bar.grab()
        timeline.lanes.viewport().grab()

    benchmark(paint)
    assert benchmark.stats.stats.min < 0.010


def test_bench_move_the_playhead(timeline, benchmark):
    timeline.grab()
    positions = iter(range(COUNT))

    def paint() -> None:
        timeline.set_position(next(positions))
        timeline.seek_bar.grab()
        timeline.lanes.viewport().grab()

    benchmark(paint)
    assert benchmark.stats.stats.min < 0.003


def test_bench_new_marks(timeline, benchmark):
    done = np.arange(COUNT)
    benchmark(timeline.set_marks, Marks((), done, done[::1000]))
    assert benchmark.stats.stats.min < 0.010


@pytest.mark.parametrize("with_overlay", [False, True], ids=["picture", "picture and overlay"])
def test_bench_show_a_frame(qtbot, qapp, benchmark, with_overlay):
    apply_theme(qapp, "dark")
    view = FrameView()
    qtbot.addWidget(view)
    view.resize(1280, 720)
    with qtbot.waitExposed(view):
        view.show()
    picture = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), dtype=np.uint8)
    if with_overlay:
        view.set_overlay(Overlay(0, np.full((1080, 1920, 4), 90, np.uint8)))
    benchmark(view.set_frame, Frame(0, 0, 0.0, picture))
    assert benchmark.stats.stats.min < 0.033
