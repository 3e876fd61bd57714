"""Files as other programs write them: PHALP, LART, WHAM, GVHMR, AMASS, boxes."""

from __future__ import annotations

from collections import defaultdict

import joblib
import numpy as np
import pytest
from fakes_imports import no_job
from fakes_people import UPRIGHT, random_rotations
from fakes_smpl import official_arrays, write_official
from scipy.spatial.transform import Rotation

from pipeline.errors import ResultsError
from pipeline.importing import Wish, described, import_all, match, read_boxes, read_files
from pipeline.importing.content import Place
from pipeline.smpl import read_body
from pipeline.smpl.pelvis import SMPL_PELVIS, SMPLX_PELVIS

FRAMES = 20
FOCAL = 5000 / 256 * 320


def phalp_frame(number: int, tids, ages) -> dict:
    count = len(tids)
    return {
        "time": number,
        "shot": 0,
        "frame_path": f"out/_DEMO/walk/img/{number + 1:06d}.jpg",
        "tid": list(tids),
        "tracked_time": list(ages),
        "tracked_ids": [t for t, age in zip(tids, ages, strict=True) if age == 0],
        "bbox": [np.array([40.0 + 90 * k, 20, 60, 180], np.float32) for k in range(count)],
        "conf": [np.float64(0.9)] * count,
        "class_name": [np.int64(0)] * count,
        "camera": [np.array([0.1 * k, 0.2, 60.0 + k], np.float32) for k in range(count)],
        "size": [[240, 320]] * count,
        "smpl": [
            {
                "global_orient": UPRIGHT[None].copy(),
                "body_pose": random_rotations(23, 0.3, number + k),
                "betas": np.full(10, 0.1 * k, np.float32),
            }
            for k in range(count)
        ],
        "extra_data": [None] * count,
    }


def phalp_file(path, frames=range(FRAMES)):
    """Track 0 throughout; track 3 is seen on frames 0 to 9, and expected on 10 to 13."""
    content = {}
    for number in frames:
        there = number < 14
        frame = phalp_frame(number, (0, 3) if there else (0,), (0, max(0, number - 9)) if there else (0,))
        content[frame["frame_path"]] = frame
    joblib.dump(content, path, compress=3)
    return path


def test_phalps_own_files_are_read_with_their_ghosts(desk, tmp_path):
    path = phalp_file(tmp_path / "demo_walk.pkl")
    with desk.opened() as (place, store):
        content = read_files([path], place, {}, no_job())
        found = match(content, place, Wish())
        rows = dict(described(content, found, place, "PHALP"))
        done = import_all(store, content, found)
    assert rows["Frames"] == "20 of 20 matched by frame number, 0 to 19 of 20"
    assert rows["Ghosts"].startswith("4, kept as left out")
    assert "smpl-neutral is not here" in rows["Body"]
    assert dict(done.renumbered) == {0: 4}
    with desk.opened() as (_place, store):
        assert {t.track_id: t.frames for t in store.tracks()} == {3: 10, 4: 20}
        result = store.result(12)
        assert len(result.people) == 1
        assert result.rejected.reasons == ("ghost of track 3: 3 frames since it was seen",)
        np.testing.assert_allclose(result.rejected.boxes, [[130, 20, 190, 200]])
        assert store.result(10).rejected.reasons == ("ghost of track 3: 1 frame since it was seen",)
        people = store.result(0).people
        assert people.focal_length == pytest.approx(FOCAL)
        np.testing.assert_allclose(people.cam_t[1], [0.1, 0.2, 61])
        np.testing.assert_allclose(people.detections.scores, 0.9)
        assert people.body_model == "smpl-neutral"


def test_larts_files_have_tensors_where_ghosts_are(desk, tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "lart.pkl"
    content = joblib.load(phalp_file(path))
    for frame in content.values():
        frame["label"] = {3: ["stand", "walk", "talk"]}
        frame["ava_action"] = {3: torch.zeros(1, 60)}
        for slot, age in enumerate(frame["tracked_time"]):
            if age:
                frame["tracked_time"][slot] = -1
                frame["smpl"][slot] = {k: torch.tensor(v) for k, v in frame["smpl"][slot].items()}
    joblib.dump(content, path)
    content, found = desk.matched(path)
    assert content.ghosts == 4
    assert found.frames[12].result.rejected.reasons == ("ghost of track 3: filled in by LART",)


def test_a_part_of_a_video_is_explained_and_shifted(desk, tmp_path):
    path = phalp_file(tmp_path / "part.pkl", range(5, 15))
    content = joblib.load(path)
    for number, frame in enumerate(content.values()):
        frame["time"] = number
    joblib.dump(content, path)
    with pytest.raises(ResultsError, match=r"has 10 frames, walk\.mp4 has 20") as caught:
        desk.matched(path)
    assert "--offset N" in caught.value.hint
    content, found = desk.matched(path, wish=Wish(offset=5))
    assert list(found.frames) == list(range(5, 15))
    assert any("its offset is 5" in notice for notice in content.notices)


def test_smpls_id_is_that_of_the_users_file(tmp_path):
    path = write_official(tmp_path / "SMPL_NEUTRAL.pkl", official_arrays(), 2)
    place = Place("a.mp4", (320, 240), np.arange(3) / 25, 25.0, body_paths=(path,))
    assert place.smpl_body("neutral")[0] == read_body(path).id


def test_a_result_for_any_smpl_finds_the_users_file(tmp_path):
    from pipeline.smpl import find_body

    path = write_official(tmp_path / "SMPL_NEUTRAL.pkl", official_arrays(), 2)
    assert find_body("smpl-neutral", [path]).id == read_body(path).id
    assert find_body("smpl-female", [path]) is None
    assert find_body("smpl", [path]) is None


def wham_file(path, frames=range(FRAMES), **person):
    count = len(frames)
    pose = np.zeros((count, 72), np.float32)
    pose[:, :3] = Rotation.from_matrix(UPRIGHT).as_rotvec()
    one = {
        "pose": pose,
        "trans": np.tile(np.float32([0, 0.2, 4]), (count, 1)),
        "pose_world": pose.copy(),
        "trans_world": np.zeros((count, 3), np.float32),
        "betas": np.zeros((count, 10), np.float32),
        "verts": np.zeros((count, 6, 3), np.float32),
        "frame_ids": np.array(list(frames)),
        **person,
    }
    content = defaultdict(dict)
    content[0] = one
    content[2] = {**one, "trans": one["trans"] + np.float32([1, 0, 0])}
    joblib.dump(content, path)
    return path


def test_whams_people_are_placed_with_its_rule_for_the_lens(desk, tmp_path):
    desk.import_(wham_file(tmp_path / "wham_output.pkl"))
    with desk.opened() as (_place, store):
        people = store.result(3).people
        assert people.focal_length == pytest.approx(400)  # the diagonal of 320 × 240
        np.testing.assert_allclose(people.cam_t, [[0, 0.2, 4], [1, 0.2, 4]])
        boxes = people.detections.boxes
        assert boxes[0, 0] < 160 < boxes[0, 2]
        assert boxes[1, 0] > boxes[0, 0] + 50
        assert [t.track_id for t in store.tracks()] == [2, 3]


def test_whams_lens_can_be_said(desk, tmp_path):
    path = wham_file(tmp_path / "wham_output.pkl")
    _content, found = desk.matched(path, focal="500")
    assert found.frames[0].result.people.focal_length == 500
    for wrong in ("-1", "x", "nan"):
        with pytest.raises(ResultsError, match="no focal length"):
            desk.matched(path, focal=wrong)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"frame_ids": np.arange(3)}, "20 poses, but 3 frames"),
        ({"pose": np.zeros((FRAMES, 71))}, r"shape \(20, 71\)"),
        ({"trans": np.zeros((FRAMES, 3))}, "behind the camera"),
        ({"frame_ids": np.zeros(FRAMES, int)}, "twice in a frame"),
    ],
)
def test_broken_files_of_whams_are_refused(desk, tmp_path, change, said):
    with pytest.raises(ResultsError, match=said):
        desk.matched(wham_file(tmp_path / "wham_output.pkl", **change))


def test_frames_beyond_the_video_are_refused_or_left_out(desk, tmp_path):
    path = wham_file(tmp_path / "wham_output.pkl", range(15, 35))
    with pytest.raises(ResultsError, match=r"frames 15 to 34; walk.mp4 has frames 0 to 19: 15 have none"):
        desk.matched(path)
    _content, found = desk.matched(path, wish=Wish(partial=True))
    assert list(found.frames) == list(range(15, 20))
    assert found.left_out == tuple(range(20, 35))


def gvhmr_file(torch, path, count=FRAMES, size=(320, 240)):
    lens = torch.tensor([[300.0, 0, size[0] / 2], [0, 300, size[1] / 2], [0, 0, 1]])
    params = {
        "body_pose": torch.zeros(count, 63),
        "global_orient": torch.tensor(Rotation.from_matrix(UPRIGHT).as_rotvec(), dtype=torch.float32).repeat(
            count, 1
        ),
        "transl": torch.stack([torch.tensor([0.01 * k, 0.2, 4.0]) for k in range(count)]),
        "betas": torch.ones(count, 10),
    }
    content = {
        "smpl_params_incam": params,
        "smpl_params_global": params,
        "K_fullimg": lens.repeat(count, 1, 1),
    }
    torch.save(
        {**content, "net_outputs": {"half": torch.zeros(2).half(), "flags": torch.ones(3).bool()}}, path
    )
    return path


def test_gvhmrs_frames_are_matched_by_number(desk, tmp_path):
    """It copies each frame once into a file that says 30 frames per second; the clip has 20 frames at 25."""
    torch = pytest.importorskip("torch")
    content, found = desk.matched(gvhmr_file(torch, tmp_path / "hmr4d_results.pt"))
    assert found.how == "frame"
    assert list(found.frames) == list(range(20))
    for frame, read in found.frames.items():
        there = read.result.people.cam_t[0] - (SMPLX_PELVIS - SMPL_PELVIS)
        assert there[0] == pytest.approx(0.01 * frame, abs=1e-6)
    people = found.frames[0].result.people
    assert people.focal_length == pytest.approx(300)
    assert not people.smpl.betas.any()
    assert any("shape numbers are not SMPL's" in notice for notice in content.notices)
    with pytest.raises(ResultsError, match=r"has 24 frames, walk\.mp4 has 20"):
        desk.matched(gvhmr_file(torch, tmp_path / "other.pt", count=24))


def test_pictures_of_another_size_are_scaled_and_of_another_shape_refused(desk, tmp_path):
    torch = pytest.importorskip("torch")
    _content, found = desk.matched(gvhmr_file(torch, tmp_path / "big.pt", size=(640, 480)))
    people = found.frames[0].result.people
    assert people.image_size == (320, 240)
    assert people.focal_length == pytest.approx(150)
    assert any("scaled by 0.5" in notice for notice in found.notices)
    with pytest.raises(ResultsError, match=r"another shape\. One of them is turned"):
        desk.matched(gvhmr_file(torch, tmp_path / "turned.pt", size=(240, 320)))


def amass_file(path, rate=25.0, count=FRAMES, **keys):
    """A person upright in AMASS's z-up axes, 4 m in front of a level camera, facing it."""
    poses = np.zeros((count, 156))
    poses[:, :3] = Rotation.from_matrix([[1, 0, 0], [0, 0, -1], [0, 1, 0]]).as_rotvec()
    content = {
        "poses": poses,
        "trans": np.tile([0.0, 4.0, 0.3], (count, 1)),
        "betas": np.zeros(16),
        "gender": "female",
        "mocap_framerate": rate,
        "dmpls": np.zeros((count, 8)),
    }
    np.savez(path, **{**content, **keys})
    return path


def test_amass_is_seen_from_a_level_camera(desk, tmp_path):
    _content, found = desk.matched(amass_file(tmp_path / "a.npz"), focal="300")
    people = found.frames[0].result.people
    np.testing.assert_allclose(people.smpl.global_orient[0], UPRIGHT, atol=1e-6)
    pelvis = people.cam_t[0] + SMPL_PELVIS
    np.testing.assert_allclose(pelvis, [0, -0.3 - SMPL_PELVIS[2], 4 + SMPL_PELVIS[1]], atol=1e-6)
    assert people.body_model == "smpl-female"
    box = people.detections.boxes[0]
    assert box[0] < 160 < box[2]


def test_amass_at_another_rate_is_matched_by_time(desk, tmp_path):
    _content, found = desk.matched(amass_file(tmp_path / "a.npz", rate=100.0, count=77))
    assert found.how == "time"
    assert list(found.frames) == list(range(20))


def test_motion_capture_that_this_camera_never_saw_is_refused(desk, tmp_path):
    path = amass_file(tmp_path / "a.npz", trans=np.zeros((FRAMES, 3)))
    with pytest.raises(ResultsError, match="behind the camera") as caught:
        desk.matched(path)
    assert "axes=z-up" in caught.value.hint


def test_aitviewers_keys_are_y_up(desk, tmp_path):
    root = np.tile(Rotation.from_matrix(np.eye(3)).as_rotvec(), (FRAMES, 1))
    path = tmp_path / "a.npz"
    np.savez(
        path,
        poses_root=root,
        poses_body=np.zeros((FRAMES, 69)),
        trans=np.tile([0.0, 0, -4], (FRAMES, 1)),
        betas=np.zeros(10),
    )
    _content, found = desk.matched(path, wish=Wish("frame"))
    np.testing.assert_allclose(found.frames[0].result.people.smpl.global_orient[0], UPRIGHT, atol=1e-6)


def test_several_files_must_be_of_one_body(desk, tmp_path):
    files = [amass_file(tmp_path / "a.npz"), amass_file(tmp_path / "b.npz", gender="male")]
    with pytest.raises(ResultsError, match="unlike bodies"):
        desk.matched(*files)
    content, _found = desk.matched(*files, gender="neutral")
    assert content.tracks == (1, 2)


def test_mots_boxes(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_text("1,7,10,20,30,40,0.9,-1,-1,-1\n1,-1,50.5,20,30,40,1\n3,7,11,20,30,40,1\n")
    table = read_boxes(path)
    assert table.tracks == (7,)
    assert [(b.box, b.track) for b in table.frames[0]] == [
        ((10, 20, 40, 60), 7),
        ((50.5, 20, 80.5, 60), None),
    ]
    assert sorted(table.frames) == [0, 2]
    table.within(3, (320, 240))
    with pytest.raises(ResultsError, match="up to frame 2"):
        table.within(2, (320, 240))
    with pytest.raises(ResultsError, match="3 of 3 boxes lie outside"):
        table.within(3, (5, 5))


def test_phalps_boxes(tmp_path):
    path = tmp_path / "boxes.pkl"
    entry = {"gt_bbox": [[10, 20, 30, 40]], "extra_data": {"gt_class": [0], "gt_track_id": [5]}}
    joblib.dump({"000002.jpg": entry, "000003.jpg": {"gt_bbox": np.zeros((0, 4)), "extra_data": {}}}, path)
    table = read_boxes(path)
    assert [(b.box, b.track) for b in table.frames[1]] == [((10, 20, 40, 60), 5)]
    assert table.frames[2] == ()
