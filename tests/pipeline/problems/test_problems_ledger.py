"""What vanishes is fixed only where somebody did something about it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.problems import Problem, Thresholds
from pipeline.problems.ledger import Ledger

DEFAULT = Thresholds()
GAP = Problem("gap", 1, 10, 14, 12, 0.2, DEFAULT.of("gap"), (1,))
SPIKE = Problem("acceleration", 2, 40, 42, 41, 20.0, DEFAULT.of("acceleration"), (2,))


def frames(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


NOBODY = frames()


@pytest.fixture
def ledger() -> Ledger:
    made = Ledger()
    made.renew((GAP, SPIKE), DEFAULT, NOBODY)
    return made


def test_new_problems_are_found(ledger):
    assert ledger.found == (GAP, SPIKE)
    assert ledger.fixed == ()


def test_what_an_edit_made_vanish_is_fixed_and_what_an_undo_brought_back_is_not(ledger):
    ledger.renew((SPIKE,), DEFAULT, frames(12))
    assert (ledger.found, ledger.fixed) == ((SPIKE,), (GAP,))
    ledger.renew((GAP, SPIKE), DEFAULT, frames(12))
    assert (ledger.found, ledger.fixed) == ((GAP, SPIKE), ())


def test_a_frame_beside_it_belongs_to_it_but_not_one_far_away(ledger):
    ledger.renew((GAP,), DEFAULT, frames(44))
    assert ledger.fixed == (SPIKE,)
    ledger.renew((), DEFAULT, frames(17, 44))
    assert ledger.fixed == (SPIKE,)


def test_what_vanished_though_nobody_touched_it_was_none(ledger):
    ledger.renew((SPIKE,), DEFAULT, NOBODY)
    assert (ledger.found, ledger.fixed) == ((SPIKE,), ())


def test_a_change_of_everything_touches_all(ledger):
    ledger.renew((), DEFAULT, None)
    assert ledger.fixed == (GAP, SPIKE)


def test_another_threshold_fixes_nothing(ledger):
    high = DEFAULT.with_("acceleration", 30)
    ledger.renew((GAP,), high, None)
    assert ledger.fixed == ()


def test_ends_that_moved_make_no_other_problem(ledger):
    ledger.renew((replace(GAP, first=8, last=12), SPIKE), DEFAULT, None)
    assert ledger.fixed == ()


def test_a_problem_whose_track_has_another_number_is_the_same(ledger):
    ledger.renew((GAP, replace(SPIKE, track=5, people=(5,))), DEFAULT, None)
    assert ledger.fixed == ()


def test_fixed_ones_are_listed_only_where_they_would_be_problems(ledger):
    ledger.renew((), DEFAULT, None)
    assert ledger.fixed_at(DEFAULT.with_("acceleration", 30)) == (GAP,)
    assert ledger.fixed_at(DEFAULT.with_("acceleration", 20)) == (GAP, SPIKE)


def test_what_is_mended_frame_by_frame_is_fixed_as_it_was_at_first(ledger):
    left = replace(GAP, first=10, last=11, worst_frame=10)
    right = replace(GAP, first=13, last=14, worst_frame=13)
    ledger.renew((left, right, SPIKE), DEFAULT, frames(12))
    ledger.renew((right, SPIKE), DEFAULT, frames(10, 11))
    assert ledger.fixed == ()
    ledger.renew((SPIKE,), DEFAULT, frames(13, 14))
    assert ledger.fixed == (GAP,)
    ledger.renew((left, SPIKE), DEFAULT, frames(13, 14))
    assert ledger.fixed == ()


def test_signals_that_were_not_looked_for_stay_as_they_were(ledger):
    ledger.renew((), DEFAULT, None, ("gap",))
    assert (ledger.found, ledger.fixed) == ((SPIKE,), (GAP,))


def test_it_goes_on_from_json(ledger):
    ledger.renew((SPIKE,), DEFAULT, frames(12))
    again = Ledger([*json.loads(json.dumps(ledger.to_plain())), {"owed": []}])
    assert (again.found, again.fixed) == ((SPIKE,), (GAP,))


def test_signals_of_another_program_are_left_out(ledger):
    rows = [["open", "no such signal", 1, 0, 1, 0, 1.0, 1.0, [1]], *ledger.to_plain()]
    assert Ledger(rows).found == (GAP, SPIKE)
