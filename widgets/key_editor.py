"""The keys of one action: each can be removed, another added, a key that another action has taken over."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from widgets.announce import announce
from widgets.key_caps import native_keys
from widgets.key_capture import KeyCapture
from widgets.parts import push_button, set_role, text_label
from widgets.values import KeyRow

_NOBODYS = {
    "Tab": "Tab goes from one control to the next.",
    "Shift+Tab": "Shift+Tab goes back from one control to the one before.",
    "Return": "Enter presses what has the focus.",
    "Enter": "Enter presses what has the focus.",
    "Esc": "Esc leaves what is open; use Standard Keys to have it back.",
}


class KeyEditor(QFrame):
    """Shows one action at a time.

    Signals:
        keys_changed: An action and the keys it is to have; whoever has one of them is to lose it.
        reset_requested: An action that is to have its standard keys.
    """

    keys_changed = Signal(str, tuple)
    reset_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName("Keys of the chosen action")
        self._row: KeyRow | None = None
        self._owners: Mapping[str, KeyRow] = {}
        self._refused: Mapping[str, str] = {}
        self._wanted = ""
        self._title = text_label("", "heading")
        self._keys = QHBoxLayout()
        self._keys.setSpacing(6)
        self.add = KeyCapture("Add Key…")
        self.reset = push_button("Standard Keys", link=True)
        self._conflict = QFrame()
        self._said = text_label("", "", True)
        self.take = push_button("Take It Over", primary=True)
        self.leave = push_button("Leave It")
        self._arrange()
        self.add.captured.connect(self._on_captured)
        self.reset.clicked.connect(lambda: self.reset_requested.emit(self._row.id) if self._row else None)
        self.take.clicked.connect(self._on_taken)
        self.leave.clicked.connect(self._close_conflict)
        self.set_row(None, {}, {})

    def _arrange(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addLayout(self._keys)
        line.addWidget(self.add)
        line.addStretch(1)
        line.addWidget(self.reset)
        inside = QHBoxLayout(self._conflict)
        inside.setContentsMargins(10, 6, 6, 6)
        inside.addWidget(self._said, 1)
        inside.addWidget(self.take)
        inside.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addLayout(line)
        column.addWidget(self._conflict)

    def set_row(
        self, row: KeyRow | None, owners: Mapping[str, KeyRow], refused: Mapping[str, str] | None = None
    ) -> None:
        """Show an action.

        Args:
            row: The action, or None.
            owners: Who has which key.
            refused: Keys that nobody may have, and why; left out, they stay as they were.
        """
        self._row, self._owners = row, owners
        if refused is not None:
            self._refused = {**_NOBODYS, **refused}
        self.setEnabled(row is not None)
        self._title.setText(f"{row.menu} › {row.title}" if row else "Choose an action to change its keys")
        self.reset.setVisible(row is not None and row.keys != row.standard)
        self._close_conflict()
        self._renew_keys()

    def _renew_keys(self) -> None:
        while (item := self._keys.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        keys = self._row.keys if self._row is not None else ()
        for key, shown in zip(keys, native_keys(keys), strict=True):
            self._keys.addWidget(self._chip(key, shown))
        if self._row is not None and not keys:
            self._keys.addWidget(text_label("No key", "muted"))

    def _chip(self, key: str, shown: str) -> QPushButton:
        chip = push_button(f"{shown}   ×")
        chip.setAccessibleName(f"Remove {shown}")
        chip.setToolTip(f"Remove {shown}")
        chip.clicked.connect(lambda: self._remove(key))
        return chip

    def _remove(self, key: str) -> None:
        if self._row is not None:
            self.add.setFocus(Qt.FocusReason.OtherFocusReason)  # the button that has it goes
            self.keys_changed.emit(self._row.id, tuple(one for one in self._row.keys if one != key))

    def _on_captured(self, key: str) -> None:
        if self._row is None or key in self._row.keys:
            return
        shown = native_keys((key,))[0]
        owner = self._owners.get(key)
        if key in self._refused:
            self._tell(f"{shown} cannot be used. {self._refused[key]}", "error")
        elif owner is not None:
            self._wanted = key
            self._tell(f"{shown} already means “{owner.menu} › {owner.title}”.", "warning")
            self.take.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.keys_changed.emit(self._row.id, (*self._row.keys, key))

    def _tell(self, text: str, kind: str) -> None:
        set_role(self._conflict, kind)
        self._said.setText(text)
        self.take.setVisible(kind == "warning")
        self.leave.setText("Leave It" if kind == "warning" else "Close")
        self._conflict.show()
        announce(self, text, urgent=True)

    def _on_taken(self) -> None:
        key, row = self._wanted, self._row
        self._close_conflict()
        if row is not None and key:
            self.add.setFocus(Qt.FocusReason.OtherFocusReason)
            self.keys_changed.emit(row.id, (*row.keys, key))

    def _close_conflict(self) -> None:
        self._wanted = ""
        if self._conflict.isAncestorOf(self.focusWidget() or self):
            self.add.setFocus(Qt.FocusReason.OtherFocusReason)
        self._conflict.hide()
