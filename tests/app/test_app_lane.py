from __future__ import annotations

import threading

import pytest

from pipeline.job import Job


def test_result_arrives_in_the_windows_thread(lane, qtbot):
    here = []
    lane.succeeded.connect(lambda job, result: here.append(threading.current_thread()))
    with qtbot.waitSignal(lane.succeeded) as blocker:
        lane.submit(Job(lambda job: threading.current_thread()))
    assert blocker.args[1] is not threading.main_thread()
    qtbot.waitUntil(lambda: here == [threading.main_thread()])


def test_latest_wins(lane, qtbot):
    gate = threading.Event()
    lane.submit(Job(lambda job: gate.wait(5)))
    shown = []
    lane.succeeded.connect(lambda job, result: shown.append(result))
    for frame in range(100):
        lane.submit(Job(lambda job, frame=frame: frame, key="frame"))
    gate.set()
    qtbot.waitUntil(lambda: 99 in shown)
    assert shown == [True, 99]


def test_a_superseded_result_that_exists_is_delivered_when_asked_so(lane, qtbot):
    gate, started, shown = threading.Event(), threading.Event(), []

    def decode(job):
        started.set()
        gate.wait(5)
        return "decoded"

    lane.submit(Job(decode, key="frame", deliver_when_cancelled=True), succeeded=shown.append)
    assert started.wait(5)
    lane.submit(Job(lambda job: "newest", key="frame", deliver_when_cancelled=True), succeeded=shown.append)
    gate.set()
    qtbot.waitUntil(lambda: shown == ["decoded", "newest"])


def test_running_job_is_cancelled_at_its_next_report(lane, qtbot):
    def forever(job):
        while True:
            job.report("tick")

    with qtbot.waitSignal(lane.reported):
        lane.submit(Job(forever, key="frame"))
    with qtbot.waitSignal(lane.succeeded) as blocker:
        lane.submit(Job(lambda job: "new", key="frame"))
    assert blocker.args[1] == "new"


def test_failure_keeps_the_lane_alive(lane, qtbot):
    with qtbot.waitSignal(lane.failed) as blocker:
        lane.submit(Job(lambda job: 1 / 0))
    assert isinstance(blocker.args[1], ZeroDivisionError)
    with qtbot.waitSignal(lane.succeeded):
        lane.submit(Job(lambda job: 1))


def test_a_failure_somebody_takes_is_not_told_to_all(lane, qtbot):
    taken, told = [], []
    lane.failed.connect(lambda job, error: told.append(error))
    lane.submit(Job(lambda job: 1 / 0), failed=taken.append)
    qtbot.waitUntil(lambda: len(taken) == 1)
    assert told == []


def test_scrubbing_overtakes_a_batch(lane, qtbot):
    gate, order = threading.Event(), []
    lane.submit(Job(lambda job: gate.wait(5)))
    lane.succeeded.connect(lambda job, result: order.append(result))
    for chunk in range(3):
        lane.submit(Job(lambda job, chunk=chunk: f"batch {chunk}", priority=1))
    lane.submit(Job(lambda job: "scrub", key="frame"))
    gate.set()
    qtbot.waitUntil(lambda: len(order) == 5)
    assert order == [True, "scrub", "batch 0", "batch 1", "batch 2"]


def test_the_last_report_comes_before_the_result_and_the_end_after_it(lane, qtbot):
    heard = []

    def work(job):
        job.report(0.5)
        job.report(1.0)
        return "done"

    lane.submit(Job(work), succeeded=heard.append, reported=heard.append, ended=lambda: heard.append("ended"))
    qtbot.waitUntil(lambda: "ended" in heard)
    assert heard[-3:] == [1.0, "done", "ended"]


def test_a_cancelled_job_still_ends(lane, qtbot):
    gate, heard = threading.Event(), []
    lane.submit(Job(lambda job: gate.wait(5)))
    job = lane.submit(Job(lambda job: "result"), succeeded=heard.append, ended=lambda: heard.append("ended"))
    job.cancel()
    gate.set()
    qtbot.waitUntil(lambda: heard == ["ended"])
    assert lane.unfinished == 0


def test_a_receiver_that_raises_does_not_lose_the_deliveries_behind_it(lane, qtbot):
    gate, heard = threading.Event(), []

    def refuse(result):
        raise RuntimeError("receiver")

    with qtbot.captureExceptions() as raised:
        lane.submit(Job(lambda job: gate.wait(5)), succeeded=refuse)
        for number in range(3):
            lane.submit(Job(lambda job, number=number: number), succeeded=heard.append)
        gate.set()
        qtbot.waitUntil(lambda: heard == [0, 1, 2])
    assert [error for error, _value, _trace in raised] == [RuntimeError]


@pytest.mark.parametrize("waiting", [0, 20])
def test_closing_joins_the_thread_with_jobs_waiting(qtbot, waiting):
    from app.lane import Lane

    lane = Lane("closing")
    done = []
    for number in range(waiting):
        lane.submit(Job(lambda job, number=number: done.append(number)))
    assert lane.close()
    assert not lane.isRunning()
    assert len(done) <= waiting
