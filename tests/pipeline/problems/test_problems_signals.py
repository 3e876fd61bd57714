"""Each signal finds its fault, says where it is and whose, and stays silent while people walk."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from fakes_faults import FAULTS, Clip, Person, read, slide, swap, walker, walkers, write
from fakes_people import result_at

from pipeline.places import resource
from pipeline.problems import Problem, ProblemBook
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.smpl import builtin_body
from pipeline.structures import Changes, FrameFailure, Plan, RunOptions

RATE = 30.0


def find(body_id: str):
    return builtin_body() if body_id == builtin_body().id else None


def book_of(store: Store, rate: float = RATE) -> ProblemBook:
    book = ProblemBook(find, lambda frame: frame / rate)
    book.update(store, Changes(None))
    while book.measure_masks(store):
        pass
    return book


def problems(clip: Clip, rate: float = RATE) -> tuple[Problem, ...]:
    with write(clip) as store:
        return book_of(store, rate).problems()


@lru_cache(maxsize=1)
def clean() -> Clip:
    return walkers(120)


def made(kind: str, first: int = 60, seed: int = 0):
    make, signals = FAULTS[kind]
    who = (1, 2) if kind == "swap" else 2
    clip, fault = make(clean(), first, who, np.random.default_rng(seed))
    return problems(clip), fault, signals


def test_people_who_walk_are_no_problem():
    assert problems(clean()) == ()


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.05])
def test_nor_are_they_with_an_engines_noise(noise):
    found = problems(walkers(120, noise=noise))
    assert len(found) <= 1


# A slide is found in a track whose feet else stand: see below.
@pytest.mark.parametrize("kind", sorted(set(FAULTS) - {"slide"}))
def test_each_fault_is_found_where_it_is(kind):
    found, fault, signals = made(kind)
    hits = [one for one in found if one.signal in signals]
    assert hits, found
    for one in hits:
        assert set(fault.tracks) & set(one.people)
        assert fault.first - 2 <= one.first <= one.worst_frame <= one.last <= fault.last + 2


@pytest.mark.parametrize("kind", ["mirror", "turn", "drop-out", "scale jump", "box jump", "score dip"])
def test_the_interval_is_exact_to_a_frame(kind):
    found, fault, signals = made(kind)
    (one,) = [one for one in found if one.signal in signals]
    assert abs(one.first - fault.first) <= 1
    assert abs(one.last - fault.last) <= 1


def test_a_freeze_of_five_frames_lasts_as_long_as_it_does():
    found, fault, _ = made("freeze")
    (one,) = [one for one in found if one.signal == "frozen"]
    assert (one.first, one.last) == (fault.first - 1, fault.last)
    assert one.value == pytest.approx(5 / RATE, abs=1e-4)


def test_a_dropout_says_how_long_somebody_is_missing():
    found, fault, _ = made("drop-out")
    (one,) = [one for one in found if one.signal == "gap"]
    assert (one.first, one.last, one.value) == (fault.first, fault.last, pytest.approx(10 / RATE))


def test_a_swap_names_both():
    found, fault, _ = made("swap")
    switches = [one for one in found if one.signal == "switch"]
    assert {one.first for one in switches} == {fault.first}
    assert all(one.people == (1, 2) for one in switches)


def test_people_who_look_alike_are_told_apart_by_place():
    def alike(one: Person) -> Person:
        return replace(one, feature=np.eye(16)[0], betas=np.zeros(10))

    clip = tuple(replace(s, people=tuple(map(alike, s.people))) for s in clean())
    assert not [one for one in problems(clip) if one.signal == "switch"]
    swapped, _fault = swap(clip, 30, (1, 3), None)
    assert (1, 3) in [one.people for one in problems(swapped) if one.signal == "switch"]


def test_one_person_who_becomes_two_is_suspected():
    def renamed(one: Person) -> Person:
        return replace(one, track=9)

    clip = tuple(shot.put(1, renamed) if shot.frame >= 60 else shot for shot in clean())
    (one,) = [one for one in problems(clip) if one.signal == "switch"]
    assert (one.track, one.first, one.people) == (9, 60, (1, 9))


def test_a_doubled_frame_is_no_freeze():
    film = tuple(replace(clean()[shot.frame * 4 // 5], frame=shot.frame) for shot in clean())
    assert not [one for one in problems(film) if one.signal == "frozen"]


def test_somebody_who_stands_perfectly_still_is_no_problem():
    clip = tuple(replace(clean()[0], frame=frame) for frame in range(60))
    assert problems(clip) == ()


def test_a_foot_slides_in_the_truth_of_the_demo():
    if not resource("demo_truth.npz").is_file():
        pytest.skip("the demo clip is not made yet")
    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
    try:
        from problem_faults import demo_truth
    finally:
        sys.path.pop()
    clip = demo_truth()
    assert problems(clip) == ()
    slid, fault = slide(clip, 40, clip[40].people[0].track, np.random.default_rng(0))
    (one, *_) = [one for one in problems(slid) if one.signal == "foot"]
    assert one.first <= fault.last
    assert fault.first <= one.last


def test_a_removed_person_is_not_looked_at():
    clip, _fault = FAULTS["duplicate"][0](clean(), 60, 2, np.random.default_rng(0))
    with write(clip) as store:
        assert [one for one in book_of(store).problems() if one.signal == "duplicate"]
        twins = [a for s in clip for a in store.assignments(s.frame) if a.track_id is None]
        with store.transaction():
            store.set_assignments(replace(a, by="reviewer") for a in twins)
        assert not [one for one in book_of(store).problems() if one.signal == "duplicate"]


def test_a_mask_beside_the_body_is_found():
    with Store(":memory:") as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        record(store, result_at(0, [(0.0, 0.0, 4.0)]), run)
        result = result_at(1, [(0.0, 0.0, 4.0)])
        aside = replace(result.people, cam_t=result.people.cam_t + np.float32([0.6, 0, 0]))
        record(store, replace(result, people=aside), run)
        thresholds = book_of(store)
        values = dict(zip(*(column.tolist() for column in thresholds.curve("mask", 1)), strict=True))
    assert values[1] < 0.2 < values[0]


def test_failed_frames_are_the_frames_own_problem():
    with write(clean()) as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        record(store, FrameFailure(200, "detect", "out_of_memory", "Out of memory."), run)
        (one,) = book_of(store).problems()
    assert (one.signal, one.track, one.first, one.last, one.people) == ("failed", 0, 200, 200, ())


def test_a_frame_run_with_less_is_degraded():
    best = Plan("cuda:0", "float32", 4, 1024)
    worse = {
        3: replace(best, device="cpu"),
        5: replace(best, detector_size=512, notes=("detect: detector input 512 px",)),
        7: replace(best, notes=("2 boxes drawn by hand",)),
    }
    with Store(":memory:") as store:
        run = store.start_run("made-up-1", RunOptions(), "Run")
        for frame in range(10):
            result = result_at(frame, [], masks=False)
            record(store, replace(result, plan=worse.get(frame, best)), run)
        frames, values = book_of(store).curve("degraded")
    assert dict(zip(frames.tolist(), values.tolist(), strict=True)) == {
        frame: {3: 1, 5: 2}.get(frame, 0) for frame in range(10)
    }


def test_frames_never_run_are_no_gap():
    some = tuple(shot for shot in clean() if shot.frame % 10 < 3)
    assert not [one for one in problems(some) if one.signal == "gap"]


def test_the_session_and_the_clip_agree():
    with write(clean()) as store:
        assert [len(shot.people) for shot in read(store)] == [3] * 120


def test_a_walker_does_not_slide():
    feet = [walker(1, t / 100, noise=0) for t in range(100)]
    assert np.isfinite([one.box for one in feet]).all()
