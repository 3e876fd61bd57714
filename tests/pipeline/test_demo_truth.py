"""The demo clip and its ground truth belong together, and show what they are meant to show."""

from __future__ import annotations

import av
import numpy as np
import pytest

from pipeline.places import resource
from pipeline.smpl import JOINT_NAMES, builtin_body
from pipeline.structures import Detections, People, SmplParams

PEOPLE = 2
STEP = 9


@pytest.fixture(scope="module")
def truth() -> dict[str, np.ndarray]:
    with np.load(resource("demo_truth.npz"), allow_pickle=False) as file:
        return dict(file)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """Every ninth frame of the clip, (N, 720, 1280, 3)."""
    with av.open(str(resource("demo.mp4"))) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(frames[::STEP])


def test_the_clip_is_small_and_as_long_as_its_truth(truth):
    assert resource("demo.mp4").stat().st_size < 2_000_000
    with av.open(str(resource("demo.mp4"))) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == tuple(truth["image_size"]) == (1280, 720)
        assert float(stream.average_rate) == truth["frame_rate"]
        assert stream.codec_context.name == "h264"
        assert sum(1 for _ in container.decode(stream)) == len(truth["cam_t"])


def test_the_truth_is_for_the_builtin_body(truth):
    assert str(truth["body_model"]) == builtin_body().id


def test_parameters_give_the_stored_joints_and_pixels(truth):
    body = builtin_body()
    count = len(truth["cam_t"])
    for person in range(PEOPLE):
        people = People(
            Detections(truth["boxes"][:, person], np.ones(count, np.float32)),
            SmplParams(
                truth["global_orient"][:, person],
                truth["body_pose"][:, person],
                np.repeat(truth["betas"][None, person], count, 0),
            ),
            truth["cam_t"][:, person],
            float(truth["focal_length"]),
            tuple(truth["image_size"].tolist()),
            body.id,
            np.zeros((count, 0), np.float16),
        )
        meshes = body.meshes(people)
        np.testing.assert_allclose(meshes.joints, truth["joints"][:, person], atol=1e-4)
        np.testing.assert_allclose(meshes.keypoints_2d, truth["keypoints_2d"][:, person], atol=0.1)


def test_rotations_are_rotations(truth):
    for name in ("global_orient", "body_pose"):
        turns = truth[name].astype(np.float64)
        np.testing.assert_allclose(
            turns @ np.swapaxes(turns, -1, -2), np.broadcast_to(np.eye(3), turns.shape), atol=1e-5
        )
        np.testing.assert_allclose(np.linalg.det(turns), 1, atol=1e-5)


def test_the_two_cross_once_and_one_hides_the_other(truth):
    apart = truth["joints"][:, 0, 0, 0] - truth["joints"][:, 1, 0, 0]
    assert apart[0] < -2
    assert apart[-1] > 2
    assert np.count_nonzero(np.diff(np.sign(apart))) == 1
    behind = truth["joints"][:, 1, 0, 2] - truth["joints"][:, 0, 0, 2]
    assert behind.min() > 0.1, "the first is nearer"
    assert behind[np.abs(apart) < 0.6].min() > 0.5, "and they do not walk through one another"
    assert truth["seen"][:, 0].min() > 0.999
    assert truth["seen"][:, 1].min() < 0.4
    assert (truth["seen"][:, 1] > 0.95).mean() > 0.7, "most of the time both are seen whole"


def test_both_are_in_the_picture_all_the_time(truth):
    width, height = truth["image_size"]
    pixels = truth["keypoints_2d"]
    assert pixels.min() > 0
    assert pixels[..., 0].max() < width
    assert pixels[..., 1].max() < height
    low, high = truth["boxes"][..., None, :2], truth["boxes"][..., None, 2:]
    assert ((pixels > low) & (pixels < high)).all()


def test_their_shapes_differ_as_their_statures_do(truth):
    statures = np.ptp(builtin_body().rest_vertices(truth["betas"])[..., 1], axis=1)
    assert statures[0] > statures[1] + 0.08
    assert (np.abs(truth["betas"]) <= 3).all()


def test_feet_stand_still_on_the_floor(truth):
    world = (truth["joints"] - truth["camera_translation"]) @ truth["camera_rotation"]
    for side in ("left", "right"):
        ball = world[:, :, JOINT_NAMES.index(f"{side}_foot")]
        speed = np.linalg.norm(np.diff(ball, axis=0), axis=-1) * float(truth["frame_rate"])
        stands = speed < 0.1
        assert (stands.mean(0) > 0.35).all(), "a foot stands still for a good part of each step"
        assert (stands.mean(0) < 0.75).all()
        assert ball[1:, ..., 1][stands].max() < 0.06, "on the floor"
        assert speed.max() > 2, "and swings in between, faster than the walk"
    assert 0 <= world[..., 1].min() < 0.06


def test_people_are_where_the_truth_says(truth, pictures):
    """Against the empty scene, the median of all frames: changes lie in the boxes, and on the bodies."""
    change = np.abs(pictures.astype(np.int16) - np.median(pictures, 0)).sum(-1) > 36
    on_body, wall = [], np.zeros_like(change)
    wall[:, :440] = True  # above the floor, where no shadow falls
    for index, frame in enumerate(range(0, len(truth["cam_t"]), STEP)):
        for person in range(PEOPLE):
            left, top, right, bottom = truth["boxes"][frame, person].round().astype(int)
            wall[index, max(top - 25, 0) : bottom + 25, max(left - 25, 0) : right + 25] = False
            points = truth["keypoints_2d"][frame, person, [0, 3, 6, 9, 12]].round().astype(int)
            on_body.extend(change[index, points[:, 1], points[:, 0]])
    assert np.mean(on_body) > 0.9
    assert change[wall].mean() < 0.001


def test_the_hand_that_waves_is_the_left_of_the_second(truth):
    """Left and right are the subject's: her left side is the near one as she walks to the left."""
    joints = truth["joints"][:, 1]
    left, elbow, right = (
        joints[:, JOINT_NAMES.index(name)] for name in ("left_wrist", "left_elbow", "right_wrist")
    )
    raised = left[:, 1] < elbow[:, 1] - 0.05
    assert 20 < raised.sum() < 60
    assert (left[raised, 2] < right[raised, 2]).all()
