"""The list of keys."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from widgets.parts import push_button, text_label
from widgets.values import KeyRow


class ShortcutsDialog(QDialog):
    """All actions by menu with their keys; typing narrows the list."""

    def __init__(self, rows: tuple[KeyRow, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self._rows = rows
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search actions and keys")
        self.search.setAccessibleName("Search actions and keys")
        self.search.setClearButtonEnabled(True)
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName("Keys")
        close = push_button("Close", primary=True)
        close.clicked.connect(self.accept)
        under = QHBoxLayout()
        under.addStretch(1)
        under.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.search)
        column.addWidget(self._area, 1)
        column.addLayout(under)
        self.resize(520, 640)
        self.search.textChanged.connect(self._fill)
        self._fill("")

    def shown(self) -> tuple[KeyRow, ...]:
        """The rows that match the search."""
        words = self.search.text().lower().split()
        return tuple(row for row in self._rows if all(word in _said(row) for word in words))

    def _fill(self, _text: str) -> None:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        line = 0
        for menu, rows in groupby(self.shown(), attrgetter("menu")):
            head = text_label(menu, "heading")
            head.setContentsMargins(0, 8 if line else 0, 0, 0)
            grid.addWidget(head, line, 0, 1, 2)
            line += 1
            for row in rows:
                grid.addWidget(text_label(row.title), line, 0)
                grid.addWidget(_keys(row), line, 1)
                line += 1
        if not line:
            grid.addWidget(text_label("Nothing has that name or key", "muted"), 0, 0)
        grid.setRowStretch(line + 1, 1)
        self._area.setWidget(inside)


def _said(row: KeyRow) -> str:
    return f"{row.menu} {row.title} {' '.join(row.keys)}".lower()


def _keys(row: KeyRow) -> QWidget:
    caps = QWidget()
    line = QHBoxLayout(caps)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(4)
    line.addStretch(1)
    for key in row.keys:
        line.addWidget(text_label(key, "key"))
    caps.setAccessibleName(f"{row.title}: {' or '.join(row.keys) or 'no key'}")
    return caps
