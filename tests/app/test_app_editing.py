from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from pipeline.session.tracks import Cell


@pytest.fixture
def tracked(start, clip):
    """Two people on frames 0 to 5."""
    drive = start()
    drive.open(clip)
    drive.load()
    drive.program.inference.run_frames("Some", range(6))
    drive.until(lambda: drive.results() == list(range(6)))
    drive.until(lambda: drive.overlay_is_on(0))
    drive.until(lambda: drive.window.tracks._model.row_of(2) is not None)  # it follows a moment later
    return drive


def titles(drive):
    return [track.title for track in drive.program.session.tracks()]


def who(drive, frame):
    return [a.track_id for a in drive.program.session.store.assignments(frame)]


def test_renaming_undoing_and_redoing_with_keys(tracked):
    tracked.press("1")
    tracked.press("F2")
    editor = tracked.window.focusWidget()
    editor.selectAll()
    QTest.keyClicks(editor, "Ada")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    tracked.until(lambda: titles(tracked) == ["Ada", "Person 2"])
    tracked.until(
        lambda: [lane.title for lane in tracked.window.timeline.lanes._lanes] == ["Ada", "Person 2"]
    )
    assert tracked.window.actions_table["undo"].text() == "Undo rename track"
    tracked.press("Ctrl+Z")
    assert titles(tracked) == ["Person 1", "Person 2"]
    assert tracked.window.actions_table["undo"].text() == "Undo run some"
    tracked.press("Ctrl+Shift+Z")
    assert titles(tracked) == ["Ada", "Person 2"]
    tracked.press("Ctrl+Z")
    tracked.press("Ctrl+Y")
    assert titles(tracked) == ["Ada", "Person 2"]


def test_undo_survives_closing(tracked, start, clip):
    tracked.program.editing.rename(2, "Grace")
    tracked.window.close()
    again = start()
    again.open(clip)
    assert titles(again) == ["Person 1", "Grace"]
    again.press("Ctrl+Z")
    assert titles(again) == ["Person 1", "Person 2"]


def test_selecting_by_number_and_by_cycling(tracked):
    view = tracked.program.view
    tracked.press("2")
    assert view.selected_track == 2
    tracked.press("`")
    assert view.selected_track == 1
    tracked.press("`")
    assert view.selected_track == 2
    tracked.press("7")
    assert view.selected_track is None


def test_a_digit_is_the_place_among_those_who_are_there_not_the_track(tracked):
    tracked.press("1")
    tracked.press("Ctrl+7")
    assert who(tracked, 0) == [7, 2]
    tracked.press("1")
    assert tracked.program.view.selected_track == 2
    tracked.press("2")
    assert tracked.program.view.selected_track == 7
    tracked.program.view.set_frame(40)  # nobody
    tracked.press("1")
    assert tracked.program.view.selected_track is None


def test_tracking_again_is_one_step_that_can_be_undone(tracked):
    tracked.window.actions_table["track_again"].trigger()
    tracked.until(lambda: tracked.said("everybody stays who they are"))
    assert tracked.window.actions_table["undo"].text() == "Undo run some"
    store = tracked.program.session.store
    with store.transaction():  # as an older tracker may have left them
        version = store.counting_version(3)
        store.set_cells([Cell(3, version, 0, 2, False), Cell(3, version, 1, 1, False)])
    tracked.window.actions_table["track_again"].trigger()
    tracked.until(lambda: tracked.said("2 people in 1 frame now on another track"))
    assert who(tracked, 3) == [1, 2]
    tracked.press("Ctrl+Z")
    assert who(tracked, 3) == [2, 1]


def test_clicking_a_person_selects_their_track_everywhere(tracked):
    boxes = tracked.program.session.store.result(0).people.detections.boxes
    place = tracked.picture._place
    x, y = ((boxes[1, :2] + boxes[1, 2:]) / 2).tolist()
    QTest.mouseClick(tracked.picture, Qt.MouseButton.LeftButton, pos=place.to_widget(QPointF(x, y)).toPoint())
    assert tracked.program.view.selected_track == who(tracked, 0)[1] == 2
    tracked.until(lambda: (track := tracked.window.tracks._selected()) is not None and track.track_id == 2)


def test_assigning_swaps_and_is_undone(tracked):
    tracked.press("1")
    assert who(tracked, 0) == [1, 2]
    tracked.press("Ctrl+2")
    assert who(tracked, 0) == [2, 1]
    assert tracked.program.session.store.assignments(0)[0].by == "reviewer"
    assert who(tracked, 1) == [1, 2]
    tracked.press("Ctrl+Z")
    assert who(tracked, 0) == [1, 2]


def test_assigning_without_a_selection_says_what_to_do(tracked):
    tracked.press("Ctrl+2")
    assert tracked.messages[-1][:2] == (
        "Nobody is selected in this frame.",
        "Click a person first, or press 1–9.",
    )
    assert who(tracked, 0) == [1, 2]


def test_hiding_a_track_takes_its_body_away(tracked):
    everybody = tracked.picture.visible_image()
    tracked.program.editing.show_track(1, False)
    tracked.program.editing.show_track(2, False)
    tracked.until(lambda: not tracked.overlay_is_on(0))
    tracked.press("Ctrl+Z")
    tracked.press("Ctrl+Z")
    tracked.until(lambda: tracked.picture.visible_image() == everybody)


def test_overlays_hide_while_h_is_held(tracked, qtbot):
    qtbot.keyPress(tracked.picture, Qt.Key.Key_H)
    assert not tracked.overlay_is_on(0)
    qtbot.keyRelease(tracked.picture, Qt.Key.Key_H)
    assert tracked.overlay_is_on(0)
    tracked.press("Shift+H")
    assert not tracked.overlay_is_on(0)
    tracked.press("Shift+H")
    tracked.until(lambda: tracked.overlay_is_on(0))


def test_overlays_that_were_hidden_stay_hidden_when_h_is_let_go(tracked, qtbot):
    tracked.press("Shift+H")
    qtbot.keyPress(tracked.picture, Qt.Key.Key_H)
    qtbot.keyRelease(tracked.picture, Qt.Key.Key_H)
    assert tracked.program.view.hidden
    tracked.press("Shift+H")
    tracked.until(lambda: tracked.overlay_is_on(0))


def test_choosing_a_version(tracked):
    tracked.press("R")
    tracked.until(lambda: len(tracked.program.session.store.versions(0)) == 2)
    first, second = tracked.program.session.store.versions(0)
    assert second.counts
    tracked.window.inspector.version_requested.emit(first.id)
    assert [version.counts for version in tracked.program.session.store.versions(0)] == [True, False]
    tracked.press("Ctrl+Z")
    assert [version.counts for version in tracked.program.session.store.versions(0)] == [False, True]


def test_next_track_start(tracked):
    tracked.program.view.set_frame(5)
    tracked.press("Ctrl+E")
    assert tracked.program.view.frame_index == 0


def test_a_text_field_keeps_its_own_keys(tracked):
    tracked.press("1")
    tracked.press("F2")
    editor = tracked.window.focusWidget()
    frame = tracked.program.view.frame_index
    QTest.keyClicks(editor, "rl k")
    QTest.keyClick(editor, Qt.Key.Key_Left)
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert tracked.program.view.frame_index == frame
    assert not tracked.program.view.playing
    assert titles(tracked) == ["Person 1", "Person 2"]
    assert len(tracked.program.session.store.versions(0)) == 1
