"""Swap, merge, split, move, delete, solo: by mouse and keys, to the session and back."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pipeline.session.layered import shown
from widgets.lanes_paint import LANE
from widgets.time_scale import GUTTER
from widgets.track_picker import TrackPicker


@pytest.fixture
def tracked(start, clip):
    """Two people on frames 0 to 9, the first selected."""
    drive = start()
    drive.open(clip)
    drive.load()
    drive.program.inference.run_frames("Some", range(10))
    drive.until(lambda: drive.results() == list(range(10)))
    drive.until(lambda: drive.overlay_is_on(0))
    drive.until(lambda: drive.window.tracks._model.row_of(2) is not None)
    drive.press("1")
    drive.first_dump = drive.program.session.store.dump()
    return drive


def who(drive, frame):
    return [a.track_id for a in drive.program.session.store.assignments(frame)]


def picker(drive) -> TrackPicker:
    drive.until(lambda: isinstance(QApplication.activePopupWidget(), TrackPicker))
    return QApplication.activePopupWidget()


def back(drive):
    drive.press("Ctrl+Z")
    assert drive.program.session.store.dump() == drive.first_dump


def test_swapping_from_here_on_by_keys(tracked):
    tracked.program.view.set_frame(4)
    tracked.press("Ctrl+T")
    popup = picker(tracked)
    assert popup.list.item(0).text() == "Person 2   ·   6 frames"
    assert tracked.window.timeline.lanes._preview.tolist() == [[4, 9]]
    QTest.keyClick(popup.list, Qt.Key.Key_Return)
    tracked.until(lambda: who(tracked, 4) == [2, 1])
    assert (who(tracked, 3), who(tracked, 9)) == ([1, 2], [2, 1])
    assert all(a.by == "reviewer" for a in tracked.program.session.store.assignments(4))
    assert not len(tracked.window.timeline.lanes._preview)
    assert tracked.said("Swap tracks: 6 frames.")
    back(tracked)


def test_esc_leaves_the_picker_and_changes_nothing(tracked):
    tracked.press("Ctrl+T")
    QTest.keyClick(picker(tracked).list, Qt.Key.Key_Escape)
    tracked.until(lambda: QApplication.activePopupWidget() is None)
    assert tracked.program.session.store.dump() == tracked.first_dump
    assert tracked.program.view.selected_track == 1


def test_splitting_and_merging_give_the_track_back(tracked):
    tracked.program.view.set_frame(6)
    action = tracked.window.actions_table["split"]
    tracked.until(lambda: action.text() == "Split the Track Here: 4 frames")
    tracked.press("Alt+M")
    assert (who(tracked, 5), who(tracked, 6)) == ([1, 2], [3, 2])
    tracked.program.selection.select_track(3)
    tracked.press("M")
    popup = picker(tracked)
    rows = [popup.list.item(k).text() for k in range(popup.list.count())]
    assert rows == ["Person 2   ·   0 frames, 4 with both stay", "Person 1   ·   4 frames"]
    item = popup.list.visualItemRect(popup.list.item(1)).center()
    QTest.mouseClick(popup.list.viewport(), Qt.MouseButton.LeftButton, pos=item)
    tracked.until(lambda: who(tracked, 6) == [1, 2])
    tracked.press("Ctrl+Z")
    tracked.press("Ctrl+Z")
    assert tracked.program.session.store.dump() == tracked.first_dump


def test_splitting_at_the_first_frame_is_no_split(tracked):
    tracked.press("Alt+M")
    assert tracked.said("Split track: there is nobody to change.")
    assert tracked.program.session.store.dump() == tracked.first_dump


def test_moving_a_range_to_a_new_track(tracked):
    tracked.program.view.set_range((2, 4))
    tracked.window.actions_table["reassign"].trigger()
    popup = picker(tracked)
    assert popup.list.item(0).text() == "New track   ·   3 frames"
    QTest.keyClick(popup.list, Qt.Key.Key_Return)
    tracked.until(lambda: who(tracked, 3) == [3, 2])
    assert (who(tracked, 1), who(tracked, 5)) == ([1, 2], [1, 2])
    back(tracked)


def test_deleting_in_a_frame_hides_the_person_and_can_be_taken_back(tracked):
    tracked.press("Del")
    store = tracked.program.session.store
    assert who(tracked, 0) == [None, 2]
    assert shown(store, 0).removed == {0}
    assert who(tracked, 1) == [1, 2]
    tracked.window.actions_table["track_again"].trigger()  # what a reviewer said is not overwritten
    tracked.until(lambda: tracked.said("everybody stays who they are"))
    assert who(tracked, 0) == [None, 2]
    tracked.window.actions_table["bring_back"].trigger()
    assert who(tracked, 0) == [3, 2]
    tracked.press("Ctrl+Z")
    back(tracked)


@pytest.mark.parametrize(
    ("action", "left"),
    [
        ("delete_range", [0, 1, 5, 6, 7, 8, 9]),
        ("delete_on", [0, 1, 2]),
        ("delete_track", []),
    ],
)
def test_deleting_more(tracked, action, left):
    tracked.program.view.set_range((2, 4))
    tracked.program.view.set_frame(3)
    tracked.until(lambda: "frames" in tracked.window.actions_table[action].text())
    tracked.window.actions_table[action].trigger()
    store = tracked.program.session.store
    assert [cell.frame for cell in store.cells_of(1)] == left
    assert len(store.cells_of(2)) == 10
    back(tracked)


def test_delete_track_has_its_key(tracked):
    tracked.press("Ctrl+Shift+Backspace")
    assert tracked.program.session.store.cells_of(1) == []


def test_solo_draws_one_person_and_leaves_the_visibility_alone(tracked):
    solo = tracked.window.actions_table["solo"]
    solo.trigger()
    assert tracked.program.view.solo == 1
    assert solo.isChecked()
    assert [t.visible for t in tracked.program.session.tracks()] == [True, True]
    tracked.press("2")
    assert tracked.program.view.solo == 2
    solo.trigger()
    assert tracked.program.view.solo is None
    assert tracked.program.session.store.dump() == tracked.first_dump


def test_dragging_on_a_lane_selects_a_range_and_its_track(tracked):
    lanes = tracked.window.timeline.lanes
    scale = lanes._scale
    x1, x2 = (round(scale.middle_of(frame, lanes.width())) for frame in (2, 7))
    y = LANE + LANE // 2
    view = lanes.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(x1, y))
    QTest.mouseMove(view, QPoint((x1 + x2) // 2, y))
    QTest.mouseMove(view, QPoint(x2, y))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(x2, y))
    assert tracked.program.view.range == (2, 7)
    assert tracked.program.view.selected_track == 2


def test_the_menu_of_a_lane_is_about_the_frame_under_the_pointer(tracked):
    lanes = tracked.window.timeline.lanes
    place = QPoint(round(lanes._scale.middle_of(5, lanes.width())), LANE + 5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, lanes.viewport().mapToGlobal(place))
    QApplication.sendEvent(lanes.viewport(), event)
    menu = tracked.window.menus["Tracks"]
    tracked.until(menu.isVisible)
    assert (tracked.program.view.selected_track, tracked.program.view.frame_index) == (2, 5)
    assert tracked.window.actions_table["delete_on"].text() == "Delete the Person from Here On: 5 frames"
    menu.close()


def test_nothing_is_done_without_a_selection(tracked):
    tracked.program.view.select(None)
    for action in ("swap", "merge", "split", "delete_track", "solo"):
        tracked.window.actions_table[action].trigger()
    assert tracked.said("No track is selected.")
    assert tracked.program.session.store.dump() == tracked.first_dump


def test_lanes_show_what_layers_made(tracked):
    assert GUTTER > 0
    lane = tracked.window.timeline.lanes._lanes[0]
    assert not len(lane.smoothed)
    tracked.window.actions_table["smooth"].trigger()
    tracked.until(lambda: np.array_equal(tracked.window.timeline.lanes._lanes[0].smoothed, [[0, 9]]))
