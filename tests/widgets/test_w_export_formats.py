"""The list of formats under its headings, and formats that are folders."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel

from pipeline.atomic import replacing_folder
from widgets.export_dialog import ExportDialog
from widgets.values import FormatRow

FORMATS = (
    FormatRow("phalp", "PHALP", "", "4D-Humans", ".pkl", group="Bodies"),
    FormatRow("mp4", "Video", "", "", ".mp4", group="Pictures"),
    FormatRow("npz", "AMASS", "", "", ".npz", group="Bodies"),
    FormatRow("png", "Frames", "", "", "-png", group="Pictures", is_folder=True),
)


@pytest.fixture
def dialog(qtbot, tmp_path):
    made = ExportDialog(FORMATS, (), tmp_path, "run.3")
    qtbot.addWidget(made)
    made.show()
    return made


def rows(dialog):
    return [dialog.formats.item(row).text() for row in range(dialog.formats.count())]


def headings(dialog):
    return {label.text() for label in dialog.findChildren(QLabel) if label.property("role") == "heading"}


def test_formats_stand_under_their_headings(dialog):
    assert rows(dialog) == ["Bodies", "PHALP", "AMASS", "Pictures", "Video", "Frames"]
    assert dialog.chosen.key == "phalp"
    assert dialog.formats.item(1).toolTip() == "Read by 4D-Humans"


def test_headings_cannot_be_chosen(dialog, qtbot):
    seen = []
    for _ in range(3):
        qtbot.keyClick(dialog.formats, Qt.Key.Key_Down)
        seen.append(dialog.chosen.key)
    assert seen == ["npz", "mp4", "png"]
    place = dialog.formats.visualItemRect(dialog.formats.item(3)).center()
    qtbot.mouseClick(dialog.formats.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dialog.chosen.key == "png"
    qtbot.keyClick(dialog.formats, Qt.Key.Key_Home)
    assert dialog.chosen is not None


def test_without_groups_there_are_no_headings(qtbot, tmp_path):
    plain = ExportDialog(
        (FormatRow("a", "A", "", "", ".a"), FormatRow("b", "B", "", "", ".b")), (), tmp_path, "x"
    )
    qtbot.addWidget(plain)
    assert rows(plain) == ["A", "B"]


def test_a_folder_is_called_one_and_named_after_what_is_in_it(dialog, tmp_path):
    assert "File" in headings(dialog)
    dialog.formats.choose("png")
    assert "Folder" in headings(dialog)
    assert dialog.path.text() == str(tmp_path / "run.3-png")
    assert dialog.path.accessibleName() == "Folder to write"
    dialog.formats.choose("mp4")
    assert dialog.path.text() == str(tmp_path / "run.3.mp4")


@pytest.mark.parametrize("holds", ["nothing", "a former export", "other files"])
def test_a_folder_that_holds_other_files_gets_a_new_one_inside(holds, dialog, tmp_path, monkeypatch):
    found = tmp_path / "found"
    if holds == "a former export":
        with replacing_folder(found) as folder:
            (folder / "frame.png").touch()
    found.mkdir(exist_ok=True)
    if holds == "other files":
        (found / "letter.txt").touch()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *asked: str(found))
    dialog.formats.choose("png")
    asked = []
    dialog.preview_requested.connect(lambda *values: asked.append(values))
    dialog._browse.click()
    expected = str(found / "run.3-png" if holds == "other files" else found)
    assert dialog.path.text() == expected
    assert asked[-1][:2] == ("png", expected)
