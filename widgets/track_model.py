"""The tracks as rows of a table."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from pipeline.structures import Track
from widgets.theme import colors
from widgets.units import format_count

Index = QModelIndex | QPersistentModelIndex

COLOR, ID, NAME, FRAMES, FIRST, LAST = range(6)
_HEADS = ("", "ID", "Name", "Frames", "First", "Last")
_TIPS = (
    "Colour and whether the person is drawn",
    "Number of the track",
    "Name of the track (F2 renames)",
    "In how many frames the person was found",
    "First frame",
    "Last frame",
)

SORT = Qt.ItemDataRole.UserRole
"""Role of the value a column is sorted by."""

_NOTHING = QModelIndex()


class TrackModel(QAbstractTableModel):
    """Rows of tracks; a new name is asked for, not taken.

    Signals:
        rename_requested: Track and the name typed.
    """

    rename_requested = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tracks: tuple[Track, ...] = ()
        self._present: frozenset[int] = frozenset()
        self._other: int | None = None

    def set_tracks(self, tracks: tuple[Track, ...]) -> None:
        """Show these; the same tracks with other numbers do not disturb a name being edited."""
        same = [track.track_id for track in tracks] == [track.track_id for track in self.tracks]
        if same:
            self.tracks = tracks
            self._renew()
        else:
            self.beginResetModel()
            self.tracks = tracks
            self.endResetModel()

    def set_present(self, tracks: frozenset[int]) -> None:
        """Which of them are in the current frame."""
        if tracks != self._present:
            self._present = tracks
            self._renew()

    def set_other(self, track_id: int | None) -> None:
        """The second track that is marked."""
        if track_id != self._other:
            self._other = track_id
            self._renew()

    @property
    def other_row(self) -> int | None:
        """Row of the second track that is marked."""
        return self.row_of(self._other)

    def present(self, row: int) -> bool:
        """Whether the track of a row is in the current frame."""
        return self.tracks[row].track_id in self._present

    def row_of(self, track_id: int | None) -> int | None:
        """Row of a track."""
        return next((row for row, track in enumerate(self.tracks) if track.track_id == track_id), None)

    def longest(self, column: int) -> str:
        """The longest text of a column, in digits of equal width."""
        return max((_text(track, column) for track in self.tracks), key=len, default="")

    def _renew(self) -> None:
        if self.tracks:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.tracks) - 1, LAST))

    def rowCount(self, parent: Index = _NOTHING) -> int:
        """One row for each track."""
        return 0 if parent.isValid() else len(self.tracks)

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
        texts = {Qt.ItemDataRole.DisplayRole: _HEADS, Qt.ItemDataRole.ToolTipRole: _TIPS}.get(
            Qt.ItemDataRole(role)
        )
        return texts[section] if texts else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Names can be edited."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell says."""
        track, column = self.tracks[index.row()], index.column()
        if role == SORT:
            return _sort_value(track, column)
        if role == Qt.ItemDataRole.EditRole:
            return track.title
        second = track.track_id == self._other
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{_text(track, column)}  · 2nd" if second and column == NAME else _text(track, column)
        if role == Qt.ItemDataRole.BackgroundRole and second:
            return QColor(colors().tint)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole and not self.present(index.row()):
            return QColor(colors().muted)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(track, self.present(index.row()))
        if role == Qt.ItemDataRole.AccessibleTextRole and column == COLOR:
            return "drawn" if track.visible else "hidden"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name; empty asks for the one that comes by itself."""
        track, name = self.tracks[index.row()], str(value).strip()
        if role != Qt.ItemDataRole.EditRole or index.column() != NAME or name == track.title:
            return False
        self.rename_requested.emit(track.track_id, name)
        return True


def _sort_value(track: Track, column: int) -> int | str:
    values = (int(track.visible), track.track_id, track.title, track.frames, track.first, track.last)
    return values[column]


def _text(track: Track, column: int) -> str:
    value = _sort_value(track, column)
    return "" if column == COLOR else format_count(value) if isinstance(value, int) else value


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in (COLOR, NAME) else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _tip(track: Track, present: bool) -> str:
    here = "in this frame" if present else "not in this frame"
    return (
        f"{track.title}, track {track.track_id}: {format_count(track.frames)} frames, "
        f"{format_count(track.first)} to {format_count(track.last)}, {here}"
    )
