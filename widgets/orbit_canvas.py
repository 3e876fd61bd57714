"""A view of bodies from some side, with what is written over it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from pipeline.orbit import OrbitLook, OrbitPicture
from pipeline.structures import Float
from widgets.orbit_paint import paint_axes, paint_empty, paint_note
from widgets.picture import overlay_image
from widgets.theme import colors


class OrbitCanvas(QWidget):
    """Shows a picture or says why there is none; `OrbitView` adds what the mouse and the keys do.

    Signals:
        look_changed: Its size, its scale or the theme's colours are others now.
    """

    look_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("3D view")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self._picture: OrbitPicture | None = None
        self._image = QImage()
        self._message = ""
        self._note = ""
        self._axes: Float = np.eye(3, dtype=np.float32)

    @property
    def picture(self) -> OrbitPicture | None:
        """What is shown; None while there is only a message."""
        return self._picture

    @property
    def message(self) -> str:
        """What is said instead of a picture."""
        return "" if self._picture is not None else self._message

    def set_picture(self, picture: OrbitPicture) -> None:
        """Show a view."""
        self._picture, self._image = picture, overlay_image(picture.rgba)
        self.setAccessibleDescription(f"Frame {picture.frame_index}")
        self.update()

    def set_message(self, text: str) -> None:
        """Show no view but a text; its first line stands out."""
        if self._picture is None and text == self._message:
            return
        self._picture, self._message = None, text
        self.setAccessibleDescription(text.replace("\n", " "))
        self.update()

    def set_space(self, note: str, axes: Float) -> None:
        """What is said of the floor and the axes, and where the axes (3, 3), in columns, point on the stage."""
        self._note, self._axes = note, axes
        self.update()

    def pixel_size(self) -> tuple[int, int]:
        """Width and height in device px."""
        ratio = self.devicePixelRatioF()
        return max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1)

    def look(self) -> OrbitLook:
        """The theme's colours."""
        theme = colors()
        names = (theme.canvas, theme.strong, theme.faint, theme.muted)
        background, grid, strong, camera = (_rgb(name) for name in names)
        return OrbitLook(background, grid, strong, camera, self.devicePixelRatioF())

    def changeEvent(self, event: QEvent) -> None:
        """Other colours need another picture."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.DevicePixelRatioChange):
            self.look_changed.emit()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size needs another picture."""
        self.look_changed.emit()

    def sizeHint(self) -> QSize:
        """About as large as the picture."""
        return QSize(480, 480)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The view, then what is said about it."""
        painter = QPainter(self)
        if self._picture is None:
            painter.fillRect(self.rect(), QColor(colors().canvas))
            paint_empty(painter, self.rect(), self._message)
        else:
            painter.drawImage(QRectF(self.rect()), self._image)
            rotation, _ = self._picture.orbit.view()
            paint_axes(painter, self.rect(), (rotation @ self._axes).T)
            paint_note(painter, self.rect(), f"Grid {self._picture.step:g} m{self._note}")
        if self.hasFocus():
            painter.setPen(QPen(QColor(colors().accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()


def _rgb(name: str) -> tuple[int, int, int]:
    color = QColor(name)
    return color.red(), color.green(), color.blue()
