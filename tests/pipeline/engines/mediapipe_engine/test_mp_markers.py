from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_poses import body_markers

from pipeline.engines.mediapipe.graphs import RawPose
from pipeline.engines.mediapipe.landmarks import INDEX, LANDMARK_NAMES, mirrored
from pipeline.engines.mediapipe.markers import markers_of
from pipeline.smpl import builtin_body


def at(name: str) -> np.ndarray:
    return body_markers().template[INDEX[name]]


def test_left_is_left_and_both_sides_match():
    for name in LANDMARK_NAMES:
        if "left" in name:
            left, right = at(name), at(name.replace("left", "right"))
            assert left[0] > 0.01
            assert np.allclose(left * [-1, 1, 1], right, atol=0.02), name


def test_the_face_looks_forward():
    assert at("nose")[2] == max(at(name)[2] for name in LANDMARK_NAMES[:11])
    assert at("left_eye")[1] > at("nose")[1] > at("mouth_left")[1]
    assert at("left_ear")[2] < at("left_eye")[2]
    assert 0.12 < at("left_ear")[0] - at("right_ear")[0] < 0.22


def test_heels_are_behind_toes_and_below_ankles():
    assert at("left_heel")[2] < at("left_ankle")[2] < at("left_foot_index")[2]
    assert max(at("left_heel")[1], at("left_foot_index")[1]) < at("left_ankle")[1]


def test_palms_face_down_at_rest_so_the_thumb_is_in_front():
    assert at("left_thumb")[2] > at("left_index")[2] > at("left_pinky")[2] + 0.03
    assert at("left_index")[0] > at("left_wrist")[0] + 0.05


def test_markers_follow_the_shape_as_the_skin_does():
    body, markers = builtin_body(), body_markers()
    betas = np.linspace(-1, 1, 10)
    skin = body.rest_vertices(betas[None].astype(np.float32))[0]
    nose = markers.rest(betas).markers[0]
    assert np.linalg.norm(skin - nose, axis=1).min() < 1e-5
    assert skin[:, 1].max() - skin[:, 1].min() == pytest.approx(
        markers.stature + float(markers.stature_dirs @ betas), abs=0.01
    )


def test_hips_of_a_body_with_close_hip_joints_are_moved_out():
    body = builtin_body()
    joints = body.J_template.copy()
    joints[1:3, 0] *= 0.5
    hip = markers_of(replace(body, J_template=joints)).template[INDEX["left_hip"]]
    shoulders = joints[16, 0] - joints[17, 0]
    assert hip[0] == pytest.approx(0.63 * shoulders / 2, rel=0.01)


def test_a_body_without_hands_is_refused():
    body = builtin_body()
    weights = body.weights.copy()
    weights[:, 20:24] = 0
    with pytest.raises(ValueError, match="hands"):
        markers_of(replace(body, weights=weights))


def test_a_mirrored_pose_mirrored_again_is_itself():
    rng = np.random.default_rng(0)
    raw = RawPose(
        0.9,
        rng.normal(size=(39, 3)),
        rng.random(39),
        rng.random(39),
        rng.normal(size=(39, 3)),
        rng.random((256, 256)),
    )
    once = mirrored(raw)
    assert once.points[INDEX["left_wrist"], 0] == pytest.approx(256 - raw.points[INDEX["right_wrist"], 0])
    assert once.world[INDEX["left_knee"], 0] == pytest.approx(-raw.world[INDEX["right_knee"], 0])
    assert np.array_equal(once.mask[:, 0], raw.mask[:, -1])
    again = mirrored(once)
    assert np.allclose(again.points, raw.points)
    assert np.array_equal(again.visibility, raw.visibility)
