"""The command palette: with the keys and with the mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from widgets.command_list import Command
from widgets.command_palette import CommandPalette

COMMANDS = (
    Command("open", "Open Video", "File", ("Ctrl+O",)),
    Command("undo", "Undo", "Edit", ("Ctrl+Z",), "Nothing has been edited."),
    Command("run", "Run This Frame", "Run", ("R",)),
    Command("range", "Run the Range", "Run", ("Shift+R",)),
    Command("export", "Export", "File", ("Ctrl+Shift+E",)),
    Command("video:/a/street.mp4", "street.mp4", "Recent video", also="/holidays"),
)


def frames(text: str) -> tuple[Command, ...]:
    return (Command(f"frame:{text}", f"Go to Frame {text}"),) if text.isdecimal() else ()


@pytest.fixture
def palette(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1000, 700)
    window.show()
    made = CommandPalette(window)
    made.log = []
    made.chosen.connect(lambda id_: made.log.append((id_, made.isVisible())))
    made.open_with(COMMANDS, ("export", "gone"), frames)
    yield made
    made.close()


def listed(palette) -> list[str]:
    return [row.command.id for row in palette.model.rows]


def test_what_was_used_lately_comes_first_then_all_in_the_order_of_the_menus(palette):
    assert listed(palette) == ["export", "open", "undo", "run", "range", "video:/a/street.mp4"]
    assert [row.recent for row in palette.model.rows] == [True] + [False] * 5


def test_typing_finds_and_return_does_it_after_the_palette_has_closed(palette, qtbot):
    qtbot.keyClicks(palette.field, "rr")
    assert listed(palette)[0] == "range"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.log == [("range", False)]


def test_arrows_move_and_go_round(palette, qtbot):
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.current.id == "open"
    for _ in range(2):
        qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.current.id == "video:/a/street.mp4"
    qtbot.keyClick(palette.field, Qt.Key.Key_PageUp)
    assert palette.current.id == "export"
    qtbot.keyClick(palette.field, Qt.Key.Key_PageDown)
    assert palette.current.id == "video:/a/street.mp4"
    qtbot.keyClick(palette.field, Qt.Key.Key_Enter)
    assert palette.log == [("video:/a/street.mp4", False)]


def test_what_cannot_be_done_says_why_and_stays(palette, qtbot):
    qtbot.keyClicks(palette.field, "undo")
    assert palette.current.why_not == "Nothing has been edited."
    assert "Nothing has been edited." in palette.field.accessibleDescription()
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.log == []


def test_what_can_be_done_comes_before_what_cannot(palette, qtbot):
    qtbot.keyClicks(palette.field, "u")
    assert listed(palette)[-1] == "undo"


def test_escape_leaves_without_doing_anything(palette, qtbot):
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert palette.log == []


def test_a_click_does_it(palette, qtbot):
    row = listed(palette).index("run")
    spot = palette.list.visualRect(palette.model.index(row)).center()
    qtbot.mouseMove(palette.list.viewport(), spot + QPoint(1, 0))
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert palette.log == [("run", False)]


def test_what_is_typed_may_be_a_command_of_its_own_and_comes_first(palette, qtbot):
    qtbot.keyClicks(palette.field, "120")
    assert palette.current.title == "Go to Frame 120"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.log == [("frame:120", False)]


def test_it_is_found_by_menu_key_and_other_words_too(palette, qtbot):
    for typed, id_ in (("holid", "video:/a/street.mp4"), ("ctrl+o", "open"), ("file exp", "export")):
        palette.field.clear()
        qtbot.keyClicks(palette.field, typed)
        assert palette.current.id == id_


def test_nothing_found_is_said(palette, qtbot):
    qtbot.keyClicks(palette.field, "qqqq")
    assert palette.current is None
    assert palette._nothing.isVisible()
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_it_has_names_for_those_who_hear_it(palette, qtbot):
    assert palette.field.accessibleName()
    assert palette.list.accessibleName() == "Commands"
    index = palette.model.index(1)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Open Video, File, Ctrl+O"
    assert palette.field.accessibleDescription().startswith("Export, File")
    roles = [QAccessible.queryAccessibleInterface(one).role() for one in (palette.field, palette.list)]
    assert roles == [QAccessible.Role.EditableText, QAccessible.Role.List]


def test_opening_it_again_starts_anew(palette, qtbot):
    qtbot.keyClicks(palette.field, "rr")
    palette.close()
    palette.open_with(COMMANDS, (), frames)
    assert palette.field.text() == ""
    assert palette.current.id == "open"


def test_it_fits_into_a_small_window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(420, 300)
    window.show()
    made = CommandPalette(window)
    made.open_with(COMMANDS, (), frames)
    assert made.width() <= 420
    QApplication.processEvents()
    made.close()


def test_letters_found_and_reasons_are_painted(palette, qtbot):
    before = palette.list.grab().toImage()
    QTest.keyClicks(palette.field, "undo")
    assert palette.list.grab().toImage() != before
