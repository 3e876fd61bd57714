from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.orbit import (
    FARTHEST,
    FIELD,
    NEAREST,
    PRESETS,
    Orbit,
    OrbitPicture,
    carried,
    fitted_field,
    through,
)
from pipeline.orbit_state import SPACES, TRAILS, OrbitState
from pipeline.smpl import JOINT_NAMES
from pipeline.stage import UPRIGHT, Placement

angles = st.floats(-180, 180)
elevations = st.floats(-90, 90)
metres = st.floats(-50, 50)
orbits = st.builds(
    Orbit,
    angles,
    elevations,
    st.floats(0.5, 100),
    st.tuples(metres, metres, metres),
    st.floats(-90, 90),
    st.floats(10, 90),
)


def project(orbit, points, size):
    rotation, shift = orbit.view()
    seen = points @ rotation.T.astype(float) + shift
    return seen[:, :2] / seen[:, 2:] * orbit.focal_length(size[1]) + np.array(size) / 2


def turn(axis, degrees):
    a, (x, y) = math.radians(degrees), [i for i in range(3) if i != axis]
    made = np.eye(3)
    made[[x, x, y, y], [x, y, x, y]] = math.cos(a), -math.sin(a), math.sin(a), math.cos(a)
    return made


@given(orbits)
def test_a_view_is_a_rotation_with_the_target_straight_ahead(orbit):
    rotation, shift = orbit.view()
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-5)
    assert np.linalg.det(rotation) == pytest.approx(1, abs=1e-5)
    assert np.allclose(rotation @ np.array(orbit.target) + shift, [0, 0, orbit.distance], atol=1e-3)


def test_the_presets_look_from_where_they_say():
    # The stage is y up, and the video's camera looks along -z: front is its side, x is to its right.
    for name, up, forward in (("front", 1, (0, 0, -1)), ("side", 1, (-1, 0, 0)), ("top", 2, (0, -1, 0))):
        rotation, _ = Orbit().from_side(name).view()
        assert np.allclose(rotation[2], forward, atol=1e-6), name
        assert abs(rotation[1, up]) == pytest.approx(1), name
    assert set(PRESETS) == {"front", "side", "top"}


def test_nothing_known_of_the_camera_means_looking_through_it_is_looking_from_the_front():
    orbit = through(UPRIGHT, 30, 4)
    rotation, shift = orbit.view()
    assert np.allclose(rotation, UPRIGHT.rotation.T)
    assert np.allclose(shift, 0)
    assert orbit.target == pytest.approx((0, 0, -4))


@given(orbits)
def test_looking_through_a_placement_is_exact_from_any_side_even_straight_down(orbit):
    rotation, shift = orbit.view()
    looker = Placement(rotation.T, -rotation.T @ shift)
    again, there = through(looker, orbit.field, orbit.distance).view()
    assert np.allclose(again, rotation, atol=2e-3)  # float32 near the poles
    assert np.allclose(there, shift, atol=0.2)


@given(orbits, st.floats(-300, 300), st.floats(-300, 300))
def test_moving_takes_the_target_along_with_the_hand(orbit, right, down):
    moved = orbit.moved(right, down, 600)
    at = project(moved, np.array([orbit.target]), (800, 600))[0]
    assert np.allclose(at, (400 + right, 300 + down), atol=0.5)


@given(orbits, st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_turning_stays_around_the_target_and_never_goes_over_the_top(orbit, right, down):
    turned = orbit.turned(right, down)
    assert (turned.target, turned.distance) == (orbit.target, orbit.distance)
    assert -90 <= turned.elevation <= 90
    assert -180 <= turned.azimuth <= 180


def test_things_follow_the_hand_that_turns_them():
    near = np.array([[0.0, 0.0, 1.0]])  # before the target, seen from the front
    front = Orbit(0, 0, 5)
    assert project(front.turned(10, 0), near, (800, 600))[0, 0] > 400
    assert project(front.turned(0, 10), near, (800, 600))[0, 1] > 300


@given(orbits, st.floats(1e-6, 1e6))
def test_zooming_stays_within_limits(orbit, factor):
    assert NEAREST <= orbit.zoomed(factor).distance <= FARTHEST


@given(
    orbits,
    st.lists(st.tuples(metres, metres, metres), min_size=1, max_size=6),
    st.sampled_from([0.5, 1.0, 2.0]),
)
def test_everybody_is_seen_whole(orbit, places, aspect):
    points, size = np.array(places), (round(600 * aspect), 600)
    around = orbit.around(points, aspect)
    bodies = (points[:, None] + 0.9 * np.concatenate([np.eye(3), -np.eye(3)])).reshape(-1, 3)
    seen = project(around, bodies, size)
    assert (seen > -1).all()
    assert (seen < np.array(size) + 1).all()


def test_a_picture_that_is_wider_than_the_pane_fits_by_its_width():
    # 1600 px wide at 800 px focal length is 90 degrees; in a square pane those are 90 degrees upright too.
    assert fitted_field(800, (1600, 900), (500, 500)) == pytest.approx(90)
    assert fitted_field(450, (1600, 900), (5000, 900)) == pytest.approx(90)


@given(orbits.map(lambda orbit: Orbit(orbit.azimuth, orbit.elevation, orbit.distance, orbit.target)))
def test_where_the_camera_is_upright_another_space_shows_the_same(orbit):
    # The world turned about the upright axis and moved: a camera that stands elsewhere, but level.
    there = Placement((turn(1, 70) @ UPRIGHT.rotation).astype(np.float32), np.array([3, 1, -2], np.float32))
    moved = carried(orbit, UPRIGHT, there)
    points = np.random.default_rng(0).normal(size=(20, 3)) + UPRIGHT.taken(np.array(orbit.target, np.float32))
    before, after = (o.view() for o in (orbit, moved))
    seen = [place.put(points) @ r.T + t for place, (r, t) in ((UPRIGHT, before), (there, after))]
    assert np.allclose(*seen, atol=0.05)


def test_a_tilted_camera_is_looked_through_tilted_but_walked_around_level():
    there = Placement((turn(2, 20) @ UPRIGHT.rotation).astype(np.float32), np.zeros(3, np.float32))
    assert carried(Orbit(), UPRIGHT, there).roll == 0
    assert abs(carried(through(UPRIGHT, 33, 4), UPRIGHT, there).roll) == pytest.approx(20, abs=1e-3)


@given(orbits, st.sampled_from(SPACES), st.sampled_from(list(TRAILS)), st.booleans())
def test_a_state_survives_json(orbit, space, trail, shown):
    state = OrbitState(orbit, space, trail, shown)
    assert OrbitState.from_plain(json.loads(json.dumps(state.to_plain()))) == state


@pytest.mark.parametrize(
    "plain",
    [
        None,
        [],
        "x",
        {"orbit": {}},
        {"orbit": 3},
        {"orbit": {"azimuth": "a"}},
        {"orbit": {"more": 1}},
        {"orbit": {"distance": -1}},
        {"orbit": {"target": [1, 2]}},
        {"orbit": {"target": [1, 2, float("nan")]}},
        {"orbit": {"field": 0}},
        {"space": "moon", "trail": 3, "shown": 1},
    ],
)
def test_garbage_is_as_good_as_nothing(plain):
    state = OrbitState.from_plain(plain)
    assert state.orbit in (None, Orbit())
    assert (state.space, state.trail, state.shown) == ("camera", "", False)


def test_the_joints_whose_ways_are_drawn_are_the_ones_they_are_called():
    assert {name: [JOINT_NAMES[j] for j in joints] for name, joints in TRAILS.items() if joints} == {
        "pelvis": ["pelvis"],
        "head": ["head"],
        "hands": ["left_hand", "right_hand"],
        "feet": ["left_foot", "right_foot"],
    }


def test_who_is_at_a_pixel():
    ids = np.zeros((4, 6), np.uint8)
    ids[1, 2], ids[3, 5] = 1, 2
    picture = OrbitPicture(0, np.zeros((4, 6, 4), np.uint8), ids, (7, 3), Orbit(), 1.0)
    assert [picture.slot_at(*at) for at in ((2.9, 1.0), (5.5, 3.5), (0, 0), (-1, 1), (6, 3), (5, 4))] == [
        7, 3, -1, -1, -1, -1,
    ]  # fmt: skip
    assert Orbit().field == FIELD
