"""Joints and rotations of many people, against those of one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from fakes_people import random_rotations
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipeline.problems.kinematics import (
    MIRRORED,
    mirrored_pose,
    people_last,
    posed_joints,
    stature,
    turns,
    yaw_between,
)
from pipeline.smpl import JOINT_NAMES, builtin_body
from pipeline.smpl.body import pose_joints


def people(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rotations = random_rotations(count * 24, 1.0, seed).reshape(count, 24, 3, 3)
    betas = np.random.default_rng(seed).normal(0, 1, (count, 10)).astype(np.float32)
    return rotations, builtin_body().rest_joints(betas)


@pytest.mark.parametrize("count", [0, 1, 7, 600])
def test_joints_are_those_of_skinning(count):
    rotations, rest = people(count)
    joints = np.moveaxis(posed_joints(people_last(rotations), people_last(rest)), -1, 0)
    expected = pose_joints(rotations, rest)[1] if count else rest
    assert joints == pytest.approx(expected - expected[:, :1], abs=1e-5)


def test_people_last_picks_and_orders():
    array = np.arange(600 * 6, dtype=np.float32).reshape(600, 2, 3)
    rows = np.array([5, 3, 599])
    assert (people_last(array, rows) == np.moveaxis(array[rows], 0, -1)).all()


def test_stature_is_from_foot_to_head():
    rest = builtin_body().rest_joints(np.zeros((1, 10), np.float32))
    assert 1.4 < float(stature(people_last(rest))[0]) < 1.7


@given(st.integers(0, 10_000))
def test_turns_lead_from_one_to_the_other(seed):
    one, other = (people_last(people(3, seed + k)[0]) for k in (0, 1))
    vectors = np.moveaxis(turns(one, other), 1, -1).reshape(-1, 3)
    relative = np.einsum("jabk,jack->jbck", one, other)
    expected = Rotation.from_matrix(np.moveaxis(relative, -1, 1).reshape(-1, 3, 3))
    assert Rotation.from_rotvec(vectors).as_matrix() == pytest.approx(expected.as_matrix(), abs=1e-4)


def test_no_turn_is_zero_and_a_half_turn_is_finite():
    same = people_last(people(2)[0])
    assert turns(same, same) == pytest.approx(np.zeros((24, 3, 2)), abs=1e-3)
    half = Rotation.from_rotvec([0, np.pi, 0]).as_matrix().astype(np.float32)
    turned = np.einsum("jabk,bc->jack", same, half)
    assert np.isfinite(turns(same, turned)).all()


@pytest.mark.parametrize("degrees", [0, 10, 90, 170, 180, -60])
def test_yaw_is_about_the_bodys_upright(degrees):
    root = Rotation.random(1, random_state=3).as_matrix()[0]
    turned = root @ Rotation.from_euler("y", degrees, degrees=True).as_matrix()
    bent = turned @ Rotation.from_euler("x", 20, degrees=True).as_matrix()
    one, other = (np.float32(r)[..., None] for r in (root, bent))
    assert np.degrees(yaw_between(one, other))[0] == pytest.approx(abs(degrees), abs=0.1)


def test_the_mirror_undoes_itself_and_keeps_the_root():
    rotations = people_last(people(4)[0])
    mirrored = mirrored_pose(rotations)
    assert (mirrored[0] == rotations[0]).all()
    assert mirrored_pose(mirrored) == pytest.approx(rotations)


def test_mirrored_joints_are_the_reflection_of_a_symmetric_body():
    rotations, _ = people(1)
    rotations[:, 0] = np.eye(3)
    rest = builtin_body().rest_joints(np.zeros((1, 10), np.float32))
    rest = (rest + rest[:, MIRRORED] * [-1, 1, 1]) / 2
    rest = people_last(np.float32(rest))
    joints = posed_joints(people_last(rotations), rest)
    reflected = posed_joints(mirrored_pose(people_last(rotations)), rest)[MIRRORED]
    assert reflected == pytest.approx(joints * np.array([-1, 1, 1])[None, :, None], abs=1e-5)


def test_every_joint_has_its_other_side():
    assert JOINT_NAMES[MIRRORED[JOINT_NAMES.index("left_knee")]] == "right_knee"
    assert MIRRORED[JOINT_NAMES.index("spine1")] == JOINT_NAMES.index("spine1")
