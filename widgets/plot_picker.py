"""Which curves are plotted: a list of ticks that opens under its button."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from widgets.form import choice, tick
from widgets.parts import as_panel, text_label
from widgets.plot_values import CurveRow

_BESIDE = 6
_HEIGHT = 520
_WIDTH = 336


class CurvePicker(QFrame):
    """A popup; what is ticked is plotted at once. Esc or a click elsewhere closes it.

    Signals:
        changed: Key of a curve, what exactly is chosen of it, and whether it is ticked.
        left: It is gone.
    """

    changed = Signal(str, str, bool)
    left = Signal()

    def __init__(self, rows: tuple[CurveRow, ...], chosen: Mapping[str, str], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Curves")
        self.ticks: dict[str, QCheckBox] = {}
        self.boxes: dict[str, QComboBox] = {}
        inside = QWidget()
        as_panel(inside)
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(14, 8, 14, 12)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self._fill(rows, chosen)
        area = _scrolled(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(area)
        self.resize(_WIDTH, min(inside.sizeHint().height() + 4, _HEIGHT))

    def open_at(self, anchor: QWidget) -> None:
        """Open under a widget, within the screen."""
        corner, room = (
            anchor.mapToGlobal(QPoint(0, anchor.height() + _BESIDE)),
            anchor.screen().availableGeometry(),
        )
        x = min(max(corner.x(), room.left()), room.right() - self.width())
        self.move(x, min(max(corner.y(), room.top()), room.bottom() - self.height()))
        self.show()
        for first in list(self.ticks.values())[:1]:
            first.setFocus(Qt.FocusReason.PopupFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that it is over."""
        super().hideEvent(event)
        self.left.emit()

    def _fill(self, rows: tuple[CurveRow, ...], chosen: Mapping[str, str]) -> None:
        group = ""
        for row in rows:
            if row.group != group:
                group = row.group
                heading = text_label(group, "muted")
                heading.setContentsMargins(0, 6 if self._grid.count() else 0, 0, 2)
                self._grid.addWidget(heading, self._grid.rowCount(), 0, 1, 2)
            self._add(row, chosen)

    def _add(self, row: CurveRow, chosen: Mapping[str, str]) -> None:
        box = tick(f"{row.title} ({row.unit})" if row.unit else row.title)
        box.setToolTip(row.meaning)
        box.setChecked(row.key in chosen)
        box.toggled.connect(partial(self._tell, row.key))
        self.ticks[row.key] = box
        line = self._grid.rowCount()
        if row.choices:
            exactly = choice(row.choices, chosen.get(row.key, ""))
            exactly.setMinimumWidth(60)
            exactly.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            exactly.setAccessibleName(f"{row.title}: which")
            exactly.setToolTip(row.meaning)
            exactly.setMaxVisibleItems(24)
            exactly.currentIndexChanged.connect(partial(self._on_choice, row.key))
            self.boxes[row.key] = exactly
            self._grid.addWidget(box, line, 0)
            self._grid.addWidget(exactly, line, 1)
        else:
            self._grid.addWidget(box, line, 0, 1, 2)

    def _on_choice(self, key: str, _index: int) -> None:
        """Who chooses what exactly wants to see it."""
        if self.ticks[key].isChecked():
            self._tell(key, True)
        else:
            self.ticks[key].setChecked(True)

    def _tell(self, key: str, on: bool) -> None:
        exactly = self.boxes.get(key)
        self.changed.emit(key, str(exactly.currentData()) if exactly is not None else "", on)


def _scrolled(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    return area
