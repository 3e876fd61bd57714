"""The thresholds of all signals, to be changed: a page of the preferences, and beside the table of problems."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from widgets.form import real_number
from widgets.parts import as_panel, push_button, text_label
from widgets.problem_values import ThresholdRow

_BESIDE = 6
_POPUP_HEIGHT = 440


class ThresholdForm(QWidget):
    """A number for each signal; every change counts at once.

    Signals:
        changed: Key of a signal and its threshold.
        defaults_requested: All of them as they were at first.
    """

    changed = Signal(str, float)
    defaults_requested = Signal()

    def __init__(self, rows: tuple[ThresholdRow, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self.setAccessibleName("Thresholds of problems")
        self.boxes = {row.signal: _box(row) for row in rows}
        self.defaults = push_button("Default thresholds")
        self.defaults.clicked.connect(self.defaults_requested)
        self._arrange(rows)
        self.set_rows(rows)
        for signal, box in self.boxes.items():
            box.valueChanged.connect(partial(self._on_changed, signal))

    def _arrange(self, rows: tuple[ThresholdRow, ...]) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(6)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for row in rows:
            label = QLabel(row.title)
            label.setBuddy(self.boxes[row.signal])
            label.setToolTip(row.meaning)
            form.addRow(label, self.boxes[row.signal])
        foot = QHBoxLayout()
        foot.addWidget(self.defaults)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        column.addWidget(
            text_label("A value at its threshold, or beyond it, is listed as a problem.", "muted", True)
        )
        column.addLayout(form)
        column.addLayout(foot)

    def set_rows(self, rows: tuple[ThresholdRow, ...]) -> None:
        """Show the thresholds as they are."""
        for row in rows:
            box = self.boxes[row.signal]
            if box.value() != row.value:
                box.blockSignals(True)
                box.setValue(row.value)
                box.blockSignals(False)
        self.defaults.setEnabled(any(row.value != row.default for row in rows))

    def focus(self, signal: str) -> None:
        """Let a signal's threshold be typed."""
        if (box := self.boxes.get(signal)) is not None:
            box.setFocus(Qt.FocusReason.OtherFocusReason)
            box.selectAll()

    def _on_changed(self, signal: str, value: float) -> None:
        self.changed.emit(signal, round(value, self.boxes[signal].decimals()))


def _box(row: ThresholdRow) -> QDoubleSpinBox:
    box = real_number(row.low, row.high, row.step, row.decimals)
    box.setPrefix("≥ " if row.above else "≤ ")
    box.setSuffix(row.unit if row.unit in ("", "°") else f" {row.unit}")
    # A number that is only half typed would list thousands of problems.
    box.setKeyboardTracking(False)
    box.setFixedWidth(156)
    box.setAccessibleName(f"Threshold of {row.title}")
    box.setToolTip(f"{row.meaning}\nDefault: {box.prefix()}{row.default:.{row.decimals}f}{box.suffix()}")
    return box


def scrolled(form: ThresholdForm) -> QScrollArea:
    """The form where there is less room than it needs."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(form)
    return area


class ThresholdPopup(QFrame):
    """The form in a small window that closes when one clicks beside it."""

    def __init__(self, rows: tuple[ThresholdRow, ...], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Thresholds of problems")
        self.form = ThresholdForm(rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(scrolled(self.form))
        width = self.form.sizeHint().width() + 20
        self.resize(max(width, 320), min(self.form.sizeHint().height() + 12, _POPUP_HEIGHT))

    def open_at(self, anchor: QWidget, signal: str = "") -> None:
        """Open under a widget, within the screen; with the threshold of a signal ready to be typed."""
        corner = anchor.mapToGlobal(QPoint(anchor.width() - self.width(), anchor.height() + _BESIDE))
        room = anchor.screen().availableGeometry()
        x = min(max(corner.x(), room.left()), room.right() - self.width())
        y = min(max(corner.y(), room.top()), room.bottom() - self.height())
        self.move(x, y)
        self.show()
        self.form.focus(signal or next(iter(self.form.boxes), ""))
