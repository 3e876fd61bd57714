"""One stage of loading in the Models panel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from pipeline.loading import StageState, StageStatus
from widgets.parts import ElidedLabel, text_label
from widgets.smpl_import import SmplImport, gender_needed
from widgets.theme import ThemeColors, colored_pixmap, colors
from widgets.units import format_bytes, format_duration

_ICONS = {
    StageState.WAITING: "waiting",
    StageState.RUNNING: "running",
    StageState.DONE: "done",
    StageState.FAILED: "error",
}
_WORDS = {
    StageState.WAITING: "waiting",
    StageState.RUNNING: "running",
    StageState.DONE: "done",
    StageState.FAILED: "failed",
}


def bytes_moved(status: StageStatus) -> str:
    """Bytes and rate of a stage, as far as there are any: "12.0 MB of 48.0 MB · 5.3 MB/s"."""
    if not status.bytes_done:
        return ""
    text = format_bytes(status.bytes_done)
    if status.bytes_total:
        text += f" of {format_bytes(status.bytes_total)}"
    if status.state is StageState.RUNNING and status.seconds > 0.2:
        text += f" · {format_bytes(status.bytes_done / status.seconds)}/s"
    return text


class StageRow(QWidget):
    """Icon, title, seconds; a bar while it runs; bytes and what it found, or why it failed and what to do.

    Signals:
        smpl_file_given: Path of a SMPL file given where one was missing, and the gender that is needed.
    """

    smpl_file_given = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel()
        self._icon.setFixedSize(18, 18)
        self._title = ElidedLabel()
        self._seconds = text_label("", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._detail = ElidedLabel("", "muted")
        self._failure = QFrame()
        self._failure.setProperty("role", "error")
        self._error, self._hint = text_label("", "", True), text_label("", "muted", True)
        inside = QVBoxLayout(self._failure)
        inside.setContentsMargins(8, 6, 8, 6)
        inside.setSpacing(4)
        inside.addWidget(self._error)
        inside.addWidget(self._hint)
        self._inside = inside
        self._import: SmplImport | None = None
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 3, 0, 3)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._icon, 0, 0)
        grid.addWidget(self._title, 0, 1)
        grid.addWidget(self._seconds, 0, 2)
        grid.addWidget(self._bar, 1, 1, 1, 2)
        grid.addWidget(self._detail, 2, 1, 1, 2)
        grid.addWidget(self._failure, 3, 1, 1, 2)
        self.status = StageStatus("")

    def set_status(self, status: StageStatus) -> None:
        """Show how far the stage is."""
        self.status = status
        self._title.setText(status.title)
        waiting = status.state is StageState.WAITING
        self._seconds.setText("" if waiting else format_duration(status.seconds))
        self._show_progress(status)
        under = "   ".join(text for text in (bytes_moved(status), status.detail) if text)
        self._detail.setText(under)
        self._detail.setVisible(bool(under))
        self._error.setText(status.error)
        self._hint.setText(status.hint)
        self._hint.setVisible(bool(status.hint))
        self._failure.setVisible(status.state is StageState.FAILED)
        self._show_import(gender_needed(status.need) if status.state is StageState.FAILED else "")
        self.setAccessibleName(f"{status.title}: {_WORDS[status.state]}")
        self.renew_icon()

    @property
    def smpl_import(self) -> SmplImport | None:
        """Where a missing SMPL file can be given, while one is missing."""
        return self._import

    def _show_import(self, gender: str) -> None:
        if self._import is not None and self._import.gender != gender:
            self._import.setParent(None)
            self._import.deleteLater()
            self._import = None
        if gender and self._import is None:
            self._import = SmplImport(gender)
            self._import.file_given.connect(self.smpl_file_given)
            self._inside.insertWidget(
                1, self._import
            )  # before the hint, which is for those who cannot drop it

    def renew_icon(self) -> None:
        """Draw the icon in the theme's colours."""
        color = _color(self.status.state, colors())
        pixmap = colored_pixmap(_ICONS[self.status.state], color, 18, self.devicePixelRatioF())
        self._icon.setPixmap(pixmap)

    def _show_progress(self, status: StageStatus) -> None:
        self._bar.setVisible(status.state is StageState.RUNNING)
        fraction = status.fraction
        if fraction is None and status.bytes_total:
            fraction = status.bytes_done / status.bytes_total
        # A range without an end is what makes the bar say "under way, nobody knows how far".
        self._bar.setRange(0, 0 if fraction is None else 1000)
        self._bar.setValue(-1 if fraction is None else round(fraction * 1000))


def _color(state: StageState, theme: ThemeColors) -> str:
    return {
        StageState.WAITING: theme.faint,
        StageState.RUNNING: theme.accent,
        StageState.DONE: theme.good,
        StageState.FAILED: theme.bad,
    }[state]
