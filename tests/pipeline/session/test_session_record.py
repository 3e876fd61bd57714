"""Results come in, people keep who they are, tracking again is one step."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes_walkers import Walker, failed, seen

from pipeline.session.edits import AssignPerson
from pipeline.session.history import History
from pipeline.session.record import propose_links, record, relink
from pipeline.session.store import Store
from pipeline.structures import Assignment, Changes, RunOptions

ANN, BOB, CID = Walker(-1.5, 5, vx=0.01), Walker(0.5, 6, vx=-0.005), Walker(2, 5)


@pytest.fixture
def store():
    with Store(":memory:") as store:
        store.start_run("made-up-1", RunOptions(), "Run")
        yield store


def ids(store: Store, frame: int) -> list[int | None]:
    return [assignment.track_id for assignment in store.assignments(frame)]


def test_what_a_result_and_a_failure_touch(store):
    assert record(store, seen(4, [ANN]), 1) == Changes(frozenset({4}), tracks=True)
    assert record(store, failed(5), 1) == Changes(frozenset({5}))
    assert record(store, seen(6, []), 1) == Changes(frozenset({6}))
    assert ids(store, 6) == []


def test_frames_run_while_scrubbing_around_agree(store):
    for frame in (50, 10, 30, 31, 11, 49, 12):
        record(store, seen(frame, [ANN, BOB] if frame % 2 else [BOB, ANN]), 1)
    assert all(
        ids(store, frame) == ([1, 2] if frame % 2 else [2, 1]) for frame in (50, 10, 30, 31, 11, 49, 12)
    )


def test_a_rerun_frame_keeps_its_ids_and_what_the_reviewer_said(store):
    for frame in range(5):
        record(store, seen(frame, [ANN, BOB]), 1)
    history = History(store)
    history.do(AssignPerson(2, 0, 9))
    history.do(AssignPerson(2, 1, None))
    record(store, seen(2, [CID, BOB, ANN], seed=5), 1)
    assert store.assignments(2) == (
        Assignment(2, 0, 10),
        Assignment(2, 1, None, "reviewer"),
        Assignment(2, 2, 9, "reviewer"),
    )


def test_only_the_frame_itself_gets_assignments(store):
    for frame in (0, 1, 3, 4):
        record(store, seen(frame, [ANN, BOB]), 1)
    before = {frame: store.assignments(frame) for frame in (0, 1, 3, 4)}
    record(store, seen(2, [CID, ANN]), 1)
    assert {frame: store.assignments(frame) for frame in before} == before
    assert ids(store, 2) == [3, 1]


def test_frames_beyond_the_gap_are_joined_once_those_between_are_there(store):
    walker = replace(ANN, vx=0.001)
    for frame in (0, 200, 100):
        record(store, seen(frame, [walker]), 1)
    assert [ids(store, frame) for frame in (0, 100, 200)] == [[1], [1], [2]]
    changes = relink(store)
    assert changes == Changes(frozenset({200}), tracks=True, history=True)
    assert [track.track_id for track in store.tracks()] == [1]
    assert History(store).undo_label == "Track again"
    History(store).undo()
    assert ids(store, 200) == [2]


def test_tracking_again_with_nothing_to_change_leaves_no_trace(store):
    for frame in range(10):
        record(store, seen(frame, [ANN, BOB]), 1)
    assert relink(store) == Changes()
    assert History(store).undo_label is None


def test_tracking_again_leaves_what_the_reviewer_said(store):
    for frame in range(10):
        record(store, seen(frame, [ANN, BOB]), 1)
    History(store).do(AssignPerson(4, 0, 7))
    relink(store)
    assert [ids(store, frame)[0] for frame in range(10)] == [1, 1, 1, 1, 7, 7, 7, 7, 7, 7]
    assert [ids(store, frame)[1] for frame in range(10)] == [2] * 10
    assert [a.by for a in store.assignments(4)] == ["reviewer", "tracker"]


def test_frames_assigned_or_run_while_tracking_ran_elsewhere_are_left_alone(store):
    walker = replace(ANN, vx=0.001)
    for frame in (0, 1, 2, 200, 201, 100):
        record(store, seen(frame, [walker]), 1)
    proposed = propose_links(store)
    assert proposed.touched().frames == {200, 201}
    history = History(store)
    history.do(AssignPerson(200, 0, 5))
    record(store, seen(201, [walker]), 1)
    assert history.do(proposed) == Changes()
    assert [ids(store, frame) for frame in (0, 100, 200, 201)] == [[1], [1], [5], [2]]


def test_links_can_be_proposed_by_a_reader(tmp_path):
    path = tmp_path / "clip.retake"
    with Store(path) as store:
        store.start_run("made-up-1", RunOptions(), "Run")
        for frame in (0, 200, 100):
            record(store, seen(frame, [replace(ANN, vx=0.001)]), 1)
        with Store(path, read_only=True) as reader:
            edit = propose_links(reader)
        History(store).do(edit)
        assert [ids(store, frame) for frame in (0, 100, 200)] == [[1], [1], [1]]


def steps_of(store: Store, frame: int) -> int:
    """How much SQLite does to record a frame, in hundreds of its own steps."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    store._db.set_progress_handler(count, 100)
    record(store, seen(frame, [ANN, BOB]), 1)
    store._db.set_progress_handler(None, 0)
    return steps


def test_recording_costs_the_same_at_the_end_of_a_long_session(store):
    still = [replace(walker, vx=0) for walker in (ANN, BOB)]
    for frame in range(160):
        record(store, seen(frame, still), 1)
    early = steps_of(store, 160)
    for frame in range(161, 480):
        record(store, seen(frame, still), 1)
    assert early > 10
    assert steps_of(store, 480) < 1.3 * early
