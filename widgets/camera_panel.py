"""The Camera panel: focal length, a solved camera, and the floor."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from widgets.camera_values import CameraFacts
from widgets.focal_fields import FocalFields
from widgets.form import real_number, tick
from widgets.parts import as_panel, line, push_button, set_role, text_label
from widgets.smpl_import import DropZone

_SETTLED_MS = 600


class CameraPanel(QScrollArea):
    """Three parts, one below the other; files may be dropped anywhere.

    Signals:
        focal_tried: px, while it is being changed.
        focal_chosen: px, once it was changed.
        focal_reset: Show everybody as the engine ran it.
        for_runs_toggled: Whether new runs shall be asked for this focal length.
        import_requested: Choose the file of a solved camera.
        file_given: The path of one.
        solved_removed: The camera stands still again.
        scale_chosen: Metres in a unit of the solve.
        scale_requested: Find the scale from the feet of the selected track.
        floor_requested: Find the floor from them.
        floor_removed: Nothing is known of a floor.
    """

    focal_tried = Signal(float)
    focal_chosen = Signal(float)
    focal_reset = Signal()
    for_runs_toggled = Signal(bool)
    import_requested = Signal()
    file_given = Signal(str)
    solved_removed = Signal()
    scale_chosen = Signal(float)
    scale_requested = Signal()
    floor_requested = Signal()
    floor_removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Camera")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumWidth(232)
        self.setAcceptDrops(True)
        self._facts: CameraFacts | None = None
        self._shown_scale = 1.0
        self.focal = FocalFields()
        self.focal_said = text_label("", "muted", True)
        self.reset = push_button("As the Engine Ran It")
        self.for_runs = tick("Also for new runs")
        self.scope = text_label("", "muted", True)
        self.solved_said = text_label("", "muted", True)
        self.choose = push_button("Import…")
        self.remove = push_button("Remove")
        self.drop_zone = DropZone("Drop JSON or COLMAP here")
        self.scale = real_number(0.0001, 1_000_000, 0.1, 4)
        self._settling = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self.scale_feet = push_button("From Feet")
        self.scale_said = text_label("", "muted", True)
        self._scale_part = QWidget()
        self.floor_said = text_label("", "muted", True)
        self.floor_feet = push_button("From Feet")
        self.floor_remove = push_button("Remove")
        self._arrange()
        self._connect()
        self.set_facts(CameraFacts())

    # layout

    def _arrange(self) -> None:
        inside = QWidget()
        as_panel(inside)
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(text_label("Focal length", "heading"))
        for widget in (self.focal_said, self.focal, self.scope, _row(self.reset), self.for_runs):
            column.addWidget(widget)
        column.addWidget(line())
        column.addWidget(text_label("Solved camera", "heading"))
        self._arrange_scale()
        for widget in (
            self.solved_said,
            _row(self.choose, self.remove, self.drop_zone),
            self._scale_part,
        ):
            column.addWidget(widget)
        column.addWidget(line())
        column.addWidget(text_label("Floor", "heading"))
        column.addWidget(self.floor_said)
        column.addWidget(_row(self.floor_feet, self.floor_remove))
        column.addStretch(1)
        self.setWidget(inside)
        self._name()

    def _arrange_scale(self) -> None:
        column = QVBoxLayout(self._scale_part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(text_label("One unit is"))
        row.addWidget(self.scale, 1)
        column.addLayout(row)
        column.addWidget(self.scale_said)
        column.addWidget(_row(self.scale_feet))
        self.scale.setSuffix(" m")
        self.scale.setMinimumWidth(80)
        self.scale.setKeyboardTracking(False)

    def _name(self) -> None:
        for widget, name in (
            (self.scale, "Metres in a unit of the solved camera"),
            (self.scale_feet, "Scale from the feet of the selected track"),
            (self.choose, "Import a solved camera"),
            (self.remove, "Remove the solved camera"),
            (self.floor_feet, "Floor from the feet of the selected track"),
            (self.floor_remove, "Remove the floor"),
        ):
            widget.setAccessibleName(name)
        self.reset.setToolTip("Show everybody as the engine placed them")
        self.for_runs.setToolTip("Ask the engine for this focal length from now on, in every video")
        buttons = (self.reset, self.choose, self.remove, self.scale_feet, self.floor_feet, self.floor_remove)
        for button in buttons:
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for control in (*buttons, self.for_runs):
            control.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the picture

    def _connect(self) -> None:
        self.focal.tried.connect(self.focal_tried)
        self.focal.chosen.connect(self.focal_chosen)
        self.for_runs.toggled.connect(self.for_runs_toggled)
        self.drop_zone.dropped.connect(self.file_given)
        self.scale.valueChanged.connect(lambda _value: self._settling.start())
        for settled in (self.scale.editingFinished, self._settling.timeout):
            settled.connect(self._on_scale)
        for button, signal in (
            (self.reset, self.focal_reset),
            (self.choose, self.import_requested),
            (self.remove, self.solved_removed),
            (self.scale_feet, self.scale_requested),
            (self.floor_feet, self.floor_requested),
            (self.floor_remove, self.floor_removed),
        ):
            button.clicked.connect(lambda _checked=False, signal=signal: signal.emit())

    # what it shows

    def take_back(self) -> None:
        """What was asked for was not done: with the next facts the fields show what holds."""
        self._facts = None

    def set_facts(self, facts: CameraFacts) -> None:
        """Show what is known."""
        if facts == self._facts:
            return
        self._facts = facts
        free = facts.writable and not facts.busy
        self._show_focal(facts)
        self.solved_said.setText(facts.solved or "None: the camera is taken to stand still.")
        self.choose.setEnabled(free)
        self.drop_zone.setEnabled(free)
        self.drop_zone.setVisible(not facts.solved)
        self.remove.setVisible(bool(facts.solved))
        self.remove.setEnabled(free)
        self._show_scale(facts, free)
        self.floor_said.setText(facts.floor or "Not known: the lowest foot of each frame stands for it.")
        set_role(self.floor_said, "warn" if facts.floor_old else "muted")
        self._show_feet(self.floor_feet, "the floor", free)
        self.floor_remove.setVisible(bool(facts.floor))
        self.floor_remove.setEnabled(free)
        self._show_busy(facts)

    def _show_busy(self, facts: CameraFacts) -> None:
        parts = {"solved": self.solved_said, "scale": self.scale_said, "floor": self.floor_said}
        if facts.busy and (label := parts.get(facts.busy_part)) is not None:
            label.setText(facts.busy)
            set_role(label, "muted")

    def _show_focal(self, facts: CameraFacts) -> None:
        if facts.size is not None:
            self.focal.set_size(facts.size)
        self.focal.set_value(facts.focal_length)
        self.focal.setEnabled(facts.writable and facts.focal_length > 0 and not facts.solved)
        self.focal_said.setText(facts.said)
        self.reset.setEnabled(facts.writable and facts.own)
        blocked = QSignalBlocker(self.for_runs)
        self.for_runs.setChecked(facts.for_runs)
        blocked.unblock()
        self.for_runs.setEnabled(facts.focal_length > 0)
        self.scope.setText(facts.scope)
        self.scope.setVisible(bool(facts.scope))

    def _show_scale(self, facts: CameraFacts, free: bool) -> None:
        self._scale_part.setVisible(bool(facts.solved))
        if not self._settling.isActive():
            blocked = QSignalBlocker(self.scale)
            self.scale.setValue(facts.scale)
            blocked.unblock()
            self._shown_scale = self.scale.value()
        self.scale.setEnabled(free)
        self.scale_said.setText(facts.scale_said)
        set_role(self.scale_said, "muted" if facts.scale_sure else "warn")
        self._show_feet(self.scale_feet, "the scale", free)

    def _show_feet(self, button: QPushButton, what: str, free: bool) -> None:
        track = self._facts.track if self._facts is not None else ""
        button.setEnabled(free and bool(track))
        button.setToolTip(
            f"Find {what} from the frames in which a foot of {track} rests"
            if track
            else "Select a person who stands or walks first"
        )

    # what is asked

    def _on_scale(self) -> None:
        self._settling.stop()
        if self.scale.value() != self._shown_scale:
            self._shown_scale = self.scale.value()
            self.scale_chosen.emit(self._shown_scale)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A file is welcome anywhere."""
        if self.choose.isEnabled() and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell which file; of several the first."""
        event.acceptProposedAction()
        self.file_given.emit(next(url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()))


def _row(*widgets: QWidget) -> QWidget:
    row = QWidget()
    across = QHBoxLayout(row)
    across.setContentsMargins(0, 0, 0, 0)
    across.setSpacing(8)
    for widget in widgets:
        across.addWidget(widget, not isinstance(widget, QPushButton))
    across.addStretch(0)
    return row
