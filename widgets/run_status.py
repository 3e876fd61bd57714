"""The long job in the status bar: how far, how much longer, pause and cancel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from widgets.parts import text_label, tool_button
from widgets.theme import set_icon
from widgets.units import format_count, format_duration
from widgets.values import RunProgress

_SURE = 2
"""Frames after which the time left is worth saying."""


def time_left(run: RunProgress) -> float | None:
    """Seconds to go at the pace so far; None if nothing can be said yet."""
    done = run.done - run.earlier
    if done < _SURE or not run.total or run.seconds <= 0:
        return None
    return run.seconds / done * (run.total - run.done)


def run_numbers(run: RunProgress) -> str:
    """Such as "64 of 180 · 2 failed · 1 min 3 s left"."""
    parts = [f"{format_count(run.done)} of {format_count(run.total)}" if run.total else ""]
    if run.failed:
        parts.append(f"{format_count(run.failed)} failed")
    if run.paused:
        parts.append("paused")
    elif (left := time_left(run)) is not None:
        parts.append(f"{format_duration(left)} left")
    return " · ".join(part for part in parts if part)


class RunStatus(QWidget):
    """Empty while nothing runs.

    Signals:
        cancel_requested: Stop the job.
        pause_toggled: Pause it or go on.
    """

    cancel_requested = Signal()
    pause_toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Running job")
        self._title = text_label()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(140)
        self._numbers = text_label("", "muted")
        self._pause = tool_button("pause", "Pause", "Pause the run", 16)
        self._cancel = tool_button("close", "Cancel", "Cancel the run; what is done stays", 16)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        for widget in (self._title, self._bar, self._numbers, self._pause, self._cancel):
            row.addWidget(widget)
        self._pause.clicked.connect(self._on_pause)
        self._cancel.clicked.connect(self._on_cancel)
        self.set_run(None)

    def set_run(self, run: RunProgress | None) -> None:
        """Show a job, or that there is none."""
        for widget in (self._title, self._bar, self._numbers, self._cancel):
            widget.setVisible(run is not None)
        self._pause.setVisible(run is not None and run.can_pause)
        if run is None:
            return
        self._title.setText(run.title)
        self._bar.setRange(0, run.total)
        self._bar.setValue(run.done)
        self._numbers.setText(run_numbers(run))
        name = "Continue" if run.paused else "Pause"
        set_icon(self._pause, "play" if run.paused else "pause")
        self._pause.setAccessibleName(name)
        self._pause.setToolTip(f"{name} the run")
        self.setAccessibleDescription(f"{run.title}: {run_numbers(run)}")

    def _on_pause(self) -> None:
        self.pause_toggled.emit()

    def _on_cancel(self) -> None:
        self.cancel_requested.emit()
