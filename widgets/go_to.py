"""A small field that opens over the picture to go to a frame or a time."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from widgets.parts import text_label
from widgets.units import format_count, parse_position


class GoTo(QFrame):
    """Return goes there, Esc or a click elsewhere closes it.

    Signals:
        seek_requested: A frame.
        time_requested: A time, s.
    """

    seek_requested = Signal(int)
    time_requested = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setProperty("role", "card")
        self.setAccessibleName("Go to")
        self.field = QLineEdit()
        self.field.setAccessibleName("Frame or time to go to")
        self.field.setFixedWidth(150)
        self._note = text_label("", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(8)
        row.addWidget(text_label("Go to", "heading"))
        row.addWidget(self.field)
        row.addWidget(self._note)
        self._over = parent
        self._count = 0
        self.field.textEdited.connect(self._on_edited)
        self.field.returnPressed.connect(self._on_return)

    def open_at(self, index: int, count: int) -> None:
        """Open over the middle of the parent's upper part."""
        self._count = count
        self.field.setText(str(index))
        self.field.selectAll()
        self._on_edited(self.field.text())
        self.adjustSize()
        parent = self._over
        middle = parent.mapToGlobal(parent.rect().center())
        top = parent.mapToGlobal(parent.rect().topLeft()).y()
        self.move(middle.x() - self.width() // 2, top + min(96, parent.height() // 4))
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _on_edited(self, text: str) -> None:
        place = parse_position(text)
        if place is None:
            self._note.setText("frame, m:ss or 12.5s")
        elif isinstance(place, int):
            last = format_count(max(self._count - 1, 0))
            self._note.setText(f"frame, of 0 to {last}")
        else:
            self._note.setText("time")

    def _on_return(self) -> None:
        place = parse_position(self.field.text())
        if place is None:
            return
        self.close()
        if isinstance(place, int):
            self.seek_requested.emit(min(place, max(self._count - 1, 0)))
        else:
            self.time_requested.emit(place)
