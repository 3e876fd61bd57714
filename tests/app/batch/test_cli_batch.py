"""`retake batch` as a person types it, on one machine."""

from __future__ import annotations

import re
import signal
import sys

import pytest
from fakes_batch import CUT, files_of, use_wanderer
from fakes_waiting import wait_until

from app.cli import main
from pipeline.session.open import session_path

PATIENCE = 60


def said(capsys) -> str:
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


def test_interrupted_it_keeps_what_was_done(make_clip, start, monkeypatch, tmp_path):
    clip = make_clip()
    use_wanderer(monkeypatch, seconds="0.05")
    driver = start(clip, *CUT)
    wait_until(lambda: len(files_of(clip)) >= 1, PATIENCE)
    driver.send_signal(signal.SIGTERM)
    assert driver.wait(PATIENCE) == 130
    text = (tmp_path / "said").read_text()
    assert "what was done is kept" in text
    assert "\x1b" not in text, "no bars where there is no terminal"


def test_failures_are_listed_and_the_others_go_on(make_clip, monkeypatch, capsys, tmp_path):
    clip = make_clip()
    use_wanderer(monkeypatch, oom_on="30", warn_on="3,4")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is no video")
    assert main(["batch", str(broken), str(clip), *CUT]) == 1
    text = said(capsys)
    assert "clip.mp4, frame 30: The GPU is full." in text
    assert "broken.mp4" in text
    assert "clip.mp4: 2 frames: The GPU spills into main memory." in text
    assert re.search(r"clip.mp4: 119 frames, in .*clip.mp4.retake", text)


def test_one_video_by_two_names_is_told(make_clip, capsys, tmp_path):
    clip, link = make_clip(), tmp_path / "walk.mp4"
    link.symlink_to(clip)
    assert (
        main(["batch", str(clip), str(link), str(clip.parent / ".." / clip.parent.name / clip.name), *CUT])
        == 1
    )
    text = said(capsys)
    assert f"walk.mp4: It is the same video as {clip}." in text
    assert "clip.mp4: 120 frames, in" in text
    assert main(["batch", str(link), *CUT]) == 0
    assert "walk.mp4: 120 frames, in" in said(capsys)
    assert session_path(clip).is_file()
    assert session_path(link).parent == tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "2"], "--workers needs --ray or --slurm"),
        (["--slurm"], "--slurm needs --workers"),
        (["--slurm", "--ray", "local"], "not allowed with"),
        (["--slurm", "--workers", "1", "--gpus-per-worker", "0.5"], "whole GPUs"),
        (["--slurm-option", "partition=gpu"], "--slurm-option needs --slurm"),
        (["--slurm-option", "partition"], "is not NAME=VALUE"),
        (["--chunk", "30"], "--overlap must be less than --chunk"),
        (["--chunk", "0"], "at least one frame"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["batch", "clip.mp4", *arguments])
    assert ended.value.code == 2
    assert message in said(capsys)


def test_missing_packages_are_named(make_clip, capsys, monkeypatch):
    clip = make_clip()
    for name, arguments in (("ray", ["--ray", "local"]), ("submitit", ["--slurm", "--workers", "1"])):
        monkeypatch.setitem(sys.modules, name, None)
        assert main(["batch", str(clip), *arguments]) == 1
        assert "pip install 'retake[batch]'" in said(capsys)
