"""The Run panel by itself."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from widgets.run_panel import RunPanel, RunScope
from widgets.run_rows import RunRow
from widgets.run_status import time_left
from widgets.values import EngineRow, Preferences, RunProgress


@pytest.fixture
def panel(qtbot):
    made = RunPanel()
    qtbot.addWidget(made)
    made.resize(276, 640)
    with qtbot.waitExposed(made):
        made.show()
    return made


SCOPES = (
    RunScope("frame", "Frame 12", "1 frame · ~0.1 s", "frame 12: 1 frame · about 0.1 s", "", "R"),
    RunScope("failed", "Failed", "none", "", "No frame has failed."),
)


def test_scopes_say_what_they_run_and_why_not(panel, qtbot):
    asked = []
    panel.run_requested.connect(asked.append)
    panel.set_scopes(SCOPES)
    frame, failed = panel.buttons["frame"], panel.buttons["failed"]
    assert frame.toolTip() == "Run frame 12: 1 frame · about 0.1 s (R)"
    assert frame.accessibleName() == "Run Frame 12"
    assert failed.toolTip() == failed.accessibleDescription() == "No frame has failed."
    qtbot.mouseClick(failed, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(frame, Qt.MouseButton.LeftButton)
    frame.setFocus()
    qtbot.keyClick(frame, Qt.Key.Key_Space)
    assert asked == ["frame", "frame"]


def test_runs_keep_their_rows(panel, qtbot):
    toggled, cancelled = [], []
    panel.runs.pause_toggled.connect(toggled.append)
    panel.runs.cancel_requested.connect(cancelled.append)
    first = RunRow("a", RunProgress("Frames 0–179", 64, 180, 32.0, 2))
    panel.runs.set_runs([first])
    row = panel.runs._rows["a"]
    assert row._numbers.text() == "64 of 180 · 2 failed · 58 s left"
    paused = RunRow("a", RunProgress("Frames 0–179", 70, 180, 35.0, 2, paused=True))
    panel.runs.set_runs([paused, RunRow("b", RunProgress("All frames", 0, 900))])
    assert panel.runs._rows["a"] is row
    assert row._pause.toolTip() == "Resume"
    qtbot.mouseClick(row._pause, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.runs._rows["b"]._cancel, Qt.MouseButton.LeftButton)
    assert (toggled, cancelled) == (["a"], ["b"])
    panel.runs.set_runs([])
    assert panel.runs._empty.isVisible()


def test_frames_done_before_the_start_do_not_count_for_the_time_left():
    assert time_left(RunProgress("x", done=100, total=200, seconds=10.0, earlier=90)) == 100.0
    assert time_left(RunProgress("x", done=100, total=200, seconds=10.0, earlier=99)) is None


def test_options_tell_only_what_a_person_changed(panel):
    told = []
    options = panel.options
    options.changed.connect(told.append)
    options.set_values(Preferences(score_threshold=0.3, max_people=2, theme="light"))
    assert told == []
    options.people.setValue(4)
    assert told == [Preferences(score_threshold=0.3, max_people=4, theme="light")]
    options.focal.source.setCurrentIndex(1)
    assert told[-1].focal_from == "value"
    assert options.focal.value.isVisible()


def test_engines_that_are_not_there_are_said_to_be(panel):
    chosen = []
    panel.options.engine_chosen.connect(chosen.append)
    panel.options.set_engines((EngineRow("a", "A"), EngineRow("b", "B", installed=False)), "a")
    assert panel.options.engine.itemText(1) == "B (not installed)"
    assert panel.options.engine.currentData() == "a"
    assert chosen == []
