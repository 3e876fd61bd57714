"""Everything that was done, in order, to go back to and forward again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QListView, QVBoxLayout, QWidget

from widgets.parts import as_panel, text_label
from widgets.theme import colors

_Index = QModelIndex | QPersistentModelIndex
BEGINNING = "Beginning"


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step.

    Attributes:
        step_id: As the signal carries it.
        label: What was done.
        done: Whether it is done, else undone.
    """

    step_id: int
    label: str
    done: bool


class _Steps(QAbstractListModel):
    """The beginning, then the steps; the last done one is marked by an arrow, the undone ones are slanted."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[StepRow, ...] = ()

    def set_rows(self, rows: tuple[StepRow, ...]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    @property
    def current(self) -> int:
        """Row of the last step that is done; 0 is the beginning."""
        return sum(row.done for row in self.rows)

    def rowCount(self, parent: _Index | None = None) -> int:
        """The steps, and the beginning."""
        return 0 if parent is not None and parent.isValid() else len(self.rows) + 1

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What one row says."""
        at = index.row()
        label = self.rows[at - 1].label if at else BEGINNING
        undone = bool(at) and not self.rows[at - 1].done
        if role == Qt.ItemDataRole.DisplayRole:
            return f"▸ {label}" if at == self.current else f"   {label}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = "undone" if undone else "current" if at == self.current else "done"
            return f"{label}, {state}"
        if role == Qt.ItemDataRole.ForegroundRole and undone:
            return QColor(colors().muted)
        if role == Qt.ItemDataRole.FontRole and (undone or at == self.current):
            font = QFont()
            font.setItalic(undone)
            font.setBold(at == self.current)
            return font
        return None


class HistoryList(QWidget):
    """Return or a double-click goes to a step: what came after is undone, what is before is done.

    Signals:
        jump_requested: The step that shall be the last done one; 0 is the beginning.
    """

    jump_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("History")
        as_panel(self)
        self._steps = _Steps()
        self.list = QListView()
        self.list.setAccessibleName("Steps of the history")
        self.list.setUniformItemSizes(True)
        self.list.setModel(self._steps)
        self.list.activated.connect(self._on_activated)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(
            text_label("A double-click or Return goes back or forward to a step.", "muted", True)
        )
        column.addWidget(self.list, 1)

    def set_steps(self, rows: Sequence[StepRow]) -> None:
        """All steps, oldest first."""
        self._steps.set_rows(tuple(rows))
        current = self._steps.index(self._steps.current)
        self.list.setCurrentIndex(current)
        self.list.scrollTo(current)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the rows say."""
        return tuple(str(self._steps.index(k).data()) for k in range(self._steps.rowCount()))

    def _on_activated(self, index: QModelIndex) -> None:
        at = index.row()
        self.jump_requested.emit(self._steps.rows[at - 1].step_id if at else 0)
