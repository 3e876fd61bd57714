"""A chart as a picture in a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsView

from widgets.theme import colors

_SCALE = 2
"""Px of the PNG for each on the screen."""


def write_svg(view: QGraphicsView, path: Path) -> None:
    """Write the whole scene with its lines as paths and its texts as texts.

    Raises:
        OSError: It cannot be written.
    """
    place = view.sceneRect()
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(place.size().toSize())
    generator.setViewBox(QRectF(0, 0, place.width(), place.height()))
    generator.setTitle("Retake plots")
    painter = QPainter()
    if not painter.begin(generator):
        raise OSError(f"{path.name} cannot be written")
    _render(view, painter, place, place.size().toSize())
    painter.end()


def write_png(view: QGraphicsView, path: Path) -> None:
    """Write the whole scene, at twice the screen's resolution.

    Raises:
        OSError: It cannot be written.
    """
    place = view.sceneRect()
    size = (place.size() * _SCALE).toSize()
    image = QImage(size, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _render(view, painter, place, size)
    painter.end()
    if not QImageWriter(str(path), QByteArray(b"png")).write(image):
        raise OSError(f"{path.name} cannot be written")


def _render(view: QGraphicsView, painter: QPainter, place: QRectF, size: QSize) -> None:
    target = QRectF(0, 0, size.width(), size.height())
    painter.fillRect(target, QColor(colors().surface))
    view.scene().render(painter, target, place)
