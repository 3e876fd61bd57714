"""The list to pick a track from, with mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from widgets.track_picker import PickRow, TrackPicker

ROWS = (
    PickRow(2, "Ben", (230, 159, 0), "312 frames"),
    PickRow(0, "New track", (86, 180, 233), "400 frames"),
    PickRow(7, "Cleo", (196, 52, 76), "0 frames; 12 with both stay"),
)


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


@pytest.fixture
def picker(window):
    made = TrackPicker("Merge Anna into", ROWS, window)
    made.log = []
    for name in ("picked", "pointed", "left"):
        getattr(made, name).connect(lambda *values, name=name, log=made.log: log.append((name, *values)))
    made.open_at(QPoint(20, 20))
    return made


def test_it_says_what_each_would_touch_and_points_at_the_first(picker):
    texts = [picker.list.item(row).text() for row in range(picker.list.count())]
    assert texts == [
        "Ben   ·   312 frames",
        "New track   ·   400 frames",
        "Cleo   ·   0 frames; 12 with both stay",
    ]
    assert picker.log == [("pointed", 2)]
    assert picker.list.accessibleName() == "Merge Anna into"
    picker.close()


def test_arrows_point_and_return_picks(picker, qtbot):
    log, items = picker.log, picker.list
    qtbot.keyClick(items, Qt.Key.Key_Down)
    qtbot.keyClick(items, Qt.Key.Key_Return)
    assert log == [("pointed", 2), ("pointed", 0), ("left",), ("picked", 0)]


def test_the_mouse_points_and_a_click_picks(picker, qtbot):
    log, view = picker.log, picker.list.viewport()
    place = picker.list.visualItemRect(picker.list.item(2)).center()
    qtbot.mouseMove(view, place)
    assert log[-1] == ("pointed", 7)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    assert log[-2:] == [("left",), ("picked", 7)]


def test_esc_leaves(picker, qtbot):
    log = picker.log
    qtbot.keyClick(picker.list, Qt.Key.Key_Escape)
    assert log == [("pointed", 2), ("left",)]
