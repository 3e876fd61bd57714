"""A book that is kept up to date says what a new one says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_faults import FAULTS, Clip, add, swap, walkers, write
from fakes_people import result_at
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.problems import SIGNALS, ProblemBook, Thresholds
from pipeline.session.layered import all_shown
from pipeline.session.poses import NOBODY_THERE, Pose
from pipeline.session.record import record
from pipeline.session.reviews import Ignored
from pipeline.session.store import Store
from pipeline.session.versions import NONE
from pipeline.smpl import builtin_body
from pipeline.structures import Assignment, Changes, FrameFailure, RunOptions

FRAMES = 60


def time_of(frame: int) -> float:
    return frame / 30


def new_book() -> ProblemBook:
    return ProblemBook(lambda body_id: builtin_body(), time_of)


def book_of(store: Store) -> ProblemBook:
    book = new_book()
    book.update(store, Changes(None))
    return book


def everything(book: ProblemBook) -> list[object]:
    """All that a book says, to compare."""
    said: list[object] = [book.frames, book.masks_to_do, book.problems()]
    for signal in SIGNALS:
        for track in range(5):
            frames, values = book.curve(signal.key, track)
            said += [signal.key, track, frames.tolist(), np.round(values, 3).tolist()]
        said.append([column.tolist() for column in book.strip(signal.key)[:1]])
    return said


def faulty() -> Clip:
    rng = np.random.default_rng(0)
    clip, _ = FAULTS["mirror"][0](walkers(FRAMES), 20, 1, rng)
    clip, _ = FAULTS["drop-out"][0](clip, 35, 2, rng)
    return clip


CLIP, CLEAN = faulty(), walkers(FRAMES, noise=0.03)

ACTIONS = st.one_of(
    st.tuples(st.just("run"), st.integers(0, FRAMES + 3), st.integers(1, 4)),
    st.tuples(st.just("forget"), st.integers(0, FRAMES - 1), st.integers(1, 3)),
    st.tuples(st.just("fail"), st.integers(0, FRAMES + 3), st.just(1)),
    st.tuples(st.just("rename"), st.integers(0, FRAMES - 1), st.integers(1, 30)),
    st.tuples(st.just("remove"), st.integers(0, FRAMES - 1), st.integers(1, 3)),
)


def act(store: Store, run: int, action: tuple[str, int, int]) -> Changes:
    kind, first, count = action
    frames = range(first, first + count)
    with store.transaction():
        for frame in frames:
            _act(store, run, kind, frame)
    return Changes(frozenset(frames), tracks=kind == "rename")


def _act(store: Store, run: int, kind: str, frame: int) -> None:
    there = store.counting_version(frame) is not None
    if kind == "run":
        add(store, replace(CLEAN[frame % FRAMES], frame=frame), run)
    elif kind == "fail":
        store.add_failure(FrameFailure(frame, "detect", "failed", "No."), run)
    elif kind == "forget" and there:
        store.use_version(frame, NONE)
    elif kind == "rename":
        store.set_assignments(
            replace(a, track_id=4) for a in store.assignments(frame) if a.track_id in (1, 4)
        )
    elif kind == "remove" and there:
        store.set_assignments([Assignment(frame, 0, None, "reviewer")])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(ACTIONS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_what_is_kept_up_to_date_equals_what_is_new(batches):
    with write(CLIP) as store:
        book = book_of(store)
        run = store.start_run("made-up-1", RunOptions(), "Again")
        for batch in batches:
            changes = Changes()
            for action in batch:
                changes |= act(store, run, action)
            book.update(store, changes)
            assert everything(book) == everything(book_of(store))


def test_a_run_mends_only_what_it_touched():
    with write(CLIP) as store:
        book = book_of(store)
        assert {one.signal for one in book.problems()} >= {"flip", "gap"}
        run = store.start_run("made-up-1", RunOptions(), "Again")
        book.update(store, act(store, run, ("run", 20, 3)))
        assert {one.signal for one in book.problems()} >= {"gap"}
        assert "flip" not in {one.signal for one in book.problems()}


def test_only_what_changed_is_read_again(monkeypatch):
    read: list[int] = []

    def counted(store: Store, frames=None):
        for seen in all_shown(store, frames):
            read.append(seen.result.frame_index)
            yield seen

    monkeypatch.setattr("pipeline.problems.measuring.all_shown", counted)
    with write(walkers(200)) as store:
        book = book_of(store)
        assert len(read) == 200
        read.clear()
        book.update(store, Changes(frozenset({100})))
        assert set(range(93, 108)) <= set(read) <= set(range(80, 121))
        read.clear()
        book.update(store, Changes(history=True, review=True))
        assert read == []


def test_long_sessions_are_measured_in_blocks_that_do_not_show(monkeypatch):
    with write(CLIP) as store:
        whole = everything(book_of(store))
        monkeypatch.setattr("pipeline.problems.measuring._BLOCK", 7)
        assert everything(book_of(store)) == whole


def test_an_empty_session_has_no_problems():
    with Store(":memory:") as store:
        book = book_of(store)
    assert (book.frames, book.problems()) == (0, ())
    for signal in SIGNALS:
        assert [len(column) for column in (*book.strip(signal.key), *book.curve(signal.key, 1))] == [0] * 4


def test_frames_without_people_have_no_problems():
    with write(tuple(replace(shot, people=()) for shot in CLIP)) as store:
        assert book_of(store).problems() == ()


def test_people_without_tracks_are_only_compared_with_each_other():
    clip = tuple(replace(shot, people=tuple(replace(one, track=0) for one in shot.people)) for shot in CLIP)
    twice, _ = FAULTS["duplicate"][0](clip, 10, 0, np.random.default_rng(0))
    with write(twice) as store:
        (one,) = book_of(store).problems()
    assert (one.signal, one.track, one.people) == ("duplicate", 0, ())


def test_without_the_body_model_places_are_still_measured():
    clip, _ = FAULTS["box jump"][0](walkers(FRAMES), 30, 2, np.random.default_rng(0))
    with write(clip) as store:
        book = ProblemBook(lambda body_id: None, time_of)
        book.update(store, Changes(None))
    assert [one.signal for one in book.problems()] == ["box"]
    assert len(book.curve("acceleration", 2)[0]) == 0


def test_thresholds_need_no_measuring():
    with write(CLIP) as store:
        book = book_of(store)
    strict = Thresholds().with_("acceleration", 2).with_("flip", 95)
    assert "flip" in {one.signal for one in book.problems()} - {one.signal for one in book.problems(strict)}
    assert {one.threshold for one in book.problems(strict) if one.signal == "acceleration"} <= {2.0}


def test_what_is_ignored_is_left_out():
    with write(CLIP) as store:
        book = book_of(store)
    gap = next(one for one in book.problems() if one.signal == "gap")
    ignored = {Ignored("gap", gap.track, gap.first, gap.last)}
    assert gap not in book.problems(ignored=ignored)
    assert len(book.problems(ignored=ignored)) == len(book.problems()) - 1


def test_the_strip_is_at_one_where_there_is_a_problem():
    with write(CLIP) as store:
        book = book_of(store)
    for one in book.problems():
        severity = dict(zip(*(column.tolist() for column in book.strip(one.signal)), strict=True))
        assert severity[one.worst_frame] >= 1 - 1e-5 or one.signal in ("switch", "flip")


def test_progress_is_told_and_stopping_loses_nothing(monkeypatch):
    monkeypatch.setattr("pipeline.problems.measuring._BLOCK", 10)

    class Stop(Exception):  # noqa: N818
        pass

    def stop(share: float) -> None:
        raise Stop

    with write(CLIP) as store:
        shares: list[float] = []
        book = new_book()
        with pytest.raises(Stop):
            book.update(store, Changes(None), stop)
        assert book.problems() == ()
        book.update(store, Changes(frozenset({3})), shares.append)
        assert everything(book) == everything(book_of(store))
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_masks_are_looked_at_little_by_little():
    with Store(":memory:") as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        for frame in range(5):
            record(store, result_at(frame, [(0.0, 0.0, 4.0)]), run)
        book = book_of(store)
        assert (book.masks_to_do, len(book.curve("mask", 1)[0])) == (5, 0)
        assert book.measure_masks(store, 2) == 3
        assert book.curve("mask", 1)[0].tolist() == [0, 1]
        assert book.measure_masks(store) == 0
        record(store, result_at(1, [(0.0, 0.0, 4.0)]), run)
        book.update(store, Changes(frozenset({1})))
        assert (book.masks_to_do, book.curve("mask", 1)[0].tolist()) == (1, [0, 2, 3, 4])


def test_a_filled_gap_is_none():
    with write(CLIP) as store:
        book = book_of(store)
        (gap,) = [one for one in book.problems() if one.signal == "gap"]
        whole = walkers(FRAMES)
        poses = [_pose(store, whole, frame) for frame in range(gap.first, gap.last + 1)]
        options = {"image_size": list(whole[0].size), "body_model": builtin_body().id}
        with store.transaction():
            store.add_layer("fill", gap.track, gap.first, gap.last, options, poses)
        book.update(store, Changes(frozenset(range(gap.first, gap.last + 1))))
        assert "gap" not in {one.signal for one in book.problems()}


def _pose(store: Store, clip: Clip, frame: int) -> Pose:
    one = clip[frame].of(2)
    version = store.counting_version(frame) or 0
    arrays = (np.float32(array) for array in (one.rotations, one.betas, one.cam_t, one.box))
    return Pose(frame, version, NOBODY_THERE, *arrays, one.score, clip[frame].focal)


def test_swapping_back_mends_the_swap():
    swapped, _ = swap(walkers(FRAMES), 30, (1, 2), None)
    with write(swapped) as store:
        book = book_of(store)
        assert "switch" in {one.signal for one in book.problems()}
        names = {1: 2, 2: 1}
        with store.transaction():
            for frame in range(30, FRAMES):
                store.set_assignments(
                    replace(a, track_id=names.get(a.track_id, a.track_id)) for a in store.assignments(frame)
                )
        book.update(store, Changes(frozenset(range(30, FRAMES)), tracks=True))
        assert book.problems() == ()
