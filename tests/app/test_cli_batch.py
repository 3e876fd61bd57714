"""`retake batch` as a person types it: whoever is killed on Ray or Slurm, sessions are those of a plain run."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from fakes_batch import content_of, use_wanderer, write_shots
from fakes_waiting import wait_until

from app.cli import main
from pipeline.session.open import session_path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from app.cli import main; raise SystemExit(main())", "batch"]
CUT = ["--chunk", "20", "--overlap", "12"]
SHOTS = 75, 45
CHUNKS = 7
PATIENCE = 60


def said(capsys) -> str:
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


@pytest.fixture
def make_clip(tmp_path, monkeypatch):
    use_wanderer(monkeypatch)

    def make(folder: str = "one") -> Path:
        (tmp_path / folder).mkdir()
        return write_shots(tmp_path / folder / "clip.mp4", *SHOTS)

    return make


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts the command as a process that leaves nothing outside a folder of its own."""
    short = tempfile.mkdtemp(prefix="rt", dir="/tmp")  # names of sockets may not be long
    for name in ("HOME", "RAY_TMPDIR", "TMPDIR"):
        monkeypatch.setenv(name, short)
    begun: list[psutil.Process] = []

    def begin(*arguments: str | Path) -> psutil.Popen:
        with (tmp_path / "said").open("wb") as output:
            process = psutil.Popen(
                [*COMMAND, *map(str, arguments)], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
            )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        if process.is_running():
            process.kill()
        process.wait()
    shutil.rmtree(short)


def files_of(clip: Path) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in (clip.parent / ".retake-batch").glob("*/*/*.chunk")}


def family(process: psutil.Process, name: str = "") -> list[psutil.Process]:
    return [one for one in process.children(recursive=True) if name in " ".join(one.cmdline())]


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> list[tuple]:
    """What a session is when nothing happens."""
    folder = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETAKE_HOME", str(folder / "home"))
        use_wanderer(patch)
        clip = write_shots(folder / "clip.mp4", *SHOTS)
        assert main(["batch", str(clip), *CUT]) == 0
    assert len(files_of(clip)) == CHUNKS
    return content_of(session_path(clip))


def test_a_ray_actor_that_is_killed_makes_no_difference(plain, make_clip, start, monkeypatch, tmp_path):
    clip = make_clip("ray")
    use_wanderer(monkeypatch, seconds="0.05")
    driver = start(clip, *CUT, "--ray", "local", "--workers", "2")
    wait_until(lambda: len(files_of(clip)) >= 2, PATIENCE)
    actors = family(driver, "ray::RayWorker")
    assert len(actors) == 2
    relatives = family(driver)
    os.kill(actors[0].pid, signal.SIGKILL)
    assert driver.wait(PATIENCE) == 0
    text = (tmp_path / "said").read_text()
    assert "Its worker died." in text
    assert "(raylet)" not in text, "Ray is quiet"
    assert content_of(session_path(clip)) == plain
    assert not psutil.wait_procs(relatives, 10)[1], "Ray leaves nothing behind"


def test_a_driver_that_is_killed_is_gone_on_with(plain, make_clip, start, monkeypatch, capsys):
    clip = make_clip("ray")
    use_wanderer(monkeypatch, seconds="0.05")
    driver = start(clip, *CUT, "--ray", "local", "--workers", "2")
    wait_until(lambda: len(files_of(clip)) >= 2, PATIENCE)
    relatives = family(driver)
    agents = [one for one in relatives if "agent" in " ".join(one.cmdline()).lower()]
    driver.kill()
    assert not psutil.wait_procs(set(relatives) - set(agents), 20)[1], "actors and engines end with it"
    for agent in agents:  # Ray's helpers end by themselves as well, but take a minute
        with contextlib.suppress(psutil.NoSuchProcess):
            agent.kill()
    done = files_of(clip)
    assert 2 <= len(done) < CHUNKS
    use_wanderer(monkeypatch)
    assert not session_path(clip).exists()
    assert main(["batch", str(clip), *CUT]) == 0
    assert {file: files_of(clip)[file] for file in done} == done, "what was done was not done again"
    assert content_of(session_path(clip)) == plain


def test_a_job_that_is_killed_is_submitted_again(plain, make_clip, start, monkeypatch, tmp_path):
    clip = make_clip("slurm")
    use_wanderer(monkeypatch, seconds="0.05")
    driver = start(clip, *CUT, "--slurm", "local", "--workers", "2")
    wait_until(lambda: len(files_of(clip)) >= 2, PATIENCE)
    jobs = [one for one in family(driver, "submitit.core._submit") if family(one, "fakes_batch")]
    assert len(jobs) == 2
    os.kill(jobs[0].pid, signal.SIGKILL)
    assert driver.wait(PATIENCE) == 0
    assert "left undone" in (tmp_path / "said").read_text()
    assert content_of(session_path(clip)) == plain


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
    use_wanderer(monkeypatch, oom_on="30")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is no video")
    assert main(["batch", str(broken), str(clip), *CUT]) == 1
    text = said(capsys)
    assert "clip.mp4, frame 30: The GPU is full." in text
    assert "broken.mp4" in text
    assert re.search(r"clip.mp4: 119 frames, in .*clip.mp4.retake", text)


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


def test_no_slurm_is_told(make_clip, capsys):
    assert main(["batch", str(make_clip()), "--slurm", "--workers", "2"]) == 1
    assert "No jobs can be submitted" in said(capsys)


def test_missing_packages_are_named(make_clip, capsys, monkeypatch):
    clip = make_clip()
    for name, arguments in (("ray", ["--ray", "local"]), ("submitit", ["--slurm", "--workers", "1"])):
        monkeypatch.setitem(sys.modules, name, None)
        assert main(["batch", str(clip), *arguments]) == 1
        assert "pip install 'retake[batch]'" in said(capsys)
