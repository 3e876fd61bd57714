"""The Problems tab: what is wrong, why, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from widgets.parts import as_panel, text_label, tool_button
from widgets.problem_model import Filter, ProblemModel, describe, state_icon
from widgets.problem_settings import ThresholdPopup
from widgets.problem_values import STATES, ProblemKey, ProblemRow, State, ThresholdRow
from widgets.problem_view import ProblemView
from widgets.units import format_count

_WHY_LINES = 5


class ProblemPanel(QWidget):
    """A table with its filters above and an explanation below.

    Selecting a problem asks to go there; so does Return or a double-click on the one that is selected.

    Signals:
        problem_selected: The key of a problem.
        ignore_requested: Keys of problems, and whether they are to be ignored.
        run_requested: Keys of problems whose frames are to be run again.
        verify_requested: Keys of problems that were looked at and are right.
        threshold_changed: Key of a signal and its threshold.
        defaults_requested: All thresholds as they were at first.
    """

    problem_selected = Signal(object)
    ignore_requested = Signal(list, bool)
    run_requested = Signal(list)
    verify_requested = Signal(list)
    threshold_changed = Signal(str, float)
    defaults_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Problems")
        as_panel(self)
        self._model = ProblemModel(self)
        self.view = ProblemView(self._model, self)
        self.chips = {state: self._chip(state, title) for state, title, *_rest in STATES}
        self.signal_box, self.person_box = _box("Signal"), _box("Person")
        self.thresholds_button = tool_button("thresholds", "Thresholds", "Change the thresholds")
        self.message = text_label("", "muted", True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.why = text_label("", "muted", True)
        self.progress = QProgressBar()
        self._thresholds: tuple[ThresholdRow, ...] = ()
        self._popup: ThresholdPopup | None = None
        self._empty = ""
        self._stack = QStackedLayout()
        self._arrange()
        self._connect()
        self.set_empty_text("Open a video first.")
        self._tell()

    @property
    def rows(self) -> list[ProblemRow]:
        """The problems as they are listed."""
        return self._model.rows

    def _chip(self, state: State, title: str) -> QPushButton:
        chip = QPushButton()
        chip.setCheckable(True)
        chip.setChecked(True)
        chip.setAutoDefault(False)
        chip.setProperty("chip", "true")
        chip.setToolTip(f"List {title.lower()} problems")
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return chip

    def _arrange(self) -> None:
        states, choices = QHBoxLayout(), QHBoxLayout()
        for row in (states, choices):
            row.setSpacing(6)
        for chip in self.chips.values():
            states.addWidget(chip)
        states.addStretch(1)
        states.addWidget(self.thresholds_button)
        choices.addWidget(self.signal_box, 1)
        choices.addWidget(self.person_box, 1)
        head = QVBoxLayout()
        head.setContentsMargins(8, 8, 8, 6)
        head.setSpacing(6)
        head.addLayout(states)
        head.addLayout(choices)
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setFixedHeight(3)
        self.progress.setAccessibleName("Looking for problems")
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # or the table would jump at every edit
        self.progress.setSizePolicy(policy)
        self.progress.hide()
        self.message.setContentsMargins(24, 0, 24, 0)
        for widget in (self.view, self.message):
            self._stack.addWidget(widget)
        self.why.setContentsMargins(10, 6, 10, 8)
        self.why.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.why.setFixedHeight(self.why.fontMetrics().lineSpacing() * _WHY_LINES + 14)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.progress)
        column.addLayout(self._stack, 1)
        column.addWidget(self.why)

    def _connect(self) -> None:
        for chip in self.chips.values():
            chip.toggled.connect(self._on_filter)
        for box in (self.signal_box, self.person_box):
            box.activated.connect(self._on_filter)
        self.thresholds_button.clicked.connect(lambda: self.open_thresholds())
        self.view.problem_selected.connect(self._on_selected)
        self.view.menu_chosen.connect(self._on_menu)
        # Once the menu is gone: what closes a menu would close the small window too.
        self.view.threshold_requested.connect(self.open_thresholds, Qt.ConnectionType.QueuedConnection)

    def set_rows(self, rows: tuple[ProblemRow, ...]) -> None:
        """The problems there are; what is selected stays selected as long as it is there."""
        with self.view.quietly():
            changed = self._model.set_rows(rows)
        if changed:
            self._fill(self.signal_box, "All signals", _choices((row.signal, row.title) for row in rows))
            people = _choices((name, name) for row in rows for name in row.people)
            self._fill(self.person_box, "Everybody", people)
            self._on_filter()

    def set_current(self, key: ProblemKey | None) -> None:
        """The problem that is selected."""
        self.view.set_current(key)
        self._explain()

    def set_progress(self, fraction: float | None) -> None:
        """How far looking for problems has come; None when it is done."""
        self.progress.setVisible(fraction is not None)
        self.progress.setValue(round(1000 * (fraction or 0)))
        self._tell()

    def set_empty_text(self, text: str) -> None:
        """What to say while there is no problem."""
        self._empty = text
        self._tell()

    def set_thresholds(self, rows: tuple[ThresholdRow, ...]) -> None:
        """The thresholds as they are."""
        self._thresholds = rows
        if self._popup is not None:
            self._popup.form.set_rows(rows)

    def open_thresholds(self, signal: str = "") -> None:
        """Let the thresholds be changed, beginning with a signal's."""
        self._popup = popup = ThresholdPopup(self._thresholds, self)
        popup.destroyed.connect(self._on_popup_closed)
        popup.form.changed.connect(self.threshold_changed)
        popup.form.defaults_requested.connect(self.defaults_requested)
        popup.open_at(self.thresholds_button, signal)

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: the marks of the states have other colours."""
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "chips"):
            self._tell()
        super().changeEvent(event)

    def _fill(self, box: QComboBox, everything: str, choices: list[tuple[str, str]]) -> None:
        """Offer what there is; a choice that is gone is taken back."""
        chosen = box.currentData() or ""
        box.clear()
        box.addItem(everything, "")
        for value, title in choices:
            box.addItem(title, value)
        box.setCurrentIndex(max(box.findData(chosen), 0))

    def _on_filter(self) -> None:
        states = frozenset(state for state, chip in self.chips.items() if chip.isChecked())
        signal, person = self.signal_box.currentData() or "", self.person_box.currentData() or ""
        with self.view.quietly():
            self._model.set_filter(replace(Filter(), signal=signal, person=person, states=states))
        self.view.fit_columns()
        self._tell()
        self._explain()

    def _on_selected(self, key: ProblemKey) -> None:
        self._explain()
        self.problem_selected.emit(key)

    def _on_menu(self, what: str, keys: list[ProblemKey]) -> None:
        if what in ("ignore", "notice"):
            self.ignore_requested.emit(keys, what == "ignore")
        elif what == "run":
            self.run_requested.emit(keys)
        else:
            self.verify_requested.emit(keys)

    def _on_popup_closed(self) -> None:
        self._popup = None

    def _tell(self) -> None:
        """Say how many there are of each state, and why none is listed."""
        counts = Counter(row.state for row in self._model.all)
        for state, title, *_rest in STATES:
            chip = self.chips[state]
            chip.setText(f"{format_count(counts[state])} {title.lower()}")
            chip.setIcon(state_icon(state))
            chip.setAccessibleName(f"{counts[state]} {title.lower()} problems listed")
        hidden = len(self._model.all)
        self.message.setText(f"None of {format_count(hidden)} problems is listed." if hidden else self._empty)
        self._stack.setCurrentWidget(self.view if self._model.rows else self.message)

    def _explain(self) -> None:
        """Say why the selected problem is one."""
        row = self.view.current()
        self.why.setText(describe(row) if row is not None else "")


def _box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setMinimumContentsLength(6)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


def _choices(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each value once, with its title, by title."""
    return sorted(set(pairs), key=lambda pair: pair[1])
