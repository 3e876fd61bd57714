import json

import joblib
import numpy as np
from fakes_people import walk

from pipeline.formats import FORMATS, ExportSource
from pipeline.job import Job
from pipeline.motion.layers import make_layer
from pipeline.session.history import History
from pipeline.session.store import Store
from pipeline.session.track_edits import DeleteFromTrack
from pipeline.smpl import builtin_body


def export(source, path):
    FORMATS["jsonl"].write(source, path, {}, Job(lambda job: None))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return lines[0], [x for x in lines if x["type"] == "track"], [x for x in lines if x["type"] == "frame"]


def test_the_head_says_units_axes_and_video(source, tmp_path):
    head, tracks, _ = export(source, tmp_path / "a.jsonl")
    assert head["video"]["name"] == "walk.mp4"
    assert head["video"]["frames"] == 20
    assert head["units"]["length"] == "m"
    assert [track["track_id"] for track in tracks] == [1, 2]


def test_people_come_back_as_they_were(source, tmp_path):
    _, _, frames = export(source, tmp_path / "a.jsonl")
    people = walk(5).people
    frame = next(frame for frame in frames if frame["frame"] == 5)
    for slot, person in enumerate(frame["people"]):
        for key in ("global_orient", "body_pose", "betas"):
            np.testing.assert_allclose(person[key], getattr(people.smpl, key)[slot], rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(person["cam_t"], people.cam_t[slot], rtol=1e-6)
        np.testing.assert_allclose(person["joints"], builtin_body().meshes(people).joints[slot], atol=1e-5)
    assert frame["rejected"][0]["reason"] == "score 0.20 below 0.50"


def test_failures_are_lines_too(source, tmp_path):
    failure = next(frame for frame in export(source, tmp_path / "a.jsonl")[2] if "failure" in frame)
    assert failure["frame"] == 7
    assert failure["failure"]["numbers"] == {"free": 1.0}


def test_only_the_chosen_tracks_and_frames(source, tmp_path):
    chosen = ExportSource(source.store_path, source.video_path, frames=(2, 4), tracks=frozenset({2}))
    _, tracks, frames = export(chosen, tmp_path / "a.jsonl")
    assert [track["track_id"] for track in tracks] == [2]
    assert [frame["frame"] for frame in frames] == [2, 3, 4]
    assert all([person["track"] for person in frame["people"]] == [2] for frame in frames)


def test_what_layers_made_and_a_reviewer_deleted(source, tmp_path):
    """Filled and smoothed people carry a flag in every format that has room; deleted ones are not exported."""
    with Store(source.store_path) as store:
        history = History(store)
        how = {"method": "gaussian", "strength": "light"}
        history.do(make_layer(store, "smooth", 1, 0, 5, how, "Smooth", lambda f: f / 25))
        history.do(make_layer(store, "fill", 2, 0, 19, {"longest": 3}, "Fill", lambda f: f / 25))
        history.do(DeleteFromTrack(2, 9, 9))
    _, _, frames = export(source, tmp_path / "a.jsonl")
    made = {(f["frame"], p["track"]): p["made"] for f in frames for p in f.get("people", ())}
    assert made[3, 1] == "smoothed"
    assert made[6, 1] == "engine"
    assert made[12, 2] == "filled"
    assert not {(12, 1), (9, 2), (9, None)} & set(made)
    FORMATS["npz"].write(source, tmp_path / "a.npz", {}, Job(lambda job: None))
    one, two = (np.load(tmp_path / f"a-person-{track}.npz") for track in (1, 2))
    assert one["made"][3] == "smoothed"
    assert two["made"][two["source_frames"] == 12].tolist() == ["filled"]
    FORMATS["phalp"].write(source, tmp_path / "a.pkl", {}, Job(lambda job: None))
    content = joblib.load(tmp_path / "a.pkl")
    assert [x["made"] for x in content["walk/img/000013.jpg"]["extra_data"]] == ["filled"]
