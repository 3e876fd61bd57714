"""Whatever happens to the window, no worker is left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from fakes_engine import stand_in_command
from fakes_waiting import WAIT, wait_until

from pipeline.engines.engine import EngineSettings
from pipeline.engines.messages import Infer, Load, Progress
from pipeline.engines.wire import Receiver, Sender
from pipeline.structures import Frame, RunOptions

TESTS = Path(__file__).resolve().parents[2]
WINDOW = """
import sys, threading, time
import numpy as np
from fakes_engine import stand_in_command
from pipeline.engines.client import EngineClient
from pipeline.engines.engine import EngineSettings
from pipeline.job import Job
from pipeline.structures import Frame, RunOptions

client = EngineClient("stand-in", stand_in_command(), EngineSettings(extra=dict(hang_on="1", stall_on="2")))
# Loaded from a thread that ends: the worker must not end with it.
thread = threading.Thread(target=client.load, args=(Job(lambda job: None),))
thread.start()
thread.join()

class Tell(Job):
    def report(self, value):
        print(client.pid, flush=True)

frame = Frame(int(sys.argv[1]), 0, 0.0, np.zeros((48, 64, 3), np.uint8))
client.infer(frame, RunOptions(), Job(lambda job: None)) if frame.index == 0 else None
print(client.pid, flush=True)
if frame.index:
    client.infer(frame, RunOptions(), Tell(lambda job: None))
sys.stdin.read()
"""


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def start(index: int) -> tuple[subprocess.Popen[str], int]:
    environment = dict(stand_in_command().env)
    window = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(index)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert window.stdout is not None
    pid = int(window.stdout.readline())
    if index:
        assert int(window.stdout.readline()) == pid  # the frame has reached the engine
    return window, pid


@pytest.mark.parametrize("index", [0, 1, 2], ids=["idle", "busy", "holding the interpreter"])
def test_a_killed_window_leaves_no_worker(index):
    window, worker = start(index)
    with window:
        assert not gone(worker)
        window.kill()
        window.wait(WAIT)
        wait_until(lambda: gone(worker))


def test_a_window_that_ends_without_closing_leaves_no_worker():
    window, worker = start(0)
    with window:
        assert window.stdin is not None
        window.stdin.close()
        assert window.wait(WAIT) == 0
        wait_until(lambda: gone(worker))


WITHOUT_DEATH_SIGNAL = """
import sys
from pipeline.engines import worker
worker._die_with_parent = lambda: None
sys.exit(worker.main(["fakes_engine:StandIn"]))
"""


@pytest.mark.parametrize(("cue", "code"), [("none", 0), ("hang_on", 1)], ids=["idle", "hung"])
def test_the_end_of_the_pipe_is_enough(cue, code):
    """As on systems without a death signal, and over ssh."""
    command = stand_in_command()
    worker = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_DEATH_SIGNAL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env=dict(command.env),
        cwd=command.cwd,
    )
    with worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        sender, receiver = Sender(worker.stdin.fileno()), Receiver(worker.stdout.fileno())
        sender.send(Load(1, EngineSettings(extra={cue: "0"})))
        sender.send(Infer(2, (Frame(0, 0, 0.0, np.zeros((48, 64, 3), np.uint8)),), RunOptions()))
        while not isinstance(receiver.receive(), Progress):
            pass
        worker.stdin.close()
        assert worker.wait(WAIT) == code
