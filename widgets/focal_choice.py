"""Who says the focal length, in the preferences."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QWidget

from widgets.form import choice, whole_number
from widgets.values import Preferences

_SOURCES = (("engine", "Engine's own rule"), ("value", "This value"), ("video", "Video's metadata"))


class FocalChoice(QWidget):
    """A source, and a number that counts if it is the source.

    Signals:
        changed: Something was chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None, *, stacked: bool = False) -> None:
        super().__init__(parent)
        self.source = choice(_SOURCES, "engine")
        self.source.setAccessibleName("Focal length from")
        self.value = whole_number(0, 100_000, 100, "px", "not given")
        self.value.setAccessibleName("Focal length")
        direction = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        row = QBoxLayout(direction, self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.source)
        row.addWidget(self.value)
        self.source.currentIndexChanged.connect(self._on_changed)
        self.value.valueChanged.connect(self._on_changed)
        self._renew()

    def set_values(self, values: Preferences) -> None:
        """Show these."""
        self.source.setCurrentIndex(max(self.source.findData(values.focal_from), 0))
        self.value.setValue(round(values.focal_length))
        self._renew()

    def put_into(self, values: Preferences) -> Preferences:
        """Preferences with what is chosen here."""
        return replace(values, focal_from=self.source.currentData(), focal_length=float(self.value.value()))

    def _renew(self) -> None:
        self.value.setVisible(self.source.currentData() == "value")

    def _on_changed(self) -> None:
        self._renew()
        self.changed.emit()
