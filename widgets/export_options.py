"""The choices an export format offers, and which tracks are written."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from pipeline.structures import Track
from widgets.form import add_row, choice, new_form, tick
from widgets.parts import text_label
from widgets.values import OptionRow

_ROWS_SHOWN = 4
_CONTROL_WIDTH = 280  # px; one width for all, so that they stand in a column


class ExportOptions(QWidget):
    """One control for each option, then a list of tracks to tick.

    Signals:
        changed: Something was chosen.
    """

    changed = Signal()

    def __init__(
        self, options: tuple[OptionRow, ...], tracks: tuple[Track, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._controls: dict[str, QComboBox | QCheckBox] = {}
        self.tracks = QListWidget()
        self._ids = tuple(track.track_id for track in tracks)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(8)
        form = new_form()
        column.addLayout(form)
        for option in options:
            control = self._control(option)
            self._controls[option.key] = control
            add_row(form, "" if isinstance(control, QCheckBox) else option.title, control)
        if len(tracks) > 1:
            column.addSpacing(4)
            column.addWidget(text_label("Tracks", "heading"))
            column.addWidget(self._track_list(tracks))

    def values(self) -> dict[str, object]:
        """What is chosen, by key; "tracks" only if not all are."""
        chosen: dict[str, object] = {}
        for key, control in self._controls.items():
            if isinstance(control, QComboBox):
                chosen[key] = str(control.currentData())
            else:
                chosen[key] = "yes" if control.isChecked() else "no"
        ticked = self.ticked()
        return chosen if ticked == self._ids else {**chosen, "tracks": ticked}

    def ticked(self) -> tuple[int, ...]:
        """The tracks to write."""
        if not self.tracks.count():
            return self._ids
        states = (self.tracks.item(row).checkState() for row in range(self.tracks.count()))
        return tuple(
            track for track, state in zip(self._ids, states, strict=True) if state == Qt.CheckState.Checked
        )

    def tick_tracks(self, wanted: Collection[int]) -> None:
        """Tick these tracks and no other."""
        for row in range(self.tracks.count()):
            ticked = self._ids[row] in wanted
            self.tracks.item(row).setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)

    def _control(self, option: OptionRow) -> QComboBox | QCheckBox:
        if option.choices:
            box = choice(option.choices, option.default)
            box.setMinimumWidth(_CONTROL_WIDTH)
            box.currentIndexChanged.connect(self._on_changed)
            return box
        flag = tick(option.title)
        flag.setChecked(option.default == "yes")
        flag.toggled.connect(self._on_changed)
        return flag

    def _track_list(self, tracks: tuple[Track, ...]) -> QListWidget:
        self.tracks.setAccessibleName("Tracks to write")
        for track in tracks:
            item = QListWidgetItem(f"{track.title}   {track.frames} frames", self.tracks)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
        self.tracks.setProperty("role", "ticks")
        self.tracks.ensurePolished()
        rows = min(len(tracks), _ROWS_SHOWN)
        self.tracks.setFixedHeight(self.tracks.sizeHintForRow(0) * rows + 4)
        self.tracks.itemChanged.connect(self._on_changed)
        return self.tracks

    def _on_changed(self) -> None:
        self.changed.emit()
