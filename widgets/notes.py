"""What the reviewer wrote, note by note."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from widgets.parts import as_panel, push_button, text_label

_ID = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note.

    Attributes:
        note_id: As signals carry it.
        where: Such as "Frames 10–30, Person 1".
        text: Any number of lines.
        first: The frame to go to.
    """

    note_id: int
    where: str
    text: str
    first: int


class Notes(QWidget):
    """A list of notes; below it the text of the one that is selected, or of a new one.

    Signals:
        add_requested: The text of a new note, for where one is.
        change_requested: A note and its new text.
        remove_requested: A note.
        frame_requested: A frame to show.
    """

    add_requested = Signal(str)
    change_requested = Signal(int, str)
    remove_requested = Signal(int)
    frame_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Notes")
        as_panel(self)
        self._rows: dict[int, NoteRow] = {}
        self._setting = False
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find in notes")
        self.filter.setAccessibleName("Find in notes")
        self.filter.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Notes")
        self.list.setWordWrap(True)
        self.list.setAlternatingRowColors(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.empty = text_label("No notes yet. Write one below: it is kept with the session.", "muted", True)
        self.where = text_label("", "muted", True)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName("Text of the note")
        self.text.setPlaceholderText("A note on this frame, the range or the selected person")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(84)
        self.text.installEventFilter(self)
        self.save = push_button("Add note", primary=True)
        self.save.setToolTip("Ctrl+Return")
        self.new = push_button("New")
        self.new.setToolTip("Write another note")
        self.remove = push_button("Delete")
        self._arrange()
        self._connect()
        self._show_chosen()

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for widget, share in (
            (self.filter, 0),
            (self.empty, 0),
            (self.list, 1),
            (self.where, 0),
            (self.text, 0),
        ):
            column.addWidget(widget, share)
        row = QHBoxLayout()
        row.addWidget(self.save)
        row.addWidget(self.new)
        row.addStretch(1)
        row.addWidget(self.remove)
        column.addLayout(row)

    def _connect(self) -> None:
        self.filter.textChanged.connect(self._filter)
        self.list.currentItemChanged.connect(lambda _item: self._show_chosen())
        self.list.itemActivated.connect(self._go)
        self.list.itemClicked.connect(self._go)
        self.save.clicked.connect(self._on_save)
        self.new.clicked.connect(self.begin)
        self.remove.clicked.connect(self._on_remove)

    def set_notes(self, rows: tuple[NoteRow, ...]) -> None:
        """The notes there are, in the order of the video. What is being written stays."""
        chosen = self._chosen()
        known = set(self._rows)
        self._rows = {row.note_id: row for row in rows}
        new = set(self._rows) - known
        self._setting = True
        self.list.clear()
        for row in rows:
            item = QListWidgetItem(f"{row.where}\n{row.text}")
            item.setData(_ID, row.note_id)
            self.list.addItem(item)
            if row.note_id == chosen:
                self.list.setCurrentItem(item)
        self._setting = False
        self.empty.setVisible(not rows)
        self.list.setVisible(bool(rows))
        self.filter.setVisible(bool(rows))
        self._filter()
        if chosen not in self._rows or new:
            self._show_chosen()

    def set_place(self, where: str) -> None:
        """What a new note would be about."""
        self._place = where
        if self._chosen() == 0:
            self.where.setText(f"On {where}")

    _place = ""

    def begin(self) -> None:
        """Write a new note."""
        self.list.setCurrentRow(-1)
        self._show_chosen()
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ctrl+Return saves, Esc leaves the text."""
        if watched is self.text and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if ctrl and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._on_save()
                return True
        return super().eventFilter(watched, event)

    def _chosen(self) -> int:
        item = self.list.currentItem()
        return 0 if item is None else int(item.data(_ID))

    def _show_chosen(self) -> None:
        if self._setting:
            return
        row = self._rows.get(self._chosen())
        self.text.setPlainText(row.text if row else "")
        self.where.setText(row.where if row else f"On {self._place}")
        self.save.setText("Save" if row else "Add note")
        self.remove.setEnabled(row is not None)
        self.new.setEnabled(row is not None)

    def _filter(self) -> None:
        wanted = self.filter.text().casefold()
        for k in range(self.list.count()):
            item = self.list.item(k)
            item.setHidden(wanted not in item.text().casefold())

    def _go(self, item: QListWidgetItem) -> None:
        if (row := self._rows.get(int(item.data(_ID)))) is not None:
            self.frame_requested.emit(row.first)

    def _on_save(self) -> None:
        text, chosen = self.text.toPlainText().strip(), self._chosen()
        if not text:
            return
        if chosen:
            self.change_requested.emit(chosen, text)
        else:
            self.text.clear()
            self.add_requested.emit(text)

    def _on_remove(self) -> None:
        if chosen := self._chosen():
            self.list.setCurrentRow(-1)
            self.remove_requested.emit(chosen)
