"""Running a video without a window, by an engine that works on several frames at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes_chunks import chunk_command
from fakes_clip import write_clip

from pipeline.engines.client import EngineClient
from pipeline.engines.engine import EngineSettings
from pipeline.errors import SessionError
from pipeline.headless import Headless, Step
from pipeline.job import Job
from pipeline.session.open import session_path
from pipeline.session.store import Store
from pipeline.structures import FrameFailure, FrameResult, RunOptions


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "clip.mp4")


@pytest.fixture
def make_client() -> Iterator:
    made: list[EngineClient] = []

    def make(**extra: str) -> EngineClient:
        client = EngineClient("stand-in", chunk_command(), EngineSettings(extra=extra))
        made.append(client)
        client.load(Job(lambda job: None))
        return client

    yield make
    for client in made:
        client.close()


def run(clip, client, first: int, last: int, options: RunOptions | None = None, tell=None) -> list[Step]:
    steps: list[Step] = []
    with Headless(clip, client) as headless:
        wanted = headless.frames_to_run((first, last), again=False)
        headless.run(wanted, options or RunOptions(), tell or steps.append)
    return steps


def test_chunks_are_stored_frame_by_frame(clip, make_client):
    def look(step: Step) -> None:
        with Store(session_path(clip), read_only=True) as reader:
            stored.append(reader.frames_with_results().tolist())

    stored: list[list[int]] = []
    run(clip, make_client(chunk="4"), 0, 9, tell=look)
    assert stored == [list(range(frame + 1)) for frame in range(10)]
    with Store(session_path(clip), read_only=True) as store:
        sizes = [store.result(frame).plan.batch_size for frame in range(10)]
    assert sizes == [4] * 8 + [2] * 2


def test_failures_are_recorded_and_counted(clip, make_client):
    steps = run(clip, make_client(chunk="4", oom_on="2", chunk_die_on="5"), 0, 7)
    assert [step.done for step in steps] == list(range(1, 9))
    failed = [step.outcome.frame_index for step in steps if isinstance(step.outcome, FrameFailure)]
    assert failed == [2]
    assert all(step.people == 2 for step in steps if isinstance(step.outcome, FrameResult))
    with Store(session_path(clip), read_only=True) as store:
        assert list(store.failures()) == [2]


def test_a_second_run_goes_on_with_the_first(clip, make_client):
    client = make_client(tracks="5")
    run(clip, client, 0, 4)
    run(clip, client, 0, 8)
    run(clip, client, 9, 11, RunOptions(max_people=1))
    with Store(session_path(clip), read_only=True) as store:
        sequences = [store.versions(frame)[0].options.sequence for frame in range(12)]
        people = {a.track_id for frame in range(9) for a in store.assignments(frame)}
    assert len(set(sequences[:9])) == 1
    assert len(set(sequences)) == 2
    assert all(sequences)
    assert people == {1, 2}


def test_a_full_disk_ends_the_run_and_frees_the_engine(clip, make_client):
    client = make_client(chunk="4")
    before = client.pid
    with Headless(clip, client) as headless:
        pages = headless.store._value("PRAGMA page_count")
        headless.store._execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(SessionError, match="disk is full"):
            headless.run(range(20), RunOptions(), lambda step: None)
        done = headless.store.frames_with_results().tolist()
        assert done == list(range(len(done)))
        assert len(done) < 20
    assert len(run(clip, client, 0, 19)) == 20 - len(done)
    assert client.pid == before


def test_frames_that_failed_are_tried_again_and_the_rest_goes_on_with_the_run(clip, make_client):
    run(clip, make_client(chunk="4", tracks="5", oom_on="2"), 0, 7)
    client = make_client(chunk="4", tracks="5")
    steps = run(clip, client, 0, 11)
    assert [step.outcome.frame_index for step in steps] == [2, 8, 9, 10, 11]
    assert [step.done for step in steps] == [1, 2, 3, 4, 5]
    with Store(session_path(clip), read_only=True) as store:
        sequences = [store.versions(frame)[0].options.sequence for frame in range(12)]
    others = {sequence for frame, sequence in enumerate(sequences) if frame != 2}
    assert others == {sequences[0]}
    assert sequences[2] not in others
