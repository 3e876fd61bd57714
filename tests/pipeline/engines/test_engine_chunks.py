"""Several frames at once: every one gets its outcome, whatever happens to the others."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from fakes_chunks import chunk_command
from fakes_engine import stand_in_command
from fakes_waiting import WAIT, wait_until

from pipeline.engines.client import EngineClient, InferProgress, Limits
from pipeline.engines.engine import EngineSettings
from pipeline.errors import EngineError, SessionError
from pipeline.job import Cancelled, Job
from pipeline.loading import StageState
from pipeline.structures import Frame, FrameFailure, FrameResult, RunOptions


@pytest.fixture
def make_client() -> Iterator[Callable[..., EngineClient]]:
    made: list[EngineClient] = []

    def make(limits: Limits | None = None, command=None, **extra: str) -> EngineClient:
        notices: list[str] = []
        patient = Limits(start=WAIT, load=WAIT, infer=WAIT)
        client = EngineClient(
            "stand-in",
            command or chunk_command(),
            EngineSettings(extra=extra),
            on_notice=notices.append,
            limits=limits or patient,
        )
        client.notices = notices  # type: ignore[attr-defined]
        client.load(Job(lambda job: None))
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()
        assert client.pid is None


def frames(first: int, last: int) -> list[Frame]:
    image = np.zeros((48, 64, 3), np.uint8)
    return [Frame(index, index, index / 25, image) for index in range(first, last + 1)]


def run(client: EngineClient, first: int, last: int, job: Job | None = None) -> list:
    outcomes: list = []
    options = RunOptions(sequence="walk")
    client.infer_chunk(frames(first, last), options, job or Job(lambda job: None), outcomes.append)
    return outcomes


def indices(outcomes: list) -> list[int]:
    return [outcome.frame_index for outcome in outcomes]


def failures(outcomes: list) -> dict[int, str]:
    return {one.frame_index: one.kind for one in outcomes if isinstance(one, FrameFailure)}


class Telling(Job):
    """A job that does something once it is told how far a frame is."""

    def __init__(
        self, act: Callable[[], None], when: Callable[[InferProgress], bool] = lambda told: True
    ) -> None:
        super().__init__(lambda job: None)
        self._act, self._when = act, when
        self.told: list[InferProgress] = []

    def report(self, value: InferProgress) -> None:
        self.check()
        self.told.append(value)
        if self._when(value):
            self._when = lambda told: False
            self._act()


def test_a_chunk_goes_to_the_engine_at_once(make_client):
    client = make_client()
    outcomes = run(client, 5, 8)
    assert indices(outcomes) == [5, 6, 7, 8]
    assert {outcome.plan.batch_size for outcome in outcomes} == {4}
    assert run(client, 9, 9)[0].plan.batch_size == 1
    assert client.info is not None
    assert client.info.chunk == 4


def test_an_engine_without_chunks_does_one_after_another(make_client):
    client = make_client(command=stand_in_command(), oom_on="6")
    outcomes = run(client, 5, 8)
    assert indices(outcomes) == [5, 6, 7, 8]
    assert failures(outcomes) == {6: "out_of_memory"}
    assert client.info is not None
    assert client.info.chunk == 1


def test_outcomes_come_while_the_rest_is_at_work(make_client):
    """Frame 3 waits for ever, until it is seen that the two before it have come."""
    client = make_client(limits=Limits(cancel=0.2), hang_on="3")
    outcomes: list = []
    job = Job(lambda job: None)

    def deliver(outcome) -> None:
        outcomes.append(outcome)
        if len(outcomes) == 2:
            job.cancel()

    with pytest.raises(Cancelled):
        client.infer_chunk(frames(1, 4), RunOptions(), job, deliver)
    assert indices(outcomes) == [1, 2]


def test_progress_names_the_frame_that_is_next(make_client):
    client = make_client(seconds="0.4")
    job = Telling(lambda: None)
    run(client, 5, 7, job)
    told = [progress.frame_index for progress in job.told]
    assert told == sorted(told)
    assert set(told) == {5, 6, 7}


def test_a_failure_in_a_chunk_is_one_frames(make_client):
    outcomes = run(make_client(oom_on="6"), 5, 8)
    assert indices(outcomes) == [5, 6, 7, 8]
    assert failures(outcomes) == {6: "out_of_memory"}
    assert outcomes[1].numbers == {"requested": 2.0**31, "free": 5.0}


@pytest.mark.parametrize(
    ("cue", "failed", "says"),
    [
        ("fail_on", (6, 7, 8), "left_knee"),
        ("chunk_twice_on", (7, 8), "frame 6, which was not open"),
        ("wrong_frame_on", (6, 8), "frame 7, which was not open"),
        ("chunk_skip_on", (6,), "left out frames 6"),
    ],
)
def test_an_engine_that_breaks_the_rules_fails_what_is_not_done(make_client, cue, failed, says):
    client = make_client(**{cue: "6"})
    before = client.pid
    outcomes = run(client, 5, 8)
    assert sorted(indices(outcomes)) == [5, 6, 7, 8]
    assert failures(outcomes) == dict.fromkeys(failed, "failed")
    assert all(says in one.message for one in outcomes if isinstance(one, FrameFailure))
    assert len(run(client, 9, 12)) == 4
    assert client.pid == before


def test_death_in_a_chunk_loses_nothing_and_does_the_rest_one_by_one(make_client):
    client = make_client(chunk_die_on="7")
    before = client.pid
    outcomes = run(client, 5, 8)
    assert indices(outcomes) == [5, 6, 7, 8]
    assert [one.plan.batch_size for one in outcomes] == [4, 4, 1, 1]
    assert client.pid not in (None, before)
    assert len(client.notices) == 1
    assert client.notices[0].endswith("does the frames that are left one by one.")


def test_a_frame_that_kills_every_time_is_found_among_the_others(make_client):
    client = make_client(die_on="6")
    outcomes = run(client, 5, 8)
    assert sorted(indices(outcomes)) == [5, 6, 7, 8]
    assert failures(outcomes) == {6: "engine_died"}


def test_silence_in_a_chunk_loses_nothing(make_client):
    client = make_client(limits=Limits(infer=0.6), chunk_hang_on="6")
    outcomes = run(client, 5, 8)
    assert indices(outcomes) == [5, 6, 7, 8]
    assert failures(outcomes) == {}
    assert len(client.notices) == 1


def test_a_frame_that_hangs_every_time_times_out(make_client):
    client = make_client(limits=Limits(infer=0.6), hang_on="6")
    assert failures(run(client, 5, 8)) == {6: "timeout"}
    assert client.state == "ready"


def test_cancelling_keeps_what_is_done_and_the_worker(make_client):
    client = make_client(seconds="0.3")
    before = client.pid
    outcomes: list = []
    job = Telling(lambda: job.cancel(), lambda told: told.frame_index == 7)
    with pytest.raises(Cancelled):
        client.infer_chunk(frames(5, 20), RunOptions(), job, outcomes.append)
    assert indices(outcomes)[:2] == [5, 6]
    assert len(outcomes) < 5
    assert client.pid == before
    assert indices(run(client, 30, 31)) == [30, 31]


def test_who_cannot_take_an_outcome_gets_their_own_error_and_the_worker_goes_on(make_client):
    client = make_client(seconds="0.2")
    before = client.pid

    def refuse(outcome) -> None:
        raise SessionError("The disk is full.")

    with pytest.raises(SessionError):
        client.infer_chunk(frames(5, 40), RunOptions(), Job(lambda job: None), refuse)
    assert client.pid == before
    assert indices(run(client, 30, 31)) == [30, 31]


def test_what_was_done_when_the_worker_was_killed_counts(make_client):
    client = make_client(seconds="0.2")
    pid = client.pid
    job = Telling(lambda: os.kill(pid, signal.SIGKILL), lambda told: told.frame_index == 6)
    outcomes = run(client, 5, 8, job)
    assert indices(outcomes) == [5, 6, 7, 8]
    assert outcomes[0].plan.batch_size == 4
    assert outcomes[-1].plan.batch_size == 1


@pytest.mark.parametrize("many", [False, True], ids=["one frame", "in a chunk"])
def test_a_lost_gpu_costs_nothing_but_time(make_client, tmp_path, many):
    client = make_client(lost_once_on="6", once=str(tmp_path))
    before = client.pid
    outcomes = run(client, 5 if many else 6, 8 if many else 6)
    assert all(isinstance(outcome, FrameResult) for outcome in outcomes)
    assert client.pid not in (None, before)
    (notice,) = client.notices
    assert notice.startswith(
        "The engine lost the GPU: CUDA error: an illegal memory access was encountered. It is started again"
    )


def test_a_frame_that_loses_the_gpu_every_time_is_left_out(make_client):
    client = make_client(lost_on="6")
    (failure,) = run(client, 6, 6)
    assert failure.kind == "engine_died"
    assert failure.message == (
        "The engine lost the GPU twice on this frame: CUDA error: an illegal memory access was encountered."
    )
    assert isinstance(run(client, 7, 7)[0], FrameResult)


def test_a_gpu_lost_while_loading_is_said_in_its_stage(make_client):
    client = make_client()
    client.close()
    lost = EngineClient("stand-in", chunk_command(), EngineSettings(extra={"stage_lost": "1"}))
    with pytest.raises(
        EngineError, match="lost the GPU while loading: CUDA error: an illegal memory"
    ) as caught:
        lost.load(Job(lambda job: None))
    assert caught.value.kind == "engine_died"
    assert lost.pid is None
    assert [status.state for status in lost.statuses[:3]] == [
        StageState.DONE,
        StageState.DONE,
        StageState.FAILED,
    ]
    lost.close()


def test_a_lost_gpu_is_known_when_nobody_asked(make_client):
    client = make_client()
    os.kill(client.pid, signal.SIGKILL)
    wait_until(lambda: client.state == "dead")
    assert client.how_it_ended == "was killed by SIGKILL"


def test_a_warning_is_told_once(make_client):
    client = make_client(warn_on="5,6,9")
    run(client, 5, 8)
    run(client, 9, 9)
    assert client.notices == ["The GPU spills into main memory."]


def test_the_engines_own_tracks_arrive(make_client):
    client = make_client(tracks="7")
    assert [one.tracks.tolist() for one in run(client, 5, 6)] == [[7, 8], [7, 8]]
    alone = client.infer(frames(5, 5)[0], RunOptions(), Job(lambda job: None))
    assert isinstance(alone, FrameResult)
    assert alone.tracks is None
