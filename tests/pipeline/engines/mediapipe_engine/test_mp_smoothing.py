from __future__ import annotations

import numpy as np
import pytest

from pipeline.engines.mediapipe.smoothing import OneEuro

STEP = 1 / 30


def run(one: OneEuro, values: np.ndarray) -> np.ndarray:
    return np.array([one(np.array([value], np.float32), STEP)[0] for value in values])


def test_the_first_value_is_kept():
    assert run(OneEuro(0.5, 2.0), np.array([3.0])) == [3.0]


def test_noise_about_a_place_at_rest_is_smoothed_away():
    noisy = 1 + np.random.default_rng(0).normal(0, 0.005, 200)
    smooth = run(OneEuro(0.5, 2.0), noisy)
    assert np.abs(np.diff(smooth, 2)).mean() < 0.3 * np.abs(np.diff(noisy, 2)).mean()
    assert smooth[100:].mean() == pytest.approx(1, abs=0.003)


def test_what_moves_fast_lags_less_than_two_frames():
    moving = np.arange(60) * 0.1  # 3 units a second
    lag = (moving - run(OneEuro(0.5, 2.0), moving))[30:]
    assert 0 <= lag.max() < 0.2


def test_slow_and_fast_frame_rates_smooth_alike():
    slow, fast = OneEuro(0.5, 0.0), OneEuro(0.5, 0.0)
    for filter_, count, step in ((slow, 10, 0.1), (fast, 100, 0.01)):
        filter_(np.zeros(1, np.float32), step)
        for _ in range(count):
            last = filter_(np.ones(1, np.float32), step)
        assert last[0] == pytest.approx(1 - np.exp(-np.pi), abs=0.06)
