"""The long table, as CSV and as Parquet."""

import csv
import json
import sys
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from fakes_clip import write_clip
from fakes_curves import about, frame_of
from fakes_people import walk
from fakes_session import FRAMES, make_session

from pipeline.errors import ExportError
from pipeline.formats import FORMATS, ExportSource
from pipeline.job import Job
from pipeline.motion.layers import make_layer
from pipeline.session.history import History
from pipeline.session.open import session_path
from pipeline.session.record import record
from pipeline.session.store import Store
from pipeline.session.track_edits import DeleteFromTrack
from pipeline.smpl import JOINT_NAMES, builtin_body
from pipeline.structures import RunOptions


def read_csv(source, path, **options):
    FORMATS["csv"].write(source, path, options, Job(lambda job: None))
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_parquet(source, path, **options):
    FORMATS["parquet"].write(source, path, options, Job(lambda job: None))
    return pq.read_table(path)


def numbers(row, names):
    return np.array([float(row[name]) for name in names])


def joints_of(row, unit="m"):
    names = [f"{joint}_{axis}_{unit}" for joint in JOINT_NAMES for axis in "xyz"]
    return numbers(row, names).reshape(24, 3)


def test_one_row_a_person_a_frame(source, tmp_path):
    rows = read_csv(source, tmp_path / "a.csv")
    assert [(int(row["frame"]), int(row["track"])) for row in rows] == [
        (f, t) for f in FRAMES for t in (1, 2)
    ]
    row = rows[11]
    people = walk(5).people
    assert float(row["time_s"]) == pytest.approx(5 / 25)
    assert (row["name"], row["made"], row["edited"], row["engine"]) == (
        "Person 2",
        "engine",
        "0",
        "made-up-1",
    )
    assert row["body_model"] == builtin_body().id
    assert (row["rate_hz"], row["space"], row["video"]) == ("25", "camera", "walk.mp4")
    np.testing.assert_allclose(
        numbers(row, [f"beta_{k}" for k in range(10)]), people.smpl.betas[1], atol=1e-5
    )
    np.testing.assert_allclose(numbers(row, [f"cam_t_{a}_m" for a in "xyz"]), people.cam_t[1], atol=1e-5)
    box = people.detections.boxes[1]
    sides = [box[0], box[1], box[2] - box[0], box[3] - box[1]]
    names = [f"box_{name}_px" for name in ("left", "top", "width", "height")]
    np.testing.assert_allclose(numbers(row, names), sides, atol=0.006)


def test_joints_are_those_of_the_body(source, tmp_path):
    row = read_csv(source, tmp_path / "a.csv")[11]
    meshes = builtin_body().meshes(walk(5).people)
    np.testing.assert_allclose(joints_of(row), meshes.joints[1], atol=1e-5)
    names = [f"{joint}_{axis}_px" for joint in JOINT_NAMES for axis in "uv"]
    np.testing.assert_allclose(numbers(row, names).reshape(24, 2), meshes.keypoints_2d[1], atol=0.01)


def test_units_change_lengths_and_nothing_else(source, tmp_path):
    metres, millimetres = (read_csv(source, tmp_path / f"{unit}.csv", units=unit)[3] for unit in ("m", "mm"))
    np.testing.assert_allclose(joints_of(millimetres, "mm"), joints_of(metres) * 1000, atol=0.01)
    assert float(millimetres["cam_t_z_mm"]) == pytest.approx(float(metres["cam_t_z_m"]) * 1000, abs=0.01)
    for name in ("left_knee_flexion_deg", "box_left_px", "head_u_px", "beta_3", "focal_length_px"):
        assert metres[name] == millimetres[name]


def test_in_the_world_of_a_level_camera_y_is_up(source, tmp_path):
    there, here = (
        joints_of(read_csv(source, tmp_path / f"{space}.csv", space=space)[3])
        for space in ("world", "camera")
    )
    np.testing.assert_allclose(there, here * [1, -1, -1], atol=2e-5)
    row = read_csv(source, tmp_path / "again.csv", space="world")[3]
    assert numbers(row, [f"camera_{axis}_m" for axis in "xyz"]).tolist() == [0, 0, 0]
    assert row["axes"] == "world: x right, y up, z backward"


def test_angles_are_those_that_were_set(tmp_path):
    video = write_clip(tmp_path / "bend.mp4", frames=3)
    store = Store(session_path(video))
    run = store.start_run("made-up-1", RunOptions(), "Run")
    for frame, degrees in enumerate((0, 40, 90)):
        result = frame_of(frame, turned={"left_knee": about("x", degrees)})
        people = replace(result.people, body_model=builtin_body().id)
        record(store, replace(result, people=people), run)
    store.close()
    rows = read_csv(ExportSource(session_path(video), video), tmp_path / "a.csv")
    for row in rows:
        joints = dict(zip(JOINT_NAMES, joints_of(row), strict=True))
        thigh, shank = (
            joints["left_knee"] - joints["left_hip"],
            joints["left_ankle"] - joints["left_knee"],
        )
        cosine = thigh @ shank / np.linalg.norm(thigh) / np.linalg.norm(shank)
        assert float(row["left_knee_flexion_deg"]) == pytest.approx(np.degrees(np.arccos(cosine)), abs=0.05)
    bent = np.array([float(row["left_knee_flexion_deg"]) for row in rows])
    np.testing.assert_allclose(bent, [0, 40, 90], atol=8)
    assert len({row["right_knee_flexion_deg"] for row in rows}) == 1
    assert all(abs(float(row["left_hip_flexion_deg"])) < 10 for row in rows)


def test_parquet_holds_the_same_numbers_with_types_and_meaning(source, tmp_path):
    table = read_parquet(source, tmp_path / "a.parquet", space="world", units="cm")
    rows = read_csv(source, tmp_path / "a.csv", space="world", units="cm")
    assert table.num_rows == len(rows) == 36
    for name in table.column_names:
        column, texts = table[name].to_pylist(), [row[name] for row in rows]
        if isinstance(column[0], str):
            assert column == texts
        else:
            np.testing.assert_allclose(column, [float(text) for text in texts], atol=0.01, err_msg=name)
    meaning = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    assert meaning["units"] == "cm, px, deg, s"
    assert meaning["axes"] == "world: x right, y up, z backward"
    assert "the camera stands still" in meaning["world"]
    assert (meaning["rate"], meaning["video"]) == ("25", "walk.mp4")
    assert json.loads(meaning["engine"]) == ["made-up-1"]
    assert json.loads(meaning["body_model"]) == [builtin_body().id]
    assert table.schema.field("left_knee_x_cm").metadata == {b"unit": b"cm"}
    assert str(table.schema.field("left_knee_x_cm").type) == "float"
    assert str(table.schema.field("edited").type) == "bool"


def test_flags_and_people_of_no_track(source, tmp_path):
    with Store(source.store_path) as store:
        history = History(store)
        history.do(make_layer(store, "fill", 2, 0, 19, {"longest": 3}, "Fill", lambda f: f / 25))
        history.do(DeleteFromTrack(2, 9, 9))
    rows = {(row["frame"], row["track"]): row["made"] for row in read_csv(source, tmp_path / "a.csv")}
    assert rows["12", "2"] == "filled"
    assert rows["6", "1"] == "engine"
    assert not {("9", "2"), ("9", "")} & set(rows)


def test_a_session_without_tracks_has_rows_without_them(tmp_path):
    video = write_clip(tmp_path / "still.mp4", frames=3)
    source = make_session(video, range(3))
    with Store(source.store_path) as store, store.transaction():
        for frame in range(3):
            store.set_assignments([replace(one, track_id=None) for one in store.assignments(frame)])
    table = read_parquet(source, tmp_path / "a.parquet")
    assert table["track"].to_pylist() == [None] * 6
    assert {row["track"] for row in read_csv(source, tmp_path / "a.csv")} == {""}


def test_who_a_reviewer_named_is_flagged(source, tmp_path):
    with Store(source.store_path) as store, store.transaction():
        store.set_assignments([replace(one, by="reviewer") for one in store.assignments(4)[:1]])
    rows = read_csv(source, tmp_path / "a.csv")
    assert [(row["frame"], row["track"]) for row in rows if row["edited"] == "1"] == [("4", "1")]


def test_without_pyarrow_it_is_said_how_to_get_it(source, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match="needs pyarrow") as caught:
        FORMATS["parquet"].write(source, tmp_path / "a.parquet", {}, Job(lambda job: None))
    assert "pip install 'retake[parquet]'" in caught.value.hint
    assert not (tmp_path / "a.parquet").exists()


def test_only_the_chosen_tracks_and_frames(source, tmp_path):
    chosen = replace(source, frames=(2, 4), tracks=frozenset({2}))
    rows = read_csv(chosen, tmp_path / "a.csv")
    assert [(row["frame"], row["track"]) for row in rows] == [("2", "2"), ("3", "2"), ("4", "2")]
