"""Problems of 10,000 frames and 5 people: from a session's file, after a change, and with other thresholds.

`pytest tests/benchmarks/test_bench_problems.py --override-ini addopts= -s` prints the numbers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes_faults import Shot, add, walker
from fakes_people import result_at

from pipeline.problems import ProblemBook, Thresholds
from pipeline.session.layered import all_shown
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.smpl import builtin_body
from pipeline.structures import Changes, RunOptions

FRAMES, CYCLE = 10_000, 240


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    """Five people who walk to and fro; the same four seconds forwards and backwards, again and again."""
    there = [
        Shot(0, tuple(walker(1 + k, f / 30, x=-3 + k, depth=5 + k, noise=0.02) for k in range(5)))
        for f in range(CYCLE)
    ]
    cycle = [*there, *reversed(there)]
    path = tmp_path_factory.mktemp("problems") / "clip.retake"
    with Store(path) as store, store.transaction():
        run = store.start_run("made-up-1", RunOptions(), "Run")
        for frame in range(FRAMES):
            add(store, replace(cycle[frame % len(cycle)], frame=frame), run)
    return path


@pytest.fixture
def reading(path) -> Iterator[Store]:
    with Store(path, read_only=True) as store:
        yield store


def new_book() -> ProblemBook:
    return ProblemBook(lambda body_id: builtin_body(), lambda frame: frame / 30)


def everything(store: Store) -> ProblemBook:
    book = new_book()
    book.update(store, Changes(None))
    book.problems()
    return book


def test_bench_reading_alone(benchmark, reading):
    benchmark.pedantic(lambda: sum(1 for _ in all_shown(reading)), rounds=5, warmup_rounds=1)


def test_bench_everything(benchmark, reading):
    seconds = []

    def timed() -> None:
        start = time.process_time()
        everything(reading)
        seconds.append(time.process_time() - start)

    benchmark.pedantic(timed, rounds=5, warmup_rounds=1)
    benchmark.extra_info["processor_s"] = min(seconds)
    print(f"\nprocessor time {min(seconds):.2f} s")  # noqa: T201
    # The target is 2 s on a machine with nothing else to do; processor time is what others at work change least.
    assert min(seconds) < 2.5


def test_bench_one_frame_changed(benchmark, reading):
    book = everything(reading)
    benchmark(lambda: book.update(reading, Changes(frozenset({5000}))))


def test_bench_problems_after_a_change(benchmark, reading):
    book = everything(reading)

    def changed() -> None:
        book.update(reading, Changes(frozenset({5000})))
        book.problems()

    benchmark(changed)


def test_bench_other_thresholds(benchmark, reading):
    book = everything(reading)
    limits = Thresholds().with_("acceleration", 5)
    benchmark(lambda: book.problems(limits))


def test_bench_strip(benchmark, reading):
    book = everything(reading)
    benchmark(book.strip, "acceleration")


def test_bench_masks_of_a_hundred_people(benchmark):
    with Store(":memory:") as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        where = [(x, 0.0, 5.0) for x in np.linspace(-1.5, 1.5, 5)]
        for frame in range(20):
            record(store, result_at(frame, where, size=(1280, 720), focal=900.0), run)
        benchmark.pedantic(
            lambda book: book.measure_masks(store), setup=lambda: ((_updated(store),), {}), rounds=5
        )


def _updated(store: Store) -> ProblemBook:
    book = new_book()
    book.update(store, Changes(None))
    return book
