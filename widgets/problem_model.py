"""The problems as rows of a table, sorted and filtered here: a proxy would ask for each cell a thousand times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QIcon

from widgets.problem_chips import chips_icon
from widgets.problem_values import STATES, ProblemKey, ProblemRow, State
from widgets.theme import colored_pixmap, colors
from widgets.units import format_count

Index = QModelIndex | QPersistentModelIndex

STATE, FRAMES, PEOPLE, SIGNAL, VALUE, THRESHOLD = range(6)
_HEADS = ("", "Frames", "Who", "Signal", "Value", "Limit")
_TIPS = (
    "Open, fixed or ignored",
    "First and last frame",
    "Who is concerned",
    "What was noticed",
    "The worst value",
    "The threshold, from which on it is a problem; a double-click changes it",
)
_ICONS = {state: (icon, color) for state, _title, icon, color in STATES}
_TITLES = {state: title for state, title, _icon, _color in STATES}
_ORDER = {state: place for place, (state, *_rest) in enumerate(STATES)}
_LONGEST = 20
_NOTHING = QModelIndex()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which problems are listed.

    Attributes:
        signal: Key of a signal; empty for all.
        person: A person's name; empty for everybody, and for problems of frames.
        states: The states.
    """

    signal: str = ""
    person: str = ""
    states: frozenset[State] = frozenset(("open", "fixed", "ignored"))

    def lets(self, row: ProblemRow) -> bool:
        """Whether a problem is listed."""
        return (
            row.state in self.states
            and self.signal in ("", row.signal)
            and (not self.person or self.person in row.people)
        )


_SORT_BY: dict[int, Callable[[ProblemRow], Any]] = {
    STATE: lambda row: (_ORDER[row.state], row.first),
    FRAMES: lambda row: (row.first, row.last),
    PEOPLE: lambda row: (row.people, row.first),
    SIGNAL: lambda row: (row.title, row.first),
    VALUE: lambda row: row.severity,
    THRESHOLD: lambda row: (row.title, row.first),
}


class ProblemModel(QAbstractTableModel):
    """Rows of problems. Values are sorted by how far they are beyond the threshold: units differ."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.all: tuple[ProblemRow, ...] = ()
        self.rows: list[ProblemRow] = []
        self._filter = Filter()
        self._sort = FRAMES, Qt.SortOrder.AscendingOrder
        self._places: dict[ProblemKey, int] = {}

    @property
    def filter(self) -> Filter:
        """Which are listed."""
        return self._filter

    def set_rows(self, rows: tuple[ProblemRow, ...]) -> bool:
        """Show these; False if they are what is shown."""
        if rows == self.all:
            return False
        self.all = rows
        self._arrange()
        return True

    def set_filter(self, wanted: Filter) -> None:
        """List only some."""
        if wanted != self._filter:
            self._filter = wanted
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        self._sort = column, order
        self._arrange()

    def row_of(self, key: ProblemKey | None) -> int | None:
        """Where a problem is listed."""
        return None if key is None else self._places.get(key)

    def longest(self, column: int) -> list[str]:
        """The texts of a column with the most letters; which is the widest, its font says."""
        return sorted({_text(row, column) for row in self.rows}, key=len)[-_LONGEST:]

    def _arrange(self) -> None:
        self.beginResetModel()
        column, order = self._sort
        self.rows = sorted(
            filter(self._filter.lets, self.all),
            key=_SORT_BY[column],
            reverse=order is Qt.SortOrder.DescendingOrder,
        )
        self._places = {row.key: place for place, row in enumerate(self.rows)}
        self.endResetModel()

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """One row for each problem that is listed."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOTHING) -> int:
        """As many as there are heads."""
        return 0 if parent.isValid() else len(_HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Heads and what they mean."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _HEADS[section] or "State"
        texts = {Qt.ItemDataRole.DisplayRole: _HEADS, Qt.ItemDataRole.ToolTipRole: _TIPS}
        found = texts.get(Qt.ItemDataRole(role))
        return found[section] if found else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell says."""
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column == STATE:
            return state_icon(row.state)
        if role == Qt.ItemDataRole.DecorationRole and column == PEOPLE:
            return chips_icon(row.chips) if row.chips else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole and (row.state != "open" or column == THRESHOLD):
            return QColor(colors().muted)
        if role == Qt.ItemDataRole.ToolTipRole:
            return describe(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            spoken = {STATE: _TITLES[row.state], PEOPLE: ", ".join(row.people)}
            return spoken.get(column, _text(row, column))
        return None


def state_icon(state: State) -> QIcon:
    """The mark of a state, in its colour; the shapes differ too."""
    icon, color = _ICONS[state]
    return _icon(icon, str(getattr(colors(), color)))


@lru_cache(maxsize=16)
def _icon(name: str, color: str) -> QIcon:
    made = QIcon()
    for scale in (1.0, 2.0):
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # or Qt tints it
            made.addPixmap(colored_pixmap(name, color, 16, scale), mode)
    return made


def describe(row: ProblemRow) -> str:
    """A problem in words."""
    who = f" of {' and '.join(row.people)}" if row.people else ""
    return (
        f"{row.title}{who}, {frames_text(row)}, {row.state}\n"
        f"{row.value} in frame {format_count(row.worst)}, the threshold is {row.threshold}\n{row.meaning}"
    )


def frames_text(row: ProblemRow) -> str:
    """Its frames with their number."""
    if row.first == row.last:
        return f"frame {format_count(row.first)}"
    return f"frames {format_count(row.first)}–{format_count(row.last)} ({format_count(row.frames)})"


def _text(row: ProblemRow, column: int) -> str:
    if column == FRAMES:
        one = row.first == row.last
        return format_count(row.first) if one else f"{format_count(row.first)}–{format_count(row.last)}"
    if column in (VALUE, THRESHOLD):
        return _short(row.value if column == VALUE else row.threshold)
    return row.title if column == SIGNAL else ""


def _short(number: str) -> str:
    """A number with the first word of its unit: "14 % height" is a lot for a narrow table."""
    return " ".join(number.split(" ")[:2])


def _alignment(column: int) -> Qt.AlignmentFlag:
    right = column in (VALUE, THRESHOLD)
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
