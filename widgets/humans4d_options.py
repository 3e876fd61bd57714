"""How 4D-Humans is loaded, in the preferences."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets.body_row import GENDERS
from widgets.form import add_row, choice, new_form, real_number
from widgets.parts import text_label
from widgets.values import Preferences

_DETECTORS = (("vitdet", "ViTDet-H: best"), ("regnety", "Mask R-CNN RegNetY: fast"))
_PRECISIONS = (("auto", "Automatic"), ("float32", "Always float32"))
_DEVICES = (
    ("", "Automatic"),
    ("cpu", "CPU"),
    ("cuda:0", "First GPU"),
    ("cuda:1", "Second GPU"),
    ("cuda:2", "Third GPU"),
    ("cuda:3", "Fourth GPU"),
)


class Humans4DOptions(QWidget):
    """Gender, detector, precision, memory and device, under a heading.

    Signals:
        changed: Something was chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.gender = choice(GENDERS, "neutral")
        self.detector = choice(_DETECTORS, "vitdet")
        self.precision = choice(_PRECISIONS, "auto")
        self.memory = real_number(0.0, 1024.0, 1.0, 1)
        self.memory.setSuffix(" GB")
        self.memory.setSpecialValueText("all of it")
        self.device = choice(_DEVICES, "")
        self._arrange()
        for box in (self.gender, self.detector, self.precision, self.device):
            box.currentIndexChanged.connect(self._on_changed)
        self.memory.valueChanged.connect(self._on_changed)

    def set_values(self, values: Preferences) -> None:
        """Show these; a device this list does not know is kept as it is."""
        if self.device.findData(values.device) < 0:
            self.device.addItem(values.device, values.device)
        for box, value in (
            (self.gender, values.gender),
            (self.detector, values.detector),
            (self.precision, values.precision),
            (self.device, values.device),
        ):
            box.setCurrentIndex(max(box.findData(value), 0))
        self.memory.setValue(values.gpu_memory)

    def put_into(self, values: Preferences) -> Preferences:
        """Preferences with what is chosen here."""
        return replace(
            values,
            gender=self.gender.currentData(),
            detector=self.detector.currentData(),
            precision=self.precision.currentData(),
            gpu_memory=round(self.memory.value(), 1),
            device=self.device.currentData(),
        )

    def _arrange(self) -> None:
        column, form = QVBoxLayout(self), new_form()
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(10)
        column.addWidget(text_label("4D-Humans", "heading"))
        column.addLayout(form)
        add_row(form, "Gender of the body", self.gender)
        add_row(form, "People found by", self.detector)
        add_row(form, "Device", self.device)
        add_row(form, "GPU memory", self.memory, "At most so much; what needs more is done in smaller parts.")
        add_row(form, "Precision", self.precision, "Automatic: half where the GPU gains by it.")

    def _on_changed(self) -> None:
        self.changed.emit()
