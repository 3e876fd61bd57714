from dataclasses import replace

import numpy as np
import pytest
from fakes_people import people_at, result_at
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipeline.camera.refocus import moved, refocused, under
from pipeline.camera.values import Camera, CameraSetting, between
from pipeline.smpl import builtin_body, project

places = st.tuples(st.floats(-3, 3), st.floats(-1, 1), st.floats(2.5, 12))
focals = st.floats(150, 9000)


def pelvis_pixels(people):
    joints = builtin_body().rest_joints(people.smpl.betas)[:, 0] + people.cam_t
    return project(joints, people.focal_length, people.image_size)


@given(st.lists(places, min_size=1, max_size=4), focals)
@settings(max_examples=60, deadline=None)
def test_people_stay_on_their_pixels(positions, focal):
    people = people_at(positions, masks=False)
    seen = under(people, focal)
    assert seen.focal_length == focal
    np.testing.assert_allclose(pelvis_pixels(seen), pelvis_pixels(people), atol=0.02, rtol=1e-4)
    np.testing.assert_allclose(seen.cam_t[:, 2], people.cam_t[:, 2] * focal / people.focal_length, rtol=1e-5)
    assert seen.detections is people.detections
    body = builtin_body()
    before, after = body.meshes(people).keypoints_2d, body.meshes(seen).keypoints_2d
    size = np.ptp(before[..., 1], axis=1)
    for one in range(len(positions)):
        nearest = min(people.cam_t[one, 2], seen.cam_t[one, 2])
        angle = np.hypot(*seen.cam_t[one, :2]) / nearest
        if nearest > 2:  # what is left is perspective: 1 + d / z for a limb nearer by d < 1 m, and 1 / cos
            assert np.abs(before - after)[one].max() < size[one] * (1 / (nearest - 1) + angle**2)


def test_beside_the_middle_it_is_turning_that_keeps_the_pixels():
    """As 4D-Humans runs: a lens so long that people beside the middle are seen from the front."""
    far = people_at([(1.5, 0.0, 80.0)], size=(1920, 1080), focal=37500.0, masks=False)
    pose = far.smpl.body_pose.copy()
    for shoulder, down in ((15, -1.2), (16, 1.2)):  # not in a T, which nobody stands in
        pose[0, shoulder] = Rotation.from_euler("z", down).as_matrix()
    pose[0, 0] = Rotation.from_euler("x", -0.5).as_matrix()
    far = replace(far, smpl=replace(far.smpl, body_pose=pose))
    near = under(far, 1500.0)
    only_moved = replace(near, smpl=replace(near.smpl, global_orient=far.smpl.global_orient))
    body = builtin_body()
    was, now, unturned = (body.meshes(people).keypoints_2d[0] for people in (far, near, only_moved))
    assert np.abs(now - was).mean() < 0.75 * np.abs(unturned - was).mean()
    sides = Rotation.from_matrix(near.smpl.global_orient[0] @ far.smpl.global_orient[0].T).magnitude()
    assert sides == pytest.approx(np.arctan(1.5 / 3.2) - np.arctan(1.5 / 80), abs=1e-4)


@given(st.lists(places, min_size=1, max_size=4), focals, focals)
@settings(max_examples=60, deadline=None)
def test_there_and_back_is_where_it_was(positions, one, other):
    people = people_at(positions, masks=False)
    back = under(under(under(people, one), other), people.focal_length)
    np.testing.assert_allclose(back.cam_t, people.cam_t, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(back.smpl.global_orient, people.smpl.global_orient, atol=2e-5)


def test_by_way_of_another_focal_length_it_comes_to_the_same():
    people = people_at([(1.0, 0.5, 4.0), (-2, 0, 3)], masks=False)
    direct, round_about = under(people, 700.0), under(under(people, 2000.0), 700.0)
    np.testing.assert_allclose(direct.smpl.global_orient, round_about.smpl.global_orient, atol=1e-5)
    np.testing.assert_allclose(direct.cam_t, round_about.cam_t, rtol=1e-5)


def test_as_it_was_run_nothing_is_touched():
    result = result_at(3, [(0.5, 0, 4)])
    assert refocused(result, Camera()) is result
    assert refocused(result, Camera(CameraSetting(300.0))) is result
    assert refocused(result, Camera(CameraSetting(600.0))).people.cam_t[0, 2] == pytest.approx(8)
    nobody = result_at(3, [])
    assert len(refocused(nobody, Camera(CameraSetting(600.0))).people) == 0


def test_where_the_pelvis_is_not_the_origin_it_is_the_pelvis_that_stays():
    orient, cam_t = np.eye(3, dtype=np.float32)[None], np.array([[1.0, 0.5, 4.0]], np.float32)
    _turned, there = moved(orient, cam_t, "smpl-neutral-0", 2.0)
    np.testing.assert_allclose(there[0], [1.0, 0.5, 2 * 4.03 - 0.03], rtol=1e-6)


directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1)


@given(directions, directions)
def test_the_smallest_turn_between_directions(start, end):
    start, end = (np.array(v) / np.linalg.norm(v) for v in (start, end))
    for other in (end, start, -start):
        turn = between(start, other)
        np.testing.assert_allclose(turn @ start, other, atol=1e-4)
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-4)
        assert np.linalg.det(turn) == pytest.approx(1, abs=1e-4)
