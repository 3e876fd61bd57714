"""Do, undo, redo: exact for any sequence of edits, with new results coming in between."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from fakes_walkers import Walker, failed, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SessionError
from pipeline.session.edit_kinds import from_json, to_json
from pipeline.session.edits import (
    AssignPerson,
    ReassignTrack,
    RecolorTrack,
    RenameTrack,
    SetCells,
    ShowTrack,
    UseVersion,
)
from pipeline.session.history import History
from pipeline.session.record import record, relink
from pipeline.session.store import Store
from pipeline.session.tracks import Cell, Looks
from pipeline.structures import Assignment, Changes, RunOptions

WALKERS = [Walker(-1.5, 5, vx=0.02), Walker(0, 6, vx=-0.01), Walker(1.5, 5)]
FRAMES = 4


@contextmanager
def small_session(path=":memory:"):
    with Store(path) as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        for frame in range(FRAMES):
            record(store, seen(frame, WALKERS), run)
        record(store, seen(1, WALKERS[:2]), run)
        yield store


def rerun(store: Store, frame: int, people: int) -> None:
    record(store, seen(frame, WALKERS[:people], seed=people), 1)


tracks = st.integers(1, 5)
frames = st.integers(0, FRAMES - 1)
simple = st.one_of(
    st.builds(RenameTrack, tracks, st.sampled_from(["Ann", "Bob", ""])),
    st.builds(RecolorTrack, tracks, st.sampled_from([(1, 2, 3), (0, 0, 0), None])),
    st.builds(ShowTrack, tracks, st.booleans()),
    st.builds(AssignPerson, frames, st.integers(0, 1), st.one_of(st.none(), tracks)),
    st.builds(ReassignTrack, tracks, tracks, frames, st.one_of(st.none(), frames)),
    st.builds(UseVersion, st.just(1), st.sampled_from([0, 2, 5])),
)


class Relink:
    """Stands for `relink(store)`, which computes its edit from the session."""


class Rerun(tuple):
    """Frame and people of a run in between."""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(simple, st.just(Relink())), max_size=10))
def test_undo_and_redo_are_exact(sequence):
    with small_session() as store:
        history = History(store)
        dumps = [store.dump()]
        for edit in sequence:
            changes = relink(store) if isinstance(edit, Relink) else history.do(edit)
            assert (store.dump() != dumps[-1]) == (changes != Changes())
            if changes != Changes():
                dumps.append(store.dump())
        for before in reversed(dumps[:-1]):
            assert history.undo().history
            assert store.dump() == before
        assert history.undo_label is None
        assert history.undo() == Changes()
        for after in dumps[1:]:
            assert history.redo().history
            assert store.dump() == after
        assert history.redo_label is None


def _who(store: Store) -> dict[tuple[int, int], tuple[int | None, int]]:
    rows = store._rows("SELECT version, slot, track, reviewer FROM assignment")
    return {(version, slot): (track, reviewer) for version, slot, track, reviewer in rows}


def _alone(store: Store) -> None:
    """In no frame two people share a track."""
    for frame in store.frames_with_results().tolist():
        ids = [a.track_id for a in store.assignments(frame) if a.track_id is not None]
        assert len(ids) == len(set(ids)), f"frame {frame}: {ids}"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            simple, st.just(Relink()), st.builds(lambda f, n: Rerun((f, n)), frames, st.integers(2, 3))
        ),
        max_size=12,
    )
)
def test_results_in_between_are_not_undone_and_undo_nothing_else(sequence):
    """Undoing all leaves each person as they were when they were recorded, and every version there."""
    with small_session() as store:
        history = History(store)
        born = _who(store)
        for step in sequence:
            if isinstance(step, Rerun):
                rerun(store, *step)
                born |= {key: who for key, who in _who(store).items() if key not in born}
            elif isinstance(step, Relink):
                relink(store)
            else:
                history.do(step)
            _alone(store)
        done = store.dump()
        versions = store._rows("SELECT * FROM version")
        count = len([step for step in history.steps() if step.done])
        while history.undo_label is not None:
            history.undo()
            _alone(store)
        assert _who(store) == born
        assert store._rows("SELECT * FROM version") == versions
        assert all(store.looks(track) == Looks() for track in range(1, 6))
        for frame in range(FRAMES):
            assert store.counting_version(frame) == store.newest_version(frame)
        for _ in range(count):
            history.redo()
        if not any(isinstance(step, (Rerun, UseVersion)) for step in sequence):
            assert store.dump() == done
        assert store._value("PRAGMA integrity_check") == "ok"


@given(simple)
def test_edits_are_stored_as_text(edit):
    assert from_json(to_json(edit)) == edit
    cells = SetCells((Cell(1, 5, 0, None, True), Cell(1, 5, 1, 3, False)), "Assign person")
    assert from_json(to_json(cells)) == cells


@pytest.mark.parametrize("text", ["", "{}", '{"edit":"Unknown"}', '{"edit":"RenameTrack","of":1}', "[1]"])
def test_an_edit_of_a_newer_program_is_said(text):
    with pytest.raises(SessionError, match="cannot be read"):
        from_json(text)


def test_history_survives_closing(tmp_path):
    path = tmp_path / "clip.retake"
    with small_session(path) as store:
        before = store.dump()
        history = History(store)
        history.do(RenameTrack(1, "Ann"))
        history.do(ShowTrack(2, False))
        history.undo()
    with Store(path) as store:
        history = History(store)
        assert (history.undo_label, history.redo_label) == ("Rename track", "Show or hide track")
        assert [(step.label, step.done) for step in history.steps()] == [
            ("Rename track", True),
            ("Show or hide track", False),
        ]
        history.redo()
        assert not store.tracks()[1].visible
        history.undo()
        history.undo()
        assert store.dump() == before


def test_doing_something_new_ends_what_could_be_redone():
    with small_session() as store:
        history = History(store)
        history.do(RenameTrack(1, "Ann"))
        history.undo()
        history.do(RenameTrack(2, "Bob"))
        assert history.redo_label is None
        assert [step.label for step in history.steps()] == ["Rename track"]
        assert store.tracks()[1].title == "Bob"


def test_a_failing_edit_changes_nothing():
    class Bad:
        label = "Bad"

        def apply(self, store):
            store.set_track_name(1, "Ann")
            raise OSError("gone")

    with small_session() as store:
        history, before = History(store), store.dump()
        with pytest.raises(OSError, match="gone"):
            history.do(Bad())
        assert store.dump() == before
        assert history.undo_label is None


def test_two_people_mixed_up_are_set_right_with_one_assignment():
    with small_session() as store:
        changes = History(store).do(AssignPerson(2, 0, 2))
        assert changes == Changes(frozenset({2}), tracks=True, history=True)
        assert store.assignments(2) == (
            Assignment(2, 0, 2, "reviewer"),
            Assignment(2, 1, 1),
            Assignment(2, 2, 3),
        )


def test_a_person_who_is_not_there_cannot_be_assigned():
    with small_session() as store:
        for frame, slot in ((0, 3), (0, -1), (99, 0)):
            with pytest.raises(ValueError, match="no person"):
                History(store).do(AssignPerson(frame, slot, 1))


def test_a_track_that_is_another_one_moves_where_both_are_not_seen():
    with small_session() as store:
        rerun(store, 2, 2)  # track 3 is not in frame 2
        edit = ReassignTrack(1, 3)
        assert [cell.frame for cell in edit.moves(store)] == [1, 2]
        History(store).do(edit)
        assert [a.track_id for a in store.assignments(2)] == [3, 2]
        assert [a.track_id for a in store.assignments(0)] == [1, 2, 3]


def test_undo_of_an_assignment_goes_to_the_version_it_was_made_in():
    with small_session() as store:
        history = History(store)
        history.do(AssignPerson(2, 0, 9))
        old = store.counting_version(2)
        rerun(store, 2, 3)
        assert store.assignments(2)[0] == Assignment(2, 0, 9, "reviewer")
        new = store.cells(2, store.counting_version(2))
        history.undo()
        assert [cell.track for cell in store.cells(2, old)] == [1, 2, 3]
        assert store.cells(2, store.counting_version(2)) == new


def test_choosing_a_version_is_undone_to_the_newest_there_is_by_then():
    with small_session() as store:
        history = History(store)
        first = store.versions(1)[0].id
        history.do(UseVersion(1, first))
        rerun(store, 1, 3)
        newest = store.newest_version(1)
        assert store.counting_version(1) == newest
        history.undo()
        assert store.counting_version(1) == newest
        history.redo()
        assert store.counting_version(1) == first
        history.undo()
        assert store.counting_version(1) == newest


def test_a_new_track_never_takes_a_number_that_redo_would_bring_back():
    with small_session() as store:
        history = History(store)
        history.do(AssignPerson(0, 0, 7))
        history.undo()
        assert store.new_track_id() == 8


def test_a_read_only_session_has_a_history_to_look_at(tmp_path):
    path = tmp_path / "clip.retake"
    with small_session(path) as store:
        History(store).do(RenameTrack(1, "Ann"))
    with Store(path, read_only=True) as looking:
        history = History(looking)
        assert history.undo_label == "Rename track"
        with pytest.raises(SessionError, match="reading only"):
            history.undo()


def test_a_full_disk_leaves_edits_undone_and_says_so():
    with small_session() as store:
        (pages,) = store._row("PRAGMA page_count")
        store._execute(f"PRAGMA max_page_count = {pages}")
        before = store.dump()
        with pytest.raises(SessionError, match="disk is full"):
            History(store).do(RenameTrack(1, "A" * 100_000))
        assert store.dump() == before
        assert History(store).undo_label is None


def test_a_failure_recorded_in_between_is_not_undone():
    with small_session() as store:
        history = History(store)
        history.do(RenameTrack(1, "Ann"))
        record(store, failed(3), 1)
        history.undo()
        assert list(store.failures()) == [3]
