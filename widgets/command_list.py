"""The rows of the command palette: what can be done, what not and why."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets.fuzzy import Match
from widgets.key_caps import paint_caps
from widgets.theme import colors

ROW_HEIGHT = 32
_SIDE, _GAP = 12, 10
_DATA = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be chosen by its name.

    Attributes:
        id: What the signal carries.
        title: Its name.
        path: Where else it is found, such as "Go" or "Recent video".
        keys: Its shortcuts as this platform calls them.
        why_not: Why it cannot be done now; empty if it can.
        also: Other words it is found by.
    """

    id: str
    title: str
    path: str = ""
    keys: tuple[str, ...] = ()
    why_not: str = ""
    also: str = ""

    @property
    def said(self) -> str:
        """All of it in one line, for those who hear it."""
        parts = [self.title, self.path, " or ".join(self.keys)]
        if self.why_not:
            parts.append(f"not available: {self.why_not}")
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Found:
    """A command, how it fits what was typed, and whether it was used lately."""

    command: Command
    match: Match
    recent: bool = False


class CommandModel(QAbstractListModel):
    """The commands found, best first."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Found, ...] = ()

    @property
    def rows(self) -> tuple[Found, ...]:
        """What is listed."""
        return self._rows

    def set_rows(self, rows: tuple[Found, ...]) -> None:
        """List these."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """How many were found."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Names for eyes and ears."""
        if not index.isValid():
            return None
        found = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return found.command.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return found.command.said
        if role == Qt.ItemDataRole.ToolTipRole:
            return found.command.why_not or None
        return found if role == _DATA else None


class CommandDelegate(QStyledItemDelegate):
    """Paints a row: the name with the letters found, its place, its keys or why it cannot be done."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are alike."""
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        found: Found = index.data(_DATA)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            _paint_ground(painter, rect)
        right = self._paint_right(painter, rect, found.command)
        self._paint_name(painter, rect, found, right - _GAP)
        painter.restore()

    def _paint_right(self, painter: QPainter, rect: QRect, command: Command) -> int:
        """Keys and why not; returns where that begins, px."""
        right, middle = rect.right() - _SIDE, rect.center().y() + 1
        if command.keys:
            right = paint_caps(painter, right, middle, command.keys, dim=bool(command.why_not))
        if not command.why_not:
            return right
        right -= _GAP if command.keys else 0
        metrics = painter.fontMetrics()
        text = metrics.elidedText(command.why_not, Qt.TextElideMode.ElideRight, rect.width() // 2)
        width = metrics.horizontalAdvance(text)
        painter.setPen(QColor(colors().muted))
        painter.drawText(QRect(right - width, rect.top(), width + 2, rect.height()), _MIDDLE, text)
        return right - width

    def _paint_name(self, painter: QPainter, rect: QRect, found: Found, right: int) -> None:
        theme, x = colors(), rect.left() + _SIDE
        plain = QColor(theme.faint if found.command.why_not else theme.text)
        hit = plain if found.command.why_not else QColor(theme.accent)
        room = right - x
        name = painter.fontMetrics().elidedText(found.command.title, Qt.TextElideMode.ElideRight, room)
        for text, is_hit in _pieces(name, found.match.places):
            _set_weight(painter, QFont.Weight.DemiBold if is_hit else QFont.Weight.Normal)
            painter.setPen(hit if is_hit else plain)
            painter.drawText(QRect(x, rect.top(), max(right - x, 0), rect.height()), _MIDDLE, text)
            x += painter.fontMetrics().horizontalAdvance(text)
        _set_weight(painter, QFont.Weight.Normal)
        beside = "   ·   ".join(part for part in (found.command.path, "used lately" * found.recent) if part)
        if beside and right - x > 2 * _GAP:
            painter.setPen(QColor(theme.faint if found.command.why_not else theme.muted))
            shown = painter.fontMetrics().elidedText(
                beside, Qt.TextElideMode.ElideRight, right - x - 2 * _GAP
            )
            painter.drawText(QRect(x + _GAP, rect.top(), right - x - _GAP, rect.height()), _MIDDLE, shown)


_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def _paint_ground(painter: QPainter, rect: QRect) -> None:
    """A tint, and a bar at its edge: the row that Return takes differs by more than colour."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colors().tint))
    painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 5, 5)
    painter.setBrush(QColor(colors().accent))
    painter.drawRoundedRect(rect.left() + 2, rect.top() + 7, 3, rect.height() - 14, 1.5, 1.5)


def _set_weight(painter: QPainter, weight: QFont.Weight) -> None:
    font = painter.font()
    font.setWeight(weight)
    painter.setFont(font)


def _pieces(text: str, places: tuple[int, ...]) -> list[tuple[str, bool]]:
    """A text cut where letters that were found begin and end."""
    hits, pieces = set(places), list[tuple[str, bool]]()
    for place, letter in enumerate(text):
        if pieces and pieces[-1][1] == (place in hits):
            pieces[-1] = pieces[-1][0] + letter, pieces[-1][1]
        else:
            pieces.append((letter, place in hits))
    return pieces
