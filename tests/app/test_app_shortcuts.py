"""Keys in the whole program: held ones, the menus' own, files by the dialog, and what the README promises."""

from __future__ import annotations

import json
import re
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton

from app.action_specs import SPECS
from widgets.key_caps import canonical_keys
from widgets.preferences import PreferencesDialog
from widgets.shortcuts_dialog import ShortcutsDialog

README = Path(__file__).resolve().parents[2] / "README.md"
LEFT, ALT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier


def dialog_of(drive) -> ShortcutsDialog:
    drive.press("F1")
    found = drive.window.findChild(ShortcutsDialog)
    drive.until(found.isVisible)
    return found


def says(dialog, text: str) -> bool:
    return any(text in label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def keys(drive, id_: str) -> tuple[str, ...]:
    return drive.window.actions_table.keys(id_)


def test_a_held_key_is_held_by_whatever_key_it_has(drive):
    drive.program.dialogs.shortcuts.set_keys("hold_hidden", ("Q",))
    QTest.keyPress(drive.picture, Qt.Key.Key_Q)
    assert drive.program.view.hidden
    QTest.keyRelease(drive.picture, Qt.Key.Key_H)
    assert drive.program.view.hidden
    QTest.keyRelease(drive.picture, Qt.Key.Key_Q)
    assert not drive.program.view.hidden


def test_buttons_and_the_empty_picture_name_the_keys_there_are(start):
    drive = start()
    shortcuts = drive.program.dialogs.shortcuts
    shortcuts.set_keys("play", ("P",))
    shortcuts.set_keys("open", ())
    assert drive.window.transport._play.toolTip() == "Play (P)"
    assert drive.picture._message == "Drop a video here"
    shortcuts.reset_all()
    assert drive.window.transport._play.toolTip() == "Play (Space)"
    assert drive.picture._message == "Drop a video here or press Ctrl+O"


def test_keys_of_menus_are_refused(drive):
    dialog = dialog_of(drive)
    dialog.search.setText("next frame")
    before = keys(drive, "next_frame")
    QTest.mouseClick(dialog.editor.add, LEFT)
    QTest.keyClick(dialog.editor.add, Qt.Key.Key_F, ALT)
    assert says(dialog, "It opens the File menu.")
    assert keys(drive, "next_frame") == before
    dialog.close()


def test_no_two_actions_ever_share_a_key(start):
    drive = start()
    shortcuts = drive.program.dialogs.shortcuts
    shortcuts.set_keys("play", ("R", "G"))
    shortcuts.set_keys("open", ("Space", "R"))
    shortcuts.reset("run_frame")
    shortcuts.reset("play")
    mine = [key for spec in SPECS for key in keys(drive, spec.id)]
    assert len(mine) == len(set(mine))
    assert keys(drive, "run_frame") == ("R",)
    assert keys(drive, "play") == ("Space",)


def files_of(dialog, button: str) -> QFileDialog:
    found = next(one for one in dialog.findChildren(QPushButton) if one.text() == button)
    QTest.mouseClick(found, LEFT)
    return dialog.findChild(QFileDialog)


def test_import_and_export_from_the_dialog(start, tmp_path):
    drive = start()
    dialog, path = dialog_of(drive), tmp_path / "keys.json"
    files = files_of(dialog, "Export…")
    files.fileSelected.emit(str(path))
    files.close()
    assert says(dialog, "Written: ")
    plain = json.loads(path.read_text())
    plain["keys"]["play"] = ["Ctrl+Alt+P"]
    plain["keys"]["of another version"] = ["F12"]
    path.write_text(json.dumps(plain))
    drive.until(lambda: dialog.findChild(QFileDialog) is None)
    files = files_of(dialog, "Import…")
    files.fileSelected.emit(str(path))
    assert keys(drive, "play") == ("Ctrl+Alt+P",)
    assert says(dialog, "One action of it is not in this version.")
    path.write_text("no json")
    files.fileSelected.emit(str(path))
    files.close()
    assert says(dialog, "cannot be read as keys")
    assert keys(drive, "play") == ("Ctrl+Alt+P",)
    dialog.close()


def test_keys_are_reached_from_the_preferences(start):
    drive = start()
    drive.press("Ctrl+,")
    drive.window.findChild(PreferencesDialog).keys_requested.emit()
    assert drive.window.findChild(ShortcutsDialog).isVisible()


def promised() -> list[str]:
    """Keys that README's table names, in the way actions spell them."""
    table = README.read_text("utf-8").split("### Keys")[1].split("\n## ")[0]
    cells = re.findall(r"^\|[^|]*\|([^|]*)\|$", table, re.MULTILINE)
    words = [word for cell in cells for word in re.split(r"[\s,]+", re.sub(r"\(.*?\)|\bor .*", "", cell))]
    arrows = {"←": "Left", "→": "Right", "↑": "Up", "↓": "Down", "Shift+←": "Shift+Left"}
    arrows |= {"Ctrl+←": "Ctrl+Left", "1–9": "1", "Ctrl+1–9": "Ctrl+1"}
    return [arrows.get(word, word) for word in words if word]


def test_the_keys_in_the_readme_are_the_keys_there_are():
    known = {key for spec in SPECS for key in canonical_keys(spec.keys)}
    named = [key for key in promised() if QKeySequence(key).toString()]
    assert len(named) > 20
    assert [key for key in named if canonical_keys((key,))[0] not in known] == []
