from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

from app.selection import MARK_A_RANGE


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
    drive.press("Shift+R")


def test_running_a_frame_stores_it_and_shows_it(ready):
    drive = ready()
    drive.program.view.set_frame(12)
    drive.at(12)
    assert not drive.overlay_is_on(12)
    drive.press("R")
    drive.until(lambda: drive.overlay_is_on(12))
    result = drive.program.session.store.result(12)
    assert len(result.people) == 2
    assert result.engine_id == "stand-in-1-cafe"
    assert [track.title for track in drive.program.session.tracks()] == ["Person 1", "Person 2"]
    drive.press("Right")
    drive.at(13)
    drive.until(lambda: drive.program.draw_lane.unfinished == 0)
    assert not drive.overlay_is_on(13)
    drive.press("Left")
    drive.until(lambda: drive.overlay_is_on(12))


def test_running_again_adds_a_version(ready):
    drive = ready()
    drive.press("R")
    drive.until(lambda: drive.results() == [0])
    drive.press("R")
    drive.until(lambda: len(drive.program.session.store.versions(0)) == 2)
    assert [version.counts for version in drive.program.session.store.versions(0)] == [False, True]


def test_a_range_is_run_in_order_and_marked(ready):
    drive = ready()
    run_range(drive, 5, 14)
    drive.until(lambda: drive.results() == list(range(5, 15)))
    versions = [drive.program.session.store.versions(frame)[0] for frame in range(5, 15)]
    assert len({version.run for version in versions}) == 1
    assert versions[0].options.sequence
    drive.until(lambda: drive.said("10 of 10 frames done"))
    lanes = drive.window.timeline.lanes
    drive.until(lambda: [lane.segments.tolist() for lane in lanes._lanes] == [[[5, 14]], [[5, 14]]])


def test_cancelling_a_range_keeps_what_is_done(ready):
    drive = ready(seconds="0.05")
    run_range(drive, 0, 80)
    drive.until(lambda: len(drive.results()) >= 3)
    drive.window.actions_table["cancel_run"].trigger()
    drive.until(lambda: drive.program.engine_lane.unfinished == 0)
    done = drive.results()
    assert done == list(range(len(done)))
    assert 3 <= len(done) < 40
    drive.press("R")  # the engine is still there
    drive.until(lambda: len(drive.program.session.store.versions(0)) == 2)


def test_pausing_a_range_and_going_on(ready):
    drive = ready(seconds="0.02")
    run_range(drive, 0, 20)
    drive.until(lambda: len(drive.results()) >= 2)
    drive.window.actions_table["pause_run"].trigger()
    drive.until(lambda: drive.program.engine_lane.unfinished == 0)
    done = len(drive.results())
    assert done < 21
    drive.window.actions_table["pause_run"].trigger()
    drive.until(lambda: len(drive.results()) == 21)


def test_one_frame_overtakes_a_range(ready):
    drive = ready(seconds="0.05")
    run_range(drive, 0, 60)
    drive.until(lambda: len(drive.results()) >= 1)
    drive.program.view.set_frame(80)
    drive.press("R")
    drive.until(lambda: 80 in drive.results())
    assert len(drive.results()) < 20
    drive.until(lambda: drive.overlay_is_on(80))


def test_scrubbing_goes_on_while_a_range_runs(ready):
    drive = ready(seconds="0.05")
    run_range(drive, 0, 60)
    for frame in (70, 30, 88):
        drive.program.view.set_frame(frame)
        drive.at(frame)
        assert drive.shown_number() == frame
    assert len(drive.results()) < 61


def test_a_killed_engine_is_started_again_and_does_the_same_frame(ready):
    drive = ready(seconds="0.1")
    client = drive.program.engine.client
    run_range(drive, 0, 8)
    drive.until(lambda: len(drive.results()) >= 2)
    first = client.pid
    os.kill(first, signal.SIGKILL)
    drive.until(lambda: drive.results() == list(range(9)))
    assert client.pid != first
    assert any("started again" in text for text, *_ in drive.messages)
    assert "started again" in drive.window.message_bar.text or drive.said("9 of 9 frames done")
    assert drive.program.session.store.failures() == {}


def test_a_frame_that_kills_the_engine_every_time_is_marked_and_left_out(ready):
    drive = ready(die_on="3")
    run_range(drive, 2, 5)
    drive.until(lambda: drive.results() == [2, 4, 5])
    assert drive.program.session.store.failures()[3].kind == "engine_died"
    drive.until(lambda: drive.said("3 of 4 frames done, 1 failed: "))


def test_failed_frames_can_be_run_again(ready, tmp_path):
    drive = ready(oom_on="1")
    run_range(drive, 0, 3)
    drive.until(lambda: drive.results() == [0, 2, 3])
    assert drive.program.session.store.failures()[1].kind == "out_of_memory"
    drive.window.actions_table["run_failed"].trigger()
    drive.until(lambda: drive.said("Failed frames again") or drive.program.engine_lane.unfinished == 0)
    assert list(drive.program.session.store.failures()) == [1]
    drive.program.view.set_frame(1)
    drive.press("R")
    drive.until(lambda: drive.said("Frame 1"))


def test_run_all_and_run_missing(ready):
    drive = ready()
    run_range(drive, 10, 79)
    drive.until(lambda: len(drive.results()) == 70)
    drive.window.actions_table["run_missing"].trigger()
    drive.until(lambda: drive.results() == list(range(90)))
    assert len(drive.program.session.store.versions(20)) == 1
    drive.press("Ctrl+R")
    drive.until(lambda: len(drive.program.session.store.versions(89)) == 2)


def test_escape_puts_the_box_away(ready):
    drive = ready()
    drive.press("B")
    drive.press("Esc")
    assert drive.program.view.tool == "select"


def test_run_while_scrubbing_runs_only_where_one_stops_and_nothing_is(ready):
    drive = ready()
    settings = drive.program.settings
    drive.program.view.set_frame(7)
    drive.at(7)
    assert drive.results() == []
    settings.set_preferences(replace(settings.preferences, run_while_scrubbing=True))
    drive.program.view.set_frame(8)
    drive.until(lambda: drive.results() == [8])
    drive.program.view.set_frame(7)
    drive.until(lambda: drive.results() == [7, 8])
    drive.program.view.set_frame(8)
    drive.at(8)
    drive.until(lambda: drive.program.engine_lane.unfinished == 0)
    assert len(drive.program.session.store.versions(8)) == 1


def test_frames_passed_on_the_way_are_not_run(ready):
    drive = ready()
    settings = drive.program.settings
    settings.set_preferences(replace(settings.preferences, run_while_scrubbing=True))
    begun = []
    drive.program.inference.begun.connect(lambda: begun.append(drive.program.view.frame_index))
    for frame in range(10, 80):
        drive.program.view.set_frame(frame)
        drive.at(frame)
    drive.until(lambda: drive.results() == [79])
    assert begun == [79]


def test_what_is_played_is_run_where_it_is_stopped(ready):
    drive = ready()
    settings = drive.program.settings
    settings.set_preferences(replace(settings.preferences, run_while_scrubbing=True))
    drive.program.view.set_speed(0.25)
    drive.press("Space")
    drive.until(lambda: drive.program.view.frame_index >= 4)
    assert drive.results() == []
    drive.press("Space")
    drive.until(lambda: drive.results() == [drive.program.view.frame_index])


def test_preferences_go_into_the_run(ready):
    drive = ready()
    settings = drive.program.settings
    settings.set_preferences(replace(settings.preferences, score_threshold=0.8, max_people=5))
    drive.press("R")
    drive.until(lambda: drive.results() == [0])
    result = drive.program.session.store.result(0)
    assert len(result.people) == 1
    assert result.rejected.reasons == ("score 0.60 below 0.80",)


def test_a_full_disk_pauses_and_loses_nothing(ready):
    drive = ready()
    run_range(drive, 0, 2)
    drive.until(lambda: drive.results() == [0, 1, 2])
    store = drive.program.session.store
    (pages,) = store._row("PRAGMA page_count")
    store._execute(f"PRAGMA max_page_count = {pages}")
    run_range(drive, 3, 60)
    drive.until(lambda: drive.said("disk is full"))
    drive.until(lambda: drive.program.engine_lane.unfinished == 0)
    written = drive.results()
    assert written == list(range(len(written)))
    assert len(written) < 61
    assert drive.window.message_bar._action.text() == "Resume"
    store._execute("PRAGMA max_page_count = 100000")
    drive.window.message_bar._action.click()
    drive.until(lambda: drive.results() == list(range(61)))
    assert all(len(store.versions(frame)) == 1 for frame in range(61))


def test_run_range_without_a_range_says_how_to_make_one(ready):
    drive = ready()
    drive.press("Shift+R")
    assert drive.messages[-1][:2] == ("There is no range.", MARK_A_RANGE)


def test_running_without_a_loaded_engine_loads_it(start, clip):
    drive = start()
    drive.open(clip)
    assert drive.program.engine.state == "stopped"
    drive.press("R")
    drive.until(lambda: drive.results() == [0])


def test_the_run_is_in_the_status_bar_until_it_is_over(ready):
    drive = ready(seconds="0.05")
    run_range(drive, 0, 30)
    status = drive.window.run_status
    drive.until(status._title.isVisible)
    drive.program.inference.cancel()
    drive.until(lambda: not status._title.isVisible())


def test_bodies_are_on_every_picture_that_is_played(drive):
    drive.load()
    drive.program.inference.run_frames("All frames", range(60))
    drive.until(lambda: len(drive.results()) == 60 and not drive.program.overlay.busy)
    drive.program.view.set_speed(8.0)  # faster than bodies can be drawn
    bare, painted = [], []

    def look(frame: int) -> None:
        if drive.program.view.playing and frame < 60:
            (painted if drive.overlay_is_on(frame) else bare).append(frame)

    drive.picture.frame_painted.connect(look)
    drive.press("Space")
    drive.until(lambda: not drive.program.view.playing)
    assert painted
    assert not bare
