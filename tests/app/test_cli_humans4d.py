"""`retake run` with an engine that needs the user's own body; results drawn and exported without naming it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from fakes_clip import write_clip
from fakes_smpl import official_arrays, write_official
from PIL import Image

from app.cli import main
from app.commands.run_videos import named_frames
from pipeline.engines import environment
from pipeline.session.open import session_path
from pipeline.session.store import Store
from pipeline.smpl.places import import_body

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "clip.mp4")


@pytest.fixture(autouse=True)
def _engine(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(TESTS.parent), str(TESTS))))
    python = shlex.quote(sys.executable)
    environment.use("humans4d", command=f"{python} -m pipeline.engines.worker fakes_body_engine:Told")


@pytest.fixture
def body(tmp_path):
    file = write_official(tmp_path / "basicmodel_f_lbs_10_207_0_v1.1.0.pkl", official_arrays(), 2)
    import_body(file, "female")
    file.unlink()


def said(capsys) -> str:
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


def run(clip, *more) -> int:
    return main(["run", str(clip), "--engine", "humans4d", "--gender", "female", *more])


def test_a_missing_body_is_told_with_what_to_do(clip, capsys):
    assert run(clip) == 1
    text = said(capsys)
    assert "There is no SMPL file of the female body." in text
    assert "SMPL_FEMALE.pkl" in text


def test_what_was_asked_for_how_slow_it_is_and_what_it_warned_of(clip, body, capsys):
    options = [
        "--detector",
        "regnety",
        "--precision",
        "float32",
        "--gpu-memory",
        "7.5",
        "--device",
        "cuda:0",
        "--frames",
        "1-5",
    ]
    assert run(clip, *options, "--frames", "1-5") == 0
    text = said(capsys)
    assert "gender=female detector=regnety precision=float32 budget_gb=7.5 device=cuda:0" in text
    assert "This run: 5 frames at about 45 s each on the CPU take about 3 min 45 s." in text
    assert "Frames 3–5: The GPU spills into main memory." in text


def test_results_are_drawn_and_exported_without_naming_the_body(clip, body, tmp_path):
    assert run(clip, "--frames", "0-1") == 0
    assert main(["frame", str(clip), "0", "-o", str(tmp_path / "f.png"), "--overlay"]) == 0
    picture = np.array(Image.open(tmp_path / "f.png")).astype(int)
    assert (np.ptp(picture, axis=2) > 40).any(), "the clip is gray, bodies are not"
    assert main(["export", str(clip), "npz", "-o", str(tmp_path / "x.npz")]) == 0


@pytest.mark.parametrize(("asked", "expected"), [("900", 900.0), ("video", 0.0)])
def test_the_focal_length_is_given_or_the_videos(clip, body, asked, expected, capsys):
    assert run(clip, "--frames", "0", "--focal-length", asked) == 0
    with Store(session_path(clip), read_only=True) as store:
        assert store.versions(0)[0].options.focal_length == expected
    assert ("does not say its focal length" in said(capsys)) == (asked == "video")


@pytest.mark.parametrize("wrong", [["--focal-length", "wide"], ["--gender", "x"], ["--gpu-memory", "-1"]])
def test_what_cannot_be_is_refused(clip, wrong):
    with pytest.raises(SystemExit):
        run(clip, *wrong)


def test_how_frames_arenamed_frames():
    assert named_frames([3]) == "Frame 3"
    assert named_frames([3, 4, 5, 9, 11, 12]) == "Frames 3–5, 9, 11–12"
