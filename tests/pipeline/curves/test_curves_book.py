"""A book that is kept up to date says what a new one says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_curves import StillCamera, book_of, frame_of, session
from fakes_faults import add, walkers, write
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.curves.book import CurveBook
from pipeline.curves.values import CURVES, Wish
from pipeline.job import Cancelled
from pipeline.motion.layers import make_layer
from pipeline.session import layered
from pipeline.session.history import History
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.session.versions import NONE
from pipeline.smpl import builtin_body
from pipeline.structures import Assignment, Changes, RunOptions

FRAMES = 40
CLIP, AGAIN = walkers(FRAMES), walkers(FRAMES, noise=0.05)
WISHES = [Wish(curve.key, curve.choices[0][0] if curve.choices else "") for curve in CURVES]


def assert_same(one: CurveBook, other: CurveBook, tracks) -> None:
    """Both say the same; sums of float32 differ in the last digits with how many people are read at a time."""
    for track in tracks:
        for wish in WISHES:
            mine, new = one.series(track, wish), other.series(track, wish)
            assert mine.frames.tolist() == new.frames.tolist()
            assert mine.made.tolist() == new.made.tolist()
            np.testing.assert_allclose(mine.values, new.values, rtol=1e-3, atol=1e-2, err_msg=str(wish))


ACTIONS = st.tuples(
    st.sampled_from(["run", "forget", "rename", "remove"]), st.integers(0, FRAMES + 3), st.integers(1, 6)
)


def act(store: Store, run: int, kind: str, first: int, count: int) -> Changes:
    frames = range(first, first + count)
    with store.transaction():
        for frame in frames:
            there = store.counting_version(frame) is not None
            if kind == "run":
                add(store, replace(AGAIN[frame % FRAMES], frame=frame), run)
            elif kind == "forget" and there:
                store.use_version(frame, NONE)
            elif kind == "rename" and there:
                store.set_assignments(
                    replace(one, track_id=5) for one in store.assignments(frame) if one.track_id == 1
                )
            elif kind == "remove" and there:
                store.set_assignments([Assignment(frame, 0, None, "reviewer")])
    return Changes(frozenset(frames), tracks=True)


@pytest.mark.parametrize("most", [10**6, 10])
@settings(max_examples=15, deadline=None)
@given(batches=st.lists(st.lists(ACTIONS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_what_is_kept_up_to_date_equals_what_is_new(most, batches):
    with write(CLIP) as store:
        book = book_of(store, tracks=(1, 2), most=most)
        run = store.start_run("made-up-1", RunOptions(), "Again")
        for batch in batches:
            changes = Changes()
            for action in batch:
                changes |= act(store, run, *action)
            book.update(store, changes, (1, 2, 5))
            assert_same(book, book_of(store, tracks=(1, 2, 5)), (1, 2, 5))


@pytest.fixture
def reads(monkeypatch):
    """Which frames are read."""
    read: list[int] = []

    def counted(store, frames=None):
        for seen in layered.all_shown(store, frames):
            read.append(seen.result.frame_index)
            yield seen

    monkeypatch.setattr("pipeline.curves.reading.all_shown", counted)
    return read


def test_only_what_changed_is_read_again(reads):
    with session(range(50)) as store:
        book = book_of(store)
        assert reads == list(range(50))
        reads.clear()
        book.update(store, Changes(frozenset({7, 9})), [1])
        assert reads == [7, 9]
        reads.clear()
        book.update(store, Changes(review=True, history=True), [1])
        assert reads == []
        book.update(store, Changes(None), [1])
        assert reads == list(range(50))


def test_a_usual_session_is_read_once_for_everybody_a_large_one_for_who_is_asked_for(reads):
    with write(CLIP) as store:
        book = book_of(store, tracks=(1,))
        book.update(store, Changes(), (2,))
        assert len(reads) == FRAMES
        assert set(book.kept) >= {1, 2}
        reads.clear()
        large = book_of(store, tracks=(1,), most=10)
        assert large.kept == (1,)
        large.update(store, Changes(), (2,))
        assert len(reads) == 2 * FRAMES
        assert large.kept == (2,)  # the other one was let go


def test_series_do_not_change_when_frames_are_read_again():
    with session(range(20)) as store:
        book = book_of(store)
        before = book.series(1, Wish("depth"))
        run = store.start_run("made-up-1", RunOptions(), "Again")
        record(store, frame_of(3, (0, 0, 8)), run)
        book.update(store, Changes(frozenset({3})), [1])
        assert before.values[3, 0] == pytest.approx(5)
        assert book.series(1, Wish("depth")).values[3, 0] == pytest.approx(8)


def test_a_reading_that_is_stopped_is_done_the_next_time():
    def stop(_share: float) -> None:
        raise Cancelled

    with session(range(20)) as store:
        book = CurveBook(lambda _id: builtin_body(), lambda frame: frame / 25, lambda _store: StillCamera())
        with pytest.raises(Cancelled):
            book.update(store, Changes(None), [1], stop)
        book.update(store, Changes(), [1])
        assert len(book.series(1, Wish("depth")).frames) == 20
        with pytest.raises(Cancelled):
            book.update(store, Changes(frozenset({4})), [1], stop)
        run = store.start_run("made-up-1", RunOptions(), "Again")
        record(store, frame_of(4, (0, 0, 9)), run)
        book.update(store, Changes(), [1])
        assert book.series(1, Wish("depth")).values[4, 0] == pytest.approx(9)


def test_shares_are_told():
    shares: list[float] = []
    with session(range(20)) as store:
        book = CurveBook(lambda _id: builtin_body(), lambda frame: frame / 25, lambda _store: StillCamera())
        book.update(store, Changes(None), [1], shares.append)
    assert shares[-1] == 1.0


def test_frames_that_layers_made_are_marked():
    with session([*range(10), *range(15, 25)]) as store:
        history = History(store)
        fill = make_layer(store, "fill", 1, 0, 24, {"longest": 10}, "Fill", lambda frame: frame / 25)
        changes = history.do(fill)
        book = book_of(store)
        made = book.series(1, Wish("speed")).made
        assert made.tolist() == [0] * 10 + [1] * 5 + [0] * 10
        changes = history.undo()
        book.update(store, changes, [1])
        assert book.series(1, Wish("speed")).made.tolist() == [0] * 20


def test_an_empty_session_has_no_curves():
    with Store(":memory:") as store:
        book = book_of(store)
        assert len(book.series(1, Wish("knee")).frames) == 0
