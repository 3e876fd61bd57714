"""The reviewer's own keys: changed in the list of keys, in force at once, and there at the next start."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.actions import Actions
from app.settings import Settings
from app.shortcuts import Shortcuts
from pipeline.errors import UserError
from widgets.shortcuts_dialog import ShortcutsDialog

LEFT = Qt.MouseButton.LeftButton
NO, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class Desk:
    """The list of keys as F1 opens it."""

    def __init__(self, driver) -> None:
        self.driver = driver
        driver.press("F1")
        self.dialog = driver.window.findChild(ShortcutsDialog)
        driver.until(self.dialog.isVisible)
        self.dialog.activateWindow()
        driver.until(self.dialog.isActiveWindow)

    def add(self, typed: str, key: Qt.Key, modifiers=NO) -> None:
        self.dialog.search.clear()
        QTest.keyClicks(self.dialog.search, typed)
        QTest.mouseClick(self.dialog.editor.add, LEFT)
        QTest.keyClick(self.dialog.editor.add, key, modifiers)

    def close(self) -> None:
        self.dialog.accept()
        self.driver.activate()


@pytest.fixture
def desk(drive):
    return Desk(drive)


def test_a_new_key_works_at_once_beside_the_old_one_and_at_the_next_start(desk, qtbot):
    driver = desk.driver
    desk.add("last frame", Qt.Key.Key_L, CTRL)
    desk.close()
    driver.press("Ctrl+L")
    driver.at(89)
    driver.press("Home")
    driver.at(0)
    driver.press("End")
    driver.at(89)
    driver.program.settings.save()
    again = actions(qtbot)
    Shortcuts(again, Settings())
    assert again.keys("last") == ("End", "Ctrl+L")
    assert [key.toString() for key in again["last"].shortcuts()] == ["End", "Ctrl+L"]


def test_a_key_of_another_is_taken_over_only_when_one_says_so(desk):
    driver, table = desk.driver, desk.driver.window.actions_table
    before = table.keys("play")
    assert "Space" in before
    desk.add("last frame", Qt.Key.Key_Space)
    assert table.keys("play") == before
    assert desk.dialog.editor.take.isVisible()
    QTest.mouseClick(desk.dialog.editor.take, LEFT)
    assert table.keys("play") == tuple(key for key in before if key != "Space")
    desk.close()
    driver.press("Space")
    driver.at(89)
    assert not driver.program.view.playing


def test_one_and_all_get_their_standard_keys_back(desk):
    table = desk.driver.window.actions_table
    desk.add("last frame", Qt.Key.Key_Space)
    QTest.mouseClick(desk.dialog.editor.take, LEFT)
    desk.add("first frame", Qt.Key.Key_F, CTRL)
    desk.dialog.search.setText("play or pause")
    QTest.mouseClick(desk.dialog.editor.reset, LEFT)
    assert table.keys("play") == table.standard_keys["play"]
    assert "Space" not in table.keys("last")
    desk.dialog.reset_all_requested.emit()
    assert {id_: table.keys(id_) for id_ in table.standard_keys} == table.standard_keys
    assert desk.driver.program.settings.shortcuts == {}


def test_tooltips_and_the_list_follow(desk):
    desk.add("last frame", Qt.Key.Key_L, CTRL)
    window = desk.driver.window
    assert "Ctrl+L" in window.actions_table["last"].toolTip()
    assert desk.dialog.current.keys == ("End", "Ctrl+L")


def test_standard_keys_mean_one_thing_each(qtbot):
    keys = [key for mine in actions(qtbot).standard_keys.values() for key in mine]
    assert len(keys) == len(set(keys))


# files


def actions(qtbot) -> Actions:
    window = QWidget()
    qtbot.addWidget(window)
    made = Actions(window)
    made.kept = window
    return made


@pytest.fixture
def table(qtbot):
    return actions(qtbot)


@pytest.fixture
def own(table, tmp_path):
    return Shortcuts(table, Settings(tmp_path / "settings.ini"))


def test_what_was_written_can_be_read(own, table, tmp_path):
    own.set_keys("last", ("Ctrl+L", "Space"))
    own.write(tmp_path / "keys.json")
    own.reset_all()
    assert own.read(tmp_path / "keys.json") == 0
    assert table.keys("last") == ("Ctrl+L", "Space")
    assert "Space" not in table.keys("play")


def test_actions_this_version_does_not_have_are_counted(own, table, tmp_path):
    file = tmp_path / "keys.json"
    file.write_text(
        json.dumps({"format": "retake-keys", "version": 1, "keys": {"fly": ["F"], "last": ["L"]}})
    )
    assert own.read(file) == 1
    assert table.keys("last") == ("L",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "holds no keys"),
        ('{"format": "retake-keys", "version": 9, "keys": {}}', "newer"),
        ('{"format": "retake-keys", "version": 1, "keys": {"last": "L"}}', "holds no keys"),
        (
            '{"format": "retake-keys", "version": 1, "keys": {"last": ["Hyper+9"]}}',
            "names a key that is none",
        ),
        ('{"format": "retake-keys", "version": 1, "keys": {"last": ["L"], "first": ["L"]}}', "two actions"),
    ],
)
def test_a_wrong_file_changes_nothing_and_says_why(own, table, tmp_path, text, said):
    file = tmp_path / "keys.json"
    file.write_text(text)
    own.set_keys("play", ("Ctrl+P",))
    with pytest.raises(UserError, match=said):
        own.read(file)
    assert table.keys("play") == ("Ctrl+P",)


def test_a_key_of_one_s_own_goes_before_a_standard_key_of_a_later_version(table, tmp_path):
    settings = Settings(tmp_path / "settings.ini")
    settings.set_shortcuts({"last": ("Space",), "gone": ("Ctrl+G",)})
    Shortcuts(table, settings)
    assert table.keys("last") == ("Space",)
    assert "Space" not in table.keys("play")
