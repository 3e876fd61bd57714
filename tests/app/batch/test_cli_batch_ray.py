"""`retake batch --ray`: whoever is killed, sessions are those of a plain run."""

from __future__ import annotations

import contextlib
import os
import signal

import psutil
from fakes_batch import CUT, between, family, files_of, use_wanderer
from fakes_waiting import wait_until

from app.cli import main
from pipeline.session.open import session_path
from pipeline.session.store import Store

PATIENCE = 60


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
    assert between(session_path(clip), plain) == []
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
    assert 2 <= len(done) < 7
    use_wanderer(monkeypatch)
    assert not session_path(clip).exists()
    assert main(["batch", str(clip), *CUT]) == 0
    assert {file: files_of(clip)[file] for file in done} == done, "what was done was not done again"
    assert between(session_path(clip), plain) == []


def test_a_chunk_that_kills_its_workers_is_given_up_and_the_others_go_on(
    plain, make_clip, start, monkeypatch, tmp_path
):
    clip = make_clip("ray")
    use_wanderer(monkeypatch, orphan_on="30")
    driver = start(clip, *CUT, "--ray", "local", "--workers", "2")
    assert driver.wait(PATIENCE) == 1
    text = (tmp_path / "said").read_text()
    lines = [line for line in text.splitlines() if "Tried 3 times" in line]
    assert [line.partition(":")[0] for line in lines] == ["clip.mp4, frames 18–36", "clip.mp4, frames 37–55"]
    assert "clip.mp4: frames 56–119 are done and will be put into the session" in text
    assert len(files_of(clip)) == 5, "all but two of seven"
    with Store(session_path(clip), read_only=True) as store:
        assert sorted(store.failures()) == list(range(18, 56))
        assert store.frames_with_results().tolist() == list(range(18))
    done = files_of(clip)
    use_wanderer(monkeypatch)
    assert main(["batch", str(clip), *CUT]) == 0
    assert {file: files_of(clip)[file] for file in done} == done, "what was done was not done again"
    assert between(session_path(clip), plain) == []
