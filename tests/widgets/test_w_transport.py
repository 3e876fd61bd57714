"""The transport row with mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QToolButton

from widgets.transport import Transport

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def transport(qtbot):
    made = Transport()
    qtbot.addWidget(made)
    made.set_enabled(True)
    made.set_position(131, 180, 4.367, 6.006)
    with qtbot.waitActive(made):
        made.show()
    return made


@pytest.fixture
def said(transport):
    log = []
    for name in ("play_toggled", "step_requested", "seek_requested", "time_requested", "speed_changed"):
        getattr(transport, name).connect(lambda *values, name=name: log.append((name, *values)))
    return log


def button(transport, name: str) -> QToolButton:
    return next(one for one in transport.findChildren(QToolButton) if one.accessibleName() == name)


def type_in(qtbot, field, text: str, key=Qt.Key.Key_Return) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, key)


def test_buttons_ask_for_what_they_show(transport, said, qtbot):
    for name in ("First frame", "One frame back", "Play", "One frame forward", "Last frame"):
        qtbot.mouseClick(button(transport, name), LEFT)
    assert said == [
        ("seek_requested", 0),
        ("step_requested", -1),
        ("play_toggled",),
        ("step_requested", 1),
        ("seek_requested", 179),
    ]


def test_a_click_does_not_take_the_keys_from_the_picture(transport, qtbot):
    transport.frame_field.setFocus()
    qtbot.mouseClick(button(transport, "Play"), LEFT)
    assert transport.frame_field.hasFocus()


def test_where_one_is(transport):
    assert transport.frame_field.text() == "131"
    assert transport.time_field.text() == "0:04.367"
    texts = [label.text() for label in transport.findChildren(type(transport._frames))]
    assert "/ 179" in texts
    assert "/ 0:06.006" in texts


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("12", ("seek_requested", 12)),
        ("9999", ("seek_requested", 179)),
        ("0:02.5", ("time_requested", 2.5)),
        ("99s", ("time_requested", 6.006)),
    ],
)
@pytest.mark.parametrize("field", ["frame_field", "time_field"])
def test_both_fields_take_frames_and_times_within_the_video(transport, said, qtbot, field, typed, asked):
    type_in(qtbot, getattr(transport, field), typed)
    assert said == [asked]


def test_what_is_being_typed_is_not_overwritten_while_it_plays(transport, qtbot):
    transport.frame_field.setFocus()
    transport.frame_field.selectAll()
    qtbot.keyClicks(transport.frame_field, "17")
    transport.set_position(132, 180, 4.4, 6.006)
    assert transport.frame_field.text() == "17"
    qtbot.keyClick(transport.frame_field, Qt.Key.Key_Escape)
    assert transport.frame_field.text() == "132"
    transport.set_position(133, 180, 4.43, 6.006)
    assert transport.frame_field.text() == "133"


def test_nonsense_is_marked_and_asks_for_nothing(transport, said, qtbot):
    type_in(qtbot, transport.frame_field, "abc")
    assert said == []
    assert transport.frame_field.property("wrong")
    type_in(qtbot, transport.frame_field, "5")
    assert said == [("seek_requested", 5)]
    assert not transport.frame_field.property("wrong")


def test_play_turns_into_pause(transport):
    transport.set_playing(True)
    pause = button(transport, "Pause")
    assert "Space" in pause.toolTip()
    transport.set_playing(False)
    assert pause.accessibleName() == "Play"


def test_speed_is_asked_by_hand_only(transport, said, qtbot):
    box = transport.findChild(QComboBox)
    transport.set_speed(2.0)
    assert said == []
    assert box.currentText() == "2×"
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert said == [("speed_changed", 4.0)]


def test_a_speed_that_is_not_in_the_list_is_shown_too(transport):
    transport.set_speed(-2.0)
    assert transport.findChild(QComboBox).currentText() == "−2×"


def test_without_a_video_nothing_can_be_pressed(transport, said, qtbot):
    transport.set_enabled(False)
    transport.set_position(0, 0, 0.0, 0.0)
    qtbot.mouseClick(button(transport, "Play"), LEFT)
    assert said == []
    assert transport.frame_field.text() == ""
