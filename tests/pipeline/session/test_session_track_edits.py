"""Swap, split, merge, delete, bring back: what they touch is told exactly, undone exactly, and outlasts tracking."""

from __future__ import annotations

import numpy as np
import pytest
from fakes_walkers import Walker, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SessionError
from pipeline.session.bringing_back import propose_back
from pipeline.session.cell_text import pack_cells, unpack_cells
from pipeline.session.edit_kinds import from_json, to_json
from pipeline.session.edits import AssignPerson, ReassignTrack, RenameTrack, SetCells, ShowTrack
from pipeline.session.history import History
from pipeline.session.presence import Presence
from pipeline.session.record import record, relink
from pipeline.session.store import Store
from pipeline.session.touching import frames_kept, frames_touched
from pipeline.session.track_edits import DeleteFromTrack, SplitTrack, SwapTracks
from pipeline.session.tracks import Cell
from pipeline.structures import Changes, RunOptions

FRAMES = 12
WALKERS = [
    Walker(-1.5, 5, vx=0.05),
    Walker(0, 6, vx=-0.01),
    Walker(1.5, 5, gone=frozenset({4, 5, 9})),
]


def begin(store: Store) -> None:
    run = store.start_run("made-up-1", RunOptions(), "Run")
    for frame in range(FRAMES):
        record(store, seen(frame, WALKERS, seed=1), run)


@pytest.fixture
def store():
    with Store(":memory:") as store:
        begin(store)
        yield store


def who(store: Store, frame: int) -> list[int | None]:
    return [a.track_id for a in store.assignments(frame)]


tracks = st.integers(1, 4)
frames = st.integers(0, FRAMES - 1)
pairs = st.lists(tracks, min_size=2, max_size=2, unique=True)
spans = st.tuples(frames, frames).map(lambda ends: (min(ends), max(ends)))


class Bring(tuple):
    """A range whose deleted people come back."""


class Again:
    """A frame is run again, or all are tracked again."""

    def __init__(self, frame: int | None) -> None:
        self.frame = frame


moving = st.one_of(
    st.builds(lambda pair, first: SwapTracks(*pair, first), pairs, frames),
    st.builds(lambda track, first: SplitTrack(track, first, 9), tracks, frames),
    st.builds(lambda pair, span: ReassignTrack(*pair, *span), pairs, spans),
    st.builds(lambda pair: ReassignTrack(*pair), pairs),
    st.builds(lambda track, span: DeleteFromTrack(track, *span), tracks, spans),
    st.builds(DeleteFromTrack, tracks, frames),
)
others = st.one_of(
    st.builds(AssignPerson, frames, st.just(0), st.one_of(st.none(), tracks)),
    st.builds(RenameTrack, tracks, st.sampled_from(["Ann", ""])),
    st.builds(ShowTrack, tracks, st.booleans()),
    st.builds(Bring, spans),
)
steps = st.one_of(moving, others)


def take(store: Store, history: History, step: object) -> Changes:
    if isinstance(step, Bring):
        step = propose_back(store, *step)
    if isinstance(step, SplitTrack):
        step = SplitTrack(step.track_id, step.first, store.new_track_id())
    return history.do(step)


@settings(max_examples=80, deadline=None)
@given(st.lists(steps, max_size=10))
def test_undoing_all_gives_every_session_on_the_way(sequence):
    with Store(":memory:") as store:
        begin(store)
        history, dumps = History(store), [store.dump()]
        for step in sequence:
            take(store, history, step)
            if len(history.steps()) >= len(dumps):
                dumps.append(store.dump())
        for dump in reversed(dumps[:-1]):
            history.undo()
            assert store.dump() == dump
        assert history.undo_label is None
        for dump in dumps[1:]:
            history.redo()
            assert store.dump() == dump


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(steps, st.builds(Again, st.one_of(st.none(), frames))), max_size=12))
def test_what_a_reviewer_said_outlasts_tracking_and_nobody_is_there_twice(sequence):
    with Store(":memory:") as store:
        begin(store)
        history = History(store)
        for step in sequence:
            if not isinstance(step, Again):
                take(store, history, step)
            elif step.frame is None:
                said = [cell for cell in store.all_cells() if cell.reviewer]
                relink(store)
                assert [cell for cell in store.all_cells() if cell.reviewer] == said
            else:  # the same people in another order, as an engine may find them
                before = {cell.track for cell in _at(store, step.frame) if cell.reviewer}
                run = store.start_run("made-up-2", RunOptions(), "Again")
                record(store, seen(step.frame, WALKERS[::-1], seed=1), run)
                assert {cell.track for cell in _at(store, step.frame) if cell.reviewer} == before
            for frame in range(FRAMES):
                there = [track for track in who(store, frame) if track is not None]
                assert len(there) == len(set(there))


def _at(store: Store, frame: int) -> tuple[Cell, ...]:
    version = store.counting_version(frame)
    return () if version is None else store.cells(frame, version)


@settings(max_examples=80, deadline=None)
@given(st.lists(steps, max_size=8), moving, st.booleans())
def test_an_edit_says_beforehand_which_frames_it_touches(sequence, last, undo):
    with Store(":memory:") as store:
        begin(store)
        history, presence = History(store), Presence(store)
        for step in sequence:
            presence.tracks()  # so that it has something to bring up to date
            presence.forget(take(store, history, step))
        if undo:
            presence.forget(history.undo())
        fresh = Presence(store)
        assert presence.tracks() == fresh.tracks() == store.tracks()
        for track in (-1, 1, 2, 3, 4, 9):
            np.testing.assert_array_equal(presence.frames(track), fresh.frames(track))
            np.testing.assert_array_equal(presence.said(track), fresh.said(track))
        told = frames_touched(last, presence).tolist()
        assert told == sorted({cell.frame for cell in last.moves(store)})
        before = {frame: who(store, frame) for frame in range(FRAMES)}
        history.do(last)
        assert [frame for frame in range(FRAMES) if who(store, frame) != before[frame]] == told


def test_swapping_from_here_on(store):
    History(store).do(SwapTracks(1, 2, 3))
    assert who(store, 2) == [1, 2, 3]
    assert who(store, 3) == [2, 1, 3]
    assert who(store, 4) == [2, 1]
    assert [a.by for a in store.assignments(3)] == ["reviewer", "reviewer", "tracker"]


def test_frames_with_both_stay_and_are_told(store):
    merge = ReassignTrack(3, 1)
    assert frames_kept(merge, Presence(store)).tolist() == [0, 1, 2, 3, 6, 7, 8, 10, 11]
    assert not len(frames_touched(merge, Presence(store)))
    assert History(store).do(merge) == Changes()


def test_tracking_again_goes_on_from_what_a_reviewer_said(store):
    """Behind the frames a reviewer spoke of, people go on as who they are there."""
    History(store).do(ReassignTrack(1, 8, 3, 5))
    relink(store)
    assert who(store, 4)[0] == 8
    assert who(store, 11)[0] == 8


@pytest.mark.parametrize("span", [(5, 5), (0, 3), (8, 11), (3, 8)])
def test_who_was_deleted_comes_back_as_who_they_were(store, span):
    history, dump = History(store), store.dump()
    history.do(DeleteFromTrack(2, *span))
    deleted = store.dump()
    assert Presence(store).deleted().tolist() == list(range(span[0], span[1] + 1))
    history.do(propose_back(store, 0, FRAMES - 1))
    assert all(who(store, frame)[1] == 2 for frame in range(FRAMES))
    assert not any(cell.reviewer for cell in store.all_cells())
    history.undo()
    assert store.dump() == deleted
    history.undo()
    assert store.dump() == dump


def test_a_track_that_was_deleted_everywhere_comes_back_as_one_new_one(store):
    history = History(store)
    history.do(DeleteFromTrack(2))
    history.do(propose_back(store, 0, FRAMES - 1))
    assert {who(store, frame)[1] for frame in range(FRAMES)} == {4}


def test_one_of_two_comes_back(store):
    history = History(store)
    history.do(DeleteFromTrack(1, 6, 6))
    history.do(DeleteFromTrack(2, 6, 6))
    history.do(propose_back(store, 6, 6, slot=1))
    assert who(store, 6) == [None, 2, 3]


def test_nobody_to_bring_back_is_no_step(store):
    assert propose_back(store, 0, 5).cells == ()
    assert History(store).do(propose_back(store, 0, 5)) == Changes()


def test_bringing_back_leaves_a_frame_alone_that_changed_meanwhile(store):
    history = History(store)
    history.do(DeleteFromTrack(2, 6, 7))
    found = propose_back(store, 6, 7)
    history.do(AssignPerson(6, 1, 7))
    history.do(found)
    assert (who(store, 6)[1], who(store, 7)[1]) == (7, 2)


cells = st.builds(
    Cell,
    st.integers(0, 2**31),
    st.integers(1, 2**40),
    st.integers(0, 50),
    st.one_of(st.none(), st.integers(1, 10**6)),
    st.booleans(),
)


@given(st.lists(cells, max_size=80).map(tuple))
def test_cells_survive_being_text(some):
    assert unpack_cells(pack_cells(some)) == some
    edit = SetCells(some, "Merge")
    assert from_json(to_json(edit)) == edit


def test_a_merge_of_a_whole_long_session_is_a_short_step():
    random = np.random.default_rng(0)
    slots = random.integers(0, 5, 100_000).tolist()
    many = tuple(Cell(frame, 3 * frame, slot, 7, frame % 9 == 0) for frame, slot in enumerate(slots))
    text = to_json(SetCells(many, "Merge"))
    assert len(text) < 200_000
    assert from_json(text) == SetCells(many, "Merge")


@pytest.mark.parametrize("cells", ["", "bm9wZQ==", "???", pack_cells([Cell(0, 1, 0, 1, True)] * 40)[:-12]])
def test_a_damaged_step_is_said(cells):
    with pytest.raises(SessionError, match="cannot be read"):
        from_json(f'{{"edit":"SetCells","cells":"{cells}","label":"Merge"}}')


def test_people_of_a_version_that_is_gone_are_left_out(store):
    edit = SetCells((Cell(0, 999, 0, 5, True), Cell(0, store.counting_version(0), 0, 5, True)), "Merge")
    assert History(store).do(edit).frames == {0}
    assert who(store, 0)[0] == 5
