"""The list of keys and changing them, with real keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from widgets.key_caps import canonical_keys
from widgets.key_capture import KeyCapture
from widgets.shortcuts_dialog import ShortcutsDialog
from widgets.values import KeyRow

LEFT, CTRL, SHIFT, ALT = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
ROWS = (
    KeyRow("File", "Open Video", ("Ctrl+O",), "open", ("Ctrl+O",)),
    KeyRow("Go", "Play or Pause", ("Space",), "play", ("Space",)),
    KeyRow("Go", "One Frame Back", ("Left", ","), "back", ("Left", ",")),
    KeyRow("View", "Reset Layout", (), "reset", ()),
)


@pytest.fixture
def capture(qtbot):
    made = KeyCapture("Add Key…")
    qtbot.addWidget(made)
    made.log = []
    made.captured.connect(made.log.append)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.mark.parametrize(
    ("key", "modifiers", "keys"),
    [
        (Qt.Key.Key_P, CTRL | SHIFT, "Ctrl+Shift+P"),
        (Qt.Key.Key_Q, Qt.KeyboardModifier.NoModifier, "Q"),
        (Qt.Key.Key_Tab, CTRL, "Ctrl+Tab"),
        (Qt.Key.Key_F5, SHIFT, "Shift+F5"),
        (Qt.Key.Key_Escape, CTRL, "Ctrl+Esc"),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, "Space"),
        (Qt.Key.Key_Return, ALT, "Alt+Return"),
    ],
)
def test_the_next_keys_are_taken_whatever_they_mean_elsewhere(capture, qtbot, key, modifiers, keys):
    qtbot.mouseClick(capture, LEFT)
    assert capture.waiting
    qtbot.keyClick(capture, Qt.Key.Key_Control, CTRL)
    assert capture.waiting
    qtbot.keyClick(capture, key, modifiers)
    assert capture.log == [keys]
    assert not capture.waiting


def test_escape_and_turning_away_give_up(capture, qtbot):
    given_up = []
    capture.cancelled.connect(lambda: given_up.append(True))
    capture.start()
    qtbot.keyClick(capture, Qt.Key.Key_Escape)
    capture.start()
    capture.clearFocus()
    assert capture.log == []
    assert given_up == [True, True]
    assert capture.text() == "Add Key…"


def test_a_key_pressed_without_asking_is_an_ordinary_key(capture, qtbot):
    qtbot.keyClick(capture, Qt.Key.Key_P)
    assert capture.log == []


class Desk:
    """The dialog with somebody behind it who keeps the keys, as the program does."""

    def __init__(self, qtbot) -> None:
        self.qtbot = qtbot
        self.rows = ROWS
        self.dialog = ShortcutsDialog(ROWS, {"Alt+F": "It opens the File menu."})
        qtbot.addWidget(self.dialog)
        self.log: list[tuple[object, ...]] = []
        self.dialog.keys_changed.connect(self._change)
        self.dialog.reset_requested.connect(lambda id_: self.log.append(("reset", id_)))
        self.dialog.reset_all_requested.connect(lambda: self.log.append(("reset all",)))
        self.dialog.show()
        self.dialog.activateWindow()
        qtbot.waitUntil(self.dialog.isActiveWindow)

    def _change(self, id_: str, keys: tuple[str, ...]) -> None:
        self.log.append((id_, keys))
        self.rows = tuple(
            KeyRow(
                row.menu, row.title, keys if row.id == id_ else _without(row.keys, keys), row.id, row.standard
            )
            for row in self.rows
        )
        self.dialog.set_rows(self.rows)

    def choose(self, typed: str) -> None:
        self.dialog.search.clear()
        self.dialog.search.setFocus()
        self.qtbot.keyClicks(self.dialog.search, typed)

    def press(self, key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.mouseClick(self.dialog.editor.add, LEFT)
        self.qtbot.keyClick(self.dialog.editor.add, key, modifiers)

    def click(self, text: str) -> None:
        def there() -> list[QPushButton]:
            buttons = self.dialog.findChildren(QPushButton)
            return [one for one in buttons if one.isVisible() and one.text() == text]

        self.qtbot.waitUntil(lambda: bool(there()))
        self.qtbot.mouseClick(there()[0], LEFT)

    def says(self, text: str) -> bool:
        labels = self.dialog.findChildren(QLabel)
        return any(text in one.text() for one in labels if one.isVisible())


def _without(keys: tuple[str, ...], taken: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key for key in keys if key not in taken)


@pytest.fixture
def desk(qtbot):
    return Desk(qtbot)


def test_all_actions_are_listed_and_typing_narrows_the_list(desk):
    names = [desk.dialog.model.index(row).data() for row in range(desk.dialog.model.rowCount())]
    assert names == [
        *("File", "Open Video", "Go", "Play or Pause", "One Frame Back", "View", "Reset Layout"),
    ]
    desk.choose("go back")
    assert desk.dialog.shown() == (ROWS[2],)
    desk.choose("ctrl+o")
    assert desk.dialog.shown() == (ROWS[0],)
    desk.choose("zzz")
    assert desk.says("Nothing has that name or key")
    assert desk.dialog.current is None


def test_headings_are_passed_over_with_the_arrows(desk):
    desk.qtbot.keyClick(desk.dialog.search, Qt.Key.Key_Down)
    assert desk.dialog.list.hasFocus()
    assert desk.dialog.current.id == "open"
    desk.qtbot.keyClick(desk.dialog.list, Qt.Key.Key_Down)
    assert desk.dialog.current.id == "play"


def test_a_key_is_added_and_removed(desk):
    desk.choose("play")
    desk.press(Qt.Key.Key_P, CTRL)
    assert desk.log == [("play", ("Space", "Ctrl+P"))]
    assert desk.dialog.current.keys == ("Space", "Ctrl+P")
    desk.click("Space   ×")
    assert desk.log[-1] == ("play", ("Ctrl+P",))
    assert desk.dialog.editor.reset.isVisible()
    desk.click("Standard Keys")
    assert desk.log[-1] == ("reset", "play")


def test_with_the_keyboard_alone(desk):
    desk.choose("reset")
    desk.qtbot.keyClick(desk.dialog.search, Qt.Key.Key_Return)
    assert desk.dialog.editor.add.waiting
    desk.qtbot.keyClick(desk.dialog.editor.add, Qt.Key.Key_L, CTRL | ALT)
    assert desk.log == [("reset", ("Ctrl+Alt+L",))]
    assert desk.dialog.isVisible()


def test_a_key_that_is_taken_says_by_what_and_can_be_taken_over(desk):
    desk.choose("reset")
    desk.press(Qt.Key.Key_Space)
    assert desk.says("Space already means “Go › Play or Pause”.")
    assert desk.log == []
    desk.click("Leave It")
    assert not desk.says("already means")
    assert desk.log == []
    desk.press(Qt.Key.Key_Space)
    desk.click("Take It Over")
    assert desk.log == [("reset", ("Space",))]
    assert {row.id: row.keys for row in desk.rows}["play"] == ()


def test_taking_over_with_the_keyboard(desk):
    desk.choose("reset")
    desk.press(Qt.Key.Key_Space)
    assert desk.dialog.editor.take.hasFocus()
    desk.qtbot.keyClick(desk.dialog.editor.take, Qt.Key.Key_Space)
    assert desk.log == [("reset", ("Space",))]


@pytest.mark.parametrize(
    ("key", "modifiers", "why"),
    [
        (Qt.Key.Key_F, ALT, "It opens the File menu."),
        (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier, "Tab goes from one control to the next."),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "Enter presses what has the focus."),
    ],
)
def test_keys_nobody_may_have_are_refused_with_the_reason(desk, key, modifiers, why):
    desk.choose("reset")
    desk.press(key, modifiers)
    assert desk.says(why)
    assert desk.log == []
    assert not desk.dialog.editor.take.isVisible()


def test_a_key_it_has_already_changes_nothing(desk):
    desk.choose("play")
    desk.press(Qt.Key.Key_Space)
    assert desk.log == []


def test_all_are_reset(desk):
    desk.click("Reset All")
    assert desk.log == [("reset all",)]


def test_a_row_says_its_keys_and_whether_they_were_changed(desk):
    desk.choose("play")
    desk.press(Qt.Key.Key_P, CTRL)
    index = desk.dialog.list.currentIndex()
    text = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert text == "Play or Pause, Go: Space or Ctrl+P, changed"
    before = desk.dialog.list.grab().toImage()
    desk.click("Space   ×")
    QApplication.processEvents()
    assert desk.dialog.list.grab().toImage() != before


def test_keys_are_spelt_one_way():
    assert canonical_keys(("Delete", "ctrl+k", "nonsense", "Ctrl+K", "PgDown")) == ("Del", "Ctrl+K", "PgDown")
