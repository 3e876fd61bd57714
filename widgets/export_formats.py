"""The list of export formats, under headings."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from widgets.values import FormatRow

_KEY = Qt.ItemDataRole.UserRole


class FormatList(QListWidget):
    """One row a format, in groups; a group stands where its first format does.

    Signals:
        format_chosen: Another format was chosen.
    """

    format_chosen = Signal()

    def __init__(self, formats: tuple[FormatRow, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._formats = {row.key: row for row in formats}
        self.setAccessibleName("Format")
        self.setProperty("role", "side")
        self.ensurePolished()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for group in dict.fromkeys(row.group for row in formats):
            if group:
                self._add_heading(group)
            for row in formats:
                if row.group == group:
                    item = QListWidgetItem(row.title, self)
                    item.setData(_KEY, row.key)
                    item.setToolTip(f"Read by {row.readers}" if row.readers else "")
        self.currentRowChanged.connect(self._on_row)

    @property
    def chosen(self) -> FormatRow | None:
        """The format chosen."""
        item = self.currentItem()
        return None if item is None else self._formats.get(item.data(_KEY))

    def choose(self, key: str) -> None:
        """Choose a format by its key."""
        for row in range(self.count()):
            if self.item(row).data(_KEY) == key:
                self.setCurrentRow(row)

    def _add_heading(self, title: str) -> None:
        item = QListWidgetItem(title, self)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        # The first stands at the top, the others a little below the group before them.
        item.setSizeHint(QSize(0, 28 if self.count() == 1 else 40))
        item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        item.setForeground(self.palette().brush(QPalette.ColorRole.PlaceholderText))
        font = self.font()
        font.setPixelSize(12)
        item.setFont(font)

    def _on_row(self) -> None:
        if self.chosen is not None:
            self.format_chosen.emit()
