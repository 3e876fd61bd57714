"""Runs that outlive the window, and runs that are undone while they are at work."""

from __future__ import annotations

import signal
import sys

import pytest
from fakes_chunks import chunk_command
from fakes_waiting import wait_until
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from test_app_killed import FRAMES, gone, window

from app.inference import RESUME


@pytest.fixture
def ready(start, clip):
    """Starts a program with the clip open and the stand-in loaded, given its cues."""

    def ready(**cues):
        drive = start(**cues)
        drive.open(clip)
        drive.load()
        return drive

    return ready


def run_range(drive, first, last):
    drive.program.view.set_range((first, last))
    drive.press("Shift+R", drive.picture)


def run_numbers(drive, frames) -> set[int]:
    store = drive.program.session.store
    return {version.run for frame in frames for version in store.versions(frame)}


def sequences(drive, frames) -> set[str]:
    store = drive.program.session.store
    return {version.options.sequence for frame in frames for version in store.versions(frame)}


@pytest.mark.parametrize("paused", [False, True])
def test_a_run_is_offered_again_after_closing(ready, start, clip, paused):
    drive = ready(seconds="0.05", tracks="3")
    run_range(drive, 10, 49)
    drive.until(lambda: len(drive.results()) >= 4)
    if paused:
        drive.window.actions_table["pause_run"].trigger()
    drive.window.close()
    again = start(tracks="3")
    again.open(clip)
    done = len(again.results())
    assert 4 <= done < 40
    said = f"The run of frames 10–49 stopped before frame {10 + done}: {done} of 40 frames are done."
    assert again.window.message_bar.text == said
    assert again.window.message_bar._action.text() == RESUME
    (run,) = again.program.inference.runs
    assert run.paused
    assert again.window.actions_table["cancel_run"].isEnabled()
    QTest.mouseClick(again.window.message_bar._action, Qt.MouseButton.LeftButton)
    again.until(lambda: again.results() == list(range(10, 50)))
    assert again.said("40 of 40 frames done")
    assert all(len(again.program.session.store.versions(frame)) == 1 for frame in range(10, 50))
    assert len(run_numbers(again, range(10, 50))) == 1
    assert len(sequences(again, range(10, 50))) == 1, "the engine goes on with its tracks"
    assert [track.track_id for track in again.program.session.tracks()] == [1, 2]
    assert again.window.actions_table["undo"].text() == "Undo run frames 10–49"
    again.press("Ctrl+Z", again.picture)
    assert again.results() == []
    again.window.close()
    third = start()
    third.open(clip)
    assert third.program.inference.runs == ()


def test_a_run_that_was_cancelled_is_not_offered_again(ready, start, clip):
    drive = ready(seconds="0.05")
    run_range(drive, 0, 60)
    drive.until(lambda: len(drive.results()) >= 3)
    drive.window.actions_table["cancel_run"].trigger()
    drive.window.close()
    again = start()
    again.open(clip)
    assert again.program.inference.runs == ()
    assert len(again.results()) >= 3
    assert not again.said("stopped")


def test_a_stopped_run_can_be_cancelled_instead(ready, start, clip):
    drive = ready(seconds="0.05")
    run_range(drive, 0, 60)
    drive.until(lambda: len(drive.results()) >= 3)
    drive.window.close()
    again = start()
    again.open(clip)
    again.window.actions_table["cancel_run"].trigger()
    assert again.program.inference.runs == ()
    again.window.close()
    third = start()
    third.open(clip)
    assert third.program.inference.runs == ()


def test_another_engine_does_the_rest_as_a_run_of_its_own(ready, start, clip):
    drive = ready(seconds="0.05")
    run_range(drive, 0, 20)
    drive.until(lambda: len(drive.results()) >= 3)
    drive.window.close()
    again = start(lambda name: chunk_command(), chunk="1")
    again.open(clip)
    before = len(again.results())
    again.program.inference.resume()
    again.until(lambda: again.results() == list(range(21)))
    first, rest = run_numbers(again, range(before)), run_numbers(again, range(before, 21))
    same = again.program.engine.client.info.engine_id == "stand-in-1-cafe"
    assert (first == rest) is same


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed by a signal there")
def test_a_run_is_offered_again_after_a_kill(start, clip):
    with window(clip) as (process, worker):
        for _ in range(4):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until(lambda: gone(worker))
    again = start()
    again.open(clip)
    done = len(again.results())
    assert again.said(
        f"The run of all frames stopped before frame {done}: {done} of {FRAMES} frames are done."
    )
    again.program.inference.resume()
    again.until(lambda: again.results() == list(range(FRAMES)))
    assert len(run_numbers(again, range(FRAMES))) == 1
    assert again.window.actions_table["undo"].text() == "Undo run all frames"


def test_undoing_a_run_in_progress_ends_it(ready):
    drive = ready(seconds="0.05")
    run_range(drive, 0, 60)
    drive.until(lambda: len(drive.results()) >= 3)
    assert drive.window.actions_table["undo"].text() == "Undo run frames 0–60"
    drive.press("Ctrl+Z", drive.picture)
    assert drive.results() == []
    assert not drive.program.inference.running
    drive.until(lambda: drive.program.engine_lane.unfinished == 0)
    assert drive.results() == [], "what came late is not wanted"
    assert drive.window.actions_table["redo"].text() == "Redo run frames 0–60"
    drive.press("Ctrl+Y", drive.picture)
    assert len(drive.results()) >= 3
    drive.press("Ctrl+Z", drive.picture)
    drive.press("R", drive.picture)
    drive.until(lambda: drive.results() == [0])
    assert drive.window.actions_table["undo"].text() == "Undo run frame 0"


def test_running_a_frame_again_is_one_step_and_undone(ready):
    drive = ready()
    drive.press("R", drive.picture)
    drive.until(lambda: drive.results() == [0])
    store = drive.program.session.store
    first = store.result(0)
    drive.press("R", drive.picture)
    drive.until(lambda: len(store.versions(0)) == 2)
    assert store.result(0) is not first
    drive.press("Ctrl+Z", drive.picture)
    assert store.result(0) is first
    drive.press("Ctrl+Z", drive.picture)
    assert store.result(0) is None
    drive.press("Ctrl+Y", drive.picture)
    assert store.result(0) is first


def test_a_frame_run_while_scrubbing_is_no_step(ready):
    from dataclasses import replace

    drive = ready()
    settings = drive.program.settings
    settings.set_preferences(replace(settings.preferences, run_while_scrubbing=True))
    drive.program.view.set_frame(8)
    drive.until(lambda: drive.results() == [8])
    assert not drive.window.actions_table["undo"].isEnabled()


def test_a_run_waits_while_the_engine_is_unloaded(ready):
    drive = ready(seconds="0.02")
    run_range(drive, 0, 30)
    drive.until(lambda: len(drive.results()) >= 2)
    drive.window.actions_table["unload_engine"].trigger()
    drive.until(lambda: drive.program.engine_lane.unfinished == 0)
    (run,) = drive.program.inference.runs
    assert run.paused
    drive.window.actions_table["pause_run"].trigger()
    drive.until(lambda: drive.results() == list(range(31)))
    assert drive.program.engine.state == "ready"
