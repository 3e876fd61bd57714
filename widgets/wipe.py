"""Two overlays over one picture: the one left of a line, the other right of it, or one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPolygonF

from widgets.picture import Placement

Comparison = Literal["", "wipe", "this", "other"]
"""Nothing compared; both, either side of the line; or one of them alone, as flickering shows them in turn."""

_REACH = 8.0
_CAPTION = 24.0


@dataclass(slots=True)
class Wipe:
    """What is compared, and where the line is.

    Attributes:
        mode: How both are shown.
        share: Where the line is, from 0 at the picture's left to 1 at its right.
        captions: What the left and the right are.
        overlay: The other overlay.
        frame: The frame it is for; -1 for none.
    """

    mode: Comparison = ""
    share: float = 0.5
    captions: tuple[str, str] = ("", "")
    overlay: QImage | None = None
    frame: int = -1

    def line(self, place: Placement) -> float:
        """Where the line is in the widget, px."""
        target = place.target()
        return float(target.left() + self.share * target.width())

    def near(self, place: Placement, point: QPointF) -> bool:
        """Whether a point is near enough to take hold of the line."""
        return self.mode == "wipe" and abs(point.x() - self.line(place)) <= _REACH

    def move(self, place: Placement, x: float) -> None:
        """Put the line at a place in the widget."""
        target = place.target()
        self.share = min(max((x - target.left()) / max(target.width(), 1.0), 0.0), 1.0)

    def paint(
        self,
        painter: QPainter,
        place: Placement,
        widget: QRectF,
        image: QImage,
        overlay: QImage | None,
        frame: int,
    ) -> None:
        """The picture with both."""
        other = self.overlay if self.frame == frame else None
        if self.mode != "wipe":
            there = self.mode == "other"
            place.paint(painter, image, other if there else overlay)
            _caption(painter, widget, self.captions[there], right=there)
            return
        x = self.line(place)
        for shown, area in (
            (overlay, QRectF(widget.left(), widget.top(), x - widget.left(), widget.height())),
            (other, QRectF(x, widget.top(), widget.right() - x, widget.height())),
        ):
            painter.save()
            painter.setClipRect(area)
            place.paint(painter, image, shown)
            painter.restore()
        _line(painter, x, widget)
        for text, right in zip(self.captions, (False, True), strict=True):
            _caption(painter, widget, text, right=right)


def _line(painter: QPainter, x: float, widget: QRectF) -> None:
    """The line with a handle in its middle; dark beneath light, to be seen over anything."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for color, width in (("#000000", 4.0), ("#ffffff", 2.0)):
        painter.setPen(QPen(QColor(color), width))
        painter.drawLine(QPointF(x, widget.top()), QPointF(x, widget.bottom()))
    middle = widget.center().y()
    painter.setPen(QPen(QColor("#000000"), 1))
    painter.setBrush(QColor("#ffffff"))
    painter.drawEllipse(QPointF(x, middle), 11, 11)
    painter.setBrush(QColor("#000000"))
    painter.setPen(Qt.PenStyle.NoPen)
    for side in (-1, 1):
        tip = [QPointF(x + side * dx, middle + dy) for dx, dy in ((7.5, 0), (2.5, -4), (2.5, 4))]
        painter.drawPolygon(QPolygonF(tip))


def _caption(painter: QPainter, widget: QRectF, text: str, *, right: bool) -> None:
    if not text:
        return
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    room = max(widget.width() / 2 - 24, 0)
    said = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room - 16))
    width = painter.fontMetrics().horizontalAdvance(said) + 16
    left = widget.right() - 12 - width if right else widget.left() + 12
    box = QRectF(left, widget.bottom() - 12 - _CAPTION, width, _CAPTION)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 190))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(QColor("#ffffff"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, said)
