"""An engine that tracks people itself decides in a run in order; a reviewer decides always."""

from __future__ import annotations

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from fakes_walkers import Walker, failed, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.codec import pack, unpack_result
from pipeline.session.edits import AssignPerson
from pipeline.session.history import History
from pipeline.session.own_tracks import REACH, propose
from pipeline.session.record import record
from pipeline.session.resume import REACH as RESUME_REACH
from pipeline.session.resume import sequence_for
from pipeline.session.store import Store
from pipeline.structures import FrameResult, RunOptions

ANN, BOB, CID = Walker(-1.5, 5), Walker(0.5, 5), Walker(2, 5)
ORDERED = RunOptions(sequence="walk")


@pytest.fixture
def store():
    with Store(":memory:") as store:
        yield store


def start(store: Store, options: RunOptions = ORDERED, engine: str = "made-up-1") -> int:
    return store.start_run(engine, options, "Run")


def tracked(frame: int, walkers, own, **how) -> FrameResult:
    return replace(seen(frame, walkers, **how), tracks=np.array(own, np.int64))


def ids(store: Store, frame: int) -> list[int | None]:
    return [assignment.track_id for assignment in store.assignments(frame)]


def test_the_engine_decides_within_a_run_in_order(store):
    """It says that the two have changed places, which nobody would by where they stand."""
    run = start(store)
    record(store, tracked(0, [ANN, BOB], [7, 3]), run)
    record(store, tracked(1, [ANN, BOB], [3, 7]), run)
    record(store, tracked(2, [ANN, BOB], [3, 7]), run)
    assert [ids(store, frame) for frame in range(3)] == [[1, 2], [2, 1], [2, 1]]


def test_on_its_own_a_frame_is_linked_as_ever(store):
    run = start(store)
    record(store, tracked(0, [ANN, BOB], [7, 3]), run)
    record(store, tracked(1, [ANN, BOB], [3, 7]), start(store, RunOptions()))
    assert ids(store, 1) == [1, 2]


def test_a_frame_run_again_on_its_own_keeps_what_the_engine_said(store):
    run = start(store)
    record(store, tracked(0, [ANN, BOB], [7, 3]), run)
    record(store, tracked(1, [ANN, BOB], [3, 7]), run)
    record(store, tracked(2, [ANN, BOB], [3, 7]), run)
    record(store, seen(1, [BOB, ANN, CID], seed=4), start(store, RunOptions()))
    assert ids(store, 1) == [1, 2, 3]
    record(store, tracked(3, [ANN, BOB], [3, 7]), run)
    assert ids(store, 3) == [2, 1]


def test_somebody_who_was_hidden_is_known_by_their_number(store):
    run = start(store)
    record(store, tracked(0, [ANN, BOB], [7, 3]), run)
    for frame in range(1, 40):
        record(store, tracked(frame, [BOB], [3]), run)
    elsewhere = replace(ANN, x=4.0)
    record(store, tracked(40, [elsewhere, BOB], [7, 3]), run)
    assert ids(store, 40) == [1, 2]


def test_a_number_is_forgotten_in_time(store):
    run = start(store)
    record(store, tracked(0, [replace(ANN, x=4.0)], [7]), run)
    record(store, tracked(REACH, [ANN], [7]), run)
    assert ids(store, REACH) == [1]
    record(store, tracked(2 * REACH + 1, [replace(ANN, x=4.0)], [7]), run)
    assert ids(store, 2 * REACH + 1) == [2]


def test_new_people_and_people_without_a_number_are_linked_as_ever(store):
    record(store, seen(0, [ANN, BOB]), start(store, RunOptions()))
    run = start(store)
    record(store, tracked(1, [BOB, ANN, CID], [1, -1, 2]), run)
    assert ids(store, 1) == [2, 1, 3]
    record(store, tracked(2, [CID, BOB, ANN], [2, 1, -1]), run)
    assert ids(store, 2) == [3, 2, 1]


@pytest.mark.parametrize("other", ["sequence", "engine"])
def test_numbers_mean_nothing_elsewhere(store, other):
    record(store, tracked(0, [ANN, BOB], [7, 3]), start(store))
    engine = "made-up-2" if other == "engine" else "made-up-1"
    run = start(store, RunOptions(sequence="another") if other == "sequence" else ORDERED)
    record(store, tracked(1, [ANN, BOB], [3, 7], engine=engine), run)
    assert ids(store, 1) == [1, 2]


def test_a_run_that_goes_on_with_another_keeps_its_numbers(store):
    record(store, tracked(0, [ANN, BOB], [7, 3]), start(store))
    record(store, tracked(1, [ANN, BOB], [3, 7]), start(store))
    assert ids(store, 1) == [2, 1]


def test_what_a_reviewer_said_stays_and_is_followed(store):
    run = start(store)
    for frame in range(3):
        record(store, tracked(frame, [ANN, BOB], [7, 3]), run)
    History(store).do(AssignPerson(1, 0, 9))
    record(store, tracked(1, [ANN, BOB], [7, 3]), run)
    assert ids(store, 1) == [9, 2]
    assert [assignment.by for assignment in store.assignments(1)] == ["reviewer", "tracker"]
    record(store, tracked(2, [ANN, BOB], [7, 3]), run)
    assert ids(store, 2) == [9, 2], "the person of frame 1 is followed"


def test_a_track_a_reviewer_gave_here_is_given_to_nobody_else(store):
    run = start(store)
    for frame in range(2):
        record(store, tracked(frame, [ANN, BOB], [7, 3]), run)
    History(store).do(AssignPerson(1, 1, 1))
    assert ids(store, 1)[1] == 1
    record(store, tracked(1, [ANN, BOB], [7, 3]), run)
    again = store.assignments(1)
    assert (again[1].track_id, again[1].by) == (1, "reviewer")
    assert again[0].track_id != 1


def test_nobody_stays_nobody(store):
    run = start(store)
    for frame in range(2):
        record(store, tracked(frame, [ANN], [7]), run)
    History(store).do(AssignPerson(1, 0, None))
    record(store, tracked(1, [ANN], [7]), run)
    assert ids(store, 1) == [None]
    record(store, tracked(2, [ANN], [7]), run)
    assert ids(store, 2) == [1]


def test_a_range_run_again_follows_the_engine_from_the_ids_it_had(store):
    run = start(store)
    for frame in range(4):
        record(store, tracked(frame, [ANN, BOB], [7, 3]), run)
    again = start(store, RunOptions(sequence="again"))
    record(store, tracked(0, [ANN, BOB], [1, 2]), again)
    record(store, tracked(1, [ANN, BOB], [2, 1]), again)
    record(store, tracked(2, [ANN, BOB, CID], [2, 1, 5]), again)
    assert [ids(store, frame) for frame in range(4)] == [[1, 2], [2, 1], [2, 1, 3], [1, 2]]


def test_results_without_tracks_ask_for_nothing(store):
    assert propose(store, seen(0, [ANN]), start(store)) is None
    assert propose(store, tracked(0, [ANN], [4]), start(store, RunOptions())) is None
    assert propose(store, tracked(0, [], []), start(store)).tolist() == []


def test_results_written_before_engines_tracked_are_read():
    data = pack(tracked(3, [ANN, BOB], [7, 3]), compress=False)
    magic, version, flags, header, body = struct.unpack_from("<4sHHII", data)
    parts = json.loads(data[16 : 16 + header])
    for name in ("tracks", "warning"):
        del parts["value"][name]
    del parts["value"]["plan"]["resident"]
    text = json.dumps(parts).encode()
    older = struct.pack("<4sHHII", magic, version, flags, len(text), body) + text + data[16 + header :]
    result = unpack_result(older)
    assert result.tracks is None
    assert result.warning == ""
    assert unpack_result(data).tracks.tolist() == [7, 3]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_ids_are_unique_and_what_was_said_stays_whatever_the_engine_says(data):
    people = [Walker(-2 + 1.2 * place, 5 + 0.2 * place) for place in range(4)]
    with Store(":memory:") as store:
        runs = [start(store, RunOptions(sequence=name)) for name in ("walk", "walk", "stroll", "")]
        for _ in range(data.draw(st.integers(2, 12))):
            frame = data.draw(st.integers(0, 5))
            here = data.draw(st.permutations(people))[: data.draw(st.integers(0, 4))]
            own = data.draw(st.permutations([-1, 1, 2, 3, 4]))[: len(here)]
            said = {a.track_id for a in store.assignments(frame) if a.by == "reviewer"}
            record(store, tracked(frame, here, own), data.draw(st.sampled_from(runs)))
            given_ids = [track for track in ids(store, frame) if track is not None]
            assert len(given_ids) == len(set(given_ids))
            kept = {a.track_id for a in store.assignments(frame) if a.by == "reviewer"}
            assert kept <= said
            assert all(a.track_id is not None or a.by == "reviewer" for a in store.assignments(frame))
            if here and data.draw(st.booleans()):
                track = data.draw(st.sampled_from([None, 1, 2, 3]))
                if track not in ids(store, frame):
                    History(store).do(AssignPerson(frame, 0, track))


def test_the_work_does_not_grow_with_the_session(store):
    def steps(frame: int) -> int:
        count = 0

        def step() -> None:
            nonlocal count
            count += 1

        store._db.set_progress_handler(step, 100)
        record(store, tracked(frame, [ANN, BOB], [7, frame + 10]), run)
        store._db.set_progress_handler(None, 0)
        return count

    run = start(store)
    early = [steps(frame) for frame in range(200)][-1]
    late = [steps(frame) for frame in range(200, 500)][-1]
    assert early > 10
    assert late < 1.3 * early


# going on with an earlier run


def fill(store: Store, frames, options: RunOptions = ORDERED, engine: str = "made-up-1") -> None:
    run = start(store, options, engine)
    for frame in frames:
        record(store, seen(frame, [ANN], engine=engine), run)


def test_a_run_goes_on_with_the_one_that_ends_before_it(store):
    fill(store, range(10))
    assert sequence_for(store, "made-up-1", RunOptions(), 10) == "walk"
    assert sequence_for(store, "made-up-1", RunOptions(sequence="other"), 9 + RESUME_REACH) == "walk"


def test_a_frame_that_failed_or_was_run_again_on_its_own_is_no_end(store):
    fill(store, range(10))
    fill(store, [9], RunOptions(boxes=((0.0, 0.0, 9.0, 9.0),)))
    record(store, failed(10), 1)
    assert sequence_for(store, "made-up-1", RunOptions(), 11) == "walk"


@pytest.mark.parametrize(
    ("engine", "options", "first"),
    [
        ("made-up-2", RunOptions(), 10),
        ("made-up-1", RunOptions(score_threshold=0.7), 10),
        ("made-up-1", RunOptions(), 10 + RESUME_REACH),
        ("made-up-1", RunOptions(), 0),
        ("made-up-1", RunOptions(), 5),
    ],
    ids=["another engine", "other options", "too far", "before it", "within it"],
)
def test_else_a_run_begins_anew(store, engine, options, first):
    fill(store, range(10))
    names = {sequence_for(store, engine, options, first) for _ in range(3)}
    assert len(names) == 3
    assert "walk" not in names
    assert "" not in names


def test_the_nearest_run_in_order_decides(store):
    fill(store, range(10))
    fill(store, [8, 9], RunOptions(sequence="other", max_people=3))
    assert sequence_for(store, "made-up-1", RunOptions(), 10) not in ("walk", "other")
    assert sequence_for(store, "made-up-1", RunOptions(max_people=3), 10) == "other"


def test_a_damaged_run_is_not_gone_on_with(store):
    fill(store, range(3))
    with store.transaction():
        store._write("UPDATE run SET options = '{'")
    assert sequence_for(store, "made-up-1", RunOptions(), 3) not in ("", "walk")
