"""A button that takes the next keys pressed for a shortcut."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget

from widgets.announce import announce

_MODIFIERS = (
    Qt.Key.Key_Control,
    Qt.Key.Key_Shift,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_CapsLock,
    Qt.Key.Key_NumLock,
    Qt.Key.Key_unknown,
)
_OVERLOOKED = Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.GroupSwitchModifier


class KeyCapture(QPushButton):
    """Press it, then press the keys; Esc, or turning to something else, gives up.

    Signals:
        captured: The keys, such as "Ctrl+Shift+P".
        cancelled: Nothing was pressed.
    """

    captured = Signal(str)
    cancelled = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._idle = text
        self._waiting = False
        self.setAccessibleName(text)
        self.setAutoDefault(False)
        self.clicked.connect(self.start)

    @property
    def waiting(self) -> bool:
        """Whether the next keys are taken."""
        return self._waiting

    def start(self) -> None:
        """Wait for keys."""
        self._set_waiting(True)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, "Press the keys. Escape gives up.")

    def _set_waiting(self, waiting: bool) -> None:
        self._waiting = waiting
        self._say("Press keys …" if waiting else self._idle)

    def _say(self, text: str) -> None:
        self.setText(text)
        self.setAccessibleName(text)

    def _give_up(self) -> None:
        if self._waiting:
            self._set_waiting(False)
            self.cancelled.emit()

    def event(self, event: QEvent) -> bool:
        """While it waits no shortcut and no Tab gets the keys."""
        if self._waiting and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._take(event)
                return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Whoever turns to something else does not want it."""
        self._give_up()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody can press for it any more."""
        self._give_up()
        super().hideEvent(event)

    def _take(self, event: QKeyEvent) -> None:
        modifiers = event.modifiers() & ~_OVERLOOKED
        if event.key() in _MODIFIERS or not event.key():
            held = QKeySequence(QKeyCombination(modifiers, Qt.Key(0))).toString(
                QKeySequence.SequenceFormat.NativeText
            )
            self._say(f"{held}…" if held else "Press keys …")
            return
        if event.key() == Qt.Key.Key_Escape and not modifiers:
            self._give_up()
            return
        keys = _keys_of(event, modifiers)
        self._set_waiting(False)
        self.captured.emit(keys)


def _keys_of(event: QKeyEvent, modifiers: Qt.KeyboardModifier) -> str:
    """Keys as shortcuts are written: a sign that needs Shift, such as "?", is written without it."""
    key, text = event.key(), event.text()
    if key == Qt.Key.Key_Backtab:
        key = Qt.Key.Key_Tab
    elif text.isprintable() and text.strip() and not text.isalnum():
        modifiers &= ~Qt.KeyboardModifier.ShiftModifier
    return QKeySequence(QKeyCombination(modifiers, Qt.Key(key))).toString(
        QKeySequence.SequenceFormat.PortableText
    )
