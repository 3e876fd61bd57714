"""Batches as a person types them: clips, the command as a process, and what a session is when nothing happens."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from fakes_batch import CUT, SHOTS, files_of, use_wanderer, write_shots

from app.cli import main
from pipeline.session.open import session_path

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-c", "from app.cli import main; raise SystemExit(main())", "batch"]
CHUNKS = 7


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


@pytest.fixture(scope="session")
def plain(tmp_path_factory) -> Path:
    """The session when nothing happens."""
    folder = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETAKE_HOME", str(folder / "home"))
        use_wanderer(patch)
        clip = write_shots(folder / "clip.mp4", *SHOTS)
        assert main(["batch", str(clip), *CUT]) == 0
    assert len(files_of(clip)) == CHUNKS
    return session_path(clip)
