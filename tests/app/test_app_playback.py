from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication


def test_the_picture_is_the_frame_that_is_said(drive):
    assert drive.shown_number() == 0
    drive.program.view.set_frame(41)
    drive.at(41)
    assert drive.shown_number() == 41


@pytest.mark.parametrize(
    ("keys", "frame"),
    [
        ("Right", 41),
        (".", 41),
        ("Left", 39),
        (",", 39),
        ("Shift+Right", 50),
        ("Shift+Left", 30),
        ("Ctrl+Right", 70),
        ("Ctrl+Left", 10),
        ("PgDown", 49),
        ("PgUp", 31),
        ("Home", 0),
        ("End", 89),
    ],
)
def test_keys_move(drive, keys, frame):
    drive.program.view.set_frame(40)
    drive.at(40)
    drive.press(keys)
    drive.at(frame)
    assert drive.shown_number() == frame


def test_keys_move_whatever_has_the_focus_but_a_text_field(drive):
    drive.program.view.set_frame(40)
    for widget in (drive.window.tracks, drive.window.models, drive.window.timeline):
        before = drive.program.view.frame_index
        widget.setFocus()
        drive.press("Right")
        assert drive.program.view.frame_index == before + 1
    field = drive.window.transport.frame_field
    field.setFocus()
    drive.press("Left", field)
    assert drive.program.view.frame_index == 43


def test_scrubbing_fast_ends_at_the_last_frame(drive):
    painted = []
    drive.picture.frame_painted.connect(painted.append)
    for frame in [*range(0, 90, 3), *range(89, 4, -7), 23]:
        drive.program.view.set_frame(frame)
        QApplication.processEvents()
    drive.at(23)
    assert drive.shown_number() == 23
    drive.until(lambda: drive.program.io_lane.unfinished == 0)
    assert drive.picture.frame_index == 23
    assert len(painted) > 1


def test_dragging_on_the_seek_bar_shows_frames_on_the_way(drive):
    bar = drive.window.timeline.seek_bar
    shown = []
    drive.picture.frame_painted.connect(shown.append)
    y = bar.height() // 2
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(300, y))
    for x in range(300, bar.width() - 30, 40):
        QTest.mouseMove(bar, QPoint(x, y))
        QApplication.processEvents()
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() - 30, y))
    drive.until(lambda: drive.picture.frame_index == drive.program.view.frame_index)
    assert drive.program.view.frame_index > 70
    assert len(set(shown)) > 2


def test_alt_and_wheel_scrub(drive):
    centre = QPointF(drive.picture.rect().center())
    event = QWheelEvent(
        centre,
        drive.picture.mapToGlobal(centre),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.AltModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(drive.picture, event)
    drive.until(lambda: drive.picture.frame_index == drive.program.view.frame_index != 0)


def test_space_plays_to_the_end_and_from_the_start_again(drive):
    drive.program.view.set_frame(75)
    drive.at(75)
    painted = []
    drive.picture.frame_painted.connect(painted.append)
    drive.press("Space")
    assert drive.program.view.playing
    drive.until(lambda: not drive.program.view.playing)
    drive.at(89)
    assert painted == sorted(painted)
    drive.press("Space")
    drive.until(lambda: drive.program.view.frame_index in range(1, 60))
    drive.press("Space")
    assert not drive.program.view.playing


def test_playing_keeps_to_the_clock(drive):
    drive.program.view.set_speed(2.0)
    clock = drive.program.playback._clock
    drive.press("Space")
    drive.until(lambda: drive.program.view.frame_index >= 40)
    expected = 2.0 * clock.elapsed() / 1000 * 30
    assert abs(drive.program.view.frame_index - expected) < 15


def test_shuttle(drive):
    view = drive.program.view
    view.set_frame(45)
    drive.press("L")
    assert (view.direction, view.speed) == (1, 1.0)
    drive.press("L")
    assert (view.direction, view.speed) == (1, 2.0)
    drive.press("J")
    assert (view.direction, view.speed) == (-1, 1.0)
    drive.press("K")
    assert not view.playing


def test_k_held_with_j_and_l_moves_one_frame(drive, qtbot):
    view = drive.program.view
    view.set_frame(45)
    qtbot.keyPress(drive.picture, Qt.Key.Key_K)
    drive.press("L")
    assert (view.frame_index, view.playing) == (46, False)
    drive.press("J")
    drive.press("J")
    assert (view.frame_index, view.playing) == (44, False)
    qtbot.keyRelease(drive.picture, Qt.Key.Key_K)
    drive.press("L")
    assert view.playing


def test_holding_j_or_l_is_one_press_unless_k_is_held(drive, qtbot):
    keys = [drive.window.actions_table[id] for id in ("shuttle_back", "shuttle_forward")]
    assert [key.autoRepeat() for key in keys] == [False, False]
    qtbot.keyPress(drive.picture, Qt.Key.Key_K)
    assert [key.autoRepeat() for key in keys] == [True, True]
    qtbot.keyRelease(drive.picture, Qt.Key.Key_K)
    assert [key.autoRepeat() for key in keys] == [False, False]


def test_speed_keys(drive):
    view = drive.program.view
    drive.press("]")
    assert view.speed == 2.0
    drive.press("[")
    drive.press("[")
    assert view.speed == 0.5
    drive.press("Backspace")
    assert view.speed == 1.0


def test_range_keys(drive):
    view = drive.program.view
    view.set_frame(10)
    drive.press("I")
    assert view.range == (10, 89)
    view.set_frame(20)
    drive.press("O")
    assert view.range == (10, 20)
    drive.press("Esc")
    assert view.range is None


def test_typing_a_frame_goes_there_and_gives_the_keys_back(drive):
    field = drive.window.transport.frame_field
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "33")
    QTest.keyClick(field, Qt.Key.Key_Return)
    drive.at(33)


def test_escape_leaves_a_text_field_without_touching_the_range(drive):
    drive.program.view.set_range((3, 9))
    field = drive.window.transport.frame_field
    field.setFocus()
    drive.press("Esc", field)
    assert drive.window.focusWidget() is not field
    assert drive.program.view.range == (3, 9)


def test_decoded_frames_are_marked(drive):
    bar = drive.window.timeline.seek_bar
    drive.program.view.set_frame(50)
    drive.at(50)
    drive.until(
        lambda: any(first <= 60 <= last for first, last in bar._runs.decoded)
    )  # ahead of where one went
