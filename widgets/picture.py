"""A picture, its overlay and where both lie in the widget: the part of the frame view that does not listen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPainter

from pipeline.structures import Image

LARGEST_ZOOM = 32.0
"""Device px per image px."""

_SMALLEST_SHARE = 0.25
"""Of the size at which the picture fits."""


def rgb_image(pixels: Image) -> QImage:
    """A QImage of (H, W, 3) uint8 RGB, in the format that paints fastest; owns its pixels."""
    height, width = pixels.shape[:2]
    contiguous = np.ascontiguousarray(pixels)
    view = QImage(contiguous.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)


def overlay_image(pixels: Image) -> QImage:
    """A QImage of (H, W, 4) uint8 premultiplied RGBA, in the format that paints fastest; owns its pixels."""
    height, width = pixels.shape[:2]
    contiguous = np.ascontiguousarray(pixels)
    view = QImage(contiguous.data, width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied)
    return view.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies in a widget.

    Attributes:
        picture: Its size, px.
        widget: The widget's size, device-independent px.
        ratio: Device px per device-independent px.
        zoom: Device px per image px; None while the picture fits the widget.
        center: The image point (px) in the widget's middle; None for the picture's middle.
    """

    picture: QSizeF
    widget: QSizeF
    ratio: float = 1.0
    zoom: float | None = None
    center: QPointF | None = None

    def fitting(self) -> float:
        """The zoom at which the whole picture just fits."""
        scale = min(
            self.widget.width() / max(self.picture.width(), 1),
            self.widget.height() / max(self.picture.height(), 1),
        )
        return max(scale * self.ratio, 1e-6)

    def scale(self) -> float:
        """Device-independent px per image px."""
        return (self.zoom if self.zoom is not None else self.fitting()) / self.ratio

    def target(self) -> QRectF:
        """The whole picture in the widget; its corner lies on a device pixel, so that 1:1 is exact."""
        scale = self.scale()
        center = self.center or QPointF(self.picture.width() / 2, self.picture.height() / 2)
        left = self.widget.width() / 2 - center.x() * scale
        top = self.widget.height() / 2 - center.y() * scale
        corner = QPointF(round(left * self.ratio) / self.ratio, round(top * self.ratio) / self.ratio)
        return QRectF(corner, self.picture * scale)

    def to_image(self, point: QPointF) -> QPointF:
        """From the widget to image px."""
        return (point - self.target().topLeft()) * (1.0 / self.scale())

    def to_widget(self, point: QPointF) -> QPointF:
        """From image px to the widget."""
        return point * self.scale() + self.target().topLeft()

    def zoomed(self, factor: float, at: QPointF) -> Placement:
        """Larger or smaller, with the image point under `at` staying there."""
        fitting = self.fitting()
        now = self.zoom if self.zoom is not None else fitting
        lowest = min(fitting * _SMALLEST_SHARE, 1.0)
        zoom = min(max(now * factor, lowest), max(LARGEST_ZOOM, fitting))
        fixed = self.to_image(at)
        away = (QPointF(self.widget.width() / 2, self.widget.height() / 2) - at) * (self.ratio / zoom)
        return replace(self, zoom=zoom, center=self._inside(fixed + away))

    def moved(self, by: QPointF) -> Placement:
        """Shifted by device-independent px."""
        center = self.center or QPointF(self.picture.width() / 2, self.picture.height() / 2)
        return replace(
            self, zoom=self.scale() * self.ratio, center=self._inside(center - by * (1.0 / self.scale()))
        )

    def _inside(self, center: QPointF) -> QPointF:
        """The picture never leaves the widget's middle, so it cannot be lost."""
        return QPointF(
            min(max(center.x(), 0.0), self.picture.width()), min(max(center.y(), 0.0), self.picture.height())
        )

    def paint(self, painter: QPainter, image: QImage, overlay: QImage | None) -> None:
        """Draw the picture and, at the same place and size, the overlay."""
        target, zoom = self.target(), self.scale() * self.ratio
        # From 3 device px a pixel on, a person wants to see the pixels themselves.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < 3.0 and zoom != 1.0)
        painter.drawImage(target, image)
        if overlay is not None:
            painter.drawImage(target, overlay, QRectF(overlay.rect()))
