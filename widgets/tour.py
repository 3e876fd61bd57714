"""A walk through the window, one part after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtWidgets import QWidget

from widgets.announce import announce
from widgets.spotlight import Spotlight
from widgets.tour_card import TourCard

_AWAY, _EDGE = 14, 12
_MOVES = (
    QEvent.Type.Resize,
    QEvent.Type.Move,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.ParentChange,
)


@dataclass(frozen=True, slots=True)
class TourStep:
    """One stop.

    Attributes:
        title: What it is about.
        text: What to know.
        part: The widget to look at, and the part of it that is meant (all of it if empty).
        prepare: Makes it visible; called once when the step begins.
        action: What can be tried, as a button's text; empty if nothing.
        do: Does it.
        why_not: Why it cannot be done now; empty if it can.
        done: Whether it has been done.
    """

    title: str
    text: str
    part: Callable[[], tuple[QWidget, QRect]]
    prepare: Callable[[], object] = lambda: None
    action: str = ""
    do: Callable[[], object] = lambda: None
    why_not: Callable[[], str] = lambda: ""
    done: Callable[[], bool] = lambda: False


class Tour(QObject):
    """Keeps light and card where they belong while the window changes.

    Signals:
        ended: It is over; whether it was walked to its end.
    """

    ended = Signal(bool)

    def __init__(self, window: QWidget, steps: tuple[TourStep, ...]) -> None:
        super().__init__(window)
        self._window = window
        self._steps = steps
        self._at = -1
        self._watched: list[QObject] = []
        self.spotlight = Spotlight(window)
        self.card = TourCard(window)
        self.spotlight.hide()
        self.card.hide()
        self.card.next_requested.connect(lambda: self._go(self._at + 1))
        self.card.back_requested.connect(lambda: self._go(max(self._at - 1, 0)))
        self.card.skip_requested.connect(lambda: self._end(False))
        self.card.action_requested.connect(self._do)

    @property
    def step(self) -> int:
        """The step that is shown, from 0; -1 if there is none."""
        return self._at

    def start(self) -> None:
        """Begin at the first step."""
        self._at = -1
        self._go(0)
        self.card.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Something happened: perhaps the step has been done, or can be by now."""
        if self._at >= 0:
            step = self._steps[self._at]
            self.card.set_state(done=step.done(), why_not=step.why_not())
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow what is moved, resized, hidden or shown."""
        if self._at >= 0 and event.type() in _MOVES:
            self._place()
        return False

    def _go(self, number: int) -> None:
        if number >= len(self._steps):
            self._end(True)
            return
        self._at = number
        step = self._steps[number]
        step.prepare()
        self.card.set_step(number + 1, len(self._steps), step.title, step.text, step.action)
        self.card.set_state(done=step.done(), why_not=step.why_not())
        self._watch(step.part()[0])
        for widget in (self.spotlight, self.card):
            widget.show()
            widget.raise_()
        self._place()
        announce(self.card, self.card.accessibleDescription())

    def _end(self, walked: bool) -> None:
        self._unwatch()
        self._at = -1
        had_focus = self.card.isAncestorOf(self._window.focusWidget() or self._window) or self.card.hasFocus()
        self.card.hide()
        self.spotlight.hide()
        if had_focus:
            self._window.setFocus(Qt.FocusReason.OtherFocusReason)
        self.ended.emit(walked)

    def _do(self) -> None:
        self._steps[self._at].do()
        self.refresh()

    def _watch(self, widget: QWidget) -> None:
        """Follow a widget and all it lies in, up to the window."""
        self._unwatch()
        above: QWidget | None = widget
        while above is not None:
            above.installEventFilter(self)
            self._watched.append(above)
            above = None if above is self._window else above.parentWidget()

    def _unwatch(self) -> None:
        for widget in self._watched:
            widget.removeEventFilter(self)
        self._watched.clear()

    def _place(self) -> None:
        hole = self._hole()
        self.spotlight.show_part(hole)
        self.card.move(card_place(self._window.rect(), hole, self.card.size()))

    def _hole(self) -> QRect:
        """What is meant, in the window's px; empty if one does not see it there."""
        widget, part = self._steps[self._at].part()
        if not widget.isVisible() or widget.window() is not self._window:
            return QRect()
        part = widget.rect() if part.isEmpty() else part
        return QRect(widget.mapTo(self._window, part.topLeft()), part.size()) & self._window.rect()


def card_place(room: QRect, hole: QRect, card: QSize) -> QPoint:
    """Where a card goes, px: right of the hole, left, below or above it; if nowhere is room, inside it."""
    inside = room.adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
    middle = hole.center()
    if hole.isEmpty():
        return QPoint(room.center().x() - card.width() // 2, room.center().y() - card.height() // 2)
    top, left = middle.y() - card.height() // 2, middle.x() - card.width() // 2
    for x, y in (
        (hole.right() + _AWAY, top),
        (hole.left() - _AWAY - card.width(), top),
        (left, hole.bottom() + _AWAY),
        (left, hole.top() - _AWAY - card.height()),
    ):
        place = _pushed(QRect(QPoint(x, y), card), inside)
        if not place.intersects(hole):
            return place.topLeft()
    low = QRect(QPoint(left, hole.bottom() - card.height() - _AWAY), card)
    return _pushed(low, inside).topLeft()


def _pushed(rect: QRect, inside: QRect) -> QRect:
    """Moved into a room as far as it fits."""
    x = max(min(rect.left(), inside.right() - rect.width()), inside.left())
    y = max(min(rect.top(), inside.bottom() - rect.height()), inside.top())
    return QRect(QPoint(x, y), rect.size())
