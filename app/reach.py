"""Reaching everything with the keys: the order of the Tab key, and F6 from pane to pane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QDockWidget, QLineEdit, QPlainTextEdit, QWidget

from widgets.announce import announce

if TYPE_CHECKING:
    from app.compose import Program
    from app.window import Window

_FIELDS = (QLineEdit, QAbstractSpinBox, QPlainTextEdit)


class Reach(QObject):
    """The window's order is picture, transport, timeline, docks left and right, status bar, bars above the picture.

    Qt's own is the order in which widgets were made, and puts what is made later, such as rows, last of all.
    """

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window

    def panes(self) -> tuple[QWidget, ...]:
        """What F6 goes through: the parts of the window one can see now."""
        there = (
            pane for pane in self._all_panes() if pane.isVisible() and not pane.visibleRegion().isEmpty()
        )
        return tuple(dict.fromkeys(there))

    def step(self, forward: bool) -> None:
        """Go to the next pane, or to the one before, that takes the keys."""
        chain = self._focusable()
        panes = [pane for pane in self.panes() if _within(pane, chain)]
        if not panes:
            return
        focus = self._window.focusWidget()
        here = next((k for k, pane in enumerate(panes) if _holds(pane, focus)), -1 if forward else 0)
        self._enter(panes[(here + (1 if forward else -1)) % len(panes)], chain)

    def focus_dock(self, name: str) -> None:
        """Give a dock the keys."""
        dock = self._window.docks[name]
        if dock.isFloating():
            dock.activateWindow()
        self._enter(dock, [one for one in dock.findChildren(QWidget) if _takes_keys(one)])

    def go(self, forward: bool) -> bool:
        """Go to the next control, or to the one before; False if there is none."""
        chain = self._in_order()
        if not chain:
            return False
        focus = QApplication.focusWidget()
        if focus in chain:
            to = chain[(chain.index(focus) + (1 if forward else -1)) % len(chain)]
        else:
            to = chain[0 if forward else -1]
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        to.setFocus(reason)
        return True

    def _all_panes(self) -> Iterator[QWidget]:
        window = self._window
        yield from (one for k in range(window.panes.count()) if (one := window.panes.widget(k)) is not None)
        yield window.transport
        yield window.docks["timeline"]
        for area in (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea):
            yield from self._docks_in(area)
        yield from window.docks.values()
        yield from (window.statusBar(), window.layers_bar, window.message_bar)
        yield from (child for child in window.children() if isinstance(child, QWidget) and _is_card(child))

    def _docks_in(self, area: Qt.DockWidgetArea) -> Iterator[QDockWidget]:
        for dock in self._window.docks.values():
            if not dock.isFloating() and self._window.dockWidgetArea(dock) == area:
                yield dock

    def _focusable(self) -> list[QWidget]:
        """All that the Tab key may reach, in the order in which it was made."""
        found = list[QWidget]()
        behind = [dock for dock in self._window.docks.values() if dock.visibleRegion().isEmpty()]
        one = self._window.nextInFocusChain()
        while one is not None and one is not self._window:
            if _takes_keys(one) and one.window() is self._window:
                found.append(one)
            one = one.nextInFocusChain()
        return [one for one in found if not any(_holds(dock, one) for dock in behind)]

    def _in_order(self) -> list[QWidget]:
        panes = self.panes()

        def place(widget: QWidget) -> int:
            return next((k for k, pane in enumerate(panes) if _holds(pane, widget)), len(panes))

        return sorted(self._focusable(), key=place)

    def _enter(self, pane: QWidget, chain: list[QWidget]) -> None:
        inside = _within(pane, chain)
        if inside:
            # In a field of text the arrows and letters would no longer be the transport's.
            first = next((one for one in inside if not isinstance(one, _FIELDS)), inside[0])
            first.setFocus(Qt.FocusReason.TabFocusReason)
            announce(first, pane.accessibleName() or pane.windowTitle())


def _takes_keys(widget: QWidget) -> bool:
    return (
        widget.isVisible()
        and widget.isEnabled()
        and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and widget.focusProxy() is None
    )


def _holds(pane: QWidget, widget: QWidget | None) -> bool:
    return widget is not None and (pane is widget or pane.isAncestorOf(widget))


def _within(pane: QWidget, chain: list[QWidget]) -> list[QWidget]:
    return [one for one in chain if _holds(pane, one)]


def _is_card(widget: QWidget) -> bool:
    """What lies over the window and speaks of it, such as the tour."""
    return widget.property("role") == "popup" and not widget.isWindow()


def wire_reach(program: Program) -> None:
    """Connect F6, and have messages said to those who do not see them."""
    window, on = program.window, program.window.actions_table.on
    on("next_pane", lambda: window.reach.step(True))
    on("previous_pane", lambda: window.reach.step(False))

    def say(text: str, hint: str, kind: str, _action: str) -> None:
        announce(window.message_bar, f"{text} {hint}".strip(), urgent=kind == "error")

    program.notices.posted.connect(say)
