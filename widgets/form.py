"""Rows of a form: a label, a control, and what it means."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from widgets.parts import text_label


def new_form() -> QFormLayout:
    """An empty form with the program's distances."""
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(10)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
    return form


def add_row(form: QFormLayout, title: str, control: QWidget, meaning: str = "") -> None:
    """Add a control; screen readers hear its title."""
    if not control.accessibleName():
        control.setAccessibleName(title)
    label = QLabel(title)
    label.setBuddy(control)
    if not meaning:
        form.addRow(label, control)
        return
    both = QWidget()
    column = QVBoxLayout(both)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    column.addWidget(control, 0, Qt.AlignmentFlag.AlignLeft)
    # Not wrapped: a form does not ask its rows how high they are at its width, and would cut lines off.
    column.addWidget(text_label(meaning, "muted"))
    form.addRow(label, both)


def choice(rows: tuple[tuple[str, str], ...], current: str) -> QComboBox:
    """A list to choose from: rows of value and title."""
    box = QComboBox()
    for value, title in rows:
        box.addItem(title, value)
    box.setCurrentIndex(max(box.findData(current), 0))
    box.setMinimumWidth(160)
    return box


def whole_number(lowest: int, highest: int, step: int, unit: str, zero: str = "") -> QSpinBox:
    """A number to set; `zero` is said instead of the lowest."""
    box = QSpinBox()
    box.setRange(lowest, highest)
    box.setSingleStep(step)
    box.setSuffix(f" {unit}" if unit else "")
    box.setSpecialValueText(zero)
    box.setMinimumWidth(120)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    return box


def real_number(lowest: float, highest: float, step: float, digits: int) -> QDoubleSpinBox:
    """A number with digits after the point."""
    box = QDoubleSpinBox()
    box.setRange(lowest, highest)
    box.setSingleStep(step)
    box.setDecimals(digits)
    box.setMinimumWidth(120)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    return box


def tick(text: str) -> QCheckBox:
    """Yes or no."""
    box = QCheckBox(text)
    box.setAccessibleName(text)
    return box
