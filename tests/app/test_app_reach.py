"""Everything can be reached with the keys, seen when it is, and heard."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDockWidget, QMenu, QWidget

from widgets.theme import apply_theme

MOST = 400


def interface(widget):
    return QAccessible.queryAccessibleInterface(widget)


def name_of(widget) -> str:
    return interface(widget).text(QAccessible.Text.Name).strip()


def tab_order(drive, back: bool = False) -> list[QWidget]:
    """What the Tab key goes through, from the picture until it is there again."""
    drive.picture.setFocus()
    seen: list[QWidget] = []
    for _ in range(MOST):
        seen.append(QApplication.focusWidget())
        key = Qt.Key.Key_Backtab if back else Qt.Key.Key_Tab
        modifiers = Qt.KeyboardModifier.ShiftModifier if back else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(seen[-1], key, modifiers)
        if QApplication.focusWidget() is drive.picture:
            return seen
    raise AssertionError(f"Tab is caught in {seen[-1]}")


def pane_of(drive, widget) -> str:
    window = drive.window
    panes = {
        "picture": window.panes,
        "transport": window.transport,
        **window.docks,
        "status": window.statusBar(),
        "layers": window.layers_bar,
        "messages": window.message_bar,
    }
    found = [name for name, pane in panes.items() if pane is widget or pane.isAncestorOf(widget)]
    return found[0] if found else ""


def ready(drive):
    """With results, so that all there is to press is there."""
    drive.load()
    drive.press("R")
    drive.until(lambda: drive.results() == [0])
    drive.activate()
    return drive


def test_tab_goes_from_the_picture_to_the_transport_the_timeline_and_the_docks(drive):
    ready(drive)
    walked = tab_order(drive)
    panes = list(dict.fromkeys(pane_of(drive, widget) for widget in walked))
    assert panes[:3] == ["picture", "transport", "timeline"]
    assert {"models", "tracks", "layers"} <= set(panes)
    assert panes.index("models") < panes.index("tracks") < panes.index("layers")
    seen = [pane_of(drive, widget) for widget in walked]
    assert seen == sorted(seen, key=panes.index), "no pane is left and entered again"
    assert len(set(map(id, walked))) == len(walked)


def test_shift_and_tab_go_the_other_way(drive):
    there = tab_order(drive)
    back = tab_order(drive, back=True)
    assert back == [there[0], *reversed(there[1:])]


def test_every_dock_in_front_can_be_entered_and_left_with_the_tab_key(drive):
    ready(drive)
    for name, dock in drive.window.docks.items():
        drive.window.show_dock(name)
        QApplication.processEvents()
        inside = [one for one in tab_order(drive) if dock.isAncestorOf(one)]
        takes = [
            one
            for one in dock.findChildren(QWidget)
            if one.isVisible() and one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        assert bool(inside) == bool(takes), name


def test_f6_goes_from_pane_to_pane_and_round(drive):
    ready(drive)
    drive.picture.setFocus()
    order = ["picture"]
    for _ in range(20):
        drive.press("F6")
        order.append(pane_of(drive, QApplication.focusWidget()))
        if order[-1] == "picture":
            break
    assert order[:3] == ["picture", "transport", "timeline"]
    assert order[-1] == "picture"
    assert {"models", "tracks", "layers"} <= set(order)
    back = []
    for _ in range(len(order) - 1):
        drive.press("Shift+F6")
        back.append(pane_of(drive, QApplication.focusWidget()))
    assert back == order[-2::-1]


def test_transport_keys_work_in_every_pane_f6_leads_to(drive):
    ready(drive)
    drive.picture.setFocus()
    for _ in range(8):
        drive.press("F6")
        drive.press("Home")
        drive.at(0)
        assert drive.program.view.frame_index == 0
        drive.press(".")
        drive.at(1)


def test_f6_finds_a_message_and_the_tour(drive):
    drive.program.notices.tell("Something happened.", kind="warning", action="Retry")
    drive.window.actions_table["tour"].trigger()
    drive.until(lambda: drive.window.message_bar.height() > 30)
    drive.picture.setFocus()
    names = set()
    for _ in range(20):
        drive.press("F6")
        focus = QApplication.focusWidget()
        names.add(pane_of(drive, focus) or type(focus).__name__)
    assert {"messages", "TourCard"} <= names


def everything(drive) -> list[QWidget]:
    """All that the Tab key may reach in any dock; the parts Qt makes a control of left out."""
    return [
        one
        for one in drive.window.findChildren(QWidget)
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus
        and one.focusProxy() is None
        and one.isVisible()
        and not isinstance(one, QMenu)
        and not _in_a_combo_box(one)
    ]


def _in_a_combo_box(widget) -> bool:
    above = widget.parentWidget()
    return above is not None and (isinstance(above, QComboBox) or _in_a_combo_box(above))


def test_nothing_that_takes_the_focus_is_without_a_name_or_a_role(drive):
    ready(drive)
    drive.program.notices.tell("Something happened.", kind="warning", action="Retry")
    for name in drive.window.docks:
        drive.window.show_dock(name)
        QApplication.processEvents()
    drive.window.actions_table["orbit"].trigger()
    drive.window.actions_table["tour"].trigger()
    drive.until(lambda: drive.window.message_bar.height() > 30)
    widgets = everything(drive)
    assert len(widgets) > 40
    nameless = [(type(one).__name__, _above(one)) for one in widgets if not name_of(one)]
    assert not nameless, str(nameless)
    assert [one for one in widgets if interface(one).role() == QAccessible.Role.NoRole] == []


def _above(widget) -> list[str]:
    names, one = [], widget.parentWidget()
    while one is not None and not isinstance(one, QDockWidget):
        names.append(type(one).__name__)
        one = one.parentWidget()
    return names


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_focus_can_be_seen_wherever_it_is(drive, theme, qapp):
    ready(drive)
    settings = drive.program.settings
    settings.set_preferences(replace(settings.preferences, theme=theme))
    try:
        walked = tab_order(drive)
        elsewhere = drive.picture
        unseen = []
        for widget in walked:
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            with_focus = drive.window.grab().toImage()
            (walked[1] if widget is elsewhere else elsewhere).setFocus(Qt.FocusReason.TabFocusReason)
            without = drive.window.grab(
                widget.rect().translated(widget.mapTo(drive.window, widget.rect().topLeft()))
            )
            part = with_focus.copy(
                widget.rect().translated(widget.mapTo(drive.window, widget.rect().topLeft()))
            )
            if part == without.toImage():
                unseen.append((type(widget).__name__, name_of(widget)))
        assert unseen == []
    finally:
        apply_theme(qapp, "dark")


def test_switching_the_theme_holds_at_once_everywhere(drive):
    settings = drive.program.settings
    pictures = []
    for theme in ("dark", "light", "dark"):
        settings.set_preferences(replace(settings.preferences, theme=theme))
        QApplication.processEvents()
        drive.activate()
        pictures.append(drive.window.grab().toImage())
    assert pictures[0] != pictures[1]
    for widget in (drive.window.transport, drive.window.docks["models"], drive.window.timeline):
        spot = widget.mapTo(drive.window, widget.rect().center())
        assert pictures[0].pixelColor(spot) == pictures[2].pixelColor(spot)
