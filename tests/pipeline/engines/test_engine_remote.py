"""The remote engine: the same results as the service's engine, whatever the line between them does."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import sys
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from fakes_results import strange_result
from fakes_service import (
    Scripted,
    a_service,
    encoded,
    in_base64,
    limits,
    picture,
    served,
)
from fakes_waiting import wait_until

from pipeline.codec import to_parts
from pipeline.engines import environment
from pipeline.engines.client import EngineClient, InferProgress
from pipeline.engines.command import command_for
from pipeline.engines.engine import EngineSettings
from pipeline.engines.frame_work import frame_failure
from pipeline.engines.remote.address import Address, read_address, stored_address
from pipeline.engines.remote.engine import RemoteEngine
from pipeline.engines.remote.result import INCLUDE, memory_of, result_of
from pipeline.errors import EngineError, UserError
from pipeline.job import Cancelled, Job
from pipeline.loading import Loading, StageError, StageState
from pipeline.memory import Memory
from pipeline.service.answer import answer
from pipeline.service.asking import read_request
from pipeline.service.bodies import Shape
from pipeline.service.videos import Tracked
from pipeline.structures import Frame, FrameFailure, FrameResult, RunOptions


def assert_same(one: FrameResult, other: FrameResult) -> None:
    """Bit by bit, with every dtype and shape."""
    (tree, arrays), (other_tree, other_arrays) = to_parts(one), to_parts(other)
    assert tree == other_tree
    for array, also in zip(arrays, other_arrays, strict=True):
        assert (array.dtype, array.shape) == (also.dtype, also.shape)
        assert array.tobytes() == also.tobytes()


def frame(index: int = 0) -> Frame:
    return Frame(index, index * 512, index / 29.97, picture(index))


def infer(client, index=0, options=None, job=None):
    return client.infer(frame(index), options or RunOptions(sequence="s"), job or Job(lambda job: None))


NOTICES: list[str] = []


@contextmanager
def remote(url="", **extra):
    """A client of the remote engine, run by a worker of its own in this Python."""
    if url:
        environment.use_service("remote", url, extra.pop("kept_token", ""))
    client = EngineClient(
        "remote", command_for("remote"), EngineSettings(extra=extra), on_notice=NOTICES.append
    )
    try:
        yield client
    finally:
        client.close()


@contextmanager
def loaded(url, **extra):
    with remote(url, **extra) as client:
        client.load(Job(client.load))
        yield client


@pytest.mark.parametrize("seed", range(20))
def test_any_result_survives_the_way_bit_by_bit(seed):
    result = strange_result(seed)
    body = json.dumps(
        {"frame_number": result.frame_index, "image_base64": in_base64(b"x"), "include": INCLUDE}
    )
    request = read_request(body.encode())
    memory = Memory("gpu", "a card", 1, 2, 3, 4, 5)
    tracked = Tracked(result, np.full(len(result.people), -1))
    told = answer(request, tracked, Shape(), overlay=None, memory=memory, stored=False)
    told = json.loads(json.dumps(told, allow_nan=False))
    assert_same(result_of(told), result)
    assert memory_of(told) == memory


@pytest.mark.parametrize("told", [{}, {"people": 3}, {"people": [{}], "image_size": [1, 1]}])
def test_an_answer_that_is_none_is_told(told):
    with pytest.raises(EngineError, match="not understood") as caught:
        result_of(told)
    assert "same here and there" in caught.value.hint


def test_results_are_the_services_own(tmp_path):
    with a_service(people="3", tracks="7", warn_on="1") as service, served(service) as here:
        kept = []
        remember = service._videos.remember
        service._videos.remember = lambda key, tracked: kept.append(tracked.result) or remember(key, tracked)
        with loaded(here.url) as client:
            assert client.info.engine_id == service.host.client.info.engine_id
            assert client.info.name == "remote"
            options = RunOptions(score_threshold=0.7, max_people=2, sequence="s")
            for index in range(3):
                assert_same(infer(client, index, options), kept[-1])
            assert kept[1].warning
            assert len(kept) == 3
            assert_same(infer(client, 1, options), kept[1])  # asked again, it is not done again
            assert len(kept) == 3
            assert client.memory.worker == service.host.client.memory.worker
            alone = infer(client, 1, RunOptions(boxes=((1.5, 2.5, 20.25, 40.125),), masks=False))
            assert_same(alone, kept[-1])
            assert alone.tracks is None
            assert alone.people.detections.masks == ()


def test_the_service_sees_the_very_picture(tmp_path):
    with a_service() as service, served(service) as here, loaded(here.url) as client:
        seen = []
        enter = service._line.enter
        service._line.enter = lambda ticket: seen.append(ticket.frame) or enter(ticket)
        infer(client, 5)
        assert np.array_equal(seen[0].image, picture(5))
        assert (seen[0].index, seen[0].time) == (5, 5 / 29.97)


def test_loading_follows_the_services_own():
    with a_service(ready=False, stage_seconds="0.5") as service, served(service) as here:
        with remote(here.url) as client:
            details, job = [], Job(client.load)
            job.listen(lambda: details.append(client.statuses[-1].detail))
            info = client.load(job)
        assert [status.title for status in client.statuses[1:]] == ["Reach the service", "Service ready"]
        assert all(status.state is StageState.DONE for status in client.statuses)
        assert any("Warm-up" in detail for detail in details)
        assert "stand-in" in info.detail
        assert here.url in info.detail


def load_error(client):
    with pytest.raises(StageError) as caught:
        client.load(Job(client.load))
    return caught.value


def test_why_loading_fails_is_the_services_own_reason():
    with a_service(limits(reload=100), ready=False, stage_fail="1") as service, served(service) as here:
        wait_until(lambda: service.host.status == "error")
        with remote(here.url) as client:
            error = load_error(client)
    assert "The weights are damaged." in error.message
    assert error.hint == "Fetch them again."


def test_a_token_is_sent_and_a_wrong_one_told():
    with a_service() as service, served(service, token="secret") as here:
        with loaded(here.url, kept_token="secret") as client:
            assert isinstance(infer(client), FrameResult)
        with remote(here.url, kept_token="wrong") as client:
            error = load_error(client)
        assert "token is wrong" in error.message
        assert "--token" in error.hint
        with remote(here.url) as client:
            assert "token is needed" in load_error(client).message


def test_what_is_no_service_is_told(monkeypatch):
    monkeypatch.setattr("fakes_service.READY", {"other": 1})
    with Scripted(None) as server, remote(server.url) as client:
        assert "no pose service" in load_error(client).message


def test_who_takes_the_connection_and_says_nothing_is_told_soon(monkeypatch):
    monkeypatch.setattr("pipeline.engines.remote.engine._SILENCE", 0.2)
    monkeypatch.setattr("pipeline.engines.remote.engine._REACH", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(StageError, match="it said nothing"), Direct(url):
            pass


def test_a_service_that_is_away_for_a_while_loses_no_frame():
    NOTICES.clear()
    with a_service() as service:
        with served(service) as here:
            stack = loaded(here.url)
            client = stack.__enter__()
        steps, outcomes, job = [], [], Job(lambda job: None)
        job.listen(lambda: steps.append(job.take_report()))
        asking = threading.Thread(target=lambda: outcomes.append(infer(client, 3, job=job)))
        asking.start()
        wait_until(lambda: any(step and "cannot be reached" in step.step for step in steps))
        with served(service, port=here.address[1]):
            asking.join()
        assert isinstance(outcomes[0], FrameResult)
        assert any(isinstance(step, InferProgress) and "trying again" in step.step for step in steps)
        assert len(NOTICES) == 1
        assert re.fullmatch(r"The service cannot be reached: .*; trying again in 0.5 s", NOTICES[0])
        stack.__exit__(None, None, None)


class Direct:
    """The engine in this process, asked as a worker asks it."""

    def __init__(self, url: str, **extra: str) -> None:
        self._engine = RemoteEngine()
        Loading(self._engine.stages(EngineSettings(extra={"url": url, **extra}))).run(lambda statuses: None)

    def __enter__(self) -> Direct:
        return self

    def __exit__(self, *_error) -> None:
        self._engine.close()

    def infer(self, index: int = 0) -> FrameResult | FrameFailure:
        try:
            return self._engine.infer(frame(index), RunOptions(), lambda step, fraction: None)
        except UserError as error:
            return frame_failure(index, "service", error, self._engine.memory())


def error_body(kind, **more):
    return {"error": {"kind": kind, "message": f"It is {kind}.", "hint": "Wait.", **more}}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """An answer as of a service."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETAKE_HOME", str(tmp_path_factory.mktemp("home")))
        with a_service() as service:
            body = {"frame_number": 4, "image_base64": in_base64(encoded(picture(4))), "include": INCLUDE}
            return service.pose(lambda: json.dumps(body).encode())


BUSY = {"Retry-After": "1"}


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        (429, error_body("queue_full"), BUSY),
        (502, error_body("engine_died"), {}),
        (502, {}, {}),
        (503, error_body("loading"), {}),
        (504, {}, {}),
        (200, {"people": []}, {"Content-Length": "1000"}),
        (200, [], {}),
    ],
)
def test_a_frame_is_asked_for_again_until_it_is_done(trouble, good):
    with Scripted(trouble, (200, good, {})) as server, Direct(server.url) as client:
        assert_same(client.infer(4), result_of(good))
        assert len(server.asked) == 2
        assert server.asked[0] == server.asked[1]


def test_after_the_limit_it_is_a_failure_that_says_what_to_do_and_the_next_does_not_wait_as_long():
    with Scripted((503, error_body("loading"), {})) as server, Direct(server.url, patience="1.2") as client:
        failure = client.infer(2)
        assert isinstance(failure, FrameFailure)
        assert (failure.frame_index, failure.kind) == (2, "failed")
        assert "It is loading" in failure.message
        assert "tried for 1 s" in failure.message
        assert "run the frame again" in failure.hint
        before = len(server.asked)
        assert before > 1
        assert "still" in client.infer(3).message
        assert len(server.asked) == before + 1


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (400, "bad_fields", "bad_input"),
        (401, "unauthorized", "bad_input"),
        (413, "body_too_large", "bad_input"),
        (422, "bad_input", "bad_input"),
        (500, "failed", "failed"),
        (504, "timeout", "timeout"),
    ],
)
def test_what_asking_again_does_not_help_is_told_at_once(status, kind, told):
    with Scripted((status, error_body(kind), {})) as server, Direct(server.url) as client:
        failure = client.infer()
        assert (failure.kind, failure.message) == (told, f"It is {kind}.")
        assert len(server.asked) == 1


def test_out_of_memory_comes_with_the_services_numbers():
    with a_service(oom_on="2") as service, served(service) as here, Direct(here.url) as client:
        failure = client.infer(2)
    assert failure.kind == "out_of_memory"
    assert failure.numbers == {"requested": 2**31, "free": 5}
    assert failure.hint == "Close other programs."


def test_an_engine_that_dies_on_a_frame_every_time_is_given_up():
    died = (502, error_body("engine_died"), {})
    with Scripted(died) as server, Direct(server.url) as client:
        assert client.infer().kind == "engine_died"
        assert len(server.asked) == 3


def test_waiting_can_be_cancelled_and_the_engine_stays():
    with a_service(hang_on="1") as service, served(service) as here, loaded(here.url) as client:
        pid, job, ended = client.pid, Job(lambda job: None), []

        def ask():
            try:
                infer(client, 1, job=job)
            except Cancelled:
                ended.append(True)

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: service._line._at_work is not None)
        job.cancel()
        asking.join()
        assert ended
        assert client.pid == pid
        service.close()  # the frame hangs there still


def test_the_address_is_kept_where_only_the_user_can_read_it(tmp_path):
    environment.use_service("remote", "http://127.0.0.1:9/", "secret")
    assert stored_address() == Address("http://127.0.0.1:9", "secret")
    assert "secret" not in repr(stored_address())
    file = next(path for path in environment.data_folder().iterdir() if path.name == "remote.json")
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert command_for("remote").argv[0] == sys.executable
    environment.uninstall("remote")
    assert stored_address() is None
    with pytest.raises(EngineError, match="No service") as caught:
        command_for("remote")
    assert caught.value.kind == "no_address"


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8000", "ftp://host", "http://", "http://host:port", "http://me:pw@host", "http://h/?a=1"],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(EngineError, match="no address"):
        read_address(url)


def test_a_look_at_the_service_says_how_it_stands():
    assert environment.check("remote").problem == "no address yet"
    environment.use_service("remote", "http://127.0.0.1:9")
    status = environment.check("remote")
    assert not status.installed
    assert "cannot be reached" in status.problem
    with a_service() as service, served(service, token="secret") as here:
        environment.use_service("remote", here.url, "secret")
        status = environment.check("remote")
        assert (status.installed, status.own) == (True, False)
        assert status.version == f"stand-in 1 on cpu, at {here.url}"
        environment.use_service("remote", here.url, "other")
        assert "refuses the token" in environment.check("remote").problem


@pytest.mark.parametrize("do", [environment.install, environment.use])
def test_there_is_nothing_to_install(do):
    with pytest.raises(EngineError, match=r"[Rr]emote") as caught:
        do("remote")
    assert "--url" in caught.value.hint
