"""All actions with their keys, to look up and to change."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLineEdit, QListView, QVBoxLayout, QWidget

from widgets.key_caps import native_keys
from widgets.key_editor import KeyEditor
from widgets.key_table import KeyDelegate, KeyModel
from widgets.parts import push_button, set_role, text_label
from widgets.values import KeyRow


class ShortcutsDialog(QDialog):
    """Typing narrows the list; what is chosen in it can be changed below. Changes hold at once.

    Signals:
        keys_changed: An action and the keys it is to have; whoever has one of them is to lose it.
        reset_requested: An action that is to have its standard keys.
        reset_all_requested: All are to have their standard keys.
        import_requested: Keys are to be read from a file.
        export_requested: Keys are to be written to a file.
    """

    keys_changed = Signal(str, tuple)
    reset_requested = Signal(str)
    reset_all_requested = Signal()
    import_requested = Signal()
    export_requested = Signal()

    def __init__(
        self,
        rows: tuple[KeyRow, ...],
        refused: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Show rows; `refused` are keys that no action may have, and why."""
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self._rows = rows
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search actions and keys")
        self.search.setAccessibleName("Search actions and keys")
        self.search.setClearButtonEnabled(True)
        self.model = KeyModel()
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(KeyDelegate(self.list))
        self.list.setAccessibleName("Actions and their keys")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = text_label("Nothing has that name or key", "muted")
        self._note = text_label("", "muted", True)
        self.editor = KeyEditor()
        self.editor.set_row(None, {}, refused or {})
        self._arrange()
        self._connect()
        self._fill("")
        self.resize(600, 680)
        self.search.setFocus()

    def _arrange(self) -> None:
        read, write = push_button("Import…"), push_button("Export…")
        everything, close = push_button("Reset All"), push_button("Close", primary=True)
        read.clicked.connect(self.import_requested)
        write.clicked.connect(self.export_requested)
        everything.clicked.connect(self.reset_all_requested)
        close.clicked.connect(self.accept)
        under = QHBoxLayout()
        for button in (read, write, everything):
            under.addWidget(button)
        under.addStretch(1)
        under.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addWidget(self._nothing, 1, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.editor)
        column.addWidget(self._note)
        column.addLayout(under)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list.installEventFilter(self)
        self.list.selectionModel().currentChanged.connect(self._show_current)
        self.list.doubleClicked.connect(lambda _index: self.editor.add.start())
        self.editor.keys_changed.connect(self.keys_changed)
        self.editor.reset_requested.connect(self.reset_requested)
        self._note.hide()

    def set_rows(self, rows: tuple[KeyRow, ...]) -> None:
        """Show the keys as they are now; what is chosen stays chosen."""
        self._rows = rows
        self._note.hide()
        self._fill(self.search.text())

    def set_note(self, text: str, kind: str = "muted") -> None:
        """Say how an import or export went; `kind` is "muted" or "bad"."""
        set_role(self._note, kind)
        self._note.setText(text)
        self._note.show()

    def shown(self) -> tuple[KeyRow, ...]:
        """The rows that match the search."""
        words = self.search.text().lower().split()
        return tuple(row for row in self._rows if all(word in _said(row) for word in words))

    @property
    def current(self) -> KeyRow | None:
        """The action that is chosen."""
        row = self.list.currentIndex().data(Qt.ItemDataRole.UserRole)
        return row if isinstance(row, KeyRow) else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """↓ goes from the field to the list, Return from either to adding a key."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down and watched is self.search:
                self.list.setFocus(Qt.FocusReason.TabFocusReason)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.current is not None:
                    self.editor.add.start()
                return True
        return super().eventFilter(watched, event)

    def _fill(self, _text: str) -> None:
        chosen = self.current
        rows = self.shown()
        self.model.set_rows(rows)
        self.list.setVisible(bool(rows))
        self._nothing.setVisible(not rows)
        row = self.model.row_of(chosen.id) if chosen is not None else -1
        index = self.model.index(row if row >= 0 else self.model.first())
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index)
        self._show_current()

    def _show_current(self) -> None:
        owners = {key: row for row in self._rows for key in row.keys}
        self.editor.set_row(self.current, owners)


def _said(row: KeyRow) -> str:
    return f"{row.menu} {row.title} {' '.join(row.keys)} {' '.join(native_keys(row.keys))}".lower()
