"""What the tour says about one part of the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from widgets.parts import push_button, text_label

_WIDTH = 340
_RETURNS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class TourCard(QFrame):
    """Enter goes on, Shift+Enter back, Esc leaves; every other key is the window's, also while this has the focus.

    Signals:
        next_requested: On to the next step, or to the end.
        back_requested: Back to the step before.
        skip_requested: Enough.
        action_requested: What the step is about is to be done now.
    """

    next_requested = Signal()
    back_requested = Signal()
    skip_requested = Signal()
    action_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "popup")
        self.setAccessibleName("Tour")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._place = text_label("", "muted")
        self._title = text_label("", "title")
        self._text = text_label("", "", True)
        self._done = text_label("✓ Done", "good")
        self.action, self.skip = _button(""), _button("Skip the Tour", link=True)
        self.back, self.next = _button("Back"), _button("Next", primary=True)
        self._arrange()
        self.action.clicked.connect(self.action_requested)
        self.skip.clicked.connect(self.skip_requested)
        self.back.clicked.connect(self.back_requested)
        self.next.clicked.connect(self.next_requested)
        for button, key in ((self.skip, "Esc"), (self.back, "Shift+Enter"), (self.next, "Enter")):
            button.setToolTip(key)

    def _arrange(self) -> None:
        does = QHBoxLayout()
        does.addWidget(self.action)
        does.addWidget(self._done)
        does.addStretch(1)
        under = QHBoxLayout()
        under.setContentsMargins(0, 6, 0, 0)
        under.addWidget(self.skip)
        under.addStretch(1)
        under.addWidget(self.back)
        under.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        for widget in (self._place, self._title, self._text):
            column.addWidget(widget)
        column.addLayout(does)
        column.addLayout(under)
        self.setFixedWidth(_WIDTH)

    def set_step(self, number: int, count: int, title: str, text: str, action: str) -> None:
        """Say what a step is about; without an `action` there is nothing to press but Next."""
        self._place.setText(f"Step {number} of {count}")
        self._title.setText(title)
        self._text.setText(text)
        self.action.setText(action)
        self.action.setAccessibleName(action)
        self.back.setVisible(number > 1)
        self.skip.setVisible(number < count)
        self.next.setText("Next" if number < count else "Done")
        self.next.setAccessibleName(self.next.text())
        self.setAccessibleDescription(f"Step {number} of {count}: {title}. {text}")
        # Wrapped text is as high as its width makes it, which a layout learns only when it is asked.
        self._text.setFixedHeight(self._text.heightForWidth(_WIDTH - 34))
        self.resize(_WIDTH, self.sizeHint().height())

    def set_state(self, *, done: bool, why_not: str) -> None:
        """Whether the step's action has been done, and why it cannot be done now."""
        self.action.setVisible(bool(self.action.text()) and not done)
        self.action.setEnabled(not why_not)
        self.action.setToolTip(why_not)
        self._done.setVisible(done)
        self.resize(_WIDTH, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Esc and Enter belong to the tour before they belong to any shortcut."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Escape, *_RETURNS)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Next, back, skip; a button that has the focus is pressed."""
        if event.key() == Qt.Key.Key_Escape:
            self.skip_requested.emit()
        elif event.key() in _RETURNS:
            focus = self.focusWidget()
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.back_requested.emit()
            elif isinstance(focus, QPushButton) and focus.hasFocus():
                focus.click()
            else:
                self.next_requested.emit()
        else:
            super().keyPressEvent(event)


def _button(text: str, *, primary: bool = False, link: bool = False) -> QPushButton:
    button = push_button(text, primary=primary, link=link)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys where they are
    return button
