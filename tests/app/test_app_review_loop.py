"""Find, look, fix, verify, undo: on real footage, with the real engine."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from fakes_faults import add, dropout, freeze, mirror, read

from app.cli import main
from pipeline.engines.command import command_for
from pipeline.errors import EngineError
from pipeline.session.open import session_path
from pipeline.session.store import Store
from pipeline.structures import RunOptions

WRONG = {"frozen": (50, 54), "flip": (80, 82), "gap": (110, 119)}


@pytest.fixture
def faulty(runner_clip, tmp_path):
    """The runner, run as a whole, and then a copy of the session in which three things went wrong."""
    try:
        command_for("mediapipe")
    except EngineError as error:
        pytest.skip(error.message)
    clip = tmp_path / "runner.mp4"
    shutil.copy(runner_clip, clip)
    assert main(["run", str(clip)]) == 0
    with Store(session_path(clip)) as store:
        before = after = read(store)
        rng, who = np.random.default_rng(0), before[50].people[0].track
        after, _ = freeze(after, WRONG["frozen"][0], who, rng)
        after, _ = mirror(after, WRONG["flip"][0], who, rng)
        after, _ = dropout(after, WRONG["gap"][0], who, rng)
        with store.transaction():
            run = store.start_run("injected faults", RunOptions(), "Faults")
            for old, new in zip(before, after, strict=True):
                if new is not old:
                    add(store, new, run)
    return clip


def settle(drive) -> None:
    problems = drive.program.problems
    drive.until(lambda: problems.finder.findings is not None and not problems.busy)


def listed(drive, state: str) -> set[str]:
    """Signals of the injected faults that the table lists in a state, where they were injected."""
    return {
        row.signal
        for row in drive.program.problems.rows
        if row.state == state
        and row.signal in WRONG
        and row.first <= WRONG[row.signal][1]
        and row.last >= WRONG[row.signal][0]
    }


@pytest.mark.slow
def test_three_faults_are_found_fixed_by_running_again_and_all_of_it_is_undone(faulty, start):
    drive = start(commands=command_for)
    drive.open(faulty)
    drive.window.show_dock("problems")
    settle(drive)
    store = drive.program.session.store
    first = store.dump()
    drive.until(lambda: listed(drive, "open") == set(WRONG))
    drive.load()
    for signal, (start_, end) in WRONG.items():
        drive.program.view.set_range((start_, end))
        before = [store.counting_version(frame) for frame in range(start_, end + 1)]
        drive.press("Shift+R", drive.picture)
        drive.until(lambda: not drive.program.inference.running)
        now = [store.counting_version(frame) for frame in range(start_, end + 1)]
        assert all(new > old for new, old in zip(now, before, strict=True))
        drive.until(lambda signal=signal: signal not in listed(drive, "open"))
        assert signal in listed(drive, "fixed")
    settle(drive)
    assert listed(drive, "fixed") == set(WRONG)
    for _ in WRONG:
        drive.press("Ctrl+Z", drive.picture)
    assert store.dump() == first
    settle(drive)
    drive.until(lambda: listed(drive, "open") == set(WRONG))
    for _ in WRONG:
        drive.press("Ctrl+Shift+Z", drive.picture)
    drive.until(lambda: listed(drive, "fixed") == set(WRONG))
