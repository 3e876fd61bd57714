"""Persons of drawn and accepted boxes in the session: tracks, layers, one step of the history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_people import people_at

from pipeline.session.edits import AssignPerson
from pipeline.session.history import History
from pipeline.session.layer_edits import AddLayer
from pipeline.session.layered import shown
from pipeline.session.poses import Pose
from pipeline.session.record import record
from pipeline.session.splicing import Target, candidates, choose_track, place_person
from pipeline.session.store import Store
from pipeline.structures import FrameResult, Plan, Rejected, RunOptions

LEFT, RIGHT, FAR = (-1.0, 0.0, 5.0), (1.0, 0.0, 5.0), (3.0, 0.0, 9.0)


def result_of(frame: int, *positions) -> FrameResult:
    return FrameResult(frame, people_at(positions, seed=3), Rejected(), "made-up-1", Plan(), {}, 0)


def box_of(*position) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = people_at([position], seed=3).detections.boxes[0].tolist()
    return x1, y1, x2, y2


@pytest.fixture
def store():
    """Tracks 1 and 2 on frames 0 to 9; in frame 5 only the left one, track 1, was found."""
    with Store(":memory:") as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        for frame in range(10):
            record(store, result_of(frame, *((LEFT,) if frame == 5 else (LEFT, RIGHT))), run)
        yield store


def place(store, frame, position, **target):
    run = store.start_run("made-up-1", RunOptions(), "Box", step="Draw box")
    return place_person(store, result_of(frame, position), run, Target(box_of(*position), **target)), run


def who(store, frame):
    return [(a.track_id, a.by) for a in store.assignments(frame)]


def test_who_is_missing_is_offered_nearest_first(store):
    (only,) = candidates(store, 5, box_of(*RIGHT))
    assert (only.track_id, only.gap, only.fits) == (2, 1, True)
    assert only.distance < 0.3
    (far,) = candidates(store, 5, box_of(*FAR))
    assert not far.fits
    assert candidates(store, 4, box_of(*FAR)) == ()
    assert [one.track_id for one in candidates(store, 12, box_of(*RIGHT))] == [2, 1]


def test_a_person_joins_a_track_and_is_one_step(store):
    before, dump = store.result(5), store.dump()
    placed, _run = place(store, 5, RIGHT, track_id=2)
    assert (placed.slot, placed.track_id, placed.replaced) == (1, 2, False)
    assert placed.changes.history
    assert who(store, 5) == [(1, "tracker"), (2, "tracker")]
    assert len(store.result(5).people) == 2
    History(store).undo()
    assert store.result(5) is before
    assert who(store, 5) == [(1, "tracker")]
    assert [
        line for line in store.dump() if not line.startswith(("run", "version", "result", "assignment"))
    ] == [line for line in dump if not line.startswith(("run", "version", "result", "assignment"))]
    History(store).redo()
    assert who(store, 5) == [(1, "tracker"), (2, "tracker")]


def test_a_track_somebody_has_is_not_taken_away(store):
    placed, _run = place(store, 4, FAR, track_id=2, sure=True)
    assert placed.track_id == 3
    assert who(store, 4) == [(1, "tracker"), (2, "tracker"), (3, "tracker")]


def test_what_the_reviewer_said_stays(store):
    History(store).do(AssignPerson(5, 0, 7))
    place(store, 5, RIGHT, track_id=2, sure=True)
    assert who(store, 5) == [(7, "reviewer"), (2, "reviewer")]


def test_a_box_round_somebody_keeps_who_that_is(store):
    History(store).do(AssignPerson(5, 0, 7))
    placed, _run = place(store, 5, LEFT)
    assert placed.replaced
    assert who(store, 5) == [(7, "reviewer")]
    place(store, 5, LEFT, track_id=9, sure=True)
    assert who(store, 5) == [(9, "reviewer")]


def test_a_box_round_somebody_deleted_brings_a_person_back(store):
    History(store).do(AssignPerson(5, 0, None))
    assert shown(store, 5).removed == {0}
    place(store, 5, LEFT, track_id=1)
    assert who(store, 5) == [(1, "tracker")]
    assert not shown(store, 5).removed


def test_an_answer_belongs_to_the_box_while_it_is_the_last_step(store):
    _placed, run = place(store, 5, RIGHT, track_id=2)
    steps = len(History(store).steps())
    choose_track(store, 5, 1, run, 8)
    assert who(store, 5)[1] == (8, "reviewer")
    assert len(History(store).steps()) == steps
    History(store).undo()
    assert who(store, 5) == [(1, "tracker")]
    History(store).redo()
    assert who(store, 5)[1] == (8, "reviewer")
    History(store).do(AssignPerson(0, 0, 4))
    choose_track(store, 5, 1, run, 9)
    assert History(store).undo_label == "Assign person"
    History(store).undo()
    assert who(store, 5)[1] == (8, "reviewer")


def test_nobody_in_the_box_changes_nothing(store):
    run = store.start_run("made-up-1", RunOptions(), "Box", step="Draw box")
    assert place_person(store, result_of(5), run, Target(box_of(*RIGHT))) is None
    assert len(store.versions(5)) == 1
    assert History(store).undo_label is None


def test_a_frame_that_was_never_run(store):
    placed, _run = place(store, 30, RIGHT)
    assert placed.track_id == 3
    assert len(store.result(30).people) == 1
    History(store).undo()
    assert store.result(30) is None


def test_smoothing_of_the_others_is_still_there(store):
    version = store.counting_version(5)
    people = store.result(5).people
    pose = Pose(
        *(5, version, 0, np.tile(np.eye(3, dtype=np.float32), (24, 1, 1)), people.smpl.betas[0]),
        *(people.cam_t[0], people.detections.boxes[0], 0.9, people.focal_length),
    )
    History(store).do(AddLayer("smooth", 1, 0, 9, {}, (pose,), "Smooth"))
    assert shown(store, 5).made == {0: "smoothed"}
    smoothed = shown(store, 5).result.people.smpl.body_pose[0].tobytes()
    place(store, 5, RIGHT, track_id=2)
    assert shown(store, 5).made == {0: "smoothed"}
    assert shown(store, 5).result.people.smpl.body_pose[0].tobytes() == smoothed
    again = replace(store.result(5), people=people_at([LEFT, RIGHT], seed=8))
    record(store, again, store.start_run("made-up-1", RunOptions(), "Again"))
    assert shown(store, 5).made == {}
