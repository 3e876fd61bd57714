"""Every kind of edit, re-runs among them, in any order: undo and redo give the same session, row for row."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest
from fakes_walkers import SIZE, Walker, failed, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SessionError
from pipeline.session.edit_kinds import Several, from_json, to_json
from pipeline.session.edits import AssignPerson, RenameTrack, SetCells, UseVersion
from pipeline.session.history import History
from pipeline.session.layer_edits import AddLayer, RemoveLayer, SwitchLayer
from pipeline.session.layered import all_shown, shown, shown_frames
from pipeline.session.poses import Pose
from pipeline.session.record import record
from pipeline.session.review_edits import (
    AddNote,
    ChangeNote,
    ChangeSetting,
    IgnoreProblem,
    RemoveNote,
    SetVerdict,
)
from pipeline.session.store import Store
from pipeline.session.tracks import Cell
from pipeline.spans import runs
from pipeline.structures import Changes, RunOptions

WALKERS = [Walker(-1.5, 5, vx=0.02), Walker(0, 6, vx=-0.01), Walker(1.5, 5)]
FRAMES = 5


@pytest.fixture
def store():
    with Store(":memory:") as store:
        begin(store)
        yield store


def begin(store: Store) -> None:
    run = store.start_run("made-up-1", RunOptions(), "Run")
    for frame in range(FRAMES - 1):  # the last has no result
        record(store, seen(frame, WALKERS[:2], seed=1), run)


def rerun(store: Store, frames, people: int = 3, *, fails: bool = False) -> int:
    run = store.start_run("made-up-2", RunOptions(), "Again", step="Run again")
    for frame in frames:
        record(store, failed(frame) if fails else seen(frame, WALKERS[:people], seed=people), run)
    return run


def pose(frame: int, version: int, slot: int, x: float) -> Pose:
    return Pose(
        *(frame, version, slot, np.tile(np.eye(3, dtype=np.float32), (24, 1, 1)), np.ones(10, np.float32)),
        *(np.array([x, 0, 4], np.float32), np.array([1, 2, 30, 40], np.float32), 0.5, 1000.0),
    )


def smooth(store: Store, track: int = 1, x: float = 0.25) -> AddLayer:
    """Over every frame the track is in."""
    cells = store.cells_of(track)
    poses = tuple(pose(cell.frame, cell.version, cell.slot, x) for cell in cells)
    return AddLayer("smooth", track, 0, FRAMES - 1, {"method": "made up"}, poses, "Smooth")


def fill(frame: int = FRAMES - 1, track: int = 1, x: float = 0.5) -> AddLayer:
    options = {"body_model": "made-up-body", "image_size": list(SIZE)}
    return AddLayer("fill", track, frame, frame, options, (pose(frame, 0, -1, x),), "Fill gap")


class Run(tuple):
    """Frames and people of a re-run; nobody: it fails."""


class Note(str):
    """Stands for changing or removing whichever note is there."""


frames = st.integers(0, FRAMES - 1)
spans = st.tuples(frames, frames).map(lambda ends: (min(ends), max(ends)))
steps = st.one_of(
    st.builds(lambda span, n: Run((range(span[0], span[1] + 1), n)), spans, st.integers(0, 3)),
    st.builds(RenameTrack, st.integers(1, 3), st.sampled_from(["Ann", ""])),
    st.builds(AssignPerson, st.integers(0, FRAMES - 2), st.just(0), st.one_of(st.none(), st.integers(1, 4))),
    st.builds(
        lambda span, track, verdict: SetVerdict(*span, track, verdict),
        spans,
        st.integers(0, 2),
        st.sampled_from(["verified", "problem", "ignored", ""]),
    ),
    st.builds(lambda span, text: AddNote(*span, None, text), spans, st.text(max_size=5)),
    st.sampled_from([Note("change"), Note("remove"), Note("oldest"), Note("smooth"), Note("fill")]),
    st.builds(lambda span, on: IgnoreProblem("speed", 1, *span, on), spans, st.booleans()),
    st.builds(ChangeSetting, st.just("other"), st.sampled_from([None, {"focal": [1.5, 2]}, 3])),
    st.builds(
        lambda frame, track: Several(
            (SetVerdict(frame, frame, 0, "verified"), RenameTrack(track, "Both")), "Both"
        ),
        frames,
        st.integers(1, 3),
    ),
    st.builds(SwitchLayer, st.integers(1, 2), enabled=st.booleans()),
    st.builds(RemoveLayer, st.integers(1, 2)),
)


def take(store: Store, history: History, step: object) -> None:
    if isinstance(step, Run):
        rerun(store, step[0], step[1], fails=step[1] == 0)
    elif isinstance(step, Note):
        if (edit := edit_of(store, step)) is not None:
            history.do(edit)
    elif isinstance(step, (SwitchLayer, RemoveLayer)) and store.pose_layer(step.id) is None:
        return
    else:
        history.do(step)


def edit_of(store: Store, step: str):
    notes = store.notes()
    versions = [v for v in store.versions(1) if not v.counts]
    found = {
        "change": ChangeNote(notes[0].id, "other") if notes else None,
        "remove": RemoveNote(notes[0].id) if notes else None,
        "oldest": UseVersion(1, versions[0].id) if versions else None,
        "smooth": smooth(store),
        "fill": fill(),
    }
    return found[step]


@settings(max_examples=80, deadline=None)
@given(st.lists(steps, max_size=10), st.randoms())
def test_undo_and_redo_of_everything_are_exact(sequence, random):
    with Store(":memory:") as store:
        begin(store)
        history = History(store)
        dumps = [store.dump()]
        for step in sequence:
            take(store, history, step)
            if len(history.steps()) >= len(dumps):
                dumps.append(store.dump())
            else:
                assert store.dump() == dumps[-1]
        ids = [0, *(step.id for step in history.steps())]
        for back in range(len(ids) - 2, -1, -1):
            assert history.undo().history
            assert store.dump() == dumps[back]
        assert history.undo_label is None
        for forth in range(1, len(ids)):
            assert history.redo().history
            assert store.dump() == dumps[forth]
        for _ in range(5):
            to = random.randrange(len(ids))
            history.jump(ids[to])
            assert store.dump() == dumps[to]
        assert store._value("PRAGMA integrity_check") == "ok"


def test_a_run_is_one_step_and_undoing_it_keeps_what_it_computed(store):
    history, first = History(store), store.dump()
    rerun(store, range(FRAMES))
    assert [step.label for step in history.steps()] == ["Run again"]
    after = store.dump()
    versions = store.frames_with_results().tolist()
    assert versions == list(range(FRAMES))
    assert history.undo() == Changes(frozenset(range(FRAMES)), tracks=True, history=True)
    assert store.dump() == first
    assert [(v.counts, v.shelved) for v in store.versions(0)] == [(True, False), (False, True)]
    assert [(v.counts, v.shelved) for v in store.versions(FRAMES - 1)] == [(False, True)]
    history.do(UseVersion(FRAMES - 1, store.versions(FRAMES - 1)[0].id))  # it can be used all the same
    assert store.result(FRAMES - 1) is not None
    history.undo()
    assert store.dump() == first
    history.do(RenameTrack(1, "Ann"))  # what was undone is not lost with the redo
    assert [v.shelved for v in store.versions(0)] == [False, True]
    history.undo()
    assert store.dump() == first
    assert after != first


def test_a_failure_is_undone_and_so_is_what_made_it_good(store):
    history = History(store)
    run = store.start_run("made-up-1", RunOptions(), "Run")
    record(store, failed(4), run)
    first = store.dump()
    rerun(store, [4])
    assert store.failures() == {}
    history.undo()
    assert list(store.failures()) == [4]
    assert store.dump() == first
    rerun(store, [2], fails=True)
    assert list(store.failures()) == [2, 4]
    history.undo()
    assert store.dump() == first


def test_a_frame_run_while_a_range_comes_by_keeps_the_newer_result(store):
    """R on frame 3 while a range is at frame 1: the range's result of frame 3 is the newer one."""
    history, first = History(store), store.dump()
    range_run = store.start_run("made-up-2", RunOptions(), "Range", step="Run range")
    record(store, seen(1, WALKERS, seed=5), range_run)
    rerun(store, [3], 1)
    record(store, seen(3, WALKERS, seed=6), range_run)
    assert [step.label for step in history.steps()] == ["Run range", "Run again"]
    dumps = [first, None, store.dump()]
    history.undo()
    assert len(store.result(3).people) == 3
    dumps[1] = store.dump()
    history.undo()
    assert store.dump() == dumps[0]
    history.redo()
    assert store.dump() == dumps[1]
    history.redo()
    assert store.dump() == dumps[2]


def test_a_run_out_of_the_history_is_no_step(store):
    rerun_of = store.start_run("made-up-2", RunOptions(), "Again")
    assert not record(store, seen(0, WALKERS), rerun_of).history
    assert History(store).steps() == ()


def test_layers_lie_over_what_counts_and_only_over_it(store):
    history = History(store)
    before = shown(store, 2)
    assert before.result is store.result(2)
    history.do(smooth(store))
    slot = next(a.slot for a in store.assignments(2) if a.track_id == 1)
    laid = shown(store, 2)
    assert shown(store, 2) is laid
    assert laid.made == {slot: "smoothed"}
    np.testing.assert_allclose(laid.result.people.cam_t[slot], [0.25, 0, 4])
    np.testing.assert_array_equal(laid.result.people.cam_t[1 - slot], before.result.people.cam_t[1 - slot])
    history.do(SwitchLayer(1, enabled=False))
    assert shown(store, 2).result is store.result(2)
    history.undo()
    rerun(store, [2], 2)
    assert shown(store, 2).made == {}
    assert shown(store, 1).made != {}


def test_a_filled_gap_is_a_person_of_the_frame_until_an_engine_finds_them(store):
    history = History(store)
    assert shown(store, 4) is None
    history.do(fill())
    assert shown_frames(store).tolist() == [0, 1, 2, 3, 4]
    filled = shown(store, 4)
    assert filled.made == {0: "filled"}
    assert [(a.slot, a.track_id) for a in filled.assignments] == [(0, 1)]
    assert filled.result.people.body_model == "made-up-body"
    rerun(store, [4], 2)
    assert shown(store, 4).made == {}
    history.undo()
    with store.transaction():  # somebody else is in the frame: the filled one comes beside them
        version = store.add_result(seen(4, WALKERS[1:2]), 1)
        store.set_cells([Cell(4, version, 0, 2, False)])
    both = shown(store, 4)
    assert [a.track_id for a in both.assignments] == [2, 1]
    assert both.made == {1: "filled"}
    assert len(both.result.people) == 2


def test_all_shown_is_what_each_frame_shows(store):
    history = History(store)
    history.do(smooth(store))
    history.do(fill())
    history.do(AssignPerson(0, 0, None))
    together = list(all_shown(store))
    assert [one.result.frame_index for one in together] == [0, 1, 2, 3, 4]
    for one in together:
        alone = shown(store, one.result.frame_index)
        assert (one.made, one.removed, one.assignments) == (alone.made, alone.removed, alone.assignments)
        np.testing.assert_array_equal(one.result.people.cam_t, alone.result.people.cam_t)
    assert together[0].removed == {0}
    assert [one.result.frame_index for one in all_shown(store, [3, 1])] == [1, 3]


def test_smoothing_a_filled_person_goes_with_the_filling(store):
    history = History(store)
    history.do(fill())
    history.do(AddLayer("smooth", 1, 4, 4, {}, (pose(4, 0, -1, 0.75),), "Smooth"))
    assert shown(store, 4).made == {0: "filled"}
    np.testing.assert_allclose(shown(store, 4).result.people.cam_t[0], [0.75, 0, 4])
    history.do(SwitchLayer(1, enabled=False))
    assert shown(store, 4) is None


def test_verdicts_are_of_frames_or_of_people_in_them(store):
    history = History(store)
    history.do(SetVerdict(1, 3, 0, "verified"))
    history.do(SetVerdict(2, 2, 0, "problem"))
    history.do(SetVerdict(0, FRAMES - 1, 2, "ignored"))
    assert [store.verdict(frame) for frame in range(FRAMES)] == ["", "verified", "problem", "verified", ""]
    table = store.verdicts()
    assert table.frames[table.tracks == 2].tolist() == [0, 1, 2, 3]  # not in the last frame
    history.do(SetVerdict(0, 4, 0, ""))
    assert store.verdict(1) == ""
    history.undo()
    assert [store.verdict(frame) for frame in range(FRAMES)] == ["", "verified", "problem", "verified", ""]
    assert history.do(SetVerdict(2, 2, 0, "problem")) == Changes()


def test_edits_survive_being_text(store):
    for edit in (
        SetVerdict(1, 2, 0, "verified"),
        ChangeSetting("camera", {"K": [[1, 2], [3, 4]]}),
        Several((RenameTrack(1, "a"), SetCells((Cell(0, 1, 0, 2, True),), "b")), "c"),
        RemoveNote(3),
        SwitchLayer(2, enabled=False),
    ):
        assert from_json(to_json(edit)) == edit
    with pytest.raises(SessionError, match="cannot be read"):
        from_json('{"edit":"Teleport"}')


def test_runs_of_frames():
    assert list(runs([])) == []
    assert list(runs([1, 2, 3, 7, 9, 10])) == [(1, 3), (7, 7), (9, 10)]


@pytest.fixture
def older(tmp_path):
    """A session of format 1, as version 0.2 left it."""
    path = tmp_path / "old.mp4.retake"
    with Store(path) as store:
        begin(store)
    db = sqlite3.connect(path)
    for table in (
        "verdict",
        "note",
        "ignored",
        "setting",
        "layer_pose",
        "layer",
        "shelved",
        "run_step",
        "recorded",
    ):
        db.execute(f"DROP TABLE {table}")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    return path


def test_an_older_session_is_brought_up_to_date(older):
    with Store(older) as store:
        assert shown_frames(store).tolist() == [0, 1, 2, 3]
        History(store).do(SetVerdict(0, 1, 0, "verified"))
    with Store(older, read_only=True) as store:
        assert store.verdict(1) == "verified"


def test_an_older_session_can_be_read_without_changing_it(older):
    before = older.read_bytes()
    with Store(older, read_only=True) as store:
        assert len(list(all_shown(store))) == FRAMES - 1
        assert store.notes() == ()
        assert store.versions(0)[0].counts
        with pytest.raises(SessionError):
            History(store).do(SetVerdict(0, 1, 0, "verified"))
    assert older.read_bytes() == before
