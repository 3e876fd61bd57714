from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import numpy as np
import psutil
import pytest
from fakes_engine import STAGES, stand_in_command
from fakes_waiting import WAIT, wait_until

from pipeline.engines.client import START_TITLE, EngineClient, InferProgress, Limits
from pipeline.engines.command import EngineCommand
from pipeline.engines.engine import EngineSettings
from pipeline.engines.faults import died_twice, load_error
from pipeline.engines.process import WorkerEnded
from pipeline.errors import EngineError
from pipeline.job import Cancelled, Job
from pipeline.loading import StageError, StageState, StageStatus
from pipeline.structures import Frame, FrameFailure, FrameResult, RunOptions


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def frame(index: int = 0, size: tuple[int, int] = (64, 48)) -> Frame:
    image = np.full((size[1], size[0], 3), index % 256, np.uint8)
    return Frame(index, index, index / 25, image)


class Reports:
    """A job that keeps all it was told, and may be cancelled at a report."""

    def __init__(self, cancel_at: Callable[[object], bool] = lambda value: False) -> None:
        self.all: list[object] = []
        self.job = Job(lambda job: None)

        def listen() -> None:
            self.all.append(self.job.take_report())
            if cancel_at(self.all[-1]):
                self.job.cancel()

        self.job.listen(listen)


@pytest.fixture
def make_client():
    made: list[tuple[EngineClient, list[int]]] = []
    threads = threading.active_count()

    def make(
        *, command: EngineCommand | None = None, limits: Limits | None = None, **extra: str
    ) -> EngineClient:
        notices: list[str] = []
        client = EngineClient(
            "stand-in",
            command or stand_in_command(),
            EngineSettings(extra=extra),
            on_notice=notices.append,
            limits=limits or Limits(start=WAIT, load=WAIT, infer=WAIT),
        )
        client.notices = notices  # type: ignore[attr-defined]
        made.append((client, notices))
        return client

    yield make
    for client, _ in made:
        pid = client.pid
        client.close()
        assert pid is None or gone(pid)
        assert client.state == "stopped"
    wait_until(lambda: threading.active_count() <= threads)


def loaded(make_client, **extra: str) -> EngineClient:
    client = make_client(**extra)
    client.load(Job(lambda job: None))
    return client


def run(client: EngineClient, index: int, options: RunOptions | None = None) -> FrameResult | FrameFailure:
    return client.infer(frame(index), options or RunOptions(), Job(lambda job: None))


def test_loading_reports_every_stage(make_client):
    client, reports = make_client(), Reports()
    assert client.state == "stopped"
    info = client.load(reports.job)
    assert info.engine_id == "stand-in-1-cafe"
    assert client.state == "ready"
    assert client.pid is not None
    assert [status.title for status in client.statuses] == [START_TITLE, *STAGES]
    assert all(status.state is StageState.DONE for status in client.statuses)
    assert client.statuses[2].bytes_total == 10
    assert f"process {client.pid}" in client.statuses[0].detail
    running = [
        status.title
        for statuses in reports.all
        for status in statuses  # type: ignore[attr-defined]
        if status.state is StageState.RUNNING
    ]
    assert list(dict.fromkeys(running)) == [START_TITLE, *STAGES]


def test_results_belong_to_their_frames(make_client):
    client = loaded(make_client, people="3")
    for index in (5, 2, 9):
        result = run(client, index)
        assert isinstance(result, FrameResult)
        assert result.frame_index == index
        assert len(result.people) == 3
        assert result.people.image_size == (64, 48)
    assert client.memory is not None
    assert client.memory.worker > 10 * 2**20


def test_options_arrive(make_client):
    client = loaded(make_client, people="4")
    boxes = ((1.0, 2.0, 30.0, 40.0),)
    result = run(client, 0, RunOptions(boxes=boxes))
    assert isinstance(result, FrameResult)
    assert result.people.detections.boxes.tolist() == [list(boxes[0])]
    result = run(client, 0, RunOptions(score_threshold=0.8))
    assert isinstance(result, FrameResult)
    assert (len(result.people), len(result.rejected.boxes)) == (2, 2)


def test_infer_loads_by_itself_and_reports_steps(make_client):
    client, reports = make_client(seconds="0.4"), Reports()
    client.infer(frame(7), RunOptions(), reports.job)
    assert all(isinstance(report, InferProgress) and report.frame_index == 7 for report in reports.all)
    steps = {report.step for report in reports.all}  # type: ignore[attr-defined]
    assert {"detect", "reconstruct", f"loading: {STAGES[1]}"} <= steps


def test_retry_repeats_only_what_failed(make_client):
    client = make_client(stage_fail="1")
    with pytest.raises(StageError, match=r"Weights read: The weights are damaged\. Fetch them again"):
        client.load(Job(lambda job: None))
    before = client.pid
    assert [status.state for status in client.statuses] == [
        StageState.DONE,
        StageState.DONE,
        StageState.FAILED,
        StageState.WAITING,
    ]
    assert client.statuses[2].hint == "Fetch them again."
    reports = Reports()
    client.load(reports.job)
    assert client.pid == before
    first: tuple[StageStatus, ...] = reports.all[0]  # type: ignore[assignment]
    assert first[1].state is StageState.DONE
    ran = {s.title for statuses in reports.all for s in statuses if s.state is StageState.RUNNING}  # type: ignore[attr-defined]
    assert ran == set(STAGES[1:])


def test_a_stage_that_ends_the_process_is_said_and_can_be_retried(make_client):
    client = make_client(stage_die="1")
    for _ in range(2):
        with pytest.raises(EngineError, match="was killed by SIGKILL while loading") as caught:
            client.load(Job(lambda job: None))
        assert caught.value.kind == "engine_died"
        assert client.statuses[2].state is StageState.FAILED
        assert client.pid is None


@pytest.mark.parametrize(
    ("how", "memory"),
    [("was killed by SIGKILL", True), ("was killed by SIGSEGV", False), ("ended with exit code 1", False)],
)
def test_memory_is_suspected_only_where_the_system_killed(how, memory):
    ended = WorkerEnded(how)
    assert ("memory" in load_error("mediapipe", ended, "Illegal instruction").hint) is memory
    assert ("memory" in died_twice(3, ended).hint) is memory


def test_a_stage_that_hangs_is_ended(make_client):
    client = make_client(stage_hang="1", limits=Limits(load=0.5))
    with pytest.raises(EngineError) as caught:
        client.load(Job(lambda job: None))
    assert caught.value.kind == "timeout"
    assert client.statuses[2].state is StageState.FAILED


def test_loading_can_be_cancelled_and_goes_on_where_it_was(make_client):
    client = make_client(stage_seconds="0.3")

    def second_stage(statuses: object) -> bool:
        return statuses[2].state is StageState.RUNNING if len(statuses) > 2 else False  # type: ignore[index,arg-type]

    with pytest.raises(Cancelled):
        client.load(Reports(second_stage).job)
    before = client.pid
    assert before is not None
    assert client.state == "stopped"
    reports = Reports()
    client.load(reports.job)
    assert client.pid == before
    assert reports.all[0][1].state is StageState.DONE  # type: ignore[index]


def test_cancelling_a_hung_load_ends_the_worker(make_client):
    client = make_client(stage_hang="1", limits=Limits(cancel=0.1))
    reports = Reports(lambda statuses: len(statuses) > 2 and statuses[2].state is StageState.RUNNING)  # type: ignore[arg-type,index]
    with pytest.raises(Cancelled):
        client.load(reports.job)
    assert client.pid is None
    assert client.state == "stopped"


FAILURES = [
    ("fail_on", "failed", "KeyError: 'left_knee'", ""),
    ("bad_input_on", "bad_input", "The picture is too small.", "Use a larger one."),
    ("oom_on", "out_of_memory", "The GPU is full.", "Close other programs."),
    ("memory_error_on", "out_of_memory", "MemoryError: Unable to allocate 4.00 GiB", ""),
    ("torch_oom_on", "out_of_memory", "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", ""),
    ("wrong_frame_on", "failed", "TypeError: the engine answered frame 5 with", ""),
]


def test_failures_are_told_and_the_worker_goes_on(make_client):
    client = loaded(make_client, **{cue: str(index) for index, (cue, *_) in enumerate(FAILURES)})
    before = client.pid
    for index, (_, kind, message, hint) in enumerate(FAILURES):
        failure = run(client, index)
        assert isinstance(failure, FrameFailure), failure
        assert (failure.frame_index, failure.kind, failure.hint) == (index, kind, hint)
        assert failure.message.startswith(message)
        assert failure.stage in ("detect", "reconstruct")
    assert isinstance(run(client, len(FAILURES)), FrameResult)
    assert client.pid == before
    wait_until(lambda: "KeyError: 'left_knee'" in client.log_tail())


def test_memory_errors_come_with_numbers(make_client):
    client = loaded(make_client, oom_on="1", torch_oom_on="2")
    told, measured = run(client, 1), run(client, 2)
    assert isinstance(told, FrameFailure)
    assert told.numbers == {"requested": 2.0**31, "free": 5.0}
    assert isinstance(measured, FrameFailure)
    assert measured.numbers["worker"] > 10 * 2**20
    assert measured.numbers["total"] > measured.numbers["worker"]


def test_prints_go_to_the_log(make_client):
    client = loaded(make_client, print_on="2")
    assert isinstance(run(client, 2), FrameResult)
    wait_until(lambda: "printed by C" in client.log_tail() and "printed by Python" in client.log_tail())
    text = client._link.log.path.read_text()
    assert "printed by C" in text
    assert str(os.environ["RETAKE_HOME"]) in str(client._link.log.path)


def test_death_costs_nothing_but_time(make_client, tmp_path):
    client = loaded(make_client, die_once_on="4", once=str(tmp_path))
    before = client.pid
    result = run(client, 4)
    assert isinstance(result, FrameResult)
    assert client.pid not in (None, before)
    assert len(client.notices) == 1
    assert "was killed by SIGKILL" in client.notices[0]


def test_a_frame_that_kills_twice_is_left_out_and_the_next_is_done(make_client):
    client = loaded(make_client, die_on="4")
    failure = run(client, 4)
    assert isinstance(failure, FrameFailure)
    assert (failure.frame_index, failure.kind) == (4, "engine_died")
    assert client.state == "ready"
    assert isinstance(run(client, 5), FrameResult)


@pytest.mark.parametrize("cue", ["hang_on", "stall_on"])
def test_a_frame_that_hangs_is_left_out_and_the_next_is_done(make_client, cue):
    client = loaded(make_client, limits=Limits(infer=0.6), **{cue: "4"})
    before = client.pid
    failure = run(client, 4)
    assert isinstance(failure, FrameFailure)
    assert (failure.frame_index, failure.kind) == (4, "timeout")
    assert gone(before)
    assert client.state == "ready"
    assert isinstance(run(client, 5), FrameResult)


def test_reports_keep_a_slow_frame_alive(make_client):
    client = loaded(make_client, limits=Limits(infer=0.8), seconds="1.6")
    assert isinstance(run(client, 1), FrameResult)


def test_cancel_is_quick_and_keeps_the_worker(make_client):
    client = loaded(make_client, seconds="5")
    before = client.pid
    start = time.monotonic()
    with pytest.raises(Cancelled):
        client.infer(frame(1), RunOptions(), Reports(lambda report: True).job)
    assert time.monotonic() - start < 3
    assert client.pid == before
    assert client.state == "ready"


def test_cancelling_a_hung_engine_ends_it_and_the_next_frame_starts_it(make_client):
    client = loaded(make_client, hang_on="1", limits=Limits(cancel=0.1))
    before = client.pid
    with pytest.raises(Cancelled):
        client.infer(frame(1), RunOptions(), Reports(lambda report: True).job)
    assert gone(before)
    assert len(client.notices) == 1
    assert isinstance(run(client, 2), FrameResult)


def test_killed_while_idle(make_client):
    client = loaded(make_client)
    os.kill(client.pid, signal.SIGKILL)
    wait_until(lambda: client.state == "dead")
    assert client.pid is None
    assert client.memory is None
    assert isinstance(run(client, 1), FrameResult)
    assert client.notices == ["The engine was killed by SIGKILL. It is started again."]


def test_killed_while_busy(make_client):
    client = loaded(make_client, seconds="0.5")
    before = client.pid
    killed: list[int] = []

    def kill_once(report: object) -> bool:
        if not killed:
            killed.append(before)
            os.kill(before, signal.SIGKILL)
        return False

    result = client.infer(frame(3), RunOptions(), Reports(kill_once).job)
    assert isinstance(result, FrameResult)
    assert result.frame_index == 3
    assert killed
    assert len(client.notices) == 1


def test_ctrl_c_in_the_terminal_is_not_for_the_worker(make_client):
    client = loaded(make_client)
    before = client.pid
    os.kill(before, signal.SIGINT)
    assert isinstance(run(client, 1), FrameResult)
    assert client.pid == before
    assert client.notices == []


@pytest.mark.parametrize("end", [EngineClient.close, EngineClient.kill])
def test_ending_from_another_thread_interrupts(make_client, end):
    client = loaded(make_client, hang_on="1")
    pid = client.pid
    threads: list[threading.Thread] = []

    def end_it(report: object) -> bool:
        threads.append(threading.Thread(target=end, args=(client,)))
        threads[-1].start()
        return False

    with pytest.raises(Cancelled):
        client.infer(frame(1), RunOptions(), Reports(end_it).job)
    for thread in threads:
        thread.join(WAIT)
    assert gone(pid)
    assert client.state == "stopped"
    assert client.notices == []


def test_closed_is_closed_but_killed_can_be_loaded_again(make_client):
    client = loaded(make_client)
    client.kill()
    client.load(Job(lambda job: None))
    assert isinstance(run(client, 1), FrameResult)
    client.close()
    with pytest.raises(Cancelled):
        run(client, 2)
    assert client.pid is None


def test_a_clean_end_lets_the_engine_close(make_client):
    client = loaded(make_client)
    client.close()
    assert "stand-in closed" in client.log_tail()


def _script(code: str) -> EngineCommand:
    return EngineCommand((sys.executable, "-c", code))


PREFIX = (
    r"import struct, sys; w = sys.stdout.buffer.write; p = struct.Struct('<4sHHIQ').pack; m = b'\x93RTK'; "
)
STRANGERS = [
    ("version", PREFIX + "w(p(m, 99, 0, 2, 0) + b'[]'); sys.stdout.flush(); sys.stdin.read()", "protocol"),
    ("text", "print('Welcome to this cluster')", "protocol"),
    ("endless text", "while True: print('spam' * 1000)", "protocol"),
    ("damaged", PREFIX + "w(p(m, 2, 0, 3, 0) + b'[{,')", "protocol"),
    ("silence", "import sys; sys.exit(7)", "engine_died"),
]


@pytest.mark.parametrize(
    ("code", "kind"), [case[1:] for case in STRANGERS], ids=[case[0] for case in STRANGERS]
)
def test_what_is_no_worker_is_told(make_client, code, kind):
    client = make_client(command=_script(code))
    with pytest.raises(EngineError) as caught:
        client.load(Job(lambda job: None))
    assert caught.value.kind == kind
    assert client.pid is None
    assert client.statuses[0].state is StageState.FAILED
    expected = {"protocol": ("version 99", "something else than a message"), "engine_died": ("exit code 7",)}
    assert any(text in caught.value.message for text in expected[kind]), caught.value.message


def test_no_greeting_is_a_timeout(make_client):
    client = make_client(command=_script("import sys; sys.stdin.read()"), limits=Limits(start=0.3))
    with pytest.raises(EngineError) as caught:
        client.load(Job(lambda job: None))
    assert caught.value.kind == "timeout"


def test_a_greeting_of_the_shell_is_skipped(make_client):
    plain = stand_in_command()
    greet = "import os, sys; os.write(1, b'Last login: never\\n'); os.execv(sys.executable, sys.argv[1:])"
    client = make_client(
        command=EngineCommand((sys.executable, "-c", greet, *plain.argv), plain.env, plain.cwd)
    )
    client.load(Job(lambda job: None))
    assert isinstance(run(client, 1), FrameResult)


def test_programs_that_are_not_there_are_told(make_client):
    client = make_client(command=EngineCommand(("/nowhere/python",)))
    with pytest.raises(EngineError, match="cannot be started: /nowhere/python") as caught:
        client.load(Job(lambda job: None))
    assert caught.value.hint


def test_engines_that_are_not_there_are_told(make_client):
    client = make_client(command=stand_in_command(target="no_such_engine:Engine"))
    with pytest.raises(EngineError, match="No module named 'no_such_engine'") as caught:
        client.load(Job(lambda job: None))
    assert caught.value.kind == "load_failed"
    assert "retake engines install stand-in" in caught.value.hint
    assert "Traceback" in caught.value.details


def test_an_engine_that_ends_by_itself_may_say_why(make_client):
    code = "import os, sys, time; os.close(1); time.sleep(0.1); sys.exit('No module named numpy')"
    with pytest.raises(EngineError, match="exit code 1 while loading: No module named numpy") as caught:
        make_client(command=_script(code)).load(Job(lambda job: None))
    assert "retake engines install stand-in" in caught.value.hint
