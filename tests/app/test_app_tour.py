"""The tour through the real window."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest

from app.settings import Settings
from widgets.tour import Tour
from widgets.tour_card import TourCard

LEFT = Qt.MouseButton.LeftButton


def tours(drive) -> list[Tour]:
    return drive.window.findChildren(Tour, options=Qt.FindChildOption.FindDirectChildrenOnly)


def begin(drive) -> Tour:
    drive.window.actions_table["tour"].trigger()
    return tours(drive)[-1]


def on(tour: Tour, widget) -> bool:
    """Whether the light is on a widget."""
    window = widget.window()
    whole = QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size()) & window.rect()
    return bool(tour.spotlight.hole) and whole == tour.spotlight.hole


def test_it_does_not_come_by_itself_into_tests(start, clip):
    drive = start()
    drive.program.start(clip)
    drive.at(0)
    assert tours(drive) == []


def test_five_steps_each_with_the_light_on_what_it_speaks_of(start, clip):
    drive = start()
    drive.window.docks["models"].close()
    drive.window.docks["run_panel"].setFloating(False)
    drive.open(clip)
    tour = begin(drive)
    window = drive.window
    fourth = window.docks["problems"] if "problems" in window.docks else window.docks["timeline"]
    for target in (window.frame_view, window.docks["models"], window.docks["run_panel"], fourth):
        drive.until(lambda target=target: on(tour, target))
        assert window.rect().contains(tour.card.geometry())
        QTest.keyClick(tour.card, Qt.Key.Key_Return)
    file_menu = window.menuBar().actionGeometry(window.menus["File"].menuAction())
    assert tour.spotlight.hole.size() == file_menu.size()
    QTest.mouseClick(tour.card.next, LEFT)
    assert not tour.card.isVisible()
    drive.until(drive.picture.hasFocus)


def test_the_steps_can_be_done_from_the_card(start, clip):
    drive = start()
    tour = begin(drive)
    QTest.mouseClick(tour.card.action, LEFT)
    drive.until(lambda: drive.program.session.path is not None)
    assert drive.program.session.path.name == "demo.mp4"
    drive.until(tour.card._done.isVisible)
    QTest.mouseClick(tour.card.next, LEFT)
    QTest.mouseClick(tour.card.action, LEFT)
    drive.until(lambda: drive.program.engine.state == "ready")
    assert tour.card._done.isVisible()
    QTest.mouseClick(tour.card.next, LEFT)
    QTest.mouseClick(tour.card.action, LEFT)
    drive.until(lambda: drive.results() == [0])
    drive.until(tour.card._done.isVisible)


def test_what_cannot_be_done_yet_says_so(start):
    drive = start()
    tour = begin(drive)
    for _ in range(2):
        QTest.keyClick(tour.card, Qt.Key.Key_Return)
    assert not tour.card.action.isEnabled()
    assert tour.card.action.toolTip() == "Open a video first."


def test_transport_keys_work_while_it_is_there(drive):
    tour = begin(drive)
    assert tour.card.hasFocus()
    for keys, frame in (("Right", 1), ("Shift+Right", 11), ("End", 89), ("Home", 0), (".", 1)):
        drive.press(keys, tour.card)
        drive.at(frame)
    drive.press("Space", tour.card)
    assert drive.program.view.playing
    drive.press("K", tour.card)
    assert not drive.program.view.playing
    assert tour.step == 0
    drive.press("Esc", tour.card)
    assert not tour.card.isVisible()


def test_it_survives_closed_docks_and_another_size(drive):
    tour = begin(drive)
    QTest.keyClick(tour.card, Qt.Key.Key_Return)
    models = drive.window.docks["models"]
    drive.until(lambda: on(tour, models))
    for size in ((1000, 700), (1400, 860), (1280, 800)):
        drive.window.resize(*size)
        drive.until(lambda: on(tour, models))
        assert drive.window.rect().contains(tour.card.geometry())
    models.close()
    drive.until(lambda: tour.spotlight.hole.isEmpty())
    assert drive.window.rect().contains(tour.card.geometry())
    models.setFloating(True)
    models.show()
    assert tour.spotlight.hole.isEmpty()
    QTest.keyClick(tour.card, Qt.Key.Key_Return)
    QTest.keyClick(tour.card, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.mouseClick(tour.card.skip, LEFT)
    assert not tour.spotlight.isVisible()


def test_choosing_it_again_starts_again(drive):
    tour = begin(drive)
    QTest.keyClick(tour.card, Qt.Key.Key_Return)
    drive.window.actions_table["tour"].trigger()
    assert tour.step == 0
    QTest.keyClick(tour.card, Qt.Key.Key_Escape)
    again = begin(drive)
    assert again.step == 0
    drive.until(lambda: len(drive.window.findChildren(TourCard)) >= 1)
    QTest.keyClick(again.card, Qt.Key.Key_Escape)


def test_the_card_names_the_keys_there_are(drive):
    drive.program.dialogs.shortcuts.set_keys("run_frame", ("Ctrl+Alt+R",))
    tour = begin(drive)
    for _ in range(2):
        QTest.keyClick(tour.card, Qt.Key.Key_Return)
    assert "Ctrl+Alt+R runs the engine" in tour.card.accessibleDescription()


def test_it_is_remembered_that_it_was_seen(drive):
    assert not drive.program.settings.tour_seen
    begin(drive)
    assert drive.program.settings.tour_seen
    assert Settings().tour_seen or not drive.program.settings.save()


_GUI = """
import sys
from PySide6.QtCore import QTimer
import app.gui, app.compose
made, compose = [], app.compose.compose
def keep():
    made.append(compose())
    return made[0]
app.compose.compose = keep
def look():
    from widgets.tour import Tour
    print(len([tour for tour in made[0].window.findChildren(Tour) if tour.step >= 0]))
    made[0].window.close()
QTimer.singleShot(0, lambda: None)
from PySide6.QtWidgets import QApplication
started = QApplication.exec
def execute():
    QTimer.singleShot(600, look)
    return started()
QApplication.exec = staticmethod(execute)
from app.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("arguments", [[], ["--no-tour"]])
def test_it_is_shown_at_the_first_start_only_and_not_if_unwanted(arguments, tmp_path):
    seen = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", _GUI, *arguments], capture_output=True, text=True, check=True, timeout=60
        )
        seen.append(done.stdout.strip())
    assert seen == (["0", "0"] if arguments else ["1", "0"])
