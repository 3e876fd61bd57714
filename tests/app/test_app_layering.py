"""Gaps filled and motion smoothed from the panel, seen, switched, removed, undone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QPushButton, QToolButton, QWidget

from pipeline.session.layered import ShownFrames, shown
from pipeline.session.record import record
from pipeline.structures import RunOptions
from widgets.layers_panel import LayersPanel


@pytest.fixture
def gappy(start, clip):
    """Two people on frames 0 to 9; the first is deleted from 3 to 5."""
    drive = start()
    drive.open(clip)
    drive.load()
    drive.program.inference.run_frames("Some", range(10))
    drive.until(lambda: drive.results() == list(range(10)))
    drive.until(lambda: drive.window.tracks._model.row_of(2) is not None)
    drive.press("1")
    drive.program.view.set_range((3, 5))
    drive.window.actions_table["delete_range"].trigger()
    drive.program.view.set_range(None)
    drive.panel = drive.window.docks["tracks"].widget().findChild(LayersPanel)
    drive.until(lambda: drive.panel.fill.isEnabled())
    drive.first_dump = drive.program.session.store.dump()
    return drive


def made(drive, frame):
    store = drive.program.session.store
    seen = shown(store, frame)
    return {a.track_id: seen.made.get(a.slot, "") for a in seen.assignments if a.track_id is not None}


def rows(drive, layer=1):
    found = drive.panel.findChildren(QWidget, f"layer_{layer}")
    return [row for row in found if row.isVisibleTo(drive.panel)]


def row(drive, kind, layer=1):
    """Something in a layer's row, or None."""
    found = rows(drive, layer)
    return found[0].findChild(kind) if found else None


def run_again_elsewhere(drive, frame):
    """A new result in which everybody is somewhat farther away."""
    store = drive.program.session.store
    result = store.result(frame)
    people = replace(result.people, cam_t=result.people.cam_t * np.float32(1.1))
    run = store.start_run("made-up", RunOptions(), "Again")
    drive.program.session.tell(record(store, replace(result, people=people), run))


def test_a_gap_is_filled_with_the_button_and_undone_with_the_key(gappy):
    assert gappy.panel.fill.toolTip() == "Fill 1 gap of Person 1: 3 frames"
    QTest.mouseClick(gappy.panel.fill, Qt.MouseButton.LeftButton)
    gappy.until(lambda: made(gappy, 4) == {1: "filled", 2: ""})
    assert made(gappy, 2) == {1: "", 2: ""}
    gappy.until(lambda: gappy.said("Fill gaps of Person 1: 3 frames."))
    gappy.until(lambda: row(gappy, QCheckBox) is not None)
    gappy.program.view.set_frame(4)
    gappy.press("1")
    assert gappy.program.view.selected_track == 1
    gappy.press("Ctrl+Z")
    assert gappy.program.session.store.dump() == gappy.first_dump
    gappy.until(lambda: not rows(gappy))


def test_a_layer_is_switched_off_and_on_and_removed(gappy):
    QTest.mouseClick(gappy.panel.smooth, Qt.MouseButton.LeftButton)
    gappy.until(lambda: made(gappy, 0) == {1: "smoothed", 2: ""})
    gappy.until(lambda: rows(gappy))
    QTest.mouseClick(row(gappy, QCheckBox), Qt.MouseButton.LeftButton)
    gappy.until(lambda: made(gappy, 0) == {1: "", 2: ""})
    gappy.until(lambda: not row(gappy, QCheckBox).isChecked())
    QTest.mouseClick(row(gappy, QCheckBox), Qt.MouseButton.LeftButton)
    gappy.until(lambda: made(gappy, 0) == {1: "smoothed", 2: ""})
    gappy.until(lambda: row(gappy, QCheckBox).isChecked())
    QTest.mouseClick(row(gappy, QToolButton), Qt.MouseButton.LeftButton)
    gappy.until(lambda: made(gappy, 0) == {1: "", 2: ""})
    for _ in range(4):
        gappy.press("Ctrl+Z")
    assert gappy.program.session.store.dump() == gappy.first_dump


def test_the_range_limits_a_layer(gappy):
    gappy.program.view.set_range((6, 8))
    gappy.until(lambda: gappy.panel.smooth.toolTip() == "Smooth Person 1, frames 6–8: 3 frames")
    QTest.mouseClick(gappy.panel.smooth, Qt.MouseButton.LeftButton)
    gappy.until(lambda: made(gappy, 7) == {1: "smoothed", 2: ""})
    assert made(gappy, 9) == {1: "", 2: ""}


def test_a_frame_run_again_shows_the_run_and_the_layer_can_follow(gappy):
    QTest.mouseClick(gappy.panel.smooth, Qt.MouseButton.LeftButton)
    gappy.until(lambda: made(gappy, 1) == {1: "smoothed", 2: ""})
    run_again_elsewhere(gappy, 1)
    assert made(gappy, 1) == {1: "", 2: ""}
    gappy.until(lambda: row(gappy, QPushButton) is not None)
    QTest.mouseClick(row(gappy, QPushButton), Qt.MouseButton.LeftButton)
    gappy.until(lambda: made(gappy, 1) == {1: "smoothed", 2: ""})
    assert len(gappy.program.session.store.pose_layers()) == 1


def test_layers_are_left_out_while_the_key_is_held(gappy):
    QTest.mouseClick(gappy.panel.smooth, Qt.MouseButton.LeftButton)
    gappy.until(lambda: made(gappy, 0)[1] == "smoothed")
    frames = gappy.program.session.store.companion(ShownFrames)
    QTest.keyPress(gappy.picture, Qt.Key.Key_Backslash)
    assert frames.bare
    assert made(gappy, 0)[1] == ""
    QTest.keyRelease(gappy.picture, Qt.Key.Key_Backslash)
    assert not frames.bare
    assert made(gappy, 0)[1] == "smoothed"


def test_without_a_track_nothing_can_be_made(gappy):
    gappy.program.view.select(None)
    gappy.until(lambda: not gappy.panel.fill.isEnabled())
    assert gappy.panel.scope_label.text() == "Select a track first"
