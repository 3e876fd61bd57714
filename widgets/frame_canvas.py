"""A picture and the overlay that belongs to it, at any zoom."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from pipeline.structures import Frame, Overlay
from widgets.picture import Placement, overlay_image, rgb_image
from widgets.picture_notes import paint_badge, paint_drop_frame, paint_message
from widgets.theme import colors
from widgets.wipe import Comparison, Wipe


class FrameCanvas(QWidget):
    """Shows one frame; `FrameView` adds what the mouse and the keys do.

    Every frame it is given is painted at once, so a drag shows each picture that was decoded in time.
    An overlay is drawn only on the frame it was made for.

    Signals:
        frame_painted: Index of a frame that has just been painted.
        zoom_changed: Device px per image px.
    """

    frame_painted = Signal(int)
    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Picture")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self._index: int | None = None
        self._image: QImage | None = None
        self._overlay: QImage | None = None
        self._overlay_index = -1
        self._overlay_hidden = False
        self._message = ""
        self._preview = False
        self._dropping = False
        self._painted = False
        self._wipe = Wipe()
        self._place = Placement(QSizeF(), QSizeF(1, 1))

    # what it shows

    @property
    def frame_index(self) -> int | None:
        """Index of the picture shown."""
        return self._index

    def set_frame(self, frame: Frame) -> None:
        """Show a frame, now."""
        self._image, self._index = rgb_image(frame.image), frame.index
        self.setAccessibleDescription(f"Frame {frame.index}")
        self._place = self._placed(QSizeF(self._image.size()))
        self._painted = False
        self.repaint()
        if self._painted:  # a window that is minimised or not there yet paints nothing
            self.frame_painted.emit(frame.index)

    def clear(self) -> None:
        """Show no frame, only the message."""
        self._image = self._overlay = self._index = None
        self._preview = False
        self.setAccessibleDescription("")
        self.fit()

    def set_overlay(self, overlay: Overlay | None) -> None:
        """Lay an overlay over the picture; it waits unseen if it belongs to another frame."""
        self._overlay = None if overlay is None else overlay_image(overlay.rgba)
        self._overlay_index = -1 if overlay is None else overlay.frame_index
        self.update()

    def set_comparison(self, mode: Comparison, captions: tuple[str, str] = ("", "")) -> None:
        """Compare the overlay with another: either side of a line, or the other one alone; empty ends it."""
        self._wipe.mode, self._wipe.captions = mode, captions
        self.update()

    def set_other_overlay(self, overlay: Overlay | None) -> None:
        """The overlay to compare with; like the first, it is shown on its own frame alone."""
        self._wipe.overlay = None if overlay is None else overlay_image(overlay.rgba)
        self._wipe.frame = -1 if overlay is None else overlay.frame_index
        self.update()

    def mirror(self, other: FrameCanvas) -> None:
        """Show the picture another one shows, at the same zoom."""
        self._image, self._index = other._image, other._index
        self._place = replace(
            self._placed(other._place.picture), zoom=other._place.zoom, center=other._place.center
        )
        self.update()

    def set_overlay_hidden(self, hidden: bool) -> None:
        """Show the bare picture."""
        self._overlay_hidden = hidden
        self.update()

    def set_message(self, text: str) -> None:
        """What to say while there is no picture; the first line stands out."""
        self._message = text
        self.update()

    def set_preview(self, preview: bool) -> None:
        """Say that the picture stands in for one that is still being decoded."""
        self._preview = preview
        self.update()

    def visible_image(self) -> QImage:
        """What is shown, at the picture's own size; null if there is no picture."""
        if self._image is None:
            return QImage()
        image = self._image.copy()
        if (overlay := self._shown_overlay()) is not None:
            painter = QPainter(image)
            painter.drawImage(image.rect(), overlay, overlay.rect())
            painter.end()
        return image

    # zoom

    def fit(self) -> None:
        """Show the whole picture."""
        self._move_to(replace(self._place, zoom=None, center=None))

    def zoom_actual(self) -> None:
        """One image pixel on one device pixel."""
        self._zoom_by(1.0 / (self._place.scale() * self._place.ratio))

    def zoom_in(self) -> None:
        """One step larger."""
        self._zoom_by(1.25)

    def zoom_out(self) -> None:
        """One step smaller."""
        self._zoom_by(0.8)

    def _zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        if self._image is not None:
            self._move_to(self._place.zoomed(factor, at or QPointF(self.width() / 2, self.height() / 2)))

    def _move_to(self, place: Placement) -> None:
        self._place = place
        self.update()
        self.zoom_changed.emit(place.scale() * place.ratio)

    def _placed(self, picture: QSizeF) -> Placement:
        """The same view in the widget as it is now; another size of picture is fitted anew."""
        now = replace(
            self._place, picture=picture, widget=QSizeF(self.size()), ratio=self.devicePixelRatioF()
        )
        return now if picture == self._place.picture else replace(now, zoom=None, center=None)

    # painting

    def sizeHint(self) -> QSize:
        """Room for a small video."""
        return QSize(960, 540)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the view."""
        self._move_to(self._placed(self._place.picture))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Picture, overlay, then what is said about them."""
        self._painted = True
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors().canvas))
        if self._image is None:
            paint_message(painter, self.rect(), self._message)
        else:
            self._place = self._placed(self._place.picture)
            self._paint_picture(painter, self._image)
        if self._preview and self._image is not None:
            paint_badge(painter, self.rect(), "Preview")
        if self._dropping:
            paint_drop_frame(painter, self.rect())
        elif self.hasFocus():
            painter.setPen(QPen(QColor(colors().accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        if self._wipe.mode and not self._overlay_hidden:
            inside, index = QRectF(self.rect()), self._index if self._index is not None else -1
            painter.save()  # or else what is drawn next has its pens and brushes
            self._wipe.paint(painter, self._place, inside, image, self._shown_overlay(), index)
            painter.restore()
        else:
            self._place.paint(painter, image, self._shown_overlay())

    def _shown_overlay(self) -> QImage | None:
        return self._overlay if self._overlay_index == self._index and not self._overlay_hidden else None

    def place_of(self, x: float, y: float) -> QPoint:
        """Where an image point is in the widget."""
        return self._place.to_widget(QPointF(x, y)).toPoint()
