"""The cells of the track table one can do something with: colour, eye and name."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from pipeline.structures import Track
from widgets.theme import colored_pixmap, colors
from widgets.track_model import TrackModel

_CHIP = QRect(8, 8, 12, 12)
_EYE = QRect(28, 6, 16, 16)


def track_at(index: QModelIndex | QPersistentModelIndex) -> Track:
    """The track of a row of the sorted table."""
    proxy = index.model()
    assert isinstance(proxy, QSortFilterProxyModel)
    model = proxy.sourceModel()
    assert isinstance(model, TrackModel)
    return model.tracks[proxy.mapToSource(index).row()]


class ColorDelegate(QStyledItemDelegate):
    """Paints a track's colour and eye; clicks on either ask for a change.

    Signals:
        color_pressed: Row in the view.
        eye_pressed: Row in the view.
    """

    color_pressed = Signal(int)
    eye_pressed = Signal(int)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Chip and eye."""
        super().paint(painter, option, index)
        track = track_at(index)
        rect: QRect = option.rect
        chip = QRectF(_CHIP.translated(rect.topLeft()))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(*track.color), 1.5))
        painter.setBrush(QColor(*track.color) if track.visible else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(chip, 3, 3)
        device = painter.device()
        ratio = device.devicePixelRatio() if device is not None else 1.0
        theme = colors()
        name, color = ("eye", theme.text) if track.visible else ("eye-off", theme.muted)
        painter.drawPixmap(_EYE.translated(rect.topLeft()).topLeft(), colored_pixmap(name, color, 16, ratio))
        painter.restore()

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """A click on the chip or the eye."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            rect: QRect = option.rect
            here = event.position().toPoint() - rect.topLeft()
            if _EYE.adjusted(-3, -6, 4, 6).contains(here):
                self.eye_pressed.emit(index.row())
                return True
            if _CHIP.adjusted(-8, -8, 5, 8).contains(here):
                self.color_pressed.emit(index.row())
                return True
        return False


class NameDelegate(QStyledItemDelegate):
    """Edits a name; what is being typed stays although other numbers of the track change meanwhile."""

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        """Begin with the name there is."""
        if not (isinstance(editor, QLineEdit) and editor.isModified()):
            super().setEditorData(editor, index)
