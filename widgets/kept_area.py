"""A scroll area that paints from a picture kept between changes: moving the playhead is cheap."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from widgets.theme import colors


class KeptArea(QAbstractScrollArea):
    """Says when the picture is to be painted anew, and paints it on the program's surface."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept: QPixmap | None = None

    def paint_kept(self, painter: QPainter, ratio: float) -> None:
        """Paint the picture, of the viewport's size; `ratio` is device px per device-independent px."""
        raise NotImplementedError

    def content_height(self) -> int:
        """How high all of it would be, px."""
        raise NotImplementedError

    def renew(self) -> None:
        """Paint the picture anew."""
        self._kept = None
        self.viewport().update()

    def measure(self) -> None:
        """More or less to scroll."""
        height = self.viewport().height()
        self.verticalScrollBar().setRange(0, max(self.content_height() - height, 0))
        self.verticalScrollBar().setPageStep(height)

    def kept_picture(self) -> QPixmap:
        """The picture, as it was painted last."""
        ratio, size = self.devicePixelRatioF(), self.viewport().size()
        if self._kept is None or self._kept.size() != size * ratio:
            self._kept = QPixmap(size * ratio)
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(QColor(colors().surface))
            painter = QPainter(self._kept)
            painter.setFont(self.font())
            self.paint_kept(painter, ratio)
            painter.end()
        return self._kept

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or less to scroll."""
        self.measure()
        self.renew()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: paint anew."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._kept = None
        super().changeEvent(event)
