"""From values to intervals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.problems import BY_KEY
from pipeline.problems.marks import Marks, problems_of, strip_of

SCORE, FLIP, BOX = BY_KEY["score"], BY_KEY["flip"], BY_KEY["box"]


def marks(values, track=1, rate=30.0, other=0) -> Marks:
    frames = np.arange(len(values))
    of = np.full(len(values), track)
    return Marks(
        frames,
        frames / rate,
        of,
        np.full(len(values), other),
        np.array(values, np.float32),
        np.maximum(frames - 1, 0),
    )


def found(signal, values, **how):
    return [(p.first, p.last) for p in problems_of(signal, marks(values, **how), signal.threshold)]


def test_neighbours_are_one_problem_and_say_the_worst():
    (problem,) = problems_of(SCORE, marks([0, 0.2, 0.6, 0.3, 0]), 0.15)
    assert (problem.first, problem.last, problem.worst_frame) == (1, 3, 2)
    assert problem.value == pytest.approx(0.6)
    assert problem.people == (1,)


def test_small_gaps_are_closed_by_time_not_by_frames():
    values = [0.5, 0, 0, 0.5, *[0] * 10, 0.5]
    assert found(SCORE, values) == [(0, 3), (14, 14)]
    assert found(SCORE, values, rate=5.0) == [(0, 0), (3, 3), (14, 14)]


def test_steps_end_before_the_step_back():
    assert found(FLIP, [0, 0, 90, 0, 0, 90, 0]) == [(2, 4)]


def test_a_step_without_a_way_back_is_one_frame():
    assert found(FLIP, [0, 0, 90, *[0] * 30]) == [(2, 2)]


def test_what_is_worse_below_is_found_below():
    (problem,) = problems_of(BOX, marks([0.9, 0.8, 0.1, 0.9]), BOX.threshold)
    assert (problem.worst_frame, problem.value) == (2, pytest.approx(0.1))


def test_nothing_measured_is_no_problem():
    assert found(SCORE, [np.nan, np.nan]) == []
    assert found(SCORE, []) == []


def test_two_people_are_named_in_order():
    (problem,) = problems_of(SCORE, marks([0.5], track=7, other=3), 0.15)
    assert (problem.track, problem.people) == (7, (3, 7))


def test_the_strip_shows_the_worst_person():
    one, other = marks([0, 0.15, np.nan]), marks([0.3, 0, np.nan], track=2)
    both = Marks(*(np.concatenate([getattr(m, name) for m in (one, other)]) for name in Marks.__slots__))
    frames, severity = strip_of(SCORE, both, 0.15)
    assert frames.tolist() == [0, 1]
    assert severity == pytest.approx([2, 1], abs=1e-5)


def test_curves_are_of_one_person_by_frame():
    frames, values = marks([0.1, np.nan, 0.3]).of(1)
    assert frames.tolist() == [0, 2]
    assert values == pytest.approx([0.1, 0.3])
    assert len(marks([0.1]).of(2)[0]) == 0


@given(st.lists(st.floats(0, 1), max_size=60), st.floats(0.05, 0.9), st.sampled_from([5.0, 30.0, 120.0]))
def test_intervals_hold_all_that_is_bad_and_do_not_touch(values, threshold, rate):
    problems = problems_of(SCORE, marks(values, rate=rate), threshold)
    inside = [frame for p in problems for frame in range(p.first, p.last + 1)]
    bad = {frame for frame, value in enumerate(np.float32(values)) if value >= np.float32(threshold)}
    assert bad <= set(inside)
    assert len(inside) == len(set(inside))
    for problem in problems:
        assert {problem.first, problem.last, problem.worst_frame} <= bad
    for one, next_one in pairwise(problems):
        assert (next_one.first - one.last) / rate > 0.2 - 1e-9
