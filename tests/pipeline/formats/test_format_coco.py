import contextlib
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from fakes_people import people_at, walk
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pipeline.formats import FORMATS
from pipeline.formats.coco import KEYPOINTS
from pipeline.formats.openpose import BODY_25, seen_points
from pipeline.job import Job
from pipeline.masks import decode_mask
from pipeline.motion.layers import make_layer
from pipeline.session.history import History
from pipeline.session.store import Store
from pipeline.session.track_edits import DeleteFromTrack
from pipeline.smpl import builtin_body


def export(source, path, **options):
    FORMATS["coco"].write(source, path, options, Job(lambda job: None))
    return path


@pytest.fixture
def both(source, tmp_path):
    """The data set and the results, as pycocotools reads them."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(export(source, tmp_path / "truth.json", layout="dataset")))
        return truth, truth.loadRes(str(export(source, tmp_path / "results.json")))


def test_pycocotools_scores_what_it_reads_as_the_same(both):
    """Both layouts hold the same people: results scored against the data set are perfect."""
    with contextlib.redirect_stdout(io.StringIO()):
        score = COCOeval(*both, "keypoints")
        score.evaluate()
        score.accumulate()
        score.summarize()
    assert score.stats[0] == pytest.approx(1.0)
    assert score.stats[5] == pytest.approx(1.0)
    assert len(both[1].getAnnIds()) == 36


def test_points_are_where_the_camera_sees_them(both):
    people = walk(5).people
    joints = builtin_body().meshes(people).keypoints_2d
    rows = {row["track"]: row for row in both[1].loadAnns(both[1].getAnnIds(imgIds=5))}
    for slot, row in enumerate((rows[1], rows[2])):
        points = np.array(row["keypoints"]).reshape(17, 3)
        for name, joint in (("left_wrist", 20), ("right_knee", 5), ("left_hip", 1), ("right_shoulder", 17)):
            np.testing.assert_allclose(points[KEYPOINTS.index(name), :2], joints[slot, joint], atol=0.01)
        assert points[KEYPOINTS.index("nose"), 1] < points[KEYPOINTS.index("left_hip"), 1]
        left, top, width, height = row["bbox"]
        np.testing.assert_allclose(
            [left, top, left + width, top + height], people.detections.boxes[slot], atol=0.02
        )
        assert row["score"] == pytest.approx(0.9)


def test_images_say_frame_and_time_and_masks_come_back(both):
    truth, _ = both
    image = truth.imgs[6]
    assert (image["width"], image["height"], image["frame"]) == (320, 240, 6)
    assert image["time"] == pytest.approx(6 / 25)
    assert image["file_name"] == "walk/img/000007.jpg"
    with_mask, without = (truth.loadAnns(truth.getAnnIds(imgIds=frame))[0] for frame in (6, 5))
    mask = walk(6).people.detections.masks[0]
    np.testing.assert_array_equal(truth.annToMask(with_mask), decode_mask(mask))
    assert with_mask["area"] == decode_mask(mask).sum()
    assert "segmentation" not in without
    assert truth.loadCats(1)[0]["keypoints"] == list(KEYPOINTS)
    assert truth.dataset["info"]["rate"] == pytest.approx(25)
    assert truth.dataset["info"]["body_models"] == [builtin_body().id]


def test_points_outside_the_picture_are_zeros(both):
    people = people_at([(-1.6, 0.0, 4.0), (0.0, 0.0, -3.0)])
    pixels, inside = seen_points(builtin_body(), people)
    assert 0 < inside[0].sum() < 25, "half of the first is in the picture"
    assert (pixels[0, inside[0]] >= 0).all()
    assert not inside[1].any(), "nothing behind the camera is seen"
    truth, _ = both
    outside = 0
    for row in truth.loadAnns(truth.getAnnIds()):
        points = np.array(row["keypoints"]).reshape(17, 3)
        seen = points[:, 2] > 0
        assert set(points[:, 2]) <= {0, 2}
        assert row["num_keypoints"] == seen.sum()
        assert not points[~seen].any()
        assert ((points[seen, :2] >= 0) & (points[seen, :2] <= [320, 240])).all()
        outside += (~seen).sum()
    assert outside == sum(
        17
        - seen_points(builtin_body(), walk(frame).people)[1][:, [BODY_25.index(k) for k in KEYPOINTS]][
            slot
        ].sum()
        for frame in truth.getImgIds()
        for slot in (0, 1)
    )


def test_flags_of_layers_and_nobody_who_was_deleted(source, tmp_path):
    with Store(source.store_path) as store:
        history = History(store)
        history.do(make_layer(store, "fill", 2, 0, 19, {"longest": 3}, "Fill", lambda f: f / 25))
        history.do(DeleteFromTrack(2, 9, 9))
    rows = json.loads(export(source, tmp_path / "a.json").read_text())
    made = {(row["image_id"], row["track"]): row["made"] for row in rows}
    assert made[12, 2] == "filled"
    assert made[6, 1] == "engine"
    assert not {(9, 2), (9, None)} & set(made)


def test_only_the_chosen_tracks_and_frames(source, tmp_path):
    chosen = replace(source, frames=(2, 4), tracks=frozenset({2}))
    rows = json.loads(export(chosen, tmp_path / "a.json").read_text())
    assert [(row["image_id"], row["track"]) for row in rows] == [(2, 2), (3, 2), (4, 2)]
