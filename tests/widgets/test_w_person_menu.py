"""The menu beside a box, with real keys and a real mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from widgets.person_menu import NEW, PersonChoice, PersonMenu

CHOICES = (
    *(PersonChoice(n, f"Person {n}", (200, 30 * n % 255, 40), "expected here") for n in range(1, 12)),
    PersonChoice(NEW, "New person", (120, 120, 120)),
)


@pytest.fixture
def parent(qtbot):
    made = QWidget()
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    qtbot.addWidget(made)
    made.resize(640, 480)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


@pytest.fixture
def menu(parent):
    made = PersonMenu(parent)
    made.chosen_tracks = []
    made.chosen.connect(made.chosen_tracks.append)
    return made


@pytest.mark.parametrize(
    ("keys", "track"),
    [
        ((Qt.Key.Key_Return,), 2),
        ((Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Enter), 4),
        ((Qt.Key.Key_Up, Qt.Key.Key_Return), 1),
        ((Qt.Key.Key_5,), 5),
        ((Qt.Key.Key_Escape,), None),
    ],
)
def test_keys_answer(qtbot, menu, parent, keys, track):
    menu.ask("Who is this?", CHOICES, 1, QRect(100, 100, 60, 120))
    assert menu.rows.hasFocus()
    for key in keys:
        qtbot.keyClick(menu.rows, key)
    assert menu.chosen_tracks == ([] if track is None else [track])
    assert not menu.isVisible()
    assert parent.hasFocus()


def test_a_click_answers(qtbot, menu):
    menu.ask("Who is this?", CHOICES[-3:], 0, QRect(100, 100, 60, 120))
    place = menu.rows.visualItemRect(menu.rows.item(2)).center()
    qtbot.mouseMove(menu.rows.viewport(), place)
    qtbot.mouseClick(menu.rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert menu.chosen_tracks == [NEW]


def test_turning_to_something_else_leaves_it(qtbot, menu, parent):
    field = QLineEdit(parent)
    field.show()
    menu.ask("Who is this?", CHOICES, 0, QRect(100, 100, 60, 120))
    field.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not menu.isVisible()
    assert menu.chosen_tracks == []
    assert field.hasFocus()


@pytest.mark.parametrize(
    "beside", [QRect(10, 10, 40, 90), QRect(590, 400, 40, 70), QRect(0, 0, 640, 480), QRect(300, -50, 20, 40)]
)
def test_it_stays_inside_and_beside_the_box(menu, parent, beside):
    menu.ask("Who is this?", CHOICES, 0, beside)
    assert parent.rect().contains(menu.geometry())
    if beside.width() < 100:
        assert not menu.geometry().intersects(beside)


def test_screen_readers_hear_who(menu):
    menu.ask("Who is this?", CHOICES, 0, QRect(QPoint(0, 0), QPoint(10, 10)))
    role = Qt.ItemDataRole.AccessibleTextRole
    assert menu.rows.item(0).data(role) == "Person 1 expected here"
    assert menu.rows.item(11).data(role) == "New person"
    assert menu.rows.accessibleName()
