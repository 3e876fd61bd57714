"""The table of tracks with mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QAbstractItemView, QLineEdit

from pipeline.palette import PALETTE
from pipeline.structures import Track
from widgets.color_menu import ColorMenu
from widgets.theme import colors
from widgets.track_model import COLOR, FRAMES, NAME
from widgets.track_table import TrackTable

LEFT = Qt.MouseButton.LeftButton
TRACKS = (
    Track(1, "", PALETTE[0], True, 180, 0, 179),
    Track(2, "Goalkeeper", PALETTE[1], True, 12, 40, 60),
    Track(5, "", PALETTE[4], False, 60, 7, 99),
)
SIGNALS = ("track_selected", "rename_requested", "color_requested", "visibility_requested", "frame_requested")


@pytest.fixture
def table(qtbot):
    made = TrackTable()
    qtbot.addWidget(made)
    made.resize(420, 240)
    made.set_tracks(TRACKS)
    with qtbot.waitActive(made):
        made.show()
    return made


@pytest.fixture
def said(table):
    log = []
    for name in SIGNALS:
        getattr(table, name).connect(lambda *values, name=name: log.append((name, *values)))
    return log


def place(table, row: int, column: int) -> QPoint:
    return table.view.visualRect(table.view.model().index(row, column)).center()


def corner(table, row: int) -> QPoint:
    return table.view.visualRect(table.view.model().index(row, COLOR)).topLeft()


def texts(table, column: int) -> list[str]:
    model = table.view.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_tracks_are_shown_with_names_and_numbers(table):
    assert texts(table, NAME) == ["Person 1", "Goalkeeper", "Person 5"]
    assert texts(table, FRAMES) == ["180", "12", "60"]


def test_a_click_selects_and_being_told_does_not_answer(table, said, qtbot):
    table.set_selected(5)
    assert said == []
    qtbot.mouseClick(table.view.viewport(), LEFT, pos=place(table, 1, FRAMES))
    assert said == [("track_selected", 2)]


def test_arrow_keys_select(table, said, qtbot):
    table.set_selected(1)
    qtbot.keyClick(table.view, Qt.Key.Key_Down)
    assert said == [("track_selected", 2)]


def test_the_selection_stays_when_tracks_come(table, said):
    table.set_selected(2)
    table.set_tracks((*TRACKS, Track(6, "", PALETTE[5], True, 1, 3, 3)))
    assert [index.data() for index in table.view.selectionModel().selectedRows(NAME)] == ["Goalkeeper"]
    assert said == []


def rename(table, qtbot, name: str) -> None:
    editor = table.view.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, name)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    # The table takes a typed name only after the editor has seen the key.
    qtbot.waitUntil(lambda: table.view.state() != QAbstractItemView.State.EditingState)


def test_f2_renames_and_the_name_is_asked_for_not_taken(table, said, qtbot):
    table.set_selected(2)
    qtbot.keyClick(table.view, Qt.Key.Key_F2)
    rename(table, qtbot, "Keeper")
    assert said == [("rename_requested", 2, "Keeper")]
    assert texts(table, NAME)[1] == "Goalkeeper"


def test_the_same_name_asks_for_nothing(table, said, qtbot):
    table.edit_name(1)
    rename(table, qtbot, "Person 1")
    assert said == []


def test_new_numbers_do_not_disturb_a_name_being_typed(table, qtbot):
    table.edit_name(2)
    editor = table.view.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "Kee")
    table.set_tracks((TRACKS[0], Track(2, "Goalkeeper", PALETTE[1], True, 13, 40, 61), TRACKS[2]))
    assert editor.isVisible()
    assert editor.text() == "Kee"
    assert texts(table, FRAMES)[1] == "13"


def test_the_eye_asks_for_the_opposite(table, said, qtbot):
    for row in (0, 2):
        qtbot.mouseClick(table.view.viewport(), LEFT, pos=corner(table, row) + QPoint(36, 14))
    asked = [entry for entry in said if entry[0] == "visibility_requested"]
    assert asked == [("visibility_requested", 1, False), ("visibility_requested", 5, True)]


def test_the_chip_opens_the_colours_and_one_is_asked_for(table, said, qtbot):
    qtbot.mouseClick(table.view.viewport(), LEFT, pos=corner(table, 1) + QPoint(14, 14))
    menu = table.findChild(ColorMenu)
    assert menu.isVisible()
    assert [action.isChecked() for action in menu.actions()].index(True) == 1
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert ("color_requested", 2, PALETTE[0]) in said


def test_double_click_and_return_jump_to_the_first_frame(table, said, qtbot):
    qtbot.mouseClick(table.view.viewport(), LEFT, pos=place(table, 1, FRAMES))
    qtbot.mouseDClick(table.view.viewport(), LEFT, pos=place(table, 1, FRAMES))
    table.set_selected(5)
    qtbot.keyClick(table.view, Qt.Key.Key_Return)
    assert [entry for entry in said if entry[0] == "frame_requested"] == [
        ("frame_requested", 40),
        ("frame_requested", 7),
    ]


def test_the_menu_offers_all_that_the_mouse_can_do(table, said):
    table.set_selected(5)
    menu = table.menu_for(TRACKS[2])
    by_text = {action.text(): action for action in menu.actions()}
    assert list(by_text) == ["Rename", "Colour", "Show", "", "Go to first frame", "Go to last frame"]
    for text in ("Show", "Go to first frame", "Go to last frame"):
        by_text[text].trigger()
    by_text["Colour"].menu().actions()[3].trigger()
    assert said == [
        ("visibility_requested", 5, True),
        ("frame_requested", 7),
        ("frame_requested", 99),
        ("color_requested", 5, PALETTE[3]),
    ]


def test_tracks_that_are_not_in_the_frame_are_dimmed(table):
    table.set_present(frozenset({2}))
    model, role = table.view.model(), Qt.ItemDataRole.ForegroundRole
    assert model.index(0, NAME).data(role) == QColor(colors().muted)
    assert model.index(1, NAME).data(role) is None


def test_a_head_sorts_by_number_not_by_letter(table):
    table.view.sortByColumn(FRAMES, Qt.SortOrder.DescendingOrder)
    assert texts(table, FRAMES) == ["180", "60", "12"]


def test_large_numbers_and_names_are_not_cut_off(table):
    table.resize(348, 200)
    table.set_tracks((Track(12, "Anna", PALETTE[0], True, 100_000, 99_998, 199_999),))
    metrics = table.view.fontMetrics()
    for column in range(1, 6):
        (text,) = texts(table, column)
        assert table.view.columnWidth(column) >= metrics.horizontalAdvance(text) + 12, text


def test_the_chip_has_the_tracks_colour(table, shot):
    at = corner(table, 1) + QPoint(14, 14)
    assert shot(table.view.viewport())(at.x(), at.y()) == PALETTE[1]


@pytest.mark.parametrize("held", [Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier])
def test_a_click_with_ctrl_or_shift_marks_a_second_track(table, said, qtbot, held):
    others = []
    table.other_selected.connect(others.append)
    table.set_selected(1)
    qtbot.mouseClick(table.view.viewport(), LEFT, held, place(table, 2, NAME))
    assert (others, said) == ([5], [])
    table.set_other(5)
    assert texts(table, NAME) == ["Person 1", "Goalkeeper", "Person 5  · 2nd"]
    assert [index.row() for index in table.view.selectionModel().selectedRows()] == [0]
    table.set_other(None)
    assert texts(table, NAME)[2] == "Person 5"


def test_shift_and_arrows_mark_a_second_track_and_step_over_the_selected(table, said, qtbot):
    others = []
    table.other_selected.connect(others.append)
    table.set_selected(2)
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(table.view, Qt.Key.Key_Down, shift)
    table.set_other(5)
    qtbot.keyClick(table.view, Qt.Key.Key_Up, shift)
    table.set_other(1)
    qtbot.keyClick(table.view, Qt.Key.Key_Up, shift)
    assert (others, said) == ([5, 1], [])


def test_the_menu_offers_the_operations_of_the_program(table):
    action = QAction("Merge Person 1 into Goalkeeper…: 3 frames", table)
    table.set_operations([action])
    assert action in table.menu_for(TRACKS[0]).actions()
