import json

import numpy as np
from fakes_people import walk

from pipeline.formats import FORMATS, ExportSource
from pipeline.job import Job
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
