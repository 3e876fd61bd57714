"""Messages above the picture: what happened and what to do about it, without stopping anybody."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEasingCurve, QEvent, QPropertyAnimation, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from widgets.parts import push_button, set_role, text_label, tool_button
from widgets.theme import colored_pixmap, colors
from widgets.values import MessageKind

_KEPT = 5
_INFO_MS = 8000
_SLIDE_MS = 140
_UNLIMITED = 16_777_215


@dataclass(frozen=True, slots=True)
class _Message:
    text: str
    hint: str
    kind: MessageKind
    action: str


class MessageBar(QFrame):
    """Shows the newest of the last few messages; dismissing it shows the one before.

    Information goes by itself after some seconds, warnings and errors stay.

    Signals:
        action_requested: Text of the action of the message shown.
        dismissed: The message shown was closed.
    """

    action_requested = Signal(str)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages: list[_Message] = []
        self._icon = QLabel()
        self._text = text_label("", "", True)
        self._hint = text_label("", "muted", True)
        self._more = text_label("", "muted")
        self._action = push_button("")
        self._close = tool_button("close", "Dismiss message", "Dismiss", 16)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_INFO_MS)
        self._slide = QPropertyAnimation(self, b"maximumHeight", self)
        self._slide.setDuration(_SLIDE_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._arrange()
        self._timer.timeout.connect(self.dismiss)
        self._slide.finished.connect(self._on_slid)
        self._action.clicked.connect(self._on_action)
        self._close.clicked.connect(self.dismiss)
        self.hide()

    def _arrange(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._text)
        texts.addWidget(self._hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        for widget in (self._more, self._action, self._close):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_message(self, text: str, hint: str = "", kind: MessageKind = "info", action: str = "") -> None:
        """Show a message now; the ones before it wait behind it."""
        message = _Message(text, hint, kind, action)
        if message in self._messages:
            self._messages.remove(message)
        self._messages = [*self._messages, message][-_KEPT:]
        self._renew()

    def dismiss(self) -> None:
        """Close the message shown."""
        if self._messages:
            self._messages.pop()
            self._renew()
            self.dismissed.emit()

    def withdraw(self, action: str) -> None:
        """Close what offers an action: it has been done without the bar."""
        kept = [message for message in self._messages if message.action != action]
        if kept != self._messages:
            self._messages = kept
            self._renew()

    def clear(self) -> None:
        """Close all messages."""
        self._messages.clear()
        self._renew()

    @property
    def text(self) -> str:
        """The message shown; empty if there is none."""
        return self._messages[-1].text if self._messages else ""

    def _renew(self) -> None:
        self._timer.stop()
        if not self._messages:
            self._slide.stop()
            self.hide()
            return
        message, waiting = self._messages[-1], len(self._messages) - 1
        set_role(self, message.kind)
        self._text.setText(message.text)
        self._hint.setText(message.hint)
        self._hint.setVisible(bool(message.hint))
        self._action.setText(message.action)
        self._action.setAccessibleName(message.action)
        self._action.setVisible(bool(message.action))
        self._more.setText(f"+{waiting}")
        self._more.setToolTip(f"{waiting} earlier")
        self._more.setVisible(waiting > 0)
        self.setAccessibleName(f"{message.kind}: {message.text} {message.hint}".strip())
        self._renew_icon()
        if message.kind == "info" and not message.action:  # a question waits for its answer
            self._timer.start()
        self._slide_in()

    def _slide_in(self) -> None:
        if not self.isHidden():
            self.setMaximumHeight(_UNLIMITED)
            return
        self._slide.setStartValue(0)
        self._slide.setEndValue(max(self.sizeHint().height(), 40))
        self.setMaximumHeight(0)
        self.show()
        self._slide.start()

    def _on_slid(self) -> None:
        # A narrower window may need more lines later.
        self.setMaximumHeight(_UNLIMITED)

    def _renew_icon(self) -> None:
        theme = colors()
        kind = self._messages[-1].kind
        color = {"info": theme.accent, "warning": theme.warn, "error": theme.bad}[kind]
        self._icon.setPixmap(colored_pixmap(kind, color, 20, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: another icon."""
        if event.type() == QEvent.Type.PaletteChange and self._messages:
            self._renew_icon()
        super().changeEvent(event)

    def _on_action(self) -> None:
        action = self._action.text()
        self.dismiss()
        self.action_requested.emit(action)
