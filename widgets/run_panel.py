"""The Run panel: what can be run and how long it takes, with which options, and what is being run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from widgets.parts import ElidedLabel, as_panel, line, push_button, text_label
from widgets.run_options import RunOptionsForm
from widgets.run_rows import RunRows


@dataclass(frozen=True, slots=True)
class RunScope:
    """Frames that can be run with one button.

    Attributes:
        key: As `run_requested` carries it.
        title: On the button.
        detail: How many frames, and how long they take; short, for there is little room.
        told: The same in words, with which frames.
        why_not: Why there is nothing to run; empty if there is.
        keys: The shortcut, as shown.
    """

    key: str
    title: str
    detail: str = ""
    told: str = ""
    why_not: str = ""
    keys: str = ""


class RunPanel(QScrollArea):
    """Runs first, so that they do not move while one chooses options.

    Signals:
        run_requested: Key of a scope.
    """

    run_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Run")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumWidth(220)
        self.runs = RunRows()
        self.options = RunOptionsForm()
        self.buttons: dict[str, QPushButton] = {}
        self._details: dict[str, ElidedLabel] = {}
        self._scopes = QGridLayout()
        self._arrange()

    def _arrange(self) -> None:
        inside = QWidget()
        as_panel(inside)
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(10)
        self._scopes.setHorizontalSpacing(8)
        self._scopes.setVerticalSpacing(6)
        self._scopes.setColumnStretch(1, 1)
        column.addLayout(self._scopes)
        for title, widget in (("Being run", self.runs), ("Next runs", self.options)):
            column.addWidget(line())
            column.addWidget(text_label(title, "heading"))
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(inside)

    def set_scopes(self, scopes: Sequence[RunScope]) -> None:
        """What can be run now."""
        for scope in scopes:
            if scope.key not in self.buttons:
                self._add(scope.key)
            self._show(scope)

    def _add(self, key: str) -> None:
        button, detail = push_button(""), ElidedLabel("", "muted")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the picture
        button.setMinimumWidth(88)
        button.clicked.connect(lambda: self.run_requested.emit(key))
        row = len(self.buttons)
        self._scopes.addWidget(button, row, 0)
        self._scopes.addWidget(detail, row, 1)
        self.buttons[key], self._details[key] = button, detail

    def _show(self, scope: RunScope) -> None:
        button, keys = self.buttons[scope.key], f" ({scope.keys})" if scope.keys else ""
        button.setText(scope.title)
        button.setEnabled(not scope.why_not)
        button.setAccessibleName(f"Run {scope.title}")
        button.setAccessibleDescription(scope.why_not or scope.told)
        button.setToolTip(scope.why_not or f"Run {scope.told}{keys}")
        self._details[scope.key].setText(scope.detail)
        self._details[scope.key].setToolTip(scope.why_not or scope.told)
