from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import psutil
import pytest
from fakes_engine import stand_in_command
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton

from app.engine_control import LOAD_AGAIN, REPAIR
from app.engine_rows import checked_rows
from pipeline.engines import environment
from pipeline.errors import EngineError
from pipeline.loading import StageState


def button(drive, text) -> QPushButton:
    """A button of the Models panel that can be pressed now."""
    buttons = drive.window.models.findChildren(QPushButton)
    return next(b for b in buttons if b.text() == text and b.isVisible())


def states(drive):
    return [status.state for status in drive.program.engine.client.statuses]


def test_loading_mirrors_every_stage(start):
    seen = []
    drive = start(stage_seconds="0.05")
    drive.program.engine.statuses_changed.connect(seen.append)
    drive.load()
    assert [status.title for status in seen[-1]] == [
        "Engine program started",
        "Stand-in imported",
        "Weights read",
        "Warm-up",
    ]
    assert all(status.state is StageState.DONE for status in seen[-1])
    assert {status.state for statuses in seen for status in statuses} > {
        StageState.RUNNING,
        StageState.WAITING,
    }
    assert button(drive, "Unload").isEnabled()


def test_a_failed_stage_is_shown_and_retry_goes_on_from_there(start):
    drive = start(stage_fail="1")
    drive.program.start(None)
    drive.until(lambda: drive.program.engine.state == "failed")
    # It is said once it is known whether the engine is whole.
    drive.until(lambda: drive.said("The weights are damaged."))
    pid = drive.program.engine.client.pid
    button(drive, "Retry").click()
    drive.until(lambda: drive.program.engine.state == "ready")
    assert drive.program.engine.client.pid == pid


def test_an_engine_that_is_not_installed_offers_to_be(start, clip, monkeypatch, qtbot):
    def missing(name):
        raise EngineError(
            "MediaPipe is not installed.", "retake engines install mediapipe", kind="not_installed"
        )

    log = []

    def install(name, job=None, log=log.append, *, fresh=False):
        log("Collecting mediapipe")
        raise EngineError("There is no network.", "Connect, then try again.")

    monkeypatch.setattr(environment, "install", install)  # the only place that would download
    drive = start(missing)
    drive.program.start(clip)
    drive.at(0)
    drive.until(lambda: any(b.text() == "Install" for b in drive.window.models.findChildren(QPushButton)))
    assert drive.program.engine.state == "stopped"
    drive.press("R")
    assert drive.said("No engine is installed yet.")
    button(drive, "Install").click()
    drive.until(lambda: drive.said("There is no network."))
    assert drive.program.engine.state == "stopped"


def test_unloading_ends_the_process(start):
    drive = start()
    drive.load()
    process = psutil.Process(drive.program.engine.client.pid)
    button(drive, "Unload").click()
    drive.until(lambda: not process.is_running())
    assert drive.program.engine.state == "stopped"
    drive.load()


def test_cancelling_a_load(start):
    drive = start(stage_seconds="5")
    drive.program.engine.load(drive.program.engine.name)
    drive.until(lambda: drive.program.engine.client is not None and StageState.RUNNING in states(drive)[1:])
    drive.program.engine.cancel()
    drive.until(lambda: drive.program.engine.state == "stopped")


def test_the_engine_loads_by_itself_unless_told_otherwise(start, clip):
    drive = start()
    drive.program.start(clip)
    drive.until(lambda: drive.program.engine.state == "ready")


def test_memory_is_measured_with_and_without_an_engine(start):
    drive = start()
    samples = []
    drive.program.gauge.measured.connect(samples.append)
    drive.program.gauge.measure()
    assert samples[-1].total > samples[-1].used > samples[-1].worker > 2**20
    drive.load()
    drive.until(lambda: drive.program.engine.client.memory is not None)
    drive.program.gauge.measure()
    assert samples[-1] == drive.program.engine.client.memory


@pytest.mark.parametrize("cue", ["stage_die", "stage_hang"])
def test_closing_while_it_loads_leaves_no_process(start, cue):
    drive = start(**{cue: "1"})
    drive.program.engine.load(drive.program.engine.name)
    drive.until(lambda: drive.program.engine.state != "stopped")


def broken(name):
    return environment.EngineStatus(False, Path("/env/bin/python"), problem="numpy not found")


def test_a_broken_environment_offers_to_be_installed(start, clip, monkeypatch):
    installed = []
    monkeypatch.setattr(environment, "install", lambda name, *_rest, fresh: installed.append((name, fresh)))
    drive = start(lambda name: stand_in_command(target="fakes_engine:NoSuch"), check=broken)
    drive.program.start(clip)
    drive.until(lambda: drive.program.engine.state == "failed" and drive.messages)
    drive.until(lambda: any(action == "Install" for *_rest, action in drive.messages))
    assert not any("memory" in hint for _text, hint, *_rest in drive.messages)
    assert any("numpy not found" in label.text() for label in drive.window.models.findChildren(QLabel))
    button(drive, "Install").click()
    drive.until(lambda: installed == [("mediapipe", False)])


@pytest.mark.parametrize(("target", "cues"), [("NoSuch", {}), ("StandIn", {"stage_import": "1"})])
def test_an_environment_that_breaks_unseen_can_be_installed_anew(start, clip, monkeypatch, target, cues):
    installed = []
    monkeypatch.setattr(environment, "install", lambda name, *_rest, fresh: installed.append((name, fresh)))
    drive = start(lambda name: stand_in_command(target=f"fakes_engine:{target}"), **cues)
    drive.program.start(clip)
    drive.until(lambda: any(action == REPAIR for *_rest, action in drive.messages))
    drive.window.message_bar.action_requested.emit(REPAIR)
    drive.until(lambda: installed == [("mediapipe", True)])


def test_the_users_own_interpreter_is_not_offered_to_be_replaced():
    def check(name):
        return environment.EngineStatus(False, Path("/env/bin/python"), problem="cv2 not found", own=False)

    row = checked_rows(check)[0]
    assert row.installed
    assert "cv2 not found" in row.problem


def test_an_engine_killed_while_idle_is_noticed_and_loaded_again(start):
    drive = start()
    drive.program.start(None)
    drive.until(lambda: drive.program.engine.state == "ready")
    os.kill(drive.program.engine.client.pid, signal.SIGKILL)
    drive.until(lambda: drive.program.engine.state == "dead")
    assert drive.messages[-1][0] == "The engine was killed by SIGKILL."
    assert drive.messages[-1][3] == LOAD_AGAIN
    assert button(drive, "Load again").isEnabled()
    drive.window.message_bar.action_requested.emit(LOAD_AGAIN)
    drive.until(lambda: drive.program.engine.state == "ready")


def test_what_a_dying_engine_printed_is_in_the_panel(start, clip):
    drive = start(print_on="0", die_on="1")
    drive.open(clip)
    drive.load()
    drive.program.inference.run_frames("Two", range(2))
    drive.until(lambda: drive.said("on this frame") or drive.said("which is left out"))
    log = drive.window.models.findChild(QPlainTextEdit)
    drive.until(lambda: "printed by Python" in log.toPlainText())


def test_installing_is_not_begun_twice_and_said_when_something_is_to_be_run(start, clip, monkeypatch):
    begun, go_on = [], threading.Event()

    def install(name, job, log, *, fresh):
        begun.append(name)
        go_on.wait(20)

    monkeypatch.setattr(environment, "install", install)
    drive = start()
    drive.open(clip)
    drive.program.engine.install("mediapipe")
    drive.press("R")
    assert drive.messages[-1][0] == "The engine is being installed."
    drive.program.engine.install("mediapipe")
    go_on.set()
    drive.until(lambda: drive.program.engine.state == "ready")
    assert begun == ["mediapipe"]
