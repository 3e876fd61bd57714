"""Sessions of 10,000 frames and 5 people: what the window asks again and again."""

from __future__ import annotations

from itertools import count

import pytest
from fakes_walkers import Walker, seen

from pipeline.session.record import propose_links, record
from pipeline.session.store import Store
from pipeline.structures import RunOptions

FRAMES = 10_000
PEOPLE = [Walker(-2 + i, 5 + 0.3 * i, looks=tuple(float(i == k) for k in range(8))) for i in range(5)]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("session") / "clip.retake") as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        for frame in range(FRAMES):
            record(store, seen(frame, PEOPLE, seed=1), run)
        yield store


@pytest.mark.parametrize("question", ["assignment_table", "tracks", "frames_with_results"])
def test_bench_questions(benchmark, store, question):
    benchmark(getattr(store, question))


def test_bench_record_at_the_end(benchmark, store):
    frames = count(FRAMES)
    benchmark.pedantic(
        lambda result: record(store, result, 1),
        setup=lambda: ((seen(next(frames), PEOPLE, seed=1),), {}),
        rounds=200,
    )


def test_bench_tracking_again(benchmark, store):
    benchmark.pedantic(propose_links, args=(store,), rounds=1)
