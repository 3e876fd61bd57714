"""Who the person in a box is, asked beside the box without stopping anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QIcon, QKeyEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from widgets.parts import text_label
from widgets.theme import colors

NEW = 0
"""In place of a track: nobody seen before."""

_MOST_ROWS = 7
_DIGITS = range(Qt.Key.Key_1.value, Qt.Key.Key_9.value + 1)
_CHOOSE = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_OWN_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Escape, *_CHOOSE)
_MARGIN = 8
_BESIDE_TEXT = 48
"""Of a row: dot, distances, and a scroll bar."""


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """One answer.

    Attributes:
        track_id: The track, or `NEW`.
        title: Its name.
        color: (R, G, B) in 0..255.
        detail: Why it may be this one, such as "expected here".
    """

    track_id: int
    title: str
    color: tuple[int, int, int]
    detail: str = ""


class _Rows(QListWidget):
    """A list that has its few keys to itself and leaves all others, the transport's, to the window."""

    picked = Signal(int)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Who is this?")
        self.setIconSize(QSize(12, 12))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("role", "menu")

    def event(self, event: QEvent) -> bool:
        """Arrows, Enter, Esc and digits belong to the list before they belong to any shortcut."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, pick or leave."""
        if event.key() in _CHOOSE:
            self.picked.emit(self.currentRow())
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in _DIGITS and _is_own(event):
            self.picked.emit(event.key() - _DIGITS.start)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """What is pointed at is what Enter would pick."""
        if (item := self.itemAt(event.position().toPoint())) is not None:
            self.setCurrentItem(item)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Pick."""
        if event.button() == Qt.MouseButton.LeftButton and self.itemAt(event.position().toPoint()):
            self.picked.emit(self.currentRow())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Whoever turns to something else leaves it as it is; another window in front is no answer."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason):
            self.left.emit()


class PersonMenu(QFrame):
    """A few tracks to choose from; the first answer that is shown is what holds if nobody answers.

    Signals:
        chosen: Track, or `NEW`.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "popup")
        self.setAccessibleName("Who is this?")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._choices: tuple[PersonChoice, ...] = ()
        self._title = text_label("", "heading")
        self._note = text_label("", "muted")
        self.rows = _Rows()
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        for widget in (self._title, self.rows, self._note):
            column.addWidget(widget)
        self.rows.picked.connect(self._on_picked)
        self.rows.left.connect(self.leave)
        self.hide()

    def ask(self, title: str, choices: Sequence[PersonChoice], current: int, beside: QRect) -> None:
        """Open beside a box, in the parent's px, with one answer taken for granted so far."""
        self._choices = tuple(choices)
        self._title.setText(title)
        self.set_note("Enter or click · Esc leaves it so")
        self.rows.clear()
        for number, choice in enumerate(choices, 1):
            self.rows.addItem(self._item(choice, number))
        self.rows.setCurrentRow(current)
        self._fit()
        self._place(beside)
        self.show()
        self.raise_()
        self.rows.setFocus(Qt.FocusReason.PopupFocusReason)

    def set_note(self, text: str) -> None:
        """Say something under the answers."""
        self._note.setText(text)

    def leave(self) -> None:
        """Close without an answer."""
        if self.isVisible():
            had_focus = self.rows.hasFocus()
            self.hide()
            parent = self.parentWidget()
            if had_focus and parent is not None:
                parent.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_picked(self, row: int) -> None:
        if 0 <= row < len(self._choices):
            track = self._choices[row].track_id
            self.leave()
            self.chosen.emit(track)

    def _item(self, choice: PersonChoice, number: int) -> QListWidgetItem:
        key = f"{number}  " if number <= len(_DIGITS) else "    "
        detail = f"   {choice.detail}" if choice.detail else ""
        item = QListWidgetItem(_dot(choice), f"{key}{choice.title}{detail}")
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{choice.title} {choice.detail}".strip())
        item.setSizeHint(QSize(0, 26))
        return item

    def _fit(self) -> None:
        shown = min(self.rows.count(), _MOST_ROWS)
        self.rows.setFixedHeight(shown * 26 + 2)
        metrics, count = self.rows.fontMetrics(), self.rows.count()
        widest = max(
            (metrics.horizontalAdvance(self.rows.item(row).text()) for row in range(count)), default=0
        )
        self.rows.setFixedWidth(min(max(widest + _BESIDE_TEXT, 190), 360))
        self.adjustSize()

    def _place(self, beside: QRect) -> None:
        """To the right of the box if there is room, else to the left, else over it."""
        parent = self.parentWidget()
        room = parent.rect() if parent is not None else beside
        left = beside.right() + _MARGIN
        if left + self.width() > room.right():
            left = beside.left() - _MARGIN - self.width()
        if left < room.left():
            left = room.right() - self.width() - _MARGIN
        top = min(max(beside.top(), room.top() + _MARGIN), room.bottom() - self.height() - _MARGIN)
        self.move(max(left, room.left()), max(top, room.top()))


def _is_own(event: QKeyEvent) -> bool:
    plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return plain and (event.key() in _OWN_KEYS or event.key() in _DIGITS)


def _dot(choice: PersonChoice) -> QIcon:
    """A dot in the track's colour; a ring for nobody seen before."""
    pixmap = QPixmap(24, 24)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if choice.track_id == NEW:
        pen = painter.pen()
        pen.setColor(QColor(colors().muted))
        pen.setWidth(3)
        painter.setPen(pen)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*choice.color))
    painter.drawEllipse(4, 4, 16, 16)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)  # or else it is tinted in the row that is chosen
    return icon
