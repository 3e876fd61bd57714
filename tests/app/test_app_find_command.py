"""The command palette in the program: keys open it, and what is chosen in it happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from widgets.command_list import Command
from widgets.command_palette import CommandPalette


class Finder:
    """Somebody who opens the palette with its key, types and presses Enter."""

    def __init__(self, driver) -> None:
        self.driver = driver

    @property
    def palette(self) -> CommandPalette:
        return self.driver.window.findChild(CommandPalette)

    def open(self, typed: str = "") -> None:
        self.driver.activate()
        self.driver.press("Ctrl+K")
        self.driver.until(self.palette.isVisible)
        QTest.keyClicks(self.palette.field, typed)

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.palette.field, key)

    def do(self, typed: str) -> None:
        self.open(typed)
        self.press(Qt.Key.Key_Return)
        self.driver.until(lambda: not self.palette.isVisible())

    def listed(self) -> list[Command]:
        return [row.command for row in self.palette.model.rows]


@pytest.fixture
def find(drive):
    return Finder(drive)


def test_a_command_is_done_by_a_few_letters_and_comes_first_the_next_time(find):
    find.do("last frame")
    find.driver.at(89)
    find.open()
    assert find.listed()[0].id == "action:last"
    find.press(Qt.Key.Key_Escape)
    assert not find.palette.isVisible()
    assert find.driver.program.settings.used_commands == ("action:last",)


def test_every_action_is_offered_with_its_menu_its_keys_and_why_not(find):
    table = find.driver.window.actions_table
    find.open()
    offered = {one.id: one for one in find.listed()}
    missing = {row.id for row in table.rows() if f"action:{row.id}" not in offered}
    assert missing <= {"hold_hidden", "see_without_layers", "shuttle_stop", "command_palette"}
    run = offered["action:run_frame"]
    assert (run.path, run.keys) == ("Run", ("R",))
    assert offered["action:undo"].why_not
    assert not table["undo"].isEnabled()


def test_what_cannot_be_done_stays_and_is_not_done(find):
    find.open("undo")
    assert find.palette.current.id == "action:undo"
    find.press(Qt.Key.Key_Return)
    assert find.palette.isVisible()
    assert find.driver.program.settings.used_commands == ()
    find.press(Qt.Key.Key_Escape)


@pytest.mark.parametrize(
    ("typed", "frame"), [("12", 12), ("go to frame 40", 40), ("#7", 7), ("5000", 89), ("0:01", 30)]
)
def test_a_frame_or_a_time_is_gone_to(find, typed, frame):
    find.do(typed)
    find.driver.at(frame)


def test_a_panel_is_brought_to_the_front(find):
    dock = find.driver.window.docks["history"]
    dock.hide()
    find.do("show history")
    find.driver.until(dock.isVisible)


def test_a_track_is_selected_and_gone_to(find):
    program = find.driver.program
    find.driver.load()
    program.view.set_frame(20)
    find.driver.press("R")
    find.driver.until(lambda: find.driver.results() == [20] and program.session.tracks())
    track = program.session.tracks()[0]
    program.view.set_frame(0)
    find.do(track.title)
    assert program.view.selected_track == track.track_id
    find.driver.at(20)


def test_a_recent_video_is_opened(find, clip):
    other = Path(clip).with_name("other.mp4")
    other.write_bytes(Path(clip).read_bytes())
    find.driver.open(other)
    find.do("numbers.mp4")
    find.driver.until(lambda: find.driver.program.session.path == clip)


def test_its_key_can_be_changed(find):
    find.driver.program.dialogs.shortcuts.set_keys("command_palette", ("Ctrl+Shift+P",))
    find.driver.press("Ctrl+Shift+P")
    find.driver.until(find.palette.isVisible)
    find.press(Qt.Key.Key_Escape)
