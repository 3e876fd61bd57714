"""Ranges run by an engine that works on several frames at once; and runs that go on with earlier ones."""

from __future__ import annotations

import os
import signal

import pytest
from fakes_chunks import chunk_command

from pipeline.session.open import open_session


@pytest.fixture
def ready(start, clip):
    """Starts a program with the clip open and the chunk stand-in loaded, given its cues."""

    def ready(**cues):
        drive = start(lambda name: chunk_command(), **cues)
        drive.open(clip)
        drive.load()
        return drive

    return ready


def run_range(drive, first, last):
    drive.program.view.set_range((first, last))
    drive.press("Shift+R")


def sizes(drive, frames) -> list[int]:
    """With how many frames each of some was done."""
    return [drive.program.session.store.result(frame).plan.batch_size for frame in frames]


def sequences(drive, frames) -> list[str]:
    return [drive.program.session.store.versions(frame)[-1].options.sequence for frame in frames]


def test_a_range_goes_over_in_chunks_and_a_frame_alone(ready):
    drive = ready(chunk="4")
    run_range(drive, 10, 19)
    drive.until(lambda: drive.said("10 of 10 frames done"))
    assert sizes(drive, range(10, 20)) == [4] * 8 + [2] * 2
    drive.press("R")
    drive.until(lambda: 0 in drive.results())
    assert sizes(drive, [0]) == [1]


def test_a_range_wished_for_while_the_engine_loads_waits_for_it(start, clip):
    drive = start(lambda name: chunk_command(), chunk="5", stage_seconds="0.1")
    drive.open(clip)
    run_range(drive, 0, 9)
    drive.until(lambda: drive.said("10 of 10 frames done"))
    assert sizes(drive, range(10)) == [5] * 10


def test_outcomes_are_written_one_by_one_and_counted(ready):
    drive = ready(chunk="30", seconds="0.05", oom_on="2")
    done = []
    drive.program.inference.progress_changed.connect(
        lambda progress: done.append((progress.done, progress.failed)) if progress else None
    )
    run_range(drive, 0, 29)
    drive.until(lambda: 5 <= len(drive.results()) < 29)
    drive.until(lambda: drive.said("29 of 30 frames done, 1 failed: The GPU is full."))
    assert (1, 0) in done
    assert max(done) == (30, 1)
    assert list(drive.program.session.store.failures()) == [2]


def test_cancelling_in_a_chunk_keeps_what_is_done(ready):
    drive = ready(chunk="40", seconds="0.05")
    pid = drive.program.engine.client.pid
    run_range(drive, 0, 80)
    drive.until(lambda: len(drive.results()) >= 3)
    drive.window.actions_table["cancel_run"].trigger()
    drive.until(lambda: drive.program.engine_lane.unfinished == 0)
    done = drive.results()
    assert done == list(range(len(done)))
    assert 3 <= len(done) < 40
    drive.press("R")
    drive.until(lambda: len(drive.program.session.store.versions(0)) == 2)
    assert drive.program.engine.client.pid == pid


def test_a_pause_takes_back_what_has_not_begun(ready):
    drive = ready(chunk="10", seconds="0.02")
    run_range(drive, 0, 49)
    drive.until(lambda: len(drive.results()) >= 2)
    drive.window.actions_table["pause_run"].trigger()
    drive.until(lambda: drive.program.engine_lane.unfinished == 0)
    assert len(drive.results()) in (10, 20)
    drive.window.actions_table["pause_run"].trigger()
    drive.until(lambda: drive.results() == list(range(50)))
    assert all(len(drive.program.session.store.versions(frame)) == 1 for frame in range(50))
    assert len(set(sequences(drive, range(50)))) == 1


def test_one_frame_overtakes_between_chunks(ready):
    drive = ready(chunk="5", seconds="0.02")
    run_range(drive, 0, 60)
    drive.until(lambda: len(drive.results()) >= 1)
    drive.program.view.set_frame(80)
    drive.press("R")
    drive.until(lambda: 80 in drive.results())
    assert len(drive.results()) <= 12
    drive.until(lambda: drive.said("61 of 61 frames done"))


def test_closing_in_a_chunk_keeps_what_is_done(ready, clip):
    drive = ready(chunk="60", seconds="0.05")
    run_range(drive, 0, 80)
    drive.until(lambda: len(drive.results()) >= 3)
    done = drive.results()
    drive.window.close()
    opened = open_session(clip)
    kept = opened.store.frames_with_results().tolist()
    opened.store.close()
    assert kept[: len(done)] == done


def test_an_engine_killed_in_a_chunk_loses_nothing(ready):
    drive = ready(chunk="20", seconds="0.05")
    client = drive.program.engine.client
    run_range(drive, 0, 24)
    drive.until(lambda: len(drive.results()) >= 3)
    os.kill(client.pid, signal.SIGKILL)
    drive.until(lambda: drive.results() == list(range(25)))
    store = drive.program.session.store
    assert store.failures() == {}
    assert all(len(store.versions(frame)) == 1 for frame in range(25))
    assert drive.said("was killed by SIGKILL")
    assert len(set(sequences(drive, range(25)))) == 1


def test_a_lost_gpu_is_said_and_the_run_finishes(ready, tmp_path):
    drive = ready(chunk="4", lost_once_on="5", once=str(tmp_path))
    run_range(drive, 0, 11)
    drive.until(lambda: drive.said("12 of 12 frames done"))
    assert drive.said("The engine lost the GPU: CUDA error: an illegal memory access was encountered.")


def test_an_engine_loaded_again_goes_on_with_the_run(ready):
    drive = ready(chunk="4", seconds="0.03")
    run_range(drive, 0, 40)
    drive.until(lambda: len(drive.results()) >= 2)
    before = drive.program.engine.client
    drive.program.engine.load(drive.program.engine.name)
    drive.until(lambda: drive.said("41 of 41 frames done"))
    assert drive.program.engine.client is not before
    assert drive.results() == list(range(41))


def test_a_warning_is_in_the_message_bar_once(ready):
    drive = ready(chunk="4", warn_on="1,2,7")
    run_range(drive, 0, 9)
    drive.until(lambda: drive.said("10 of 10 frames done"))
    assert [text for text, *_ in drive.messages].count("The GPU spills into main memory.") == 1


def test_a_run_goes_on_with_the_one_before_it_also_after_reopening(ready, start, clip):
    drive = ready(tracks="7")
    run_range(drive, 0, 9)
    drive.until(lambda: drive.said("10 of 10 frames done"))
    (first,) = set(sequences(drive, range(10)))
    drive.window.close()
    again = ready(tracks="7")
    run_range(again, 10, 19)
    again.until(lambda: again.said("10 of 10 frames done"))
    assert set(sequences(again, range(20))) == {first}
    assert [track.track_id for track in again.program.session.tracks()] == [1, 2]
    run_range(again, 0, 9)
    again.until(lambda: len(again.program.session.store.versions(9)) == 2)
    assert first not in sequences(again, range(10))


def test_failed_frames_can_be_run_again_after_reopening_and_after_a_restart(start, clip):
    drive = start(lambda name: chunk_command(), chunk="4", oom_on="2,5", die_on="7")
    drive.open(clip)
    drive.load()
    run_range(drive, 0, 9)
    drive.until(lambda: drive.said("7 of 10 frames done, 3 failed"))
    assert list(drive.program.session.store.failures()) == [2, 5, 7]
    drive.window.close()
    again = start(lambda name: chunk_command(), chunk="4")
    again.open(clip)
    again.load()
    os.kill(again.program.engine.client.pid, signal.SIGKILL)
    again.until(lambda: again.program.engine.client.state == "dead")
    again.window.actions_table["run_failed"].trigger()
    again.until(lambda: again.results() == list(range(10)))
    assert again.program.session.store.failures() == {}
    again.until(lambda: again.said("Failed frames again: 3 of 3 frames done."))
