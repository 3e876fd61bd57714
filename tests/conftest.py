"""Fixtures every test may use."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

CLIPS = Path(__file__).resolve().parents[2] / "shared" / "clips"


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's own data folder."""
    monkeypatch.setenv("RETAKE_HOME", str(tmp_path_factory.mktemp("home")))


def _clip(name: str) -> Path:
    path = CLIPS / name
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return path


@pytest.fixture(scope="session")
def runner_clip() -> Path:
    """One person, 180 frames, 1920x1088, one key frame."""
    return _clip("runner.mp4")


@pytest.fixture(scope="session")
def street_clip() -> Path:
    """Several people, 5 frames."""
    return _clip("street.mp4")


@pytest.fixture
def heeded(request):
    """The test's `number` is heeded, which it is not in what nohup or a shell's background started."""
    number = request.getfixturevalue("number")
    usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    before = signal.signal(number, usual)
    yield
    signal.signal(number, before)
