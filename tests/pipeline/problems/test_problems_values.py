"""Signals, thresholds, and what a reviewer ignores."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.problems import BY_KEY, SIGNALS, Problem, Thresholds, is_ignored
from pipeline.session.reviews import Ignored

KEYS = [signal.key for signal in SIGNALS]


@pytest.mark.parametrize("signal", SIGNALS, ids=KEYS)
def test_every_signal_can_be_shown_and_set(signal):
    assert signal.title
    assert signal.meaning.endswith(".")
    assert signal.low <= signal.threshold <= signal.high
    assert signal.step > 0 or signal.low == signal.high
    assert len(signal.text(signal.threshold)) < 20


def test_keys_differ():
    assert len(set(KEYS)) == len(KEYS) == len(BY_KEY)


@pytest.mark.parametrize("signal", SIGNALS, ids=KEYS)
def test_severity_is_one_at_the_threshold_and_grows_as_it_gets_worse(signal):
    way = signal.threshold - signal.best
    values = np.array([signal.best, signal.best + way / 2, signal.threshold, signal.threshold + way])
    assert signal.severity(values, signal.threshold) == pytest.approx([0, 0.5, 1, 2], abs=1e-5)


@pytest.mark.parametrize("signal", SIGNALS, ids=KEYS)
def test_the_threshold_is_a_problem_already_and_nothing_measured_is_none(signal):
    values = np.array([signal.threshold, signal.best, np.nan], np.float32)
    assert signal.is_problem(values, signal.threshold).tolist() == [True, False, False]


def test_values_have_their_units():
    assert BY_KEY["gap"].text(0.333) == "0.33 s"
    assert BY_KEY["turn"].text(171.2) == "171°"
    assert BY_KEY["switch"].text(0.5) == "0.50"
    assert [BY_KEY["degraded"].text(steps) for steps in (1, 2)] == ["1 step", "2 steps"]


@given(st.sampled_from(KEYS), st.floats(-1000, 1000))
def test_thresholds_stay_in_range_and_survive_json(key, value):
    changed = Thresholds().with_(key, value)
    assert BY_KEY[key].low <= changed.of(key) <= BY_KEY[key].high
    assert Thresholds.from_plain(json.loads(json.dumps(changed.to_plain()))) == changed


def test_a_default_is_not_remembered():
    changed = Thresholds().with_("score", 0.4)
    assert changed.to_plain() == {"score": 0.4}
    assert changed.with_("score", BY_KEY["score"].threshold) == Thresholds()


def test_settings_of_another_program_are_passed_over():
    plain = {"of the future": 1, "score": "high", "box": float("nan"), "gap": 1}
    assert Thresholds.from_plain(plain).to_plain() == {"gap": 1.0}


PROBLEM = Problem("flip", 2, 10, 13, 10, 80.0, 40.0, (2,))


@pytest.mark.parametrize(
    ("ignored", "left_out"),
    [
        (Ignored("flip", 2, 10, 13), True),
        (Ignored("flip", 2, 12, 20), True),
        (Ignored("flip", 2, 13, 20), False),
        (Ignored("flip", 1, 10, 13), False),
        (Ignored("turn", 2, 10, 13), False),
    ],
)
def test_what_is_ignored_is_most_of_the_same(ignored, left_out):
    assert is_ignored(PROBLEM, [ignored]) == left_out
