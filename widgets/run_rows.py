"""The runs there are, with what can be done to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from widgets.parts import ElidedLabel, text_label, tool_button
from widgets.run_status import run_numbers
from widgets.theme import set_icon
from widgets.values import RunProgress


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run.

    Attributes:
        key: As signals carry it.
        progress: How far it is.
    """

    key: str
    progress: RunProgress


class _Row(QWidget):
    """Title, bar and numbers, pause and cancel."""

    paused = Signal()
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = ElidedLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._numbers = ElidedLabel("", "muted")
        self._pause = tool_button("pause", "Pause", "Pause", 16)
        self._cancel = tool_button("close", "Cancel", "Cancel; what is done stays", 16)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        for widget in (self._title, self._bar, self._numbers):
            texts.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(4)
        row.addLayout(texts, 1)
        row.addWidget(self._pause)
        row.addWidget(self._cancel)
        self._pause.clicked.connect(lambda: self.paused.emit())
        self._cancel.clicked.connect(lambda: self.cancelled.emit())

    def show_progress(self, run: RunProgress) -> None:
        """How far it is now."""
        verb = "Resume" if run.paused else "Pause"
        self._title.setText(run.title)
        self._bar.setRange(0, run.total)
        self._bar.setValue(run.done)
        self._numbers.setText(run_numbers(run))
        set_icon(self._pause, "play" if run.paused else "pause")
        self._pause.setToolTip(verb)
        self._pause.setAccessibleName(f"{verb} {run.title}")
        self._cancel.setAccessibleName(f"Cancel {run.title}")
        self.setAccessibleName(f"{run.title}: {run_numbers(run)}")


class RunRows(QWidget):
    """A row for each run; rows stay while their runs do, so that none is pulled from under the pointer.

    Signals:
        pause_toggled: Key of a run.
        cancel_requested: Key of a run.
    """

    pause_toggled = Signal(str)
    cancel_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Runs")
        self._rows: dict[str, _Row] = {}
        self._empty = text_label("Nothing is being run.", "muted", True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._empty)

    def set_runs(self, rows: Sequence[RunRow]) -> None:
        """The runs as they stand, oldest first."""
        for key in self._rows.keys() - {row.key for row in rows}:
            gone = self._rows.pop(key)
            gone.hide()
            gone.deleteLater()
        for row in rows:
            if row.key not in self._rows:
                self._rows[row.key] = self._made(row.key)
            self._rows[row.key].show_progress(row.progress)
        self._empty.setVisible(not rows)

    def _made(self, key: str) -> _Row:
        row = _Row()
        row.paused.connect(lambda: self.pause_toggled.emit(key))
        row.cancelled.connect(lambda: self.cancel_requested.emit(key))
        self._column.addWidget(row)
        return row
