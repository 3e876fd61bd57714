"""The focal length, in three words that go together: px, an angle of view, and its equivalent on 35-mm film."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QSlider, QWidget

from pipeline.camera.lens import VIEWS, film_of, focal_of, focal_of_film, side, view_of
from widgets.form import choice, real_number
from widgets.parts import text_label

_SETTLED_MS = 600
_WIDEST, _LONGEST = 0.25, 40.0
"""Focal lengths of the slider, in widths of the picture."""
_STEPS = 1000


class FocalFields(QWidget):
    """Fields that follow each other, and a slider.

    Signals:
        tried: px, again and again while it is being changed.
        chosen: px, once it was changed.
    """

    tried = Signal(float)
    chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = (1920, 1080)
        self._value = self._told = 0.0
        self.pixels: QDoubleSpinBox = real_number(1, 10_000_000, 10, 0)
        self.pixels.setSuffix(" px")
        self.view: QComboBox = choice(VIEWS, "horizontal")
        self.angle: QDoubleSpinBox = real_number(0.01, 179.0, 1, 1)
        self.angle.setSuffix("°")
        self.film: QDoubleSpinBox = real_number(0.1, 100_000, 1, 1)
        self.film.setSuffix(" mm")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 20)
        self._settling = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settling.timeout.connect(self._settle)
        self._arrange()
        self._connect()

    @property
    def value(self) -> float:
        """What the fields say, px; 0 for nothing."""
        return self._value

    @property
    def busy(self) -> bool:
        """Whether somebody is changing it."""
        return self._value != self._told

    def set_size(self, size: tuple[int, int]) -> None:
        """The picture's (W, H) px, which angles depend on."""
        if size != self._size:
            self._size = size
            self._renew()

    def set_value(self, focal_length: float) -> None:
        """Show a focal length in px; 0 for none. While somebody changes it, theirs stays."""
        if not self.busy:
            self._value = self._told = focal_length
            self._renew()

    def _arrange(self) -> None:
        rows = (
            (text_label("Focal length"), self.pixels, "Focal length"),
            (self.view, self.angle, "Angle of view"),
            (text_label("On 35 mm film"), self.film, "35 mm equivalent"),
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        for row, (title, field, name) in enumerate(rows):
            field.setAccessibleName(name)
            field.setMinimumWidth(88)
            field.setKeyboardTracking(False)  # half a number is none
            grid.addWidget(title, row, 0)
            grid.addWidget(field, row, 1)
        self.view.setMinimumWidth(96)
        self.view.setAccessibleName("Which angle of view")
        self.view.setToolTip("Along which side of the picture the angle of view is")
        self.slider.setAccessibleName("Focal length, from wide to long")
        self.slider.setToolTip("From a wide to a long lens")
        grid.addWidget(self.slider, len(rows), 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def _connect(self) -> None:
        for field in (self.pixels, self.angle, self.film):
            field.valueChanged.connect(self._on_typed)
            field.editingFinished.connect(self._settle)
        self.view.currentIndexChanged.connect(self._renew)
        self.slider.valueChanged.connect(self._on_slid)
        self.slider.sliderReleased.connect(self._settle)

    def _on_typed(self, value: float) -> None:
        length = side(self._size, self.view.currentData())
        focal_lengths = {
            self.pixels: lambda: value,
            self.angle: lambda: focal_of(value, length),
            self.film: lambda: focal_of_film(value, self._size),
        }
        self._try(focal_lengths[self.sender()]())  # type: ignore[index]  # one of the three

    def _on_slid(self, position: int) -> None:
        self._try(self._size[0] * _WIDEST * (_LONGEST / _WIDEST) ** (position / _STEPS))

    def _try(self, focal_length: float) -> None:
        self._value = focal_length
        self._renew(self.sender())
        self.tried.emit(focal_length)
        if not self.slider.isSliderDown():
            self._settling.start()

    def _settle(self) -> None:
        self._settling.stop()
        if self.busy:
            self._told = self._value
            self.chosen.emit(self._value)

    def _renew(self, source: object = None) -> None:
        """Show the value in all fields but the one it comes from."""
        known = self._value > 0
        for field in (self.pixels, self.angle, self.film):
            field.setSpecialValueText("" if known else "–")
        value = self._value if known else 0.0
        length = side(self._size, self.view.currentData())
        shown = {
            self.pixels: value,
            self.angle: view_of(value, length) if known else 0.0,
            self.film: film_of(value, self._size) if known else 0.0,
        }
        for field, number in shown.items():
            if field is not source:
                blocked = QSignalBlocker(field)
                field.setValue(number if known else field.minimum())
                blocked.unblock()
        if self.slider is not source:
            blocked = QSignalBlocker(self.slider)
            share = math.log(max(value, 1e-6) / self._size[0] / _WIDEST) / math.log(_LONGEST / _WIDEST)
            self.slider.setValue(round(_STEPS * min(max(share, 0.0), 1.0)))
            blocked.unblock()
