"""The 3D view with a real mouse, a real wheel and real keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pipeline.orbit import Orbit, OrbitPicture
from widgets.orbit_pane import OrbitPane
from widgets.orbit_view import OrbitView
from widgets.theme import apply_theme, colors

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
SHIFT, ALT, NONE = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.NoModifier,
)
ORBIT = Orbit(10, 5, 4, (0, 0, -5))


def picture(width=400, height=300, color=(10, 200, 30)) -> OrbitPicture:
    """Somebody in slot 7 in the left half, nobody in the right one."""
    rgba = np.full((height, width, 4), (*color, 255), np.uint8)
    ids = np.zeros((height, width), np.uint8)
    ids[:, : width // 2] = 1
    return OrbitPicture(3, rgba, ids, (7,), ORBIT, 1.0)


@pytest.fixture
def view(qtbot):
    made = OrbitView()
    qtbot.addWidget(made)
    made.resize(400, 300)
    with qtbot.waitExposed(made):
        made.show()
    made.set_orbit(ORBIT)
    made.set_picture(picture())
    return made


@pytest.fixture
def heard(view):
    """What it says: pairs of a signal's name and what it carries."""
    said = []
    for name in ("orbit_changed", "person_clicked", "centre_requested", "scrub_requested"):
        getattr(view, name).connect(lambda value, name=name: said.append((name, value)))
    return said


def drag(view, start, end, button=LEFT, modifiers=NONE, steps=8):
    QTest.mousePress(view, button, modifiers, QPoint(*start))
    for step in range(1, steps + 1):
        at = [round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True)]
        QTest.mouseMove(view, QPoint(*at))
    QTest.mouseRelease(view, button, modifiers, QPoint(*end))


def last_orbit(heard) -> Orbit:
    return [value for name, value in heard if name == "orbit_changed"][-1]


def test_dragging_turns_around_the_target(view, heard):
    drag(view, (200, 150), (300, 200))
    orbit = last_orbit(heard)
    assert orbit.azimuth == pytest.approx(10 - 0.4 * 100, abs=6)  # the first few px tell a drag from a click
    assert orbit.elevation == pytest.approx(5 + 0.4 * 50, abs=4)
    assert (orbit.target, orbit.distance) == (ORBIT.target, ORBIT.distance)
    assert {name for name, _ in heard} == {"orbit_changed"}


@pytest.mark.parametrize(("button", "modifiers"), [(LEFT, SHIFT), (MIDDLE, NONE)])
def test_shift_or_the_middle_button_moves(view, heard, button, modifiers):
    drag(view, (100, 150), (200, 150), button, modifiers)
    orbit = last_orbit(heard)
    rotation, shift = orbit.view()
    at = rotation @ np.array(ORBIT.target) + shift
    pixels = at[0] / at[2] * orbit.focal_length(300)
    assert pixels == pytest.approx(100, abs=14)
    assert (orbit.azimuth, orbit.elevation) == (10, 5)


def test_the_wheel_zooms_and_with_alt_scrubs(view, heard, wheel):
    wheel(view, (200, 150), 2)
    assert last_orbit(heard).distance == pytest.approx(4 / 1.15**2)
    wheel(view, (200, 150), -2)
    assert last_orbit(heard).distance == pytest.approx(4)
    heard.clear()
    wheel(view, (200, 150), 0.5, ALT)
    wheel(view, (200, 150), 0.5, ALT, sideways=True)
    assert heard == [("scrub_requested", -1)]


def test_a_click_picks_who_is_under_it(view, heard, qtbot):
    qtbot.mouseClick(view, LEFT, pos=QPoint(60, 100))
    qtbot.mouseClick(view, LEFT, pos=QPoint(340, 100))
    assert heard == [("person_clicked", 7), ("person_clicked", -1)]


def test_a_click_picks_right_while_the_picture_is_of_another_size(view, heard, qtbot):
    view.set_picture(picture(800, 600))
    qtbot.mouseClick(view, LEFT, pos=QPoint(190, 100))
    qtbot.mouseClick(view, LEFT, pos=QPoint(210, 100))
    assert [value for _, value in heard] == [7, -1]


def test_a_double_click_asks_for_the_middle(view, heard, qtbot):
    qtbot.mouseDClick(view, LEFT, pos=QPoint(60, 100))
    qtbot.mouseDClick(view, LEFT, pos=QPoint(340, 100))
    assert [value for name, value in heard if name == "centre_requested"] == [7, -1]


def test_the_pointer_says_who_can_be_clicked(view):
    QTest.mouseMove(view, QPoint(60, 100))
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor
    QTest.mouseMove(view, QPoint(340, 100))
    assert view.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_without_a_picture_the_mouse_does_nothing(view, heard, qtbot):
    view.set_message("Nothing\nto see")
    view.set_orbit(None)
    drag(view, (100, 100), (200, 200))
    qtbot.mouseClick(view, LEFT, pos=QPoint(60, 100))
    qtbot.mouseDClick(view, LEFT, pos=QPoint(60, 100))
    assert heard == []
    assert view.message == "Nothing\nto see"


def test_keys_turn_move_zoom_and_show_everybody(view, heard, qtbot):
    view.setFocus()
    for key, modifiers in (
        (Qt.Key.Key_Left, ALT),
        (Qt.Key.Key_Up, ALT),
        (Qt.Key.Key_Right, ALT | SHIFT),
        (Qt.Key.Key_Plus, NONE),
        (Qt.Key.Key_Minus, NONE),
        (Qt.Key.Key_0, NONE),
    ):
        qtbot.keyClick(view, key, modifiers)
    orbits = [value for name, value in heard if name == "orbit_changed"]
    assert [round(o.azimuth) for o in orbits] == [25, 25, 25, 25, 25]
    assert [round(o.elevation) for o in orbits] == [5, -10, -10, -10, -10]
    assert orbits[2].target != ORBIT.target
    assert orbits[3].distance < 4
    assert orbits[4].distance == pytest.approx(4)
    assert heard[-1] == ("centre_requested", -1)


def test_arrows_with_alt_come_before_shortcuts_and_without_alt_they_do_not(qtbot):
    window = QWidget()
    view = OrbitView()
    QVBoxLayout(window).addWidget(view)
    fired = []
    for keys in ("Left", "Alt+Left"):
        QShortcut(QKeySequence(keys), window, lambda keys=keys: fired.append(keys))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    view.setFocus()
    view.set_orbit(ORBIT)
    turned = []
    view.orbit_changed.connect(turned.append)
    qtbot.keyClick(view, Qt.Key.Key_Left, ALT)
    assert (fired, len(turned)) == ([], 1)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert (fired, len(turned)) == (["Left"], 1)


def test_the_picture_fills_the_view_with_axes_and_the_floors_size_over_it(view, shot):
    view.set_space(" · floor: lowest foot", np.eye(3, dtype=np.float32))
    seen = shot(view)
    assert seen(200, 100) == (10, 200, 30)
    assert seen(3, 3) == (10, 200, 30)
    image = view.grab().toImage()
    changed = [
        (x, y) for x in range(0, 400, 2) for y in range(0, 300, 2) if image.pixelColor(x, y).green() != 200
    ]
    assert any(x > 320 and y > 220 for x, y in changed), "axes"
    assert any(x < 200 and y > 270 for x, y in changed), "note"


def test_axes_that_point_right_down_and_away_are_drawn_so(qtbot, shot):
    view = OrbitView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    front = Orbit(0, 0, 5)
    plain = picture(color=(0, 0, 0))
    view.set_picture(OrbitPicture(0, plain.rgba, plain.ids, (7,), front, 1.0))
    view.set_space("", np.diag([1.0, -1.0, -1.0]).astype(np.float32))  # as a camera's axes stand
    red, green = shot(view), colors().good
    x = tuple(int(colors().bad[i : i + 2], 16) for i in (1, 3, 5))
    y = tuple(int(green[i : i + 2], 16) for i in (1, 3, 5))
    origin = (399 - 44, 299 - 44)
    assert np.abs(np.subtract(red(origin[0] + 14, origin[1]), x)).max() < 40
    assert np.abs(np.subtract(red(origin[0], origin[1] + 14), y)).max() < 40


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_look_is_the_themes(view, qapp, scheme):
    said = []
    view.look_changed.connect(lambda: said.append(1))
    apply_theme(qapp, "light" if scheme == "dark" else "dark")
    said.clear()
    apply_theme(qapp, scheme)
    try:
        assert said
        look = view.look()
        assert "#{:02x}{:02x}{:02x}".format(*look.background) == colors().canvas
        assert look.grid != look.background
    finally:
        apply_theme(qapp, "dark")


def test_a_message_is_wrapped_where_the_view_is_narrow(view, shot):
    view.resize(170, 300)
    view.set_message("This frame was not run\nRun this frame with the R key to see its people from any side.")
    seen = shot(view)
    canvas = seen(2, 150)
    assert all(seen(x, y) == canvas for x in (1, 168) for y in range(5, 295))
    assert any(seen(x, y) != canvas for x in range(20, 150) for y in range(180, 290, 2))
    assert "R key" in view.accessibleDescription()


@pytest.fixture
def pane(qtbot):
    made = OrbitPane()
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_each_button_of_the_bar_says_what_is_wanted(pane, qtbot):
    said = []
    pane.side_requested.connect(said.append)
    pane.space_chosen.connect(said.append)
    pane.trail_chosen.connect(said.append)
    pane.centre_requested.connect(lambda: said.append("everybody"))
    pane.close_requested.connect(lambda: said.append("close"))
    for button in (*pane.buttons.values(), pane.world, pane.world):
        qtbot.mouseClick(button, LEFT)
    pane.trail.setFocus()
    qtbot.keyClick(pane.trail, Qt.Key.Key_Down)
    assert said == ["front", "side", "top", "camera", "everybody", "close", "world", "camera", "pelvis"]


def test_what_is_chosen_is_shown_without_being_said_again(pane):
    said = []
    pane.space_chosen.connect(said.append)
    pane.trail_chosen.connect(said.append)
    pane.set_choices("world", "feet")
    assert (pane.world.isChecked(), pane.trail.currentText()) == (True, "Feet")
    assert said == []


def test_it_fits_beside_the_picture_of_a_small_window(pane):
    assert pane.minimumSizeHint().width() <= 345
    pane.set_keys({"top": "F9"})
    assert pane.buttons["top"].toolTip() == "From the top (F9)"


def test_each_control_has_a_name_and_can_be_reached_with_the_tab_key(pane):
    for control in (*pane.buttons.values(), pane.world, pane.trail, pane.view):
        assert control.accessibleName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
