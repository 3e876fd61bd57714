"""The Run panel in the window: what it runs, what it says, and that its options are the preferences."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.selection import MARK_A_RANGE
from widgets.preferences import PreferencesDialog


@pytest.fixture
def ready(start, clip):
    """Starts a program with the clip open and the stand-in loaded, given its cues, the panel in front."""

    def ready(**cues):
        drive = start(**cues)
        drive.open(clip)
        drive.load()
        drive.window.show_dock("run_panel")
        drive.until(drive.window.run_panel.isVisible)
        return drive

    return ready


def click(widget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def detail(drive, key) -> str:
    return drive.window.run_panel._details[key].text()


def test_buttons_run_what_they_say(ready):
    drive = ready(oom_on="5")
    buttons = drive.window.run_panel.buttons
    drive.program.view.set_frame(12)
    drive.until(lambda: buttons["frame"].text() == "Frame 12")
    assert not buttons["range"].isEnabled()
    assert buttons["range"].toolTip() == MARK_A_RANGE
    drive.picture.setFocus()
    click(buttons["frame"])
    drive.until(lambda: drive.results() == [12])
    assert drive.picture.hasFocus(), "the keys stay with the picture"
    drive.program.view.set_range((3, 6))
    drive.until(lambda: buttons["range"].isEnabled())
    assert detail(drive, "range").startswith("4 frames")
    assert buttons["range"].toolTip().startswith("Run frames 3–6: 4 frames")
    click(buttons["range"])
    drive.until(lambda: drive.results() == [3, 4, 6, 12])
    drive.until(lambda: detail(drive, "failed").startswith("1 frame"))
    assert detail(drive, "missing").startswith("86 frames")
    click(buttons["failed"])
    drive.until(lambda: drive.window.actions_table["undo"].text() == "Undo run failed frames again")
    drive.until(lambda: not drive.program.inference.running)
    click(buttons["missing"])
    drive.until(lambda: len(drive.results()) == 89)
    assert "~" in detail(drive, "all")


def test_problem_frames_are_those_somebody_knows(ready):
    drive = ready()
    buttons, wishes = drive.window.run_panel.buttons, drive.program.run_wishes
    wishes.ask_for_problems(lambda: ())
    drive.window.actions_table["run_problems"].trigger()
    assert drive.messages[-1][0] == "No frame has an open problem."
    wishes.ask_for_problems(lambda: [4, 9])
    drive.press("Right", drive.picture)
    drive.until(buttons["problems"].isEnabled)
    click(buttons["problems"])
    drive.until(lambda: drive.results() == [4, 9])
    assert drive.window.actions_table["undo"].text() == "Undo run frames with problems again"


def test_options_are_the_preferences_and_stay_in_step(ready, qtbot):
    drive = ready()
    options, settings = drive.window.run_panel.options, drive.program.settings
    dialog = PreferencesDialog(settings.preferences)
    qtbot.addWidget(dialog)
    settings.preferences_changed.connect(dialog.follow)
    dialog.changed.connect(settings.set_preferences)
    options.score.setFocus()
    options.score.selectAll()
    qtbot.keyClicks(options.score, "0.8")
    qtbot.keyClick(options.score, Qt.Key.Key_Tab)
    click(options.masks)
    assert settings.preferences.score_threshold == 0.8
    assert not settings.preferences.masks
    assert dialog.score.value() == 0.8
    dialog.people.setValue(3)
    assert options.people.value() == 3
    options.focal.source.setCurrentIndex(options.focal.source.findData("value"))
    options.focal.value.setValue(1200)
    assert settings.preferences.focal_length == 1200.0
    assert options.focal.value.isVisible()
    drive.press("R", drive.picture)
    drive.until(lambda: drive.results() == [0])
    asked = drive.program.session.store.versions(0)[0].options
    assert (asked.score_threshold, asked.max_people, asked.masks, asked.focal_length) == (
        0.8,
        3,
        False,
        1200.0,
    )


def test_runs_are_paused_resumed_and_cancelled_in_the_panel(ready):
    drive = ready(seconds="0.04")
    drive.program.view.set_range((0, 80))
    drive.press("Shift+R", drive.picture)
    rows = drive.window.run_panel.runs
    drive.until(lambda: len(rows._rows) == 1 and len(drive.results()) >= 2)
    (row,) = rows._rows.values()
    assert row._title.text() == "Frames 0–80"
    assert not rows._empty.isVisible()
    click(row._pause)
    drive.until(lambda: drive.program.engine_lane.unfinished == 0)
    assert row._pause.accessibleName() == "Resume Frames 0–80"
    assert "paused" in row._numbers.text()
    done = len(drive.results())
    drive.program.inference.run_frames("Others", range(85, 88))
    drive.until(lambda: len(drive.results()) == done + 3)
    drive.until(lambda: len(rows._rows) == 1)
    click(row._pause)
    drive.until(lambda: len(drive.results()) >= done + 5)
    click(row._cancel)
    assert not drive.program.inference.running
    drive.until(rows._empty.isVisible)


def test_the_engine_is_chosen_in_the_panel(start, clip):
    drive = start()
    drive.program.start(clip)
    drive.until(lambda: drive.program.engine.state == "ready")
    engine = drive.window.run_panel.options.engine
    assert engine.currentData() == drive.program.engine.name == "mediapipe"
    assert drive.window.run_panel.options.state.text() == "Ready"
    row = engine.findData("humans4d")
    engine.setCurrentIndex(row)
    engine.activated.emit(row)
    assert drive.program.engine.name == "humans4d"
    assert drive.window.run_panel.options.state.text() == "Not loaded; a run loads it first."
    assert drive.window.models._choice.currentData() == "humans4d"


def test_without_a_video_nothing_can_be_run(start):
    drive = start()
    buttons = drive.window.run_panel.buttons
    assert not any(button.isEnabled() for button in buttons.values())
    assert buttons["all"].toolTip() == "Open a video first."
