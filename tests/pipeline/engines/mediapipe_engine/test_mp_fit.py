from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_poses import FOCAL, SIZE, body_markers, joint_errors, subject

from pipeline.engines.mediapipe.camera import focal_length_for, projected, standing, towards
from pipeline.engines.mediapipe.fit import fit_body
from pipeline.engines.mediapipe.kinematics import LEGS
from pipeline.engines.mediapipe.landmarks import LIMBS
from pipeline.engines.mediapipe.posing import pose
from pipeline.engines.mediapipe.rotations import twist_about
from pipeline.engines.mediapipe.shape import betas_from, lengths_of, usual

NOBODY = np.zeros(10)
SEEDS = range(12)


def off_picture(found, person) -> float:
    """Median distance of the limbs' landmarks as a share of the person's size."""
    posed = pose(body_markers(), found.local, found.betas)
    pixels = projected(posed.markers + found.cam_t, FOCAL, SIZE)
    apart = np.linalg.norm(pixels - person.seen.points, axis=1)[list(LIMBS)]
    return float(np.median(apart)) / person.seen.extent


@pytest.mark.parametrize("seed", SEEDS)
def test_a_body_is_found_again_from_its_landmarks(seed):
    person = subject(np.random.default_rng(seed))
    found = fit_body(person.seen, body_markers(), NOBODY, shape_error=0.05)
    errors = joint_errors(person.posed, pose(body_markers(), found.local, found.betas))
    assert np.median(errors) < 0.01
    assert errors.max() < 0.05
    assert off_picture(found, person) < 0.003
    assert np.allclose(found.cam_t, person.cam_t, rtol=0.03, atol=0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_does_no_harm(seed):
    person = subject(np.random.default_rng(seed), pixel_noise=0.01, world_noise=0.03)
    found = fit_body(person.seen, body_markers(), NOBODY, shape_error=0.05)
    errors = joint_errors(person.posed, pose(body_markers(), found.local, found.betas))
    assert np.median(errors) < 0.05
    assert off_picture(found, person) < 0.012


def test_a_landmark_far_off_does_not_drag_the_body_along():
    person = subject(np.random.default_rng(2))
    points = person.seen.points.copy()
    points[15] += 0.4 * person.seen.extent
    found = fit_body(replace(person.seen, points=points), body_markers(), NOBODY, shape_error=0.05)
    errors = joint_errors(person.posed, pose(body_markers(), found.local, found.betas))
    assert np.median(errors) < 0.03


@pytest.mark.parametrize("seed", SEEDS)
def test_knees_bend_backwards_after_the_fit_too(seed):
    person = subject(np.random.default_rng(seed), pixel_noise=0.02, world_noise=0.05)
    found = fit_body(person.seen, body_markers(), NOBODY)
    rest = body_markers().rest(found.betas)
    for leg in LEGS:
        assert twist_about(found.local[leg.hinge], leg.axis(rest)) > -0.02


def test_rotations_stay_rotations():
    person = subject(np.random.default_rng(7), pixel_noise=0.02, world_noise=0.05)
    local = fit_body(person.seen, body_markers(), NOBODY).local
    assert np.allclose(local @ local.transpose(0, 2, 1), np.eye(3), atol=1e-9)
    assert np.allclose(np.linalg.det(local), 1)


def test_a_person_half_outside_still_stands_in_front_of_the_camera():
    person = subject(np.random.default_rng(3))
    visibility = np.ones(33)
    visibility[25:] = 0.02
    points = person.seen.points.copy()
    points[25:] = np.random.default_rng(0).uniform(-2000, 2000, (8, 2))
    found = fit_body(replace(person.seen, points=points, visibility=visibility), body_markers(), NOBODY)
    assert 2 < found.cam_t[2] < 12
    posed = pose(body_markers(), found.local, found.betas)
    pixels = projected(posed.markers + found.cam_t, FOCAL, SIZE)
    assert np.median(np.linalg.norm(pixels - person.seen.points, axis=1)[11:25]) < 0.03 * person.seen.extent


def test_degenerate_landmarks_give_a_body_in_front_of_the_camera():
    person = subject(np.random.default_rng(3))
    seen = replace(person.seen, points=np.full((33, 2), 400.0), world=np.zeros((33, 3)))
    found = fit_body(seen, body_markers(), NOBODY)
    assert np.isfinite(found.local).all()
    assert np.isfinite(found.cam_t).all()


def test_standing_finds_the_translation():
    person = subject(np.random.default_rng(4))
    cam_t = standing(person.posed.markers, person.seen.points, np.ones(33), FOCAL, SIZE)
    assert np.allclose(cam_t, person.cam_t, atol=1e-6)


def test_towards_turns_the_optical_axis_to_the_ray():
    ray = towards(np.array([1280.0, 360.0]), SIZE, FOCAL) @ np.array([0, 0, 1.0])
    assert np.allclose(ray / ray[2], [640 / FOCAL, 0, 1])


def test_a_chosen_focal_length_is_kept():
    assert focal_length_for(SIZE, 900.0) == 900.0
    assert focal_length_for(SIZE, 0.0) == pytest.approx(1.2 * 1280)
    assert focal_length_for((720, 1280), 0.0) == pytest.approx(1.2 * 1280)


def test_long_landmarks_make_a_taller_body():
    markers = body_markers()
    points = markers.rest(usual(markers)).markers

    def stature(scale: float) -> float:
        betas = betas_from(points * scale, np.ones(33), markers)
        return markers.stature + float(markers.stature_dirs @ betas)

    assert stature(1.0) == pytest.approx(1.70, abs=0.01)
    assert stature(0.9) < stature(1.0) - 0.02
    assert stature(1.1) > stature(1.0) + 0.02
    # MediaPipe guesses at sizes: half as large again is not believed.
    assert stature(1.5) < 2.1


def test_hidden_limbs_say_nothing_about_the_shape():
    markers = body_markers()
    points = markers.rest(usual(markers)).markers.copy()
    points[27:29, 1] -= 0.3
    visibility = np.ones(33)
    visibility[27:29] = 0.0
    hidden = betas_from(points, visibility, markers)
    assert np.abs(hidden - usual(markers)).max() < 0.05
    assert np.abs(betas_from(points, np.ones(33), markers) - usual(markers)).max() > 0.1
    assert lengths_of(points, visibility)[1].min() < 0.01
