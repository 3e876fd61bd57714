"""Neither the size of the picture nor the frame rate says what a problem is."""

from __future__ import annotations

import numpy as np
import pytest
from fakes_faults import FAULTS, Clip, walkers, write
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.problems import SIGNALS, Problem, ProblemBook
from pipeline.smpl import builtin_body
from pipeline.structures import Changes

SECONDS = 3.0


def book_of(clip: Clip, time_of) -> ProblemBook:
    book = ProblemBook(lambda body_id: builtin_body(), time_of)
    with write(clip) as store:
        book.update(store, Changes(None))
    return book


def problems(clip: Clip, rate: float) -> tuple[Problem, ...]:
    return book_of(clip, lambda frame: frame / rate).problems()


@settings(max_examples=8, deadline=None)
@given(st.sampled_from([0.5, 2.0, 3.0]))
def test_the_size_of_the_picture_changes_no_value(scale):
    one, other = (book_of(walkers(40, scale=s), lambda frame: frame / 30) for s in (1.0, scale))
    for signal in SIGNALS:
        for track in (0, 1, 2, 3):
            values, scaled = one.curve(signal.key, track), other.curve(signal.key, track)
            assert (values[0] == scaled[0]).all()
            # The boxes' margins are whole pixels of one of the two; joints are float32.
            assert scaled[1] == pytest.approx(values[1], rel=2e-2, abs=2e-2), signal.key


@settings(max_examples=8, deadline=None)
@given(st.floats(24, 120), st.floats(0, 0.02))
def test_people_who_walk_are_no_problem_at_any_frame_rate(rate, noise):
    found = problems(walkers(int(SECONDS * rate), rate, noise=noise), rate)
    assert [one for one in found if one.signal != "foot"] == []


LASTING = {"freeze": 0.16, "mirror": 0.1, "turn": 0.1, "drop-out": 0.3, "scale jump": 0.25, "score dip": 0.1}


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(sorted(LASTING)), st.floats(24, 100))
def test_faults_that_last_as_long_are_found_at_any_frame_rate(kind, rate):
    make, signals = FAULTS[kind]
    frames = max(round(LASTING[kind] * rate), 2)
    clip = walkers(int(SECONDS * rate), rate)
    faulty, fault = make(clip, int(1.5 * rate), 2, np.random.default_rng(0), frames)
    hits = [one for one in problems(faulty, rate) if one.signal in signals and 2 in one.people]
    assert any(one.first <= fault.last and fault.first <= one.last + 1 for one in hits)


def test_uneven_frame_times_are_taken_as_they_are():
    """Every third frame left out: by their own times people walk; counted evenly, they stutter."""
    kept = [shot for shot in walkers(120, noise=0.0) if shot.frame % 3]
    clip = tuple(type(shot)(place, shot.people, shot.focal, shot.size) for place, shot in enumerate(kept))
    times = {place: shot.frame / 30 for place, shot in enumerate(kept)}
    uneven = book_of(clip, times.__getitem__)
    even = book_of(clip, lambda frame: frame / 20)
    assert uneven.problems() == ()
    by_time, by_count = (np.median(book.curve("acceleration", 2)[1]) for book in (uneven, even))
    assert by_time <= by_count
