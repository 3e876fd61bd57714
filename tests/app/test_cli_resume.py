"""`retake run` with the real MediaPipe engine, killed and run again: the session of a run that was never killed."""

from __future__ import annotations

import os
import shutil

import pytest
from fakes_killing import run_and_kill, run_to_the_end

from pipeline.places import resource
from pipeline.session.open import session_path
from pipeline.session.sameness import differences
from pipeline.session.store import Store

FRAMES = ("--frames", "0-17")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="has no SIGKILL")


def test_killed_twice_and_run_again_is_as_if_never_killed(tmp_path):
    clips = [shutil.copy(resource("demo.mp4"), tmp_path / name) for name in ("plain.mp4", "killed.mp4")]
    plain, killed = clips
    assert run_to_the_end(plain, *FRAMES) == 0
    first = run_and_kill(killed, *FRAMES, after=4, seconds=0.03, with_engine=False)
    second = run_and_kill(killed, *FRAMES, after=first + 4, seconds=0.1, with_engine=True)
    assert 4 <= first < second < 18
    assert run_to_the_end(killed, *FRAMES) == 0
    with (
        Store(session_path(plain), read_only=True) as one,
        Store(session_path(killed), read_only=True) as other,
    ):
        assert len(one.frames_with_results()) == 18
        assert differences(one, other) == []
        assert "followed" in other.result(first).plan.notes[0], "it went on, it did not start anew"
