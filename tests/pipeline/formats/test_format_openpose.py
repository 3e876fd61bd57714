import json
from dataclasses import replace

import numpy as np
import pytest
from fakes_people import walk

from pipeline.atomic import MARKER
from pipeline.errors import ExportError
from pipeline.formats import FORMATS
from pipeline.formats.openpose import BODY_25
from pipeline.job import Job
from pipeline.smpl import builtin_body


def export(source, path):
    written = FORMATS["openpose"].write(source, path, {}, Job(lambda job: None))
    assert written.paths == (path,)
    files = sorted(path.glob("*_keypoints.json"))
    return {int(file.name.split("_")[-2]): json.loads(file.read_text()) for file in files}


def test_every_frame_has_a_file_also_where_nothing_was_run(source, tmp_path):
    frames = export(source, tmp_path / "out")
    assert list(frames) == list(range(20))
    assert (tmp_path / "out" / "walk_000000000000_keypoints.json").is_file()
    assert frames[7]["people"] == []
    assert frames[7]["retake"]["run"] is False
    assert all(frame["version"] == 1.3 for frame in frames.values())


def test_points_are_body_25_in_pixels(source, tmp_path):
    people = walk(5).people
    joints = builtin_body().meshes(people).keypoints_2d
    found = export(source, tmp_path / "out")[5]
    assert [person["person_id"] for person in found["people"]] == [[1], [2]]
    for slot, person in enumerate(found["people"]):
        points = np.array(person["pose_keypoints_2d"]).reshape(25, 3)
        # OpenPose's own numbers: 4 right wrist, 13 left knee, 11 right ankle, 8 middle of the hips.
        np.testing.assert_allclose(points[4, :2], joints[slot, 21], atol=0.01)
        np.testing.assert_allclose(points[13, :2], joints[slot, 4], atol=0.01)
        np.testing.assert_allclose(points[11, :2], joints[slot, 8], atol=0.01)
        assert abs(points[8, 0] - joints[slot, 1:3, 0].mean()) < 1
        assert set(points[:, 2].tolist()) <= {0.0, 0.9}
        assert person["face_keypoints_2d"] == person["hand_left_keypoints_2d"] == []
    assert len(BODY_25) == 25
    assert found["retake"]["time"] == pytest.approx(5 / 25)
    assert found["retake"]["body_model"] == builtin_body().id


def test_an_export_into_the_same_folder_leaves_nothing_of_the_former(source, tmp_path):
    export(source, tmp_path / "out")
    frames = export(replace(source, frames=(3, 5), tracks=frozenset({2})), tmp_path / "out")
    assert list(frames) == [3, 4, 5]
    assert all([p["person_id"] for p in frame["people"]] == [[2]] for frame in frames.values())
    assert len(list((tmp_path / "out").iterdir())) == 3 + 1
    assert (tmp_path / "out" / MARKER).is_file()


def test_a_folder_with_other_files_is_left_alone(source):
    folder = source.video_path.parent
    before = {file: file.read_bytes() for file in (source.video_path, source.store_path)}
    with pytest.raises(ExportError, match="would be lost"):
        export(source, folder)
    assert {file: file.read_bytes() for file in before} == before
    assert not list(folder.parent.glob(f".{folder.name}*"))
