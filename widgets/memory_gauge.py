"""Memory in use, over the last minute."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from pipeline.memory import Memory
from widgets.theme import colors
from widgets.units import format_bytes

SAMPLES = 60
"""One a second: a minute."""

_CHART = 72
_GB = 1024**3
_TIGHT = 0.9


def memory_text(memory: Memory) -> str:
    """Used and total in GB: "1.2 / 8.0 GB"."""
    return f"{memory.used / _GB:.1f} / {memory.total / _GB:.1f} GB"


def memory_label(memory: Memory) -> str:
    """What is measured: the GPU's name, or that there is none."""
    return memory.device if memory.kind == "gpu" else "System memory (no GPU)"


class MemoryGauge(QWidget):
    """A small chart of the last minute: all that is in use, and darker the engine's share."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.samples: deque[Memory] = deque(maxlen=SAMPLES)
        self.setAccessibleName("Memory")
        self.setToolTip("Memory: nothing measured yet")

    def sizeHint(self) -> QSize:
        """Chart, numbers and the device's name."""
        return QSize(_CHART + 270, 24)

    def minimumSizeHint(self) -> QSize:
        """Chart and numbers."""
        return QSize(_CHART + 112, 24)

    def add_sample(self, memory: Memory) -> None:
        """Show what is in use now."""
        if self.samples and self.samples[-1].device != memory.device:
            self.samples.clear()
        self.samples.append(memory)
        self.setToolTip(_tip(memory))
        self.setAccessibleDescription(f"{memory_label(memory)}: {memory_text(memory)}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Chart, numbers, name."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chart = QRectF(0.5, 3.5, _CHART, self.height() - 7)
        theme = colors()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.groove))
        painter.drawRoundedRect(chart, 3, 3)
        if self.samples:
            self._paint_chart(painter, chart)
            self._paint_text(painter, self.samples[-1])
        painter.end()

    def _paint_chart(self, painter: QPainter, chart: QRectF) -> None:
        theme = colors()
        latest = self.samples[-1]
        tight = latest.used > _TIGHT * latest.total
        everybody = QColor(theme.bad if tight else theme.accent)
        weak = QColor(everybody)
        weak.setAlpha(90)
        used = [sample.used / max(sample.total, 1) for sample in self.samples]
        worker = [sample.worker / max(sample.total, 1) for sample in self.samples]
        painter.setBrush(weak)
        painter.drawPolygon(QPolygonF(_area(used, chart)))
        painter.setBrush(everybody)
        painter.drawPolygon(QPolygonF(_area(worker, chart)))
        painter.setPen(QPen(everybody, 1))
        painter.drawPolyline(_area(used, chart)[1:-1])

    def _paint_text(self, painter: QPainter, memory: Memory) -> None:
        theme = colors()
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        painter.setPen(QColor(theme.bad if memory.used > _TIGHT * memory.total else theme.text))
        text = memory_text(memory)
        left = _CHART + 8
        painter.drawText(QRectF(left, 0, 200, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        left += painter.fontMetrics().horizontalAdvance(text) + 8
        room = max(self.width() - left, 0)
        label = painter.fontMetrics().elidedText(memory_label(memory), Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(theme.muted))
        painter.drawText(QRectF(left, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, label)


def _area(shares: list[float], chart: QRectF) -> list[QPointF]:
    """The area under a curve whose newest value is at the right edge."""
    step = chart.width() / (SAMPLES - 1)
    left = chart.right() - step * (len(shares) - 1)
    points = [
        QPointF(left + step * index, chart.bottom() - min(share, 1.0) * chart.height())
        for index, share in enumerate(shares)
    ]
    return [QPointF(left, chart.bottom()), *points, QPointF(chart.right(), chart.bottom())]


def _tip(memory: Memory) -> str:
    rows = [
        memory_label(memory) if memory.kind == "gpu" else f"{memory_label(memory)}: {memory.device}",
        f"In use: {format_bytes(memory.used)} of {format_bytes(memory.total)}",
        f"By the engine: {format_bytes(memory.worker)}",
    ]
    if memory.reserved:
        rows.append(f"Reserved by the engine's allocator: {format_bytes(memory.reserved)}")
    if memory.peak:
        rows.append(f"Most the engine ever held: {format_bytes(memory.peak)}")
    return "\n".join(rows)
