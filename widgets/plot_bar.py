"""The buttons over the plots."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from widgets.parts import tool_button
from widgets.plot_picker import CurvePicker
from widgets.plot_values import CurveRow

EXPORTS = (("csv", "Numbers as CSV…"), ("svg", "Picture as SVG…"), ("png", "Picture as PNG…"))
"""What can be written, and what the menu calls it."""


class PlotBar(QWidget):
    """What is plotted, which frames, and what is written.

    Signals:
        curve_changed: Key of a curve, what exactly is chosen of it, and whether it is to be plotted.
        export_requested: "csv", "svg" or "png".
    """

    curve_changed = Signal(str, str, bool)
    export_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves = _button("curves", "Curves", "Choose what is plotted")
        self.follow = tool_button("follow", "Follow the timeline", "", 18, checkable=True)
        self.follow.setToolTip("Follow the timeline: show the same frames, zoomed alike")
        self.fit = tool_button("fit-width", "Fit the plots", "Fit: show all frames and all values")
        self.export = _button("save", "Export", "Write the plotted numbers or the picture to a file")
        self.picker: CurvePicker | None = None
        self._rows: tuple[CurveRow, ...] = ()
        self._chosen: Mapping[str, str] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(2)
        row.addWidget(self.curves)
        row.addStretch(1)
        for button in (self.follow, self.fit, self.export):
            row.addWidget(button)
        self._add_menu()
        self.curves.clicked.connect(self._open_picker)

    def set_curves(self, rows: tuple[CurveRow, ...], chosen: Mapping[str, str]) -> None:
        """Which curves there are, and what exactly is chosen of those that are plotted."""
        self._rows, self._chosen = rows, dict(chosen)

    def _add_menu(self) -> None:
        menu = QMenu(self.export)
        for kind, title in EXPORTS:
            menu.addAction(title, partial(self.export_requested.emit, kind)).setObjectName(kind)
        self.export.setMenu(menu)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _open_picker(self) -> None:
        picker = self.picker = CurvePicker(self._rows, self._chosen, self)
        picker.changed.connect(self.curve_changed)
        picker.left.connect(self._forget_picker)
        picker.open_at(self.curves)

    def _forget_picker(self) -> None:
        self.picker = None


def _button(icon: str, text: str, tip: str) -> QToolButton:
    """A flat button with an icon and a text."""
    button = tool_button(icon, text, tip, 16)
    button.setText(text)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button
