from dataclasses import replace

import joblib
import numpy as np
import pytest
from fakes_people import walk

from pipeline.formats import FORMATS
from pipeline.formats.phalp import crop_camera
from pipeline.job import Cancelled, Job
from pipeline.masks import decode_mask
from pipeline.smpl import builtin_body, project
from pipeline.smpl.pelvis import SMPL_PELVIS
from pipeline.structures import Mask


@pytest.fixture
def content(source, tmp_path):
    path = tmp_path / "out.pkl"
    FORMATS["phalp"].write(source, path, {}, Job(lambda job: None))
    return joblib.load(path)


def test_frames_are_named_as_upstream_names_them_and_keep_their_source_number(content):
    assert list(content)[:2] == ["walk/img/000001.jpg", "walk/img/000002.jpg"]
    assert "walk/img/000008.jpg" not in content
    assert content["walk/img/000009.jpg"]["time"] == 8
    assert content["walk/img/000009.jpg"]["source_time"] == pytest.approx(8 / 25)


def test_every_list_has_one_item_a_person(content):
    for frame in content.values():
        lists = {key: value for key, value in frame.items() if isinstance(value, list)}
        assert {len(value) for value in lists.values()} == {2}
        assert frame["tid"] == frame["tracked_ids"] == [1, 2]
        assert frame["tracked_time"] == [0, 0]


def test_shapes_and_units_are_upstreams(content):
    frame = content["walk/img/000001.jpg"]
    smpl = frame["smpl"][0]
    assert [smpl[k].shape for k in ("global_orient", "body_pose", "betas")] == [(1, 3, 3), (23, 3, 3), (10,)]
    assert frame["size"][0] == [240, 320]
    assert frame["3d_joints"][0].shape == (45, 3)
    box = walk(0).people.detections.boxes[0]
    np.testing.assert_allclose(
        frame["bbox"][0], [box[0], box[1], box[2] - box[0], box[3] - box[1]], atol=1e-4
    )


def test_2d_joints_lie_in_the_padded_square_where_the_camera_sees_the_joints(content):
    people = walk(0).people
    joints = builtin_body().meshes(people).keypoints_2d[0]
    unpadded = content["walk/img/000001.jpg"]["2d_joints"][0].reshape(45, 2) * 320 - [0, (320 - 240) / 2]
    right_knee, left_wrist = 10, 7  # in BODY_25
    np.testing.assert_allclose(unpadded[right_knee], joints[5], atol=0.01)
    np.testing.assert_allclose(unpadded[left_wrist], joints[20], atol=0.01)


def test_the_camera_sees_the_same_with_upstreams_focal_length(content):
    people = walk(0).people
    camera = (
        content["walk/img/000001.jpg"]["camera"][0] + SMPL_PELVIS
    )  # the built-in body has it in its origin
    pelvis = builtin_body().meshes(people).joints[0, 0] - people.cam_t[0]
    upstream = 5000 / 256 * 320
    ours = project(people.cam_t[0][None], people.focal_length, people.image_size)
    theirs = project(camera[None], upstream, people.image_size)
    np.testing.assert_allclose(ours, theirs, atol=0.01)
    assert np.isfinite(pelvis).all()


def test_smpls_average_person_has_the_pelvis_where_it_is(content):
    frame, people = content["walk/img/000001.jpg"], walk(0).people
    rest = builtin_body().rest_joints(people.smpl.betas)[:, 0]
    factor = 5000 / 256 * 320 / people.focal_length
    for slot in (0, 1):
        there = (people.cam_t[slot] + rest[slot]) * [1, 1, factor]
        np.testing.assert_allclose(frame["camera"][slot] + SMPL_PELVIS, there, rtol=1e-4, atol=1e-4)
        assert not frame["smpl"][slot]["betas"].any()
        np.testing.assert_array_equal(frame["extra_data"][slot]["body_betas"], people.smpl.betas[slot])
        middle = frame["3d_joints"][slot][8]  # of the hips
        seen = project((middle + frame["camera"][slot])[None], 5000 / 256 * 320, people.image_size)
        square = frame["2d_joints"][slot].reshape(45, 2)[8] * 320 - [0, (320 - people.image_size[1]) / 2]
        np.testing.assert_allclose(seen[0], square, atol=0.5)


def test_crop_camera_is_the_inverse_of_cam_crop_to_full():
    # cam_crop_to_full of 4D-Humans: tz = 2 f / (b s), tx = 2 (cx - W / 2) / (b s) + cam_x.
    camera = np.array([0.3, -0.2, 4.0 * 5000 / 256 * 1920 / 900], np.float32)
    center, box, size = np.array([700.0, 400.0], np.float32), 512.0, (1920, 1080)
    s, tx, ty = crop_camera(camera, center, box, size)
    focal = 5000 / 256 * 1920
    full = [2 * (700 - 960) / (box * s) + tx, 2 * (400 - 540) / (box * s) + ty, 2 * focal / (box * s)]
    np.testing.assert_allclose(full, camera, rtol=1e-5)


def test_a_person_without_a_mask_gets_the_box_and_it_says_so(content):
    with_mask, without = content["walk/img/000001.jpg"], content["walk/img/000002.jpg"]
    assert [extra["mask_is_box"] for extra in with_mask["extra_data"]] == [False, False]
    assert [extra["mask_is_box"] for extra in without["extra_data"]] == [True, True]
    code = without["mask"][0][0]
    x, y, w, h = without["bbox"][0]
    decoded = decode_mask(Mask(tuple(code["size"]), code["counts"].encode()))
    assert decoded[int(y + h / 2), int(x + w / 2)]
    assert not decoded[5, 5]


def test_left_and_right_are_not_swapped(content):
    joints = content["walk/img/000001.jpg"]["3d_joints"][0]
    right_shoulder, left_shoulder, right_ear, left_ear = joints[2], joints[5], joints[17], joints[18]
    # The person faces the camera, so their left is on the picture's right.
    assert left_shoulder[0] > right_shoulder[0]
    assert left_ear[0] > right_ear[0]


def test_the_body_seen_through_upstreams_lens_lies_where_it_lay(content):
    """The lens is so long that a person beside the middle is seen from another side; the root turns with it."""
    people = walk(0).people
    smpl = content["walk/img/000001.jpg"]["smpl"]
    upstream = replace(
        people,
        smpl=replace(people.smpl, global_orient=np.concatenate([one["global_orient"] for one in smpl])),
        cam_t=np.stack(content["walk/img/000001.jpg"]["camera"]) + SMPL_PELVIS,  # ours has it in its origin
        focal_length=5000 / 256 * 320,
    )
    ours, theirs = (builtin_body().meshes(these).keypoints_2d for these in (people, upstream))
    box = people.detections.boxes
    height = (box[:, 3] - box[:, 1]).max()
    assert np.abs(ours[:, 0] - theirs[:, 0]).max() < 0.01
    assert np.abs(ours - theirs).max() < 0.06 * height


def test_an_export_cancelled_while_it_is_compressed_leaves_nothing(source, tmp_path, monkeypatch):
    dump, job = joblib.dump, Job(lambda job: None)

    def cancelled(*given, **said):
        dump(*given, **said)
        job.cancel()

    monkeypatch.setattr(joblib, "dump", cancelled)
    with pytest.raises(Cancelled):
        FORMATS["phalp"].write(source, tmp_path / "out" / "a.pkl", {}, job)
    assert list((tmp_path / "out").iterdir()) == []
