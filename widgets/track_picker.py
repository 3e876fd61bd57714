"""A small list to pick a track from, at the pointer or in the middle, worked with the keys or the mouse."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from widgets.parts import text_label
from widgets.values import Color

_ID = Qt.ItemDataRole.UserRole
_MOST_ROWS = 10


@dataclass(frozen=True, slots=True)
class PickRow:
    """One track one may pick.

    Attributes:
        track_id: As the signal carries it; 0 is a new track.
        title: Its name.
        color: (R, G, B).
        effect: What picking it would do, such as "312 frames".
    """

    track_id: int
    title: str
    color: Color
    effect: str


class TrackPicker(QFrame):
    """A popup: arrows or the mouse choose, Return or a click picks, Esc or a click elsewhere leaves.

    Signals:
        picked: The track.
        pointed: The track under the pointer or the cursor; what picking it would touch may be shown.
        left: It is gone, whether or not something was picked.
    """

    picked = Signal(int)
    pointed = Signal(int)
    left = Signal()

    def __init__(self, title: str, rows: tuple[PickRow, ...], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "card")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list = QListWidget()
        self.list.setAccessibleName(title)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setIconSize(QSize(12, 12))
        for row in rows:
            item = QListWidgetItem(_chip(row.color), f"{row.title}   ·   {row.effect}")
            item.setData(_ID, row.track_id)
            self.list.addItem(item)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(text_label(title, "heading"))
        column.addWidget(self.list)
        self.list.setMouseTracking(True)
        self.list.itemEntered.connect(self.list.setCurrentItem)
        self.list.itemClicked.connect(self._pick)
        self.list.currentItemChanged.connect(lambda item: self.pointed.emit(item.data(_ID)) if item else None)
        self._fit(len(rows))

    def _fit(self, count: int) -> None:
        height = max(self.list.sizeHintForRow(0), 22) * min(count, _MOST_ROWS) + 8
        self.list.setFixedHeight(height)
        self.list.setMinimumWidth(min(max(self.list.sizeHintForColumn(0) + 32, 240), 480))

    def open_at(self, place: QPoint) -> None:
        """Show it with its corner there, in screen px; the first track is chosen."""
        self.adjustSize()
        room = self.screen().availableGeometry()
        x = max(min(place.x(), room.right() - self.width()), room.left())
        self.move(x, max(min(place.y(), room.bottom() - self.height()), room.top()))
        self.show()
        self.list.setFocus(Qt.FocusReason.PopupFocusReason)
        self.list.setCurrentRow(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return picks, Esc leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(self.list.currentItem())
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: object) -> None:
        """Say that it is over."""
        self.left.emit()

    def _pick(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            track = int(item.data(_ID))
            self.close()
            self.picked.emit(track)


def _chip(color: Color) -> QIcon:
    picture = QPixmap(24, 24)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*color))
    painter.drawRoundedRect(2, 2, 20, 20, 5, 5)
    painter.end()
    return QIcon(picture)
