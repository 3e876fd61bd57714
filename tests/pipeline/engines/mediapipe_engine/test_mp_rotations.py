from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.mediapipe.rotations import (
    arc,
    cross,
    exp,
    frame,
    limited,
    log,
    part,
    turn_frame,
    twist_about,
)

vectors = st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(np.array)
long_enough = vectors.filter(lambda v: np.linalg.norm(v) > 0.05)


@given(long_enough, st.floats(1e-4, np.pi - 1e-4))
def test_log_undoes_exp_at_any_angle(axis, angle):
    vector = axis / np.linalg.norm(axis) * angle
    assert np.allclose(log(exp(vector)), vector, atol=1e-6)


def test_log_of_half_a_turn_is_about_the_right_line():
    axis = np.array([0.6, -0.8, 0.0])
    assert np.allclose(np.abs(log(exp(axis * np.pi)) @ axis), np.pi, atol=1e-6)


def test_exp_turns_counter_clockwise_about_z():
    assert np.allclose(exp(np.array([0, 0, np.pi / 2])) @ [1, 0, 0], [0, 1, 0])


@given(long_enough, long_enough)
def test_arc_turns_one_direction_into_the_other(source, target):
    turned = arc(source, target) @ source
    assert np.allclose(turned / np.linalg.norm(turned), target / np.linalg.norm(target), atol=1e-5)


def test_arc_of_opposite_directions_is_half_a_turn():
    turned = arc(np.array([0.0, 1, 0]), np.array([0.0, -1, 0]))
    assert np.allclose(turned @ [0, 1, 0], [0, -1, 0])
    assert np.linalg.det(turned) == pytest.approx(1)


@given(long_enough, st.floats(-3, 3))
def test_twist_about_the_own_axis_is_the_whole_angle(axis, angle):
    axis = axis / np.linalg.norm(axis)
    assert twist_about(exp(axis * angle), axis) == pytest.approx(angle, abs=1e-6)


def test_a_swing_has_no_twist():
    swing = arc(np.array([1.0, 0, 0]), np.array([0.3, 0.8, -0.5]))
    assert twist_about(swing, np.array([1.0, 0, 0])) == pytest.approx(0, abs=1e-9)


@given(vectors)
def test_limited_keeps_small_rotations_and_shortens_large_ones(vector):
    assert np.linalg.norm(log(limited(exp(vector), 0.5))) == pytest.approx(
        min(np.linalg.norm(vector), 0.5), abs=1e-6
    )


def test_three_thirds_of_a_rotation_are_the_rotation():
    whole = exp(np.array([0.4, -0.9, 0.2]))
    third = part(whole, 1 / 3)
    assert np.allclose(third @ third @ third, whole)


def test_turn_frame_turns_the_first_direction_exactly_and_the_second_into_its_plane():
    rest = (np.array([0.0, 1, 0]), np.array([1.0, 0.2, 0]))
    now = (np.array([0.3, 0.4, 0.5]), np.array([0.1, -0.7, 0.2]))
    turned = turn_frame(rest, now)
    first = turned @ rest[0]
    assert np.allclose(first, now[0] / np.linalg.norm(now[0]))
    assert np.allclose(turned @ turned.T, np.eye(3))
    assert abs((turned @ rest[1]) @ np.cross(*now)) < 1e-9
    assert np.allclose(frame(*now)[:, 0], first)


@given(vectors, vectors)
def test_cross_is_the_cross_product(one, other):
    assert np.allclose(cross(one, other), np.cross(one, other))
    stack = np.stack([one, other])[:, :, None] * np.ones(4)
    assert np.allclose(cross(stack, stack[::-1], axis=1), np.cross(stack, stack[::-1], axis=1))
