"""The body model in the Models panel: which file, and of which gender."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from widgets.form import choice
from widgets.parts import ElidedLabel, tool_button
from widgets.values import Gender

GENDERS = (("neutral", "Neutral"), ("male", "Male"), ("female", "Female"))


class BodyRow(QWidget):
    """The file in use with what can be done about it; below it the gender, where that is a choice.

    Signals:
        file_requested: Choose another file.
        default_requested: Go on without the chosen file.
        gender_chosen: "neutral", "male" or "female".
    """

    file_requested = Signal()
    default_requested = Signal()
    gender_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._file = ""
        self._own_only = False
        self._shown = ElidedLabel("", "muted")
        self._choose = tool_button(
            "folder", "Choose a body model file", "Use your own SMPL model file (.pkl or .npz)"
        )
        self._default = tool_button("close", "Use the built-in body")
        self._gender = choice(GENDERS, "neutral")
        self._gender.setAccessibleName("Gender of the body")
        self._gender_label = QLabel("Gender")
        self._gender_label.setBuddy(self._gender)
        self._arrange()
        self._choose.clicked.connect(self._on_choose)
        self._default.clicked.connect(self._on_default)
        self._gender.activated.connect(self._on_gender)
        self._renew()

    def set_file(self, file: str) -> None:
        """Name of the chosen file; empty if none is."""
        self._file = file
        self._renew()

    def set_own_only(self, own_only: bool) -> None:
        """Whether the engine needs a SMPL file and cannot use the built-in body."""
        self._own_only = own_only
        self._renew()

    def set_gender(self, gender: Gender) -> None:
        """The gender in use."""
        self._gender.setCurrentIndex(max(self._gender.findData(gender), 0))

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.addWidget(QLabel("Body"), 0, 0)
        grid.addWidget(self._shown, 0, 1)
        grid.addWidget(self._default, 0, 2)
        grid.addWidget(self._choose, 0, 3)
        grid.addWidget(self._gender_label, 1, 0)
        grid.addWidget(self._gender, 1, 1, 1, 3)

    def _renew(self) -> None:
        nothing = "From its usual place" if self._own_only else "Built-in body"
        self._shown.setText(self._file or nothing)
        back = "Use the SMPL file in its usual place" if self._own_only else "Use the built-in body"
        self._default.setAccessibleName(back)
        self._default.setToolTip(back)
        self._default.setVisible(bool(self._file))
        for widget in (self._gender_label, self._gender):
            widget.setVisible(self._own_only)

    def _on_choose(self) -> None:
        self.file_requested.emit()

    def _on_default(self) -> None:
        self.default_requested.emit()

    def _on_gender(self) -> None:
        self.gender_chosen.emit(self._gender.currentData())
