"""Filled gaps and smoothed motion of tracks: made here, switched, brought up to date, removed."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from widgets.form import choice, whole_number
from widgets.parts import ElidedLabel, as_panel, line, push_button, text_label, tool_button
from widgets.units import format_count

METHODS = (("gaussian", "Gaussian"), ("one_euro", "One-euro"))
STRENGTHS = (("light", "Light"), ("medium", "Medium"), ("strong", "Strong"), ("very strong", "Very strong"))


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer.

    Attributes:
        layer_id: As signals carry it.
        title: Such as "Smooth Person 1".
        detail: Frames and how it was made.
        enabled: Whether it is shown and exported.
        stale: In how many of its frames it does not show, since they were run again.
    """

    layer_id: int
    title: str
    detail: str
    enabled: bool
    stale: int = 0


@dataclass(frozen=True, slots=True)
class LayerScope:
    """What a new layer would be made for.

    Attributes:
        track: Name of the track; empty if none is selected.
        where: Such as "whole track" or "frames 10–30".
        gaps: Gaps that are short enough to be filled.
        gap_frames: Frames in them.
        frames: Frames the track is in.
    """

    track: str = ""
    where: str = ""
    gaps: int = 0
    gap_frames: int = 0
    frames: int = 0


class LayersPanel(QWidget):
    """Two things to do with the selected track, and the layers there are.

    Signals:
        fill_requested: Longest gap in frames.
        smooth_requested: Method and strength.
        longest_changed: Longest gap in frames.
        switched: Layer, and whether it is on.
        remove_requested: A layer.
        update_requested: A layer that is out of date.
    """

    fill_requested = Signal(int)
    smooth_requested = Signal(str, str)
    longest_changed = Signal(int)
    switched = Signal(int, bool)
    remove_requested = Signal(int)
    update_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Layers")
        as_panel(self)
        self.scope_label = ElidedLabel("", "muted")
        self.longest: QSpinBox = whole_number(1, 1000, 1, "frames")
        self.longest.setValue(25)
        self.longest.setMinimumWidth(104)
        self.longest.setAccessibleName("Longest gap to fill")
        self.longest.setToolTip("Gaps of more frames stay")
        self.method: QComboBox = choice(METHODS, "gaussian")
        self.strength: QComboBox = choice(STRENGTHS, "medium")
        for box, name in ((self.method, "Way of smoothing"), (self.strength, "Strength of smoothing")):
            box.setMinimumWidth(112)
            box.setAccessibleName(name)
        self.fill = push_button("Fill gaps")
        self.smooth = push_button("Smooth")
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(2)
        self._shown: tuple[LayerRow, ...] | None = None
        self._arrange()
        self.fill.clicked.connect(lambda: self.fill_requested.emit(self.longest.value()))
        self.smooth.clicked.connect(
            lambda: self.smooth_requested.emit(self.method.currentData(), self.strength.currentData())
        )
        self.longest.valueChanged.connect(self.longest_changed)
        self.set_scope(LayerScope())
        self.set_layers(())

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addWidget(line())
        title = QHBoxLayout()
        title.addWidget(text_label("Layers", "heading"))
        title.addWidget(self.scope_label, 1)
        column.addLayout(title)
        for button, *others in ((self.fill, self.longest), (self.smooth, self.method, self.strength)):
            button.setFixedWidth(84)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click must not take the keys from the picture
            row = QHBoxLayout()
            row.setSpacing(6)
            row.addWidget(button)
            for other in others:
                row.addWidget(other)
            row.addStretch(1)
            column.addLayout(row)
        inside = QWidget()
        as_panel(inside)
        inside.setLayout(self._rows)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setMinimumHeight(64)
        column.addWidget(area, 1)

    def set_scope(self, scope: LayerScope) -> None:
        """What the two buttons would do."""
        self.scope_label.setText(f"{scope.track}, {scope.where}" if scope.track else "Select a track first")
        self.fill.setEnabled(bool(scope.gaps))
        gaps = "1 gap" if scope.gaps == 1 else f"{format_count(scope.gaps)} gaps"
        self.fill.setToolTip(
            f"Fill {gaps} of {scope.track}: {_frames(scope.gap_frames)}"
            if scope.gaps
            else f"{scope.track or 'No track'} has no gap of that length here"
        )
        self.smooth.setEnabled(bool(scope.frames))
        self.smooth.setToolTip(
            f"Smooth {scope.track}, {scope.where}: {_frames(scope.frames)}"
            if scope.frames
            else "Nothing to smooth here"
        )

    def set_busy(self, busy: bool) -> None:
        """Whether a layer is being computed; meanwhile there is no other."""
        if busy:
            self.fill.setEnabled(False)
            self.smooth.setEnabled(False)

    def set_layers(self, rows: tuple[LayerRow, ...]) -> None:
        """The layers there are, the lowest first."""
        if rows == self._shown:
            return
        self._shown = rows
        while self._rows.count():
            item = self._rows.takeAt(0)
            if item is not None and (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for row in rows:
            self._rows.addWidget(self._row(row))
        if not rows:
            self._rows.addWidget(
                text_label("No layers: what the engine found is shown as it is.", "muted", True)
            )
        self._rows.addStretch(1)

    def _row(self, row: LayerRow) -> QWidget:
        line_ = QWidget()
        line_.setObjectName(f"layer_{row.layer_id}")
        box = QCheckBox()
        box.setChecked(row.enabled)
        box.setAccessibleName(f"{row.title}, {row.detail}")
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        box.setToolTip("Show and export this layer")
        box.toggled.connect(lambda on: self.switched.emit(row.layer_id, on))
        remove = tool_button("close", f"Remove {row.title}", "Remove this layer", 14)
        remove.clicked.connect(lambda: self.remove_requested.emit(row.layer_id))
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(ElidedLabel(row.title))
        texts.addWidget(ElidedLabel(row.detail, "muted"))
        across = QHBoxLayout(line_)
        across.setContentsMargins(0, 2, 0, 2)
        across.addWidget(box)
        across.addLayout(texts, 1)
        if row.stale:
            update = push_button("Update", link=True)
            update.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            update.setToolTip(
                f"{_frames(row.stale)} were run again or assigned anew since; make the layer again"
            )
            update.clicked.connect(lambda: self.update_requested.emit(row.layer_id))
            across.addWidget(update)
        across.addWidget(remove)
        return line_


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{format_count(count)} frames"
