"""Pieces of the inspector: rows of facts, bars of betas, buttons of versions."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets.parts import ElidedLabel, push_button, text_label
from widgets.theme import colors
from widgets.units import format_duration
from widgets.values import Color, VersionRow

_FULL_BAR = 3.0
"""A beta of so many standard deviations fills its bar."""


def heading(text: str, color: Color | None = None) -> QWidget:
    """A heading, after a chip in a track's colour."""
    label = text_label(text, "heading", True)
    if color is None:
        return label
    chip = QFrame()
    chip.setFixedSize(12, 12)
    chip.setStyleSheet(f"background: rgb{color}; border-radius: 3px;")
    both = QWidget()
    row = QHBoxLayout(both)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(chip)
    row.addWidget(label, 1)
    return both


class Facts(QWidget):
    """Rows of name and value."""

    def __init__(self, rows: tuple[tuple[str, str], ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, 96)
        for row, (name, value) in enumerate(rows):
            label, said = text_label(name, "muted"), text_label(value, "", True)
            said.setAccessibleName(f"{name}: {value}")
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(said, row, 1, Qt.AlignmentFlag.AlignTop)


class BetaBars(QWidget):
    """One bar for each shape coefficient, up or down from the middle."""

    def __init__(self, betas: tuple[float, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._betas = betas
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        said = ", ".join(f"{value:+.2f}" for value in betas)
        self.setToolTip(f"Shape coefficients: {said}")
        self.setAccessibleName(f"Shape coefficients: {said}")

    def sizeHint(self) -> QSize:
        """Two rows high."""
        return QSize(200, 64)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars, their numbers under them."""
        theme = colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        high = self.height() - 16.0
        middle, step = high / 2, self.width() / max(len(self._betas), 1)
        for index, value in enumerate(self._betas):
            cell = QRectF(index * step + 1, 0, step - 2, high)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.groove))
            painter.drawRoundedRect(cell, 2, 2)
            length = min(abs(value) / _FULL_BAR, 1.0) * (middle - 1)
            painter.setBrush(QColor(theme.warn if abs(value) > _FULL_BAR else theme.accent))
            painter.drawRect(QRectF(cell.left(), middle - (length if value > 0 else 0), cell.width(), length))
            painter.setPen(QColor(theme.muted))
            under = QRectF(index * step, high + 2, step, 14)
            painter.drawText(under, Qt.AlignmentFlag.AlignCenter, f"{value:z.1f}".replace("-", "−"))
        painter.setPen(QPen(QColor(theme.strong), 1))
        painter.drawLine(QPointF(0, middle), QPointF(self.width(), middle))
        painter.end()


class VersionButton(QWidget):
    """One run of the frame; the one that counts is ticked. It is numbered among the frame's own runs.

    Signals:
        chosen: Version that shall count.
        compare_requested: Version to compare with the one that counts.
    """

    chosen = Signal(int)
    compare_requested = Signal(int)

    def __init__(self, version: VersionRow, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._version = version
        people = "1 person" if version.people == 1 else f"{version.people} people"
        people += f", score {version.score:.2f}" if version.score is not None else ""
        under = f"{people} · {format_duration(version.seconds)} · {version.created}"
        self.button = QRadioButton(f"Version {number}")
        self.button.setChecked(version.counts)
        self.button.setAutoExclusive(False)
        self.button.setAccessibleName(
            f"Version {number}, {version.engine}, {under}{', undone' * version.undone}"
        )
        said = "counts" if version.counts else "undone"
        counts = QLabel(said, self)  # with a parent, or showing it shows a window
        counts.setProperty("role", "good" if version.counts else "muted")
        counts.setVisible(version.counts or version.undone)
        head = QHBoxLayout()
        head.addWidget(self.button)
        head.addStretch(1)
        head.addWidget(counts)
        if not version.counts:
            compare = push_button("Compare", link=True)
            compare.setAccessibleName(f"Compare version {number} with the one that counts")
            compare.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            compare.clicked.connect(lambda: self.compare_requested.emit(version.version_id))
            head.addWidget(compare)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addLayout(head)
        for text in filter(None, (version.engine, under, version.plan)):
            row = QHBoxLayout()
            row.setContentsMargins(26, 0, 0, 0)
            row.addWidget(ElidedLabel(text, "muted"))
            column.addLayout(row)
        self.button.clicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        # Which version counts is decided elsewhere: the tick follows when the answer comes.
        self.button.setChecked(self._version.counts)
        if not self._version.counts:
            self.chosen.emit(self._version.version_id)
