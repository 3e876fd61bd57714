"""The window is killed while a range is run: what was done is there, and no worker is left."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from fakes_engine import stand_in_command
from fakes_waiting import wait_until

from pipeline.session.open import open_session

TESTS = Path(__file__).resolve().parents[1]
FRAMES = 90

# The real program, told what to do by its own actions. It says which worker it has, then each stored frame.
WINDOW = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.compose import compose
from fakes_engine import stand_in_command
from pipeline.engines.engine import EngineSettings
from pipeline.smpl import builtin_body

application = QApplication([])
cues = {"body_model": builtin_body().id, "seconds": "0.05"}
program = compose(lambda name: stand_in_command(), engine_settings=EngineSettings(extra=cues))
session, engine, said = program.session, program.engine, set()

def stored(changes):
    done = set(session.store.frames_with_results().tolist())
    for frame in sorted(done - said):
        print(frame, flush=True)
    said.update(done)

def run(state):
    if state == "ready":
        print(engine.client.pid, flush=True)
        program.window.actions_table["run_all"].trigger()

session.changed.connect(stored)
session.indexed.connect(lambda: engine.load(engine.name))
engine.state_changed.connect(run)
program.window.show()
program.open(Path(sys.argv[1]))
application.exec()
"""


@contextmanager
def window(clip: Path):
    """A window that runs all frames of a clip, in a process of its own; with its worker's id."""
    process = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(clip)],
        stdout=subprocess.PIPE,
        text=True,
        env={**stand_in_command().env, "QT_QPA_PLATFORM": "offscreen"},
        cwd=TESTS.parent,
    )
    assert process.stdout is not None
    worker = psutil.Process(int(process.stdout.readline()))
    try:
        yield process, worker
    finally:
        for left in (process, worker):
            with suppress(psutil.NoSuchProcess):
                left.kill()
        process.wait()
        process.stdout.close()


def gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed by a signal there")
def test_a_kill_in_the_middle_of_a_range_loses_nothing(start, clip):
    with window(clip) as (process, worker):
        said = [int(process.stdout.readline()) for _ in range(5)]
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout.read().split()]
        assert process.wait() == -signal.SIGKILL
        wait_until(lambda: gone(worker))
    opened = open_session(clip)
    assert not opened.store.read_only, "the lock ended with the window"
    assert opened.notices == ()
    kept = opened.store.frames_with_results().tolist()
    assert set(said) <= set(kept)
    assert kept == list(range(len(kept)))
    assert len(kept) < FRAMES, "it was killed in the middle"
    assert all(opened.store.result(frame).frame_index == frame for frame in kept)
    assert opened.store._value("PRAGMA integrity_check") == "ok"
    opened.store.close()
    again = start()
    again.open(clip)
    again.load()
    again.window.actions_table["run_missing"].trigger()
    again.until(lambda: again.results() == list(range(FRAMES)))
