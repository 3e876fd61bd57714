"""`retake info`: what it says is what is there."""

import json

import pytest
from fakes_clip import write_clip
from fakes_session import make_session

from app.cli import main
from pipeline.session.history import History
from pipeline.session.review_edits import SetVerdicts
from pipeline.session.reviews import Said
from pipeline.session.store import Store


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "clip.mp4")


def told(capsys, *arguments: str):
    assert main(["info", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_video_without_a_session(clip, capsys):
    (facts,) = told(capsys, str(clip))
    assert facts["session"] is None
    video = facts["video"]
    assert (video["width"], video["height"], video["frames"], video["rate"]) == (320, 240, 20, 25.0)
    assert video["variable_rate"] is False
    assert video["duration"] == pytest.approx(0.8)
    assert main(["info", str(clip)]) == 0
    text = capsys.readouterr().out
    assert "320 × 240 px, 25 frames per second, h264, no sound" in text
    assert "retake run" in text
    assert not clip.with_name("clip.mp4.retake").exists()


def test_a_session_as_it_is(clip, capsys):
    made = make_session(clip)
    with Store(made.store_path) as store:
        History(store).do(SetVerdicts((Said(0, 4, 0, 1), Said(2, 2, 1, 2)), "Judge"))
    (facts,) = told(capsys, str(clip))
    session = facts["session"]
    assert (session["frames_done"], session["frames_failed"], session["frames_left"]) == (18, 1, 1)
    assert session["failed"] == [7]
    assert [run["results"] for run in session["runs"]] == [18]
    assert [track["frames"] for track in session["tracks"]] == [18, 18]
    assert session["frames_reviewed"] == 5
    assert session["share_reviewed"] == 0.25
    assert sum(session["engines"].values()) == 18
    assert session["bytes"] == made.store_path.stat().st_size
    assert session["problems"]["open"] >= 1, "a frame failed"
    assert main(["info", str(clip), "--no-problems"]) == 0
    text = capsys.readouterr().out
    assert "18 done, 1 failed, 1 left" in text
    assert "25% (5 frames)" in text
    assert "Problems" not in text


def test_a_variable_rate_is_said(tmp_path, capsys):
    clip = write_clip(tmp_path / "vfr.mp4", frames=6, times=[0, 40, 80, 200, 240, 400])
    assert main(["info", str(clip)]) == 0
    assert "variable" in capsys.readouterr().out


def test_what_cannot_be_read_is_said_and_the_rest_is_told(clip, tmp_path, capsys):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    assert main(["info", str(tmp_path), "--json"]) == 1
    captured = capsys.readouterr()
    broken, good = json.loads(captured.out)
    assert "cannot be read" in broken["error"]
    assert good["video"]["frames"] == 20
    assert "bad.mp4" in captured.err
