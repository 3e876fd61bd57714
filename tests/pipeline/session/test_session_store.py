"""The session file: what it keeps, and what becomes of it when things go wrong."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from fakes_walkers import Walker, failed, seen

from pipeline.errors import SessionError
from pipeline.session.database import NotInTransaction
from pipeline.session.identity import VideoIdentity
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import Assignment, Plan, RunOptions

ANN, BOB = Walker(-1, 5, vx=0.02), Walker(1, 6, vx=-0.01)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "clip.mp4.retake"


@pytest.fixture
def store(path):
    with Store(path) as store:
        yield store


def files(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def run_of(store: Store, title: str = "Run", **options) -> int:
    return store.start_run("made-up-1", RunOptions(**options), title)


def fill(store: Store, frames, people=(ANN, BOB)) -> int:
    run = run_of(store)
    for frame in frames:
        record(store, seen(frame, people), run)
    return run


def test_a_result_comes_back_as_it_was(store, path):
    fill(store, [3])
    store.close()
    with Store(path) as again:
        result, known = again.result(3), seen(3, [ANN, BOB])
    assert result is not None
    np.testing.assert_array_equal(result.people.detections.boxes, known.people.detections.boxes)
    np.testing.assert_array_equal(result.people.smpl.global_orient, known.people.smpl.global_orient)
    assert (result.frame_index, result.engine_id, result.plan) == (3, "made-up-1", Plan(notes=("made up",)))


def test_a_frame_that_was_never_run_has_nothing(store):
    assert store.result(5) is None
    assert store.versions(5) == ()
    assert store.assignments(5) == ()
    assert store.frames_with_results().tolist() == []
    assert store.tracks() == ()


def test_every_run_adds_a_version_and_the_newest_counts(store):
    first = run_of(store, score_threshold=0.3)
    record(store, seen(1, [ANN, BOB]), first)
    second = run_of(store, boxes=((1.0, 2.0, 3.0, 4.0),))
    record(store, seen(1, [ANN], engine="made-up-2"), second)
    old, new = store.versions(1)
    assert (old.counts, new.counts) == (False, True)
    assert (old.people, new.people) == (2, 1)
    assert (old.run, new.run) == (first, second)
    assert new.engine_id == "made-up-2"
    assert (old.options.score_threshold, new.options.boxes) == (0.3, ((1.0, 2.0, 3.0, 4.0),))
    assert new.plan.notes == ("made up",)
    assert new.seconds == pytest.approx(0.04)
    assert len(store.result(1).people) == 1
    with store.transaction():
        store.use_version(1, old.id)
    assert len(store.result(1).people) == 2


def test_only_a_version_of_the_frame_can_count(store):
    fill(store, [1, 2])
    (other,) = store.versions(2)
    with pytest.raises(ValueError, match="no version"), store.transaction():
        store.use_version(1, other.id)


def test_results_come_in_frame_order(store):
    fill(store, [90, 3, 41])
    assert [result.frame_index for result in store.results()] == [3, 41, 90]
    assert [result.frame_index for result in store.results([90, 3, 7])] == [3, 90]
    assert store.frames_with_results().tolist() == [3, 41, 90]


def test_many_results_are_read_in_parts(store, path):
    fill(store, range(150), [ANN])
    store.close()
    with Store(path, read_only=True) as again:
        assert [result.frame_index for result in again.results()] == list(range(150))


def test_a_failure_stays_until_a_result_makes_it_good(store):
    run = fill(store, [1])
    record(store, failed(1), run)
    record(store, failed(2, "timeout"), run)
    assert store.failures() == {1: failed(1), 2: failed(2, "timeout")}
    assert store.result(1) is not None
    record(store, seen(1, [ANN]), run)
    assert list(store.failures()) == [2]


def test_the_table_holds_who_is_who(store):
    fill(store, [4, 2])
    with store.transaction():
        store.set_assignments([Assignment(2, 1, None, "reviewer")])
    table = store.assignment_table()
    assert table.frames.tolist() == [2, 2, 4, 4]
    assert table.slots.tolist() == [0, 1, 0, 1]
    assert table.tracks.tolist() == [1, -1, 1, 2]
    assert table.by_reviewer.tolist() == [False, True, False, False]
    assert store.assignments(2) == (Assignment(2, 0, 1), Assignment(2, 1, None, "reviewer"))


def test_tracks_are_counted_over_the_versions_that_count(store):
    run = fill(store, [2, 4, 9])
    record(store, seen(9, [ANN]), run)
    ann, bob = store.tracks()
    assert (ann.track_id, ann.frames, ann.first, ann.last) == (1, 3, 2, 9)
    assert (bob.track_id, bob.frames, bob.first, bob.last) == (2, 2, 2, 4)
    assert (ann.title, ann.visible) == ("Person 1", True)
    assert ann.color != bob.color


def test_a_change_outside_a_transaction_is_a_bug(store):
    fill(store, [1])
    before = store.dump()
    for change in (
        lambda: store.set_track_name(1, "Ann"),
        lambda: store.set_assignments([Assignment(1, 0, 7)]),
        lambda: store.add_failure(failed(1), 1),
        lambda: store.use_version(1, 1),
    ):
        with pytest.raises(NotInTransaction):
            change()
    assert store.dump() == before


def test_a_transaction_that_fails_changes_nothing(store):
    fill(store, [1])
    before = store.dump()

    def half():
        with store.transaction():
            store.set_track_name(1, "Ann")
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        half()
    assert store.dump() == before


def test_view_and_identity_are_remembered(store, path):
    identity = VideoIdentity("clip.mp4", 12, 34, 56, "abc")
    assert store.identity() is None
    assert store.view_state() == {}
    store.set_identity(identity)
    store.set_view_state({"frame": 7, "range": [1, 2]})
    store.close()
    with Store(path) as again:
        assert again.identity() == identity
        assert again.view_state() == {"frame": 7, "range": [1, 2]}


def test_closed_it_is_one_file(store, path):
    fill(store, [1])
    assert path.with_name(path.name + "-wal").exists()
    store.close()
    assert files(path) == [path.name]


def test_looking_writes_nothing(path):
    with Store(path) as store:
        fill(store, [1])
    before = path.read_bytes()
    with Store(path, read_only=True) as looking:
        assert looking.result(1) is not None
        assert files(path) == [path.name]
        with pytest.raises(SessionError, match="reading only"), looking.transaction():
            pass
        with pytest.raises(SessionError, match="reading only"):
            looking.set_view_state({})
    assert files(path) == [path.name]
    assert path.read_bytes() == before


def test_there_must_be_something_to_look_at(path):
    with pytest.raises(SessionError, match="There is no session"):
        Store(path, read_only=True)
    assert not path.exists()


def _foreign(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE song (name TEXT)")
    db.close()


def _newer(path):
    Store(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()


def _cut(path):
    with Store(path) as store:
        fill(store, range(20))
    path.write_bytes(path.read_bytes()[:-5000])


def _scrambled(path):
    Store(path).close()
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\x00" * (len(data) - 100))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.write_bytes(b"not a session at all" * 100), "damaged or is not"),
        (lambda path: path.write_bytes(b"SQLite format 3\x00"), "not a Retake session"),
        (_foreign, "not a Retake session"),
        (_newer, "session format 99"),
        (_cut, "its end is missing"),
        (_scrambled, "damaged"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_session_is_refused_and_left_alone(path, spoil, message, read_only):
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(SessionError, match=message) as caught:
        Store(path, read_only=read_only)
    assert caught.value.hint
    assert path.read_bytes() == before
    assert files(path) == [path.name]


def test_a_damaged_result_is_said_and_the_others_can_be_read(store, path):
    fill(store, [1, 2])
    with store.transaction():
        store._write("UPDATE result SET data = x'00' WHERE version = 1")
    store.close()
    with Store(path) as again:
        with pytest.raises(SessionError, match="cannot be read") as caught:
            again.result(1)
        assert "Run the frame again" in caught.value.hint
        assert again.result(2) is not None


def test_an_empty_file_is_a_new_session(path):
    path.touch()
    with Store(path) as store:
        fill(store, [1])
        assert store.result(1) is not None


def _error(work) -> SessionError | None:
    try:
        work()
    except SessionError as error:
        return error
    return None


def test_a_full_disk_loses_nothing(store, path):
    run = fill(store, range(5))
    (pages,) = store._row("PRAGMA page_count")
    store._execute(f"PRAGMA max_page_count = {pages}")
    before, frame, error = store.dump(), 5, None
    while error is None:  # what is free in the last pages is soon used up
        error = _error(lambda: record(store, seen(frame, [ANN, BOB]), run))  # noqa: B023
        if error is None:
            before, frame = store.dump(), frame + 1
    assert "disk is full" in error.message
    assert "Free some space" in error.hint
    assert store.dump() == before
    store._execute("PRAGMA max_page_count = 100000")
    record(store, seen(frame, [ANN, BOB]), run)
    store.close()
    with Store(path) as again:
        assert again.frames_with_results().tolist() == list(range(frame + 1))
        assert again._value("PRAGMA integrity_check") == "ok"


def test_without_shared_memory_it_does_without_wal(path):
    with Store(path, vfs="unix-dotfile") as store:
        assert store._value("PRAGMA journal_mode") != "wal"
        fill(store, [1])
    with Store(path) as again:
        assert again._value("PRAGMA journal_mode") == "wal"
        assert again.result(1) is not None


def test_another_thread_must_open_its_own(store):
    fill(store, [1])
    caught: list[Exception] = []

    def use():
        try:
            store.result(1)
        except sqlite3.ProgrammingError as error:
            caught.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert caught


def test_others_read_while_it_is_written(store, path):
    run = fill(store, [0])
    begun, enough = threading.Event(), threading.Event()

    def read() -> list[int]:
        counts = []
        with Store(path, read_only=True) as mine:
            while not enough.is_set():
                results = list(mine.results())
                assert [result.frame_index for result in results] == list(range(len(results)))
                counts.append(len(results))
                begun.set()
            return [*counts, len(mine.frames_with_results())]

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        assert begun.wait(20)
        for frame in range(1, 60):
            record(store, seen(frame, [ANN, BOB]), run)
        enough.set()
        counts = reading.result()
    assert counts == sorted(counts)
    assert counts[-1] == 60


_WRITER = """
import sys
from fakes_walkers import Walker, seen
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.structures import RunOptions

store = Store(sys.argv[1])
run = store.start_run("made-up-1", RunOptions(), "Run")
for frame in range(100_000):
    record(store, seen(frame, [Walker(-1, 5), Walker(1, 5)]), run)
    print(frame, flush=True)
"""


@pytest.mark.parametrize("frames", [1, 37])
def test_a_kill_loses_at_most_the_frame_in_flight(path, frames):
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", _WRITER, str(path)]
    env = os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True) as writer:
        last = next(int(line) for line in writer.stdout if int(line) >= frames)
        writer.send_signal(signal.SIGKILL)
        last = max([last, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    with Store(path, read_only=True) as looking:
        assert len(looking.frames_with_results()) >= last + 1
    with Store(path) as store:
        there = store.frames_with_results().tolist()
        assert there == list(range(len(there)))
        assert len(there) in (last + 1, last + 2)
        assert store._value("PRAGMA integrity_check") == "ok"
        assert len(store.assignment_table().tracks) == 2 * len(there)
        assert [result.frame_index for result in store.results()] == there


def test_the_frames_with_results_are_right_after_adding_removing_and_failing(tmp_path):
    """The writer keeps them; another connection, and a transaction that came to nothing, must not be misled."""
    with Store(tmp_path / "a.retake") as store, Store(tmp_path / "a.retake", read_only=True) as other:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        assert store.frames_with_results().tolist() == []
        for frame in (5, 2, 9, 2):
            record(store, seen(frame, []), run)
            assert other.frames_with_results().tolist() == store.frames_with_results().tolist()
        assert store.frames_with_results().tolist() == [2, 5, 9]
        with store.transaction():
            store.use_version(5, -1)
        assert store.frames_with_results().tolist() == [2, 9]
        with suppress(RuntimeError), store.transaction():
            store.add_result(seen(7, []), run)
            raise RuntimeError
        assert store.frames_with_results().tolist() == [2, 9] == other.frames_with_results().tolist()
