"""What the next runs are asked for, as far as it fits beside the picture."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from widgets.focal_choice import FocalChoice
from widgets.form import add_row, choice, new_form, real_number, tick, whole_number
from widgets.parts import text_label
from widgets.values import EngineRow, LoadState, Preferences

_STATES: dict[LoadState, str] = {
    "stopped": "Not loaded; a run loads it first.",
    "loading": "Loading…",
    "ready": "Ready",
    "failed": "Could not be loaded.",
    "installing": "Installing…",
    "dead": "Stopped; a run loads it again.",
}


class RunOptionsForm(QWidget):
    """The running page of the preferences, and the engine; every change takes effect at once.

    Signals:
        changed: The preferences as they are now, a Preferences.
        engine_chosen: Name of an engine.
    """

    changed = Signal(object)
    engine_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Preferences()
        self._setting = False
        self.engine = choice((), "")
        self.engine.setMinimumWidth(120)
        self.state = text_label("", "muted", True)
        self.score = real_number(0.0, 1.0, 0.05, 2)
        self.least_height = whole_number(0, 4096, 10, "px", "any")
        self.people = whole_number(0, 100, 1, "", "no limit")
        self.masks = tick("Make segmentation masks")
        self.scrubbing = tick("Run each frame one stops at")
        self.focal = FocalChoice(stacked=True)
        self._arrange()
        self.set_values(self._shown)
        self._connect()

    def _arrange(self) -> None:
        form = new_form()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.engine.setAccessibleName("Engine of the next runs")
        add_row(form, "Lowest score", self.score)
        add_row(form, "Least height", self.least_height)
        add_row(form, "Most people", self.people)
        for widget in (self.focal.source, self.focal.value, self.score, self.least_height, self.people):
            widget.setMinimumWidth(96)
        self.score.setToolTip("Who is scored lower is left out, and can be accepted one by one")
        self.least_height.setToolTip("Who is less high is left out")
        self.people.setToolTip("The best are kept")
        self.focal.source.setToolTip("It decides the distances")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addLayout(_titled("Engine", self.engine, self.state))
        whole.addLayout(form)
        whole.addLayout(_titled("Focal length", self.focal))
        whole.addWidget(self.masks)
        whole.addWidget(self.scrubbing)

    def _connect(self) -> None:
        self.engine.activated.connect(lambda row: self.engine_chosen.emit(self.engine.itemData(row)))
        self.score.valueChanged.connect(self._on_changed)
        for number in (self.least_height, self.people):
            number.valueChanged.connect(self._on_changed)
        for flag in (self.masks, self.scrubbing):
            flag.toggled.connect(self._on_changed)
        self.focal.changed.connect(self._on_changed)

    def set_engines(self, rows: tuple[EngineRow, ...], name: str) -> None:
        """Which engines there are, and which is in use."""
        self.engine.clear()
        for row in rows:
            self.engine.addItem(row.title if row.installed else f"{row.title} (not installed)", row.name)
        self.engine.setCurrentIndex(self.engine.findData(name))

    def set_state(self, state: LoadState) -> None:
        """How the engine stands."""
        self.state.setText(_STATES[state])

    def set_values(self, values: Preferences) -> None:
        """Show these; what is shown already is left alone, for somebody may be typing it."""
        if values == self.values and values == self._shown:
            return
        self._setting = True
        self.score.setValue(values.score_threshold)
        self.least_height.setValue(values.min_size)
        self.people.setValue(values.max_people)
        self.masks.setChecked(values.masks)
        self.scrubbing.setChecked(values.run_while_scrubbing)
        self.focal.set_values(values)
        self._shown = values
        self._setting = False

    @property
    def values(self) -> Preferences:
        """The preferences with what is chosen here."""
        chosen = replace(
            self._shown,
            score_threshold=round(self.score.value(), 2),
            min_size=self.least_height.value(),
            max_people=self.people.value(),
            masks=self.masks.isChecked(),
            run_while_scrubbing=self.scrubbing.isChecked(),
        )
        return self.focal.put_into(chosen)

    def _on_changed(self) -> None:
        if not self._setting and self.values != self._shown:
            self._shown = self.values
            self.changed.emit(self._shown)


def _titled(title: str, *widgets: QWidget) -> QVBoxLayout:
    """A title above, for what would be cut off beside it."""
    column = QVBoxLayout()
    column.setSpacing(3)
    for widget in (text_label(title), *widgets):
        column.addWidget(widget)
    return column
