"""The tour: light and card, keys and mouse, a window that changes under it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from widgets.tour import Tour, TourStep, card_place

LEFT = Qt.MouseButton.LeftButton


class Stage:
    """A window with two parts and a tour through them."""

    def __init__(self, qtbot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.resize(900, 600)
        row = QHBoxLayout(self.window)
        self.left, self.right = QPushButton("left"), QPushButton("right")
        self.left.setFixedHeight(120)
        self.right.setFixedHeight(120)
        row.addWidget(self.left)
        row.addWidget(self.right)
        self.pressed: list[str] = []
        for key in ("Space", "Right", "R", "J"):
            action = QAction(self.window)
            action.setShortcut(QKeySequence(key))
            action.triggered.connect(lambda _checked=False, key=key: self.pressed.append(key))
            self.window.addAction(action)
        self.did: list[str] = []
        self.why = ""
        self.tour = Tour(self.window, tuple(self._steps()))
        self.ended: list[bool] = []
        self.tour.ended.connect(self.ended.append)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        self.tour.start()

    def _steps(self):
        yield TourStep(
            "One",
            "The first, with a text that is long enough to need more than a single line of the card.",
            lambda: (self.left, QRect()),
            lambda: self.did.append("prepared"),
            "Try It",
            lambda: self.did.append("tried"),
            lambda: self.why,
            lambda: "tried" in self.did,
        )
        yield TourStep("Two", "The second.", lambda: (self.right, QRect(0, 0, 40, 30)))
        yield TourStep("Three", "The last.", lambda: (self.right, QRect()), self.right.show)


@pytest.fixture
def stage(qtbot):
    return Stage(qtbot)


def test_the_light_is_on_the_widget_and_the_card_beside_it(stage):
    hole = stage.tour.spotlight.hole
    assert hole == QRect(stage.left.mapTo(stage.window, QPoint(0, 0)), stage.left.size())
    assert not stage.tour.card.geometry().intersects(hole)
    assert stage.window.rect().contains(stage.tour.card.geometry())
    assert stage.did == ["prepared"]


def test_next_back_and_skip_with_the_mouse(stage, qtbot):
    card = stage.tour.card
    assert not card.back.isVisible()
    qtbot.mouseClick(card.next, LEFT)
    assert stage.tour.step == 1
    assert stage.tour.spotlight.hole.size() == QSize(40, 30)
    qtbot.mouseClick(card.back, LEFT)
    assert stage.tour.step == 0
    qtbot.mouseClick(card.skip, LEFT)
    assert stage.ended == [False]
    assert not card.isVisible()
    assert not stage.tour.spotlight.isVisible()


def test_next_back_and_skip_with_the_keys(stage, qtbot):
    card = stage.tour.card
    assert card.hasFocus()
    qtbot.keyClick(card, Qt.Key.Key_Return)
    qtbot.keyClick(card, Qt.Key.Key_Return)
    assert stage.tour.step == 2
    qtbot.keyClick(card, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert stage.tour.step == 1
    qtbot.keyClick(card, Qt.Key.Key_Escape)
    assert stage.ended == [False]


def test_to_its_end(stage, qtbot):
    for _ in range(3):
        qtbot.keyClick(stage.tour.card, Qt.Key.Key_Return)
    assert stage.ended == [True]
    assert stage.tour.step == -1


def test_return_presses_the_button_that_has_the_focus(stage, qtbot):
    card = stage.tour.card
    card.action.setFocus()
    qtbot.keyClick(card.action, Qt.Key.Key_Return)
    assert stage.did == ["prepared", "tried"]
    assert stage.tour.step == 0


@pytest.mark.parametrize("key", ["Space", "Right", "R", "J"])
def test_every_other_key_stays_with_the_window(stage, qtbot, key):
    qtbot.keyClick(stage.tour.card, QKeySequence(key)[0].key())
    stage.tour.card.next.setFocus()
    qtbot.keyClick(stage.tour.card.next, QKeySequence(key)[0].key())
    assert stage.pressed == [key, key]
    assert stage.tour.step == 0


def test_what_lies_in_the_light_and_in_the_dark_can_be_used(stage, qtbot):
    clicked = []
    stage.left.clicked.connect(lambda: clicked.append("left"))
    stage.right.clicked.connect(lambda: clicked.append("right"))
    for widget in (stage.left, stage.right):
        spot = widget.mapTo(stage.window, QPoint(5, 5))
        assert stage.window.childAt(spot) is widget
        qtbot.mouseClick(widget, LEFT, pos=QPoint(5, 5))
    assert clicked == ["left", "right"]


def test_the_step_can_be_tried_and_says_that_it_was(stage, qtbot):
    card = stage.tour.card
    stage.why = "Open a video first."
    stage.tour.refresh()
    assert not card.action.isEnabled()
    assert card.action.toolTip() == "Open a video first."
    stage.why = ""
    stage.tour.refresh()
    qtbot.mouseClick(card.action, LEFT)
    assert card._done.isVisible()
    assert not card.action.isVisible()


def test_it_follows_a_window_that_is_resized(stage, qtbot):
    for size in ((1200, 800), (500, 360), (700, 900)):
        stage.window.resize(*size)
        qtbot.waitUntil(lambda: stage.tour.spotlight.size() == stage.window.size())
        hole = QRect(stage.left.mapTo(stage.window, QPoint(0, 0)), stage.left.size())
        qtbot.waitUntil(lambda hole=hole: stage.tour.spotlight.hole == hole)
        assert stage.window.rect().contains(stage.tour.card.geometry())


def test_a_part_that_is_hidden_leaves_the_card_in_the_middle(stage, qtbot):
    stage.left.hide()
    assert stage.tour.spotlight.hole.isEmpty()
    assert stage.window.rect().contains(stage.tour.card.geometry())
    stage.left.show()
    qtbot.waitUntil(lambda: not stage.tour.spotlight.hole.isEmpty())


def test_the_dark_is_dark_and_the_light_is_not(stage):
    image = stage.window.grab().toImage()
    stage.tour.spotlight.hide()
    plain = stage.window.grab().toImage()
    ratio = image.devicePixelRatio()
    inside = stage.tour.spotlight.hole.center() * ratio
    outside = QPoint(8, 8) * ratio
    assert image.pixelColor(inside) == plain.pixelColor(inside)
    assert image.pixelColor(outside).lightness() < plain.pixelColor(outside).lightness()


def test_it_is_said_to_those_who_hear_it(stage):
    card = stage.tour.card
    assert card.accessibleName() == "Tour"
    assert "Step 1 of 3: One." in card.accessibleDescription()


@pytest.mark.parametrize(
    ("hole", "corner"),
    [
        (QRect(0, 0, 100, 500), QPoint(113, 200)),
        (QRect(700, 0, 100, 500), QPoint(386, 200)),
        (QRect(0, 0, 800, 100), QPoint(249, 113)),
    ],
)
def test_where_the_card_goes(hole, corner):
    place = card_place(QRect(0, 0, 800, 500), hole, QSize(300, 100))
    assert (place - corner).manhattanLength() <= 3


def test_a_card_that_fits_nowhere_stays_in_the_window():
    room = QRect(0, 0, 400, 300)
    place = card_place(room, room, QSize(340, 200))
    assert room.contains(QRect(place, QSize(340, 200)))
