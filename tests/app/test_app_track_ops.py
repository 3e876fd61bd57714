"""Swap, merge, split, move, delete, solo: by mouse and keys, to the session and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pipeline.palette import PALETTE
from pipeline.session.layered import shown
from widgets.color_menu import ColorMenu
from widgets.lanes_paint import LANE
from widgets.time_scale import GUTTER
from widgets.track_picker import TrackPicker
from widgets.values import DELETED


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
    assert tracked.said("Swap Person 1 and Person 2 from 4 on: 6 frames.")
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
    tracked.until(lambda: action.text() == "Split Person 1 Here: 4 frames")
    tracked.press("Alt+M")
    assert (who(tracked, 5), who(tracked, 6)) == ([1, 2], [3, 2])
    tracked.program.selection.select_track(3)
    tracked.press("M")
    popup = picker(tracked)
    rows = [popup.list.item(k).text() for k in range(popup.list.count())]
    assert rows == ["Person 2   ·   0 frames; 4 with both stay", "Person 1   ·   4 frames"]
    item = popup.list.visualItemRect(popup.list.item(1)).center()
    QTest.mouseClick(popup.list.viewport(), Qt.MouseButton.LeftButton, pos=item)
    tracked.until(lambda: who(tracked, 6) == [1, 2])
    tracked.press("Ctrl+Z")
    tracked.press("Ctrl+Z")
    assert tracked.program.session.store.dump() == tracked.first_dump


def test_splitting_at_the_first_frame_is_no_split(tracked):
    tracked.press("Alt+M")
    assert tracked.said("Split Person 1 at 0: there is nobody to change.")
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
    tracked.until(lambda: who(tracked, 0) == [1, 2])
    assert store.assignments(0)[0].by == "tracker"
    assert tracked.said("Bring people back: 1 frame.")
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
    assert tracked.window.actions_table["delete_on"].text() == "Delete Person 2 from Here On: 5 frames"
    menu.close()


def test_two_tracks_are_marked_and_merged(tracked):
    """Ctrl+click beside the selected one; the menu says what would happen, and the list begins with that one."""
    tracked.program.view.set_frame(6)
    tracked.press("Alt+M")  # 3 is 1 from here on
    lanes = tracked.window.timeline.lanes
    tracked.until(lambda: len(lanes._lanes) == 3)
    ctrl = Qt.KeyboardModifier.ControlModifier
    lanes.verticalScrollBar().setValue(3 * LANE)
    place = QPoint(20, 2 * LANE + 5 - lanes.verticalScrollBar().value())
    QTest.mouseClick(lanes.viewport(), Qt.MouseButton.LeftButton, pos=place)
    lanes.verticalScrollBar().setValue(0)
    QTest.mouseClick(lanes.viewport(), Qt.MouseButton.LeftButton, ctrl, QPoint(20, 5))
    view = tracked.program.view
    assert (view.selected_track, view.other_track) == (3, 1)
    assert tracked.window.tracks._model.other_row == 0
    action = tracked.window.actions_table["merge"]
    tracked.until(lambda: action.text() == "Merge Person 3 into Person 1…: 4 frames")
    tracked.press("M")
    popup = picker(tracked)
    assert popup.list.item(0).text() == "Person 1   ·   4 frames"
    assert lanes._touched == {1, 3}
    QTest.keyClick(popup.list, Qt.Key.Key_Return)
    tracked.until(lambda: who(tracked, 6) == [1, 2])
    assert tracked.said("Merge Person 3 into Person 1: 4 frames.")
    assert view.selected_track == 1  # the other one is no more
    assert tracked.window.actions_table["undo"].text() == "Undo merge Person 3 into Person 1"
    tracked.press("Ctrl+Z")
    tracked.press("Ctrl+Z")
    assert tracked.program.session.store.dump() == tracked.first_dump


def test_a_second_track_is_forgotten_with_another_selection(tracked):
    view = tracked.program.view
    table = tracked.window.tracks
    QTest.keyClick(table.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert (view.selected_track, view.other_track) == (1, 2)
    tracked.press("2")
    assert (view.selected_track, view.other_track) == (2, None)


def test_frames_with_both_stay_and_it_is_said(tracked):
    tracked.program.view.set_range((2, 4))
    tracked.window.actions_table["delete_range"].trigger()  # 1 is not there any more
    tracked.program.view.set_range(None)
    tracked.press("2")
    tracked.press("M")
    popup = picker(tracked)
    assert popup.list.item(0).text() == "Person 1   ·   3 frames; 7 with both stay"
    QTest.keyClick(popup.list, Qt.Key.Key_Return)
    assert tracked.said("Merge Person 2 into Person 1: 3 frames. 7 frames with both stay as they are.")
    assert (who(tracked, 3), who(tracked, 5)) == ([None, 1], [1, 2])


@pytest.mark.parametrize(
    ("keys", "frames"), [("Shift+Del", [2, 3, 4]), ("Ctrl+Del", list(range(3, 10))), ("Del", [3])]
)
def test_deleting_by_keys(tracked, keys, frames):
    tracked.program.view.set_range((2, 4))
    tracked.program.view.set_frame(3)
    tracked.press(keys)
    assert [f for f in range(10) if who(tracked, f)[0] is None] == frames
    lane = tracked.window.timeline.lanes
    tracked.until(lambda: lane._lanes[-1].deleted)
    assert lane._lanes[-1].segments.tolist() == [[frames[0], frames[-1]]]
    back(tracked)


def test_whom_one_deleted_from_a_range_comes_back(tracked):
    tracked.program.view.set_range((2, 4))
    tracked.window.actions_table["delete_range"].trigger()
    tracked.window.actions_table["bring_back_range"].trigger()
    tracked.until(lambda: tracked.said("Bring people back: 3 frames."))
    assert [who(tracked, frame) for frame in range(10)] == [[1, 2]] * 10
    tracked.press("Ctrl+Z")
    back(tracked)
    tracked.window.actions_table["bring_back_range"].trigger()
    tracked.until(lambda: tracked.said("Nobody was deleted: 2–4."))
    tracked.program.view.set_range(None)
    tracked.window.actions_table["bring_back_range"].trigger()
    assert tracked.said("There is no range.")


def test_a_click_on_the_dashed_box_of_somebody_deleted_brings_them_back(tracked):
    view, picture = tracked.program.view, tracked.window.frame_view
    view.set_layers(replace(view.layers, rejected=True))
    tracked.press("Del")
    tracked.until(lambda: len(picture._rejected) == 1)
    x1, y1, x2, y2 = picture._rejected[0].tolist()
    place = picture.on_screen((x1, y1, x2, y2)).center()
    QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=place)
    tracked.until(lambda: who(tracked, 0) == [1, 2])
    tracked.press("Ctrl+Z")
    back(tracked)


def test_a_track_that_goes_takes_its_layers_along(tracked):
    store = tracked.program.session.store
    tracked.window.actions_table["smooth"].trigger()
    tracked.until(lambda: len(store.pose_layers()) == 1)
    before = store.dump()
    tracked.press("Ctrl+Shift+Backspace")
    assert store.pose_layers() == ()
    assert tracked.program.view.selected_track is None
    tracked.press("Ctrl+Z")
    assert store.dump() == before


def test_hiding_and_colouring(tracked):
    table = tracked.window.actions_table
    tracked.until(lambda: table["hide"].text() == "Hide Person 1")
    table["hide"].trigger()
    assert [t.visible for t in tracked.program.session.tracks()] == [False, True]
    tracked.until(lambda: table["hide"].text() == "Show Person 1")
    table["color"].trigger()
    tracked.until(lambda: isinstance(QApplication.activePopupWidget(), ColorMenu))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(QApplication.activePopupWidget(), key)
    assert tracked.program.session.tracks()[0].color == PALETTE[1]
    tracked.press("Ctrl+Z")
    back(tracked)


def test_solo_is_seen_on_the_lanes_and_over_with_its_track(tracked):
    lanes = tracked.window.timeline.lanes
    tracked.press("Alt+S")
    assert tracked.said("Only Person 1 is drawn.")
    tracked.until(lambda: [lane.visible for lane in lanes._lanes] == [True, False])
    tracked.press("Ctrl+Shift+Backspace")
    assert tracked.program.view.solo is None
    assert not tracked.window.actions_table["solo"].isChecked()


def test_the_tables_menu_has_the_operations(tracked):
    table = tracked.window.actions_table
    menu = tracked.window.tracks.menu_for(tracked.program.session.tracks()[0])
    assert {table[name] for name in ("swap", "merge", "split", "reassign", "solo")} <= set(menu.actions())
    assert "Delete" in [action.text() for action in menu.actions()]


def test_the_menu_on_the_lane_of_the_deleted_selects_nobody(tracked):
    tracked.press("Del")
    lanes = tracked.window.timeline.lanes
    tracked.until(lambda: lanes._lanes[-1].deleted)
    tracked.program.view.set_frame(5)
    lanes.menu_requested.emit(DELETED, 0, QPoint(10, 10))
    tracked.until(tracked.window.menus["Tracks"].isVisible)
    assert (tracked.program.view.frame_index, tracked.program.view.selected_track) == (0, None)
    tracked.window.menus["Tracks"].close()


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
