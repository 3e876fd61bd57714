"""Who is who: crossings, gaps, frames in any order, and what a reviewer said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_walkers import Walker, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.track import MAX_GAP, NOBODY, link, link_frame, observe
from pipeline.tracking.cost import costs
from pipeline.tracking.prediction import same_frame

RED, BLUE = (1.0, 0.1, 0.0, 0.1), (0.0, 0.2, 1.0, 0.3)


def crossing(*, looks: bool, gone: range = range(0), depth: float = 0.4) -> list[Walker]:
    """Two people who meet at frame 40; the farther one is not seen in `gone`."""
    near = Walker(-1.2, 4.0, vx=0.03, looks=RED if looks else ())
    far = Walker(1.2, 4.0 + depth, vx=-0.03, looks=BLUE if looks else (), gone=frozenset(gone))
    return [near, far]


def shuffled(walkers, frame: int, seed: int = 0) -> list[Walker]:
    """The walkers who are there, in an order that changes from frame to frame."""
    here = [walker for walker in walkers if frame not in walker.gone]
    return [here[i] for i in np.random.default_rng((seed, frame)).permutation(len(here))]


def track_all(walkers, frames) -> dict[Walker, set[int]]:
    """Link a walk as a whole; which IDs each walker got."""
    orders = [shuffled(walkers, frame) for frame in frames]
    observations = [observe(seen(frame, order, seed=3)) for frame, order in zip(frames, orders, strict=True)]
    return gathered(orders, link(observations))


def track_one_by_one(walkers, frames) -> dict[Walker, set[int]]:
    """Link frame after frame, in the order given."""
    known = []
    orders = [shuffled(walkers, frame) for frame in frames]
    for frame, order in zip(frames, orders, strict=True):
        new = observe(seen(frame, order, seed=3))
        top = max((int(one.tracks.max(initial=0)) for one in known), default=0)
        tracks, _ = link_frame(new, known, next_id=top + 1)
        known.append(replace(new, tracks=tracks))
    return gathered(orders, [one.tracks for one in known])


def gathered(orders, tracks) -> dict[Walker, set[int]]:
    ids: dict[Walker, set[int]] = {}
    for order, frame_tracks in zip(orders, tracks, strict=True):
        for walker, track in zip(order, frame_tracks.tolist(), strict=True):
            ids.setdefault(walker, set()).add(track)
    return ids


both = pytest.mark.parametrize("track", [track_all, track_one_by_one])


def assert_each_has_one(ids: dict[Walker, set[int]]) -> None:
    assert all(len(tracks) == 1 for tracks in ids.values()), ids
    assert len(set.union(*ids.values())) == len(ids), ids


@both
@pytest.mark.parametrize("looks", [True, False])
@pytest.mark.parametrize("hidden", [0, 4, 10, 20])
def test_people_who_cross_keep_their_ids(track, looks, hidden):
    walkers = crossing(looks=looks, gone=range(40 - hidden // 2, 40 + (hidden + 1) // 2))
    assert_each_has_one(track(walkers, range(80)))


@both
@pytest.mark.parametrize("gone", [range(36, 44), range(32, 48)])
def test_looks_tell_that_they_met_and_turned_back(track, gone):
    """Nobody saw it, and to go by where they walked they have crossed."""
    hidden = frozenset(gone)
    there = [
        Walker(-1.2, 4.0, vx=0.03, looks=RED, gone=hidden),
        Walker(1.2, 4.0, vx=-0.03, looks=BLUE, gone=hidden),
    ]
    back = [
        Walker(1.2, 4.0, vx=-0.03, looks=RED, gone=hidden),
        Walker(-1.2, 4.0, vx=0.03, looks=BLUE, gone=hidden),
    ]
    ids = track(
        [replace(w, gone=hidden | frozenset(range(40, 80))) for w in there]
        + [replace(w, gone=hidden | frozenset(range(40))) for w in back],
        range(80),
    )
    first = [ids[w] for w in ids if 0 not in w.gone]
    assert sorted(map(sorted, first)) == [[1], [2]]
    by_looks = {looks: set.union(*(ids[w] for w in ids if w.looks == looks)) for looks in (RED, BLUE)}
    assert len(by_looks[RED]) == len(by_looks[BLUE]) == 1
    assert by_looks[RED] != by_looks[BLUE]


def test_between_two_frames_people_are_on_their_way():
    """In frame 30 the one behind is where the one before was in frame 0."""
    queue = [Walker(-1.5, 5, vx=0.03), Walker(-0.6, 5, vx=0.03)]
    around = [replace(observe(seen(frame, queue)), tracks=np.array([1, 2])) for frame in (0, 60)]
    assert link_frame(observe(seen(30, queue)), around)[0].tolist() == [1, 2]


@both
def test_looks_tell_who_came_back_after_a_long_gap(track):
    ann = Walker(-0.5, 5, looks=RED, gone=frozenset(range(20, 90)))
    bob = Walker(0.5, 5, looks=BLUE, gone=frozenset(range(20, 90)))
    swapped = [replace(ann, x=0.5), replace(bob, x=-0.5)]
    orders = [[ann, bob]] * 20 + [swapped] * 10
    frames = [*range(20), *range(90, 100)]
    if track is track_all:
        tracks = link([observe(seen(f, order, seed=1)) for f, order in zip(frames, orders, strict=True)])
    else:
        known = []
        for f, order in zip(frames, orders, strict=True):
            new = observe(seen(f, order, seed=1))
            known.append(replace(new, tracks=link_frame(new, known, next_id=1 + 2 * bool(known))[0]))
        tracks = [one.tracks for one in known]
    assert [ids.tolist() for ids in tracks] == [[1, 2]] * 30


@both
def test_somebody_else_in_the_same_place_is_a_new_person(track):
    ann = Walker(0, 5, looks=RED, gone=frozenset(range(20, 100)))
    bob = Walker(0, 5, looks=BLUE, gone=frozenset(range(60)))
    assert_each_has_one(track([ann, bob], range(100)))


@both
def test_after_too_long_it_is_a_new_person(track):
    ann = Walker(0, 5)
    assert track([ann], [0, MAX_GAP])[ann] == {1}
    assert track([ann], [0, MAX_GAP + 1])[ann] == {1, 2}


@pytest.mark.parametrize(
    "frames", [[50, 10, 30, 40, 20, 11, 12, 49], list(range(60, 0, -1)), [0, 59, 30, 15, 45, *range(60)]]
)
def test_frames_may_be_run_in_any_order(frames):
    walkers = [Walker(-1.5, 5, vx=0.02), Walker(1.0, 6, vx=-0.005), Walker(2.2, 5)]
    frames = list(dict.fromkeys(frames))
    assert_each_has_one(track_one_by_one(walkers, frames))


@both
def test_every_fifth_frame_is_enough(track):
    assert_each_has_one(track(crossing(looks=True), range(0, 80, 5)))


@both
def test_one_who_runs_is_one(track):
    runner = Walker(-2, 6, vx=0.25)  # 7.5 m/s at 30 frames/s
    assert_each_has_one(track([runner], range(30)))


@both
def test_five_people_in_a_crowd(track):
    crowd = [Walker(-1.6 + 0.8 * i, 5 + 0.3 * (i % 2), vx=0.01 * (-1) ** i) for i in range(5)]
    assert_each_has_one(track(crowd, range(60)))


def test_new_people_are_numbered_from_left_to_right():
    walkers = [Walker(1, 5), Walker(-1, 5), Walker(0, 5)]
    (tracks,) = link([observe(seen(0, walkers))], next_id=4)
    assert tracks.tolist() == [6, 4, 5]
    tracks, _ = link_frame(observe(seen(0, walkers)), [], next_id=4)
    assert tracks.tolist() == [6, 4, 5]


def test_a_frame_with_nobody_is_no_obstacle():
    walkers = [Walker(0, 5, gone=frozenset({1, 2}))]
    observations = [observe(seen(frame, walkers)) for frame in range(4)]
    assert [ids.tolist() for ids in link(observations)] == [[1], [], [], [1]]
    tracks, _ = link_frame(observations[1], [replace(observations[0], tracks=np.array([1]))])
    assert tracks.tolist() == []


def test_unlike_engines_features_are_not_compared():
    here = Walker(0, 5, looks=RED)
    other = replace(here, looks=(0.0, 1.0))
    assert link([observe(seen(0, [here])), observe(seen(1, [other]))])[1].tolist() == [1]


def test_broken_numbers_match_nobody():
    result = seen(1, [Walker(0, 5), Walker(1, 5)])
    broken = observe(result)
    states = broken.states.copy()
    states[0] = np.nan
    new = replace(broken, states=states)
    old = replace(observe(seen(0, [Walker(0, 5), Walker(1, 5)])), tracks=np.array([1, 2]))
    tracks, _ = link_frame(new, [old], next_id=3)
    assert tracks.tolist() == [3, 2]


def test_a_broken_pose_is_a_disagreement():
    """PHALP takes a cost that is not a number for 0, a perfect match."""
    old, new = observe(seen(0, [Walker(0, 5)])), observe(seen(0, [Walker(0, 5)]))
    broken = replace(new, rotations=np.full_like(new.rotations, np.nan))
    assert costs(same_frame(old), new)[0, 0] < 0.01
    assert costs(same_frame(old), broken)[0, 0] > 0.15


# running again


def test_a_rerun_frame_gets_its_old_ids_whatever_is_around():
    walkers = [Walker(-0.4, 5), Walker(0.4, 5), Walker(2, 5)]
    old = replace(
        observe(seen(5, walkers)), tracks=np.array([7, 3, NOBODY]), fixed=np.array([True, False, True])
    )
    around = [replace(observe(seen(4, walkers)), tracks=np.array([3, 7, 9]))]
    newcomer = Walker(-2, 5)
    again = observe(seen(5, [newcomer, *walkers[::-1]], seed=1))
    tracks, fixed = link_frame(again, around, old=old, next_id=10)
    assert tracks.tolist() == [10, NOBODY, 3, 7]
    assert fixed.tolist() == [False, True, False, True]


def test_linking_again_keeps_the_numbers_most_people_had():
    walkers = [Walker(-1, 5), Walker(1, 5)]
    observations = [observe(seen(frame, walkers), [12, 5]) for frame in range(10)]
    observations[4] = observe(seen(4, walkers), [5, 12])
    observations[5] = observe(seen(5, walkers), [NOBODY, 8])
    assert {tuple(ids.tolist()) for ids in link(observations, next_id=20)} == {(12, 5)}


# what the reviewer said


def said(frame: int, walkers, tracks, fixed):
    return observe(seen(frame, walkers), tracks, fixed)


def test_who_follows_a_person_the_reviewer_named_is_that_track():
    ann = Walker(-1, 5, vx=0.01)
    observations = [said(frame, [ann], [1], [frame == 5]) for frame in range(10)]
    observations[5] = said(5, [ann], [3], [True])
    assert [ids.tolist() for ids in link(observations, next_id=4)] == [[1]] * 5 + [[3]] * 5


def test_a_track_the_reviewer_named_joins_what_it_was():
    """Track 3 was seen; the reviewer says that somebody who came later is track 3."""
    first, later = Walker(-2, 5, gone=frozenset(range(30, 99))), Walker(2, 5, gone=frozenset(range(60)))
    observations = []
    for frame in [*range(30), *range(60, 80)]:
        here = [walker for walker in (first, later) if frame not in walker.gone]
        observations.append(said(frame, here, [3 if here == [first] else 4], [frame == 60]))
    observations[30] = said(60, [later], [3], [True])
    assert {int(ids[0]) for ids in link(observations, next_id=9)} == {3}


def test_a_swap_the_reviewer_set_right_goes_on():
    walkers = [Walker(-1, 5), Walker(1, 5)]
    observations = [said(frame, walkers, [1, 2], [False, False]) for frame in range(10)]
    observations[5] = said(5, walkers, [2, 1], [True, True])
    assert [ids.tolist() for ids in link(observations)] == [[1, 2]] * 5 + [[2, 1]] * 5


def test_nobody_stays_nobody_and_who_follows_is_somebody():
    poster = Walker(0, 5)
    observations = [said(frame, [poster], [1], [False]) for frame in range(6)]
    observations[3] = said(3, [poster], [NOBODY], [True])
    tracks = [ids.tolist() for ids in link(observations, next_id=2)]
    assert tracks[:4] == [[1], [1], [1], [NOBODY]]
    assert tracks[4] == tracks[5] != [NOBODY]


# invariants


places = st.tuples(st.floats(-2.5, 2.5), st.floats(3, 8), st.floats(-0.03, 0.03))


@st.composite
def videos(draw):
    """Observations of a few people over a few frames, some unknown, some known, some said."""
    people = [
        Walker(x, z, vx=v, looks=(1.0 + x, 2.0))
        for x, z, v in draw(st.lists(places, min_size=1, max_size=4, unique=True))
    ]
    frames = draw(st.lists(st.integers(0, 60), min_size=1, max_size=8, unique=True))
    observations = []
    for frame in frames:
        here = draw(st.permutations(people))[: draw(st.integers(0, len(people)))]
        ids = draw(st.permutations([NOBODY, 1, 2, 3, 4, 5]))[: len(here)]
        ids = ids if draw(st.booleans()) else [NOBODY] * len(here)
        fixed = draw(st.lists(st.booleans(), min_size=len(here), max_size=len(here)))
        observations.append(observe(seen(frame, here, seed=1), ids, fixed))
    return observations


def check_valid(observations, linked):
    for observation, tracks in zip(observations, linked, strict=True):
        given = [track for track in tracks.tolist() if track != NOBODY]
        assert len(given) == len(set(given))
        np.testing.assert_array_equal(tracks[observation.fixed], observation.tracks[observation.fixed])
        assert ((tracks != NOBODY) | observation.fixed).all()


@settings(max_examples=50, deadline=None)
@given(videos())
def test_ids_are_unique_in_a_frame_and_what_was_said_stays(observations):
    check_valid(observations, link(observations, next_id=6))


@settings(max_examples=40, deadline=None)
@given(videos())
def test_linking_twice_is_linking_once(observations):
    once = link(observations, next_id=6)
    known = [replace(one, tracks=tracks) for one, tracks in zip(observations, once, strict=True)]
    again = link(known, next_id=100)
    for first, second in zip(once, again, strict=True):
        np.testing.assert_array_equal(first, second)


@settings(max_examples=40, deadline=None)
@given(videos(), st.randoms())
def test_the_order_of_slots_and_frames_does_not_matter(observations, random):
    orders = [np.array(random.sample(range(len(one)), len(one)), np.int64) for one in observations]
    mixed = list(range(len(observations)))
    random.shuffle(mixed)
    linked = link(observations, next_id=6)
    permuted = link([observations[i].take(orders[i]) for i in mixed], next_id=6)
    for i, tracks in zip(mixed, permuted, strict=True):
        np.testing.assert_array_equal(tracks, linked[i][orders[i]])


@settings(max_examples=30, deadline=None)
@given(videos(), st.integers(MAX_GAP + 1, 10_000))
def test_a_frame_far_away_changes_no_other(observations, later):
    linked = link(observations, next_id=6)
    known = [replace(one, tracks=tracks) for one, tracks in zip(observations, linked, strict=True)]
    far = observe(seen(60 + later, [Walker(0, 5)]))
    *others, _ = link([*known, far], next_id=100)
    for first, second in zip(linked, others, strict=True):
        np.testing.assert_array_equal(first, second)


@settings(max_examples=40, deadline=None)
@given(videos())
def test_one_frame_is_linked_validly_among_any_others(observations):
    *around, new = observations
    unique = [one for one in around if len(set(one.tracks.tolist()) - {NOBODY}) == sum(one.tracks != NOBODY)]
    tracks, fixed = link_frame(new, unique, next_id=6)
    assert len(set(tracks.tolist())) == len(new)
    assert not fixed.any()
    assert (tracks != NOBODY).all()
    same, kept = link_frame(new, unique, old=replace(new, tracks=tracks, fixed=new.fixed), next_id=50)
    np.testing.assert_array_equal(same, tracks)
    np.testing.assert_array_equal(kept, new.fixed)


@settings(max_examples=60, deadline=None)
@given(videos(), st.data())
def test_what_the_engine_says_holds_but_for_what_was_said(observations, data):
    *around, old = observations
    unique = [one for one in around if len(set(one.tracks.tolist()) - {NOBODY}) == sum(one.tracks != NOBODY)]
    names = data.draw(st.permutations([NOBODY, NOBODY, 1, 2, 3, 4, 5]))
    proposed = np.array(names[: len(old)], np.int64)
    tracks, fixed = link_frame(old, unique, old=old, proposed=proposed, next_id=6)
    given_ids = tracks[tracks != NOBODY].tolist()
    said = old.tracks[old.fixed].tolist()
    assert len(given_ids) == len(set(given_ids))
    np.testing.assert_array_equal(fixed, old.fixed)
    np.testing.assert_array_equal(tracks[fixed], old.tracks[fixed])
    follows = (proposed != NOBODY) & ~fixed & ~np.isin(proposed, said)
    np.testing.assert_array_equal(tracks[follows], proposed[follows])
    assert ((tracks != NOBODY) | fixed).all()
