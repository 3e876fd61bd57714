"""The Models panel: which engine, how far its models have come, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pipeline.loading import StageState, StageStatus
from widgets.body_row import BodyRow
from widgets.parts import as_panel, line, push_button, set_role, text_label
from widgets.smpl_import import SmplImport
from widgets.stage_row import StageRow
from widgets.theme import fixed_font, set_icon
from widgets.values import EngineRow, Gender, LoadState


@dataclass(frozen=True, slots=True)
class _Face:
    """How the panel looks in a state: words, their role, what the button offers."""

    words: str
    role: str
    button: str
    cancel: bool = False
    unload: bool = False


_FACES: dict[LoadState, _Face] = {
    "stopped": _Face("Not loaded", "muted", "Load"),
    "loading": _Face("Loading…", "warn", "", cancel=True),
    "ready": _Face("Ready", "good", "", unload=True),
    "failed": _Face("Failed", "bad", "Retry"),
    "installing": _Face("Installing…", "warn", "", cancel=True),
    "dead": _Face("Stopped unexpectedly", "bad", "Load again"),
}


class ModelsPanel(QWidget):
    """One row for each stage of loading, all at once.

    Signals:
        engine_chosen: Name of the engine picked from the list.
        load_requested: Name of the engine to load.
        install_requested: Name of the engine to install.
        retry_requested: Try again what failed.
        cancel_requested: Stop loading or installing.
        unload_requested: Let the models go.
        body_model_requested: Choose another body model file.
        builtin_body_requested: Go back to the built-in body, or to the file in its usual place.
        gender_chosen: "neutral", "male" or "female".
        smpl_file_given: Path of a SMPL file given where one was missing, and the gender that is needed.
    """

    engine_chosen = Signal(str)
    load_requested = Signal(str)
    install_requested = Signal(str)
    retry_requested = Signal()
    cancel_requested = Signal()
    unload_requested = Signal()
    body_model_requested = Signal()
    builtin_body_requested = Signal()
    gender_chosen = Signal(str)
    smpl_file_given = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Models")
        as_panel(self)
        self._engines: tuple[EngineRow, ...] = ()
        self._state: LoadState = "stopped"
        self._rows: list[StageRow] = []
        self._choice = QComboBox()
        self._choice.setAccessibleName("Engine")
        self._summary = text_label("", "muted", True)
        self._problem = text_label("", "warn", True)
        self._words = text_label("", "muted")
        self._detail = text_label("", "muted", True)
        self._detail.hide()
        self._main = push_button("Load", primary=True)
        self._cancel = push_button("Cancel")
        self._unload = push_button("Unload")
        self._stages = QVBoxLayout()
        self._area = QScrollArea()
        self._area.setAccessibleName("Stages of loading")
        self._follows_failure = False
        self._log_button = QToolButton()
        self._log = QPlainTextEdit()
        self._body = BodyRow()
        self._arrange()
        self._connect()
        self.set_state("stopped")

    # layout

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self._choice)
        column.addWidget(self._summary)
        column.addWidget(self._problem)
        column.addLayout(self._state_row())
        column.addWidget(self._detail)
        column.addWidget(line())
        column.addWidget(self._stage_area(), 1)
        column.addWidget(self._log_button)
        column.addWidget(self._log)
        column.addWidget(line())
        column.addWidget(self._body)

    def _state_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._words, 1)
        for button in (self._cancel, self._unload, self._main):
            row.addWidget(button)
        return row

    def _stage_area(self) -> QScrollArea:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        self._stages.setSpacing(2)
        column.addLayout(self._stages)
        column.addStretch(1)
        area = self._area
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumHeight(64)
        area.setWidget(inside)
        return area

    def _connect(self) -> None:
        self._choice.activated.connect(self._on_chosen)
        self._main.clicked.connect(self._on_main)
        self._cancel.clicked.connect(self._on_cancel)
        self._unload.clicked.connect(self._on_unload)
        bar = self._area.verticalScrollBar()
        bar.rangeChanged.connect(self._show_failure)  # the rows have their new heights
        bar.actionTriggered.connect(self._on_scrolled)
        self._body.file_requested.connect(self.body_model_requested)
        self._body.default_requested.connect(self.builtin_body_requested)
        self._body.gender_chosen.connect(self.gender_chosen)
        self._log_button.setText("Log")
        self._log_button.setAccessibleName("Show the engine's log")
        self._log_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._log_button.setCheckable(True)
        self._log_button.setProperty("flat", "true")
        self._log_button.toggled.connect(self._on_log_toggled)
        self._log.setAccessibleName("Log of the engine")
        self._log.setReadOnly(True)
        self._log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._log.setFont(fixed_font())
        self._log.setFixedHeight(128)
        self._on_log_toggled(False)
        self._log_button.hide()

    # what it shows

    def set_engines(self, engines: tuple[EngineRow, ...], current: str) -> None:
        """The engines there are, and the one in use."""
        self._engines = engines
        self._choice.clear()
        for engine in engines:
            lacks = "not installed" if engine.installable else "no address"
            suffix = "" if engine.installed else f"  ({lacks})"
            self._choice.addItem(engine.title + suffix, engine.name)
        self._choice.setCurrentIndex(max(self._choice.findData(current), 0 if engines else -1))
        self._renew()

    def set_statuses(self, statuses: tuple[StageStatus, ...]) -> None:
        """How far each stage is."""
        while len(self._rows) < len(statuses):
            row = StageRow()
            row.smpl_file_given.connect(self.smpl_file_given)
            self._rows.append(row)
            self._stages.addWidget(row)
        while len(self._rows) > len(statuses):
            row = self._rows.pop()
            row.setParent(None)
            row.deleteLater()
        for row, status in zip(self._rows, statuses, strict=True):
            if row.status != status:
                row.set_status(status)
                if status.state is StageState.FAILED:
                    self._follows_failure = True

    def set_state(self, state: LoadState) -> None:
        """What the engine is doing, and so what one may ask for."""
        self._state = state
        self._renew()

    def set_engine_detail(self, text: str) -> None:
        """Version, device, body and speed of a loaded engine."""
        self._detail.setText(text)
        self._detail.setVisible(bool(text))

    def set_log_tail(self, text: str) -> None:
        """The last lines of the engine's log."""
        self._log_button.setVisible(bool(text))
        self._log.setVisible(bool(text) and self._log_button.isChecked())
        if text != self._log.toPlainText():
            self._log.setPlainText(text)
            self._log.verticalScrollBar().setValue(self._log.verticalScrollBar().maximum())

    def set_body_model(self, file: str) -> None:
        """Name of the user's own body model file; empty if none is chosen."""
        self._body.set_file(file)

    def set_gender(self, gender: Gender) -> None:
        """The body's gender, for engines where that is a choice."""
        self._body.set_gender(gender)

    def set_import_busy(self, busy: bool) -> None:
        """A SMPL file that was given is being looked at."""
        for area in self._imports():
            area.set_busy(busy)

    def set_import_problem(self, text: str, hint: str = "") -> None:
        """Why the SMPL file that was given is not taken."""
        for area in self._imports():
            area.set_problem(text, hint)

    def _show_failure(self) -> None:
        """Bring the stage that failed to the top, until somebody scrolls: what to do about it may be long."""
        failed = next((row for row in self._rows if row.status.state is StageState.FAILED), None)
        if failed is not None and self._follows_failure:
            self._area.verticalScrollBar().setValue(failed.y())

    def _imports(self) -> list[SmplImport]:
        return [row.smpl_import for row in self._rows if row.smpl_import is not None]

    @property
    def engine(self) -> str:
        """Name of the engine picked."""
        row = self._engine()
        return row.name if row else ""

    def _engine(self) -> EngineRow | None:
        index = self._choice.currentIndex()
        return self._engines[index] if 0 <= index < len(self._engines) else None

    def _renew(self) -> None:
        face, engine = _FACES[self._state], self._engine()
        lacking = engine is not None and engine.installable and not engine.installed
        missing = lacking and self._state in ("stopped", "failed", "dead")
        self._words.setText("Not installed" if missing and self._state == "stopped" else face.words)
        set_role(self._words, face.role)
        self._main.setText("Install" if missing else face.button)
        self._main.setAccessibleName(self._main.text())
        self._main.setVisible(bool(self._main.text()))
        self._main.setEnabled(engine is not None)
        self._cancel.setVisible(face.cancel)
        self._unload.setVisible(face.unload)
        self._choice.setEnabled(not face.cancel)
        self._body.set_own_only(engine is not None and engine.own_body)
        self._summary.setText(engine.summary if engine else "")
        self._summary.setVisible(bool(self._summary.text()))
        self._problem.setText(engine.problem if engine else "")
        self._problem.setVisible(bool(self._problem.text()))

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: other icons."""
        if event.type() == QEvent.Type.PaletteChange:
            for row in self._rows:
                row.renew_icon()
        super().changeEvent(event)

    # what is asked

    def _on_scrolled(self) -> None:
        self._follows_failure = False

    def _on_chosen(self, index: int) -> None:
        self._renew()
        self.engine_chosen.emit(self._engines[index].name)

    def _on_main(self) -> None:
        if self._main.text() == "Install":
            self.install_requested.emit(self.engine)
        elif self._state == "failed":
            self.retry_requested.emit()
        else:
            self.load_requested.emit(self.engine)

    def _on_cancel(self) -> None:
        self.cancel_requested.emit()

    def _on_unload(self) -> None:
        self.unload_requested.emit()

    def _on_log_toggled(self, shown: bool) -> None:
        self._log.setVisible(shown)
        set_icon(self._log_button, "chevron-down" if shown else "chevron-right")
