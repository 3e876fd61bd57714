"""Messages come, wait behind one another and go."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from widgets.message_bar import MessageBar

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bar(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    made = MessageBar(window)
    QVBoxLayout(window).addWidget(made)
    window.resize(700, 200)
    window.show()
    yield made
    made.clear()


def shown(bar) -> set[str]:
    return {label.text() for label in bar.findChildren(QLabel) if label.isVisibleTo(bar) and label.text()}


def timer(bar) -> QTimer:
    return bar.findChild(QTimer)


def test_there_is_none_at_first(bar):
    assert not bar.isVisible()


def test_text_hint_and_kind(bar):
    bar.show_message("The disk is full.", "Free some space.", "error")
    assert bar.isVisible()
    assert shown(bar) == {"The disk is full.", "Free some space."}
    assert bar.accessibleName() == "error: The disk is full. Free some space."
    assert bar.property("role") == "error"


def test_it_slides_in_and_then_takes_the_room_it_needs(bar, qtbot):
    bar.show_message("Frame 131 could not be run.", "Close other programs.", "error")
    assert bar.maximumHeight() == 0
    qtbot.waitUntil(lambda: bar.height() >= bar.sizeHint().height())
    assert bar.maximumHeight() > 1000


def test_the_newest_is_shown_and_counts_those_behind_it(bar, qtbot):
    for number in range(3):
        bar.show_message(f"message {number}", kind="warning")
    assert shown(bar) == {"message 2", "+2"}
    qtbot.waitUntil(lambda: bar.height() >= bar.sizeHint().height())
    for text in ("message 1", "message 0"):
        qtbot.mouseClick(bar.findChild(QToolButton), LEFT)
        assert bar.text == text
    qtbot.mouseClick(bar.findChild(QToolButton), LEFT)
    assert not bar.isVisible()


def test_only_the_latest_few_are_kept(bar):
    for number in range(20):
        bar.show_message(f"message {number}", kind="error")
    assert shown(bar) == {"message 19", "+4"}


def test_the_same_again_does_not_pile_up(bar):
    for _ in range(3):
        bar.show_message("again", kind="error")
    assert shown(bar) == {"again"}


def test_an_action_is_told_and_closes_its_message(bar, qtbot):
    asked = []
    bar.action_requested.connect(asked.append)
    bar.show_message("Stopped.", kind="error", action="Try again")
    qtbot.waitUntil(lambda: bar.height() >= bar.sizeHint().height())
    qtbot.mouseClick(bar.findChild(QPushButton), LEFT)
    assert asked == ["Try again"]
    assert bar.text == ""


def test_information_goes_by_itself_and_errors_stay(bar, qtbot):
    dismissed = []
    bar.dismissed.connect(lambda: dismissed.append(True))
    bar.show_message("Broken.", kind="error")
    assert not timer(bar).isActive()
    bar.show_message("Exported.")
    assert timer(bar).isActive()
    assert timer(bar).interval() == 8000
    timer(bar).start(1)
    qtbot.waitUntil(lambda: bar.text == "Broken.")
    assert dismissed == [True]
    assert not timer(bar).isActive()


def test_an_offer_is_withdrawn_once_it_has_been_taken_elsewhere(bar):
    bar.show_message("This is the demo clip.", action="Run All Frames")
    bar.show_message("The disk is full.", kind="error")
    bar.withdraw("Run All Frames")
    assert shown(bar) == {"The disk is full."}
    bar.show_message("This is the demo clip.", action="Run All Frames")
    bar.withdraw("Run All Frames")
    assert bar.text == "The disk is full."
