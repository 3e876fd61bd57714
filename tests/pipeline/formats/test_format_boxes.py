"""MOT challenge text and the boxes for PHALP."""

import csv
from dataclasses import replace

import joblib
import numpy as np
import pytest
from fakes_people import walk
from fakes_session import FRAMES

from pipeline.errors import ExportError
from pipeline.formats import FORMATS
from pipeline.job import Job
from pipeline.motion.layers import make_layer
from pipeline.session.history import History
from pipeline.session.store import Store


def write(source, key, path, **options):
    return FORMATS[key].write(source, path, options, Job(lambda job: None))


def mot(source, path):
    write(source, "mot", path)
    with path.open(newline="") as file:
        return np.array([[float(value) for value in row] for row in csv.reader(file)])


def test_mot_counts_frames_from_one_and_keeps_boxes(source, tmp_path):
    rows = mot(source, tmp_path / "a.txt")
    assert rows.shape == (36, 10)
    assert sorted({int(frame) for frame in rows[:, 0]}) == [frame + 1 for frame in FRAMES]
    assert [tuple(row) for row in rows[:, :2]] == sorted(tuple(row) for row in rows[:, :2])
    for frame, track, left, top, width, height, score, *rest in rows:
        box = walk(int(frame) - 1).people.detections.boxes[int(track) - 1]
        np.testing.assert_allclose([left, top, left + width, top + height], box, atol=0.011)
        assert score == pytest.approx(0.9)
        assert rest == [-1, -1, -1]


def test_mot_tells_what_it_cannot_flag(source, tmp_path):
    assert write(source, "mot", tmp_path / "a.txt").notices == ()
    with Store(source.store_path) as store:
        History(store).do(make_layer(store, "fill", 2, 0, 19, {"longest": 3}, "Fill", lambda f: f / 25))
    (notice,) = write(source, "mot", tmp_path / "a.txt").notices
    assert notice.endswith("not as detected: 2 filled in.")


def boxes(source, path, **options):
    write(source, "boxes", path, **options)
    return joblib.load(path)


def test_boxes_are_what_phalps_given_box_route_reads(source, tmp_path):
    content = boxes(source, tmp_path / "walk.pkl")
    assert list(content) == [f"{frame + 1:06d}.jpg" for frame in FRAMES]
    for name, entry in content.items():
        people = walk(int(name[:6]) - 1).people
        given = np.array(entry["gt_bbox"])
        np.testing.assert_allclose(given[:, :2], people.detections.boxes[:, :2], atol=1e-4)
        np.testing.assert_allclose(given[:, :2] + given[:, 2:], people.detections.boxes[:, 2:], atol=1e-4)
        assert entry["extra_data"]["gt_track_id"] == [1, 2]
        assert entry["extra_data"]["gt_class"] == []
    assert content["000006.jpg"]["extra_data"]["time"] == pytest.approx(5 / 25)


def test_boxes_are_plain_values(source, tmp_path):
    def kinds(value):
        if isinstance(value, dict):
            return {type(value)}.union(*map(kinds, value), *map(kinds, value.values()))
        return {type(value)}.union(*map(kinds, value)) if isinstance(value, list) else {type(value)}

    assert kinds(boxes(source, tmp_path / "a.pkl")) <= {dict, list, str, int, float, bool}


def test_frames_without_a_box_are_phalps_to_detect(source, tmp_path):
    content = boxes(source, tmp_path / "a.pkl", others="detect")
    assert list(content) == [f"{frame + 1:06d}.jpg" for frame in range(20)]
    assert [name for name, entry in content.items() if not entry["gt_bbox"]] == ["000008.jpg", "000013.jpg"]
    some = boxes(replace(source, frames=(6, 8)), tmp_path / "b.pkl", others="detect")
    assert list(some) == ["000007.jpg", "000008.jpg", "000009.jpg"]


@pytest.mark.parametrize("key", ["mot", "boxes"])
def test_without_anybody_of_a_track_it_is_said(key, source, tmp_path):
    with pytest.raises(ExportError, match="belongs to a track"):
        write(replace(source, tracks=frozenset({9})), key, tmp_path / "a")
    assert not (tmp_path / "a").exists()
