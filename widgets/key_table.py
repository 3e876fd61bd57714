"""The rows of the list of keys: a heading for each menu, and under it its actions with their keys."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets.key_caps import native_keys, paint_caps
from widgets.theme import colors
from widgets.values import KeyRow

_DATA = Qt.ItemDataRole.UserRole
_ROW, _HEAD, _SIDE = 30, 36, 10
_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
Index = QModelIndex | QPersistentModelIndex


class KeyModel(QAbstractListModel):
    """Headings are strings and cannot be chosen; actions are KeyRows."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[str | KeyRow, ...] = ()

    def set_rows(self, rows: tuple[KeyRow, ...]) -> None:
        """List these; rows of one menu follow each other."""
        self.beginResetModel()
        self._rows = tuple(_with_headings(rows))
        self.endResetModel()

    def row_of(self, id_: str) -> int:
        """Where an action is listed, or -1."""
        for row, one in enumerate(self._rows):
            if isinstance(one, KeyRow) and one.id == id_:
                return row
        return -1

    def first(self) -> int:
        """Where the first action is listed, or -1."""
        return next((row for row, one in enumerate(self._rows) if isinstance(one, KeyRow)), -1)

    def rowCount(self, parent: Index | None = None) -> int:
        """Actions and headings."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Only actions can be chosen."""
        heading = isinstance(self._rows[index.row()], str)
        chosen = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return Qt.ItemFlag.NoItemFlags if heading else chosen

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Names for eyes and ears."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == _DATA:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row if isinstance(row, str) else row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row if isinstance(row, str) else said(row)
        return None


def _with_headings(rows: tuple[KeyRow, ...]) -> Iterator[str | KeyRow]:
    for menu, own in groupby(rows, attrgetter("menu")):
        yield menu
        yield from own


def said(row: KeyRow) -> str:
    """An action and its keys in one line, for those who hear it."""
    changed = ", changed" if row.keys != row.standard else ""
    return f"{row.title}, {row.menu}: {' or '.join(native_keys(row.keys)) or 'no key'}{changed}"


class KeyDelegate(QStyledItemDelegate):
    """Paints headings and actions."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Headings keep a distance to what is above."""
        return QSize(200, _HEAD if isinstance(index.data(_DATA), str) else _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        row, rect, state = index.data(_DATA), option.rect, option.state
        painter.save()
        if isinstance(row, str):
            _paint_heading(painter, rect, row)
        else:
            self._paint_action(painter, rect, row, state)
        painter.restore()

    def _paint_action(self, painter: QPainter, rect: QRect, row: KeyRow, state: QStyle.StateFlag) -> None:
        theme = colors()
        if state & QStyle.StateFlag.State_Selected:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            focused = state & QStyle.StateFlag.State_HasFocus
            painter.setPen(QColor(theme.accent) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.tint))
            painter.drawRoundedRect(rect.adjusted(1, 1, -2, -2), 5, 5)
        painter.setPen(QColor(theme.text))
        left = rect.left() + _SIDE
        painter.drawText(QRect(left, rect.top(), rect.width() // 2, rect.height()), _MIDDLE, row.title)
        right = paint_caps(painter, rect.right() - _SIDE, rect.center().y() + 1, native_keys(row.keys))
        if row.keys != row.standard:
            note = "changed" if row.keys else "changed: no key"
            width = painter.fontMetrics().horizontalAdvance(note)
            painter.setPen(QColor(theme.muted))
            painter.drawText(QRect(right - width - 10, rect.top(), width + 2, rect.height()), _MIDDLE, note)


def _paint_heading(painter: QPainter, rect: QRect, text: str) -> None:
    font = painter.font()
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(colors().text))
    painter.drawText(rect.adjusted(_SIDE, 8, -_SIDE, 0), _MIDDLE, text)
