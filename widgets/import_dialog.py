"""What a file of results holds and how it fits the video; then it is imported, or not."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from widgets.form import add_row, choice, new_form, real_number, tick, whole_number
from widgets.parts import push_button, set_role, text_label
from widgets.values import OptionRow

_HOW = (("auto", "Automatically"), ("frame", "By frame number"), ("time", "By presentation time"))


class ImportDialog(QDialog):
    """Shows what was recognised, asks how it is matched, and tells how far the import is.

    Signals:
        changed: Something else is wished for: what is shown is read again.
        import_requested: Put it into the session.
        cancel_requested: Stop what is being done.
    """

    changed = Signal()
    import_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, name: str, video: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import Results")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.how, self.offset = choice(_HOW, "auto"), whole_number(-(10**6), 10**6, 1, "frames")
        self.rate, self.partial = (
            real_number(0, 1000, 1, 3),
            tick("Leave out what does not fit"),
        )
        self.rows = QGridLayout()
        self.notices = QVBoxLayout()
        self.import_button = push_button("Import", primary=True)
        self.close_button = push_button("Cancel")
        self._options: dict[str, QWidget] = {}
        self._form = new_form()
        self._more = new_form()
        self._card = QFrame()
        self._card_text, self._card_hint = text_label("", "", True), text_label("", "muted", True)
        self._bar = QProgressBar()
        self._area = QScrollArea()
        self._writing = False
        self._title = text_label(name, "title", True)
        self._for = text_label(f"for {video}", "muted", True)
        self._arrange()
        self._connect()
        self.set_reading(0.0)

    # layout

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._for)
        column.addSpacing(4)
        column.addWidget(text_label("What is in it", "heading"))
        column.addWidget(self._found(), 1)
        column.addWidget(self._card)
        column.addStretch(0)
        column.addWidget(text_label("How it is matched", "heading"))
        both = QHBoxLayout()
        both.setSpacing(24)
        both.addLayout(self._matching())
        both.addLayout(self._more)
        both.addStretch(1)
        column.addLayout(both)
        column.addSpacing(4)
        column.addLayout(self._button_row())
        self._arrange_card()
        self.resize(680, 560)

    def _found(self) -> QScrollArea:
        inside = QWidget()
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(0, 0, 8, 0)
        lines.setSpacing(8)
        self.rows.setHorizontalSpacing(16)
        self.rows.setVerticalSpacing(6)
        self.rows.setColumnStretch(1, 1)
        lines.addLayout(self.rows)
        lines.addLayout(self.notices)
        lines.addStretch(1)
        area = self._area
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        area.setMinimumHeight(160)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys of what it says are of no use
        area.setAccessibleName("What is in the file")
        return area

    def _matching(self) -> QFormLayout:
        self.rate.setSpecialValueText("as the file says")
        self.rate.setMinimumWidth(160)
        add_row(self._form, "Frames", self.how)
        add_row(self._form, "Moved by", self.offset)
        add_row(self._form, "Frames per second", self.rate)
        add_row(self._form, "", self.partial)
        return self._form

    def _arrange_card(self) -> None:
        self._card.hide()
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(8, 6, 8, 6)
        inside.addWidget(self._card_text)
        inside.addWidget(self._card_hint)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName("Progress of the import")

    def _button_row(self) -> QHBoxLayout:
        self.import_button.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._bar, 1)
        row.addStretch(1)
        row.addWidget(self.close_button)
        row.addWidget(self.import_button)
        return row

    def _connect(self) -> None:
        self.how.currentIndexChanged.connect(self._on_changed)
        for box in (self.offset, self.rate):
            box.setKeyboardTracking(False)
        self.offset.valueChanged.connect(self._on_changed)
        self.rate.valueChanged.connect(self._on_changed)
        self.partial.toggled.connect(self._on_changed)
        self.import_button.clicked.connect(self.import_requested)
        self.close_button.clicked.connect(self._on_close)

    # what it shows

    def set_options(self, options: tuple[OptionRow, ...]) -> None:
        """The choices that the recognised format offers; those that are there stay as they are."""
        if tuple(option.key for option in options) == tuple(self._options):
            return
        while self._more.rowCount():
            self._more.removeRow(0)
        self._options = {option.key: self._control(option) for option in options}

    def _control(self, option: OptionRow) -> QWidget:
        if option.choices:
            box = choice(option.choices, option.default)
            box.currentIndexChanged.connect(self._on_changed)
            add_row(self._more, option.title, box)
            return box
        line = QLineEdit(option.default)
        line.setPlaceholderText("as is known")
        line.setMinimumWidth(160)
        line.editingFinished.connect(self._on_changed)
        add_row(self._more, option.title, line)
        return line

    def set_found(self, rows: tuple[tuple[str, str], ...], notices: tuple[str, ...]) -> None:
        """What is in the file, and what one should know of it."""
        self._clear()
        for row, (name, said) in enumerate(rows):
            self.rows.addWidget(text_label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            self.rows.addWidget(text_label(said, "", True), row, 1)
        self._area.show()
        for notice in notices:
            self.notices.addWidget(text_label(notice, "warn", True))
        self._card.hide()
        self._ready(True)

    def set_reading(self, fraction: float | None) -> None:
        """How far reading has come; None once it has ended."""
        self._bar.setVisible(fraction is not None)
        self._bar.setValue(round((fraction or 0.0) * 1000))
        if fraction is not None:
            self.import_button.setEnabled(False)

    def set_error(self, text: str, hint: str = "") -> None:
        """It cannot be imported so."""
        self._clear()
        self._area.hide()
        set_role(self._card, "error")
        self._card_text.setText(text)
        self._card_hint.setText(hint)
        self._card_hint.setVisible(bool(hint))
        self._card.show()
        self.set_progress(None)
        self._ready(False)

    def set_progress(self, fraction: float | None) -> None:
        """How far the import has come; None while nothing is imported."""
        self._writing = fraction is not None
        self.set_reading(fraction)
        for box in (self.how, self.offset, self.rate, self.partial, *self._options.values()):
            box.setEnabled(not self._writing)

    def _ready(self, ready: bool) -> None:
        self.set_reading(None)
        self.import_button.setEnabled(ready and not self._writing)

    def _clear(self) -> None:
        for layout in (self.rows, self.notices):
            while (item := layout.takeAt(0)) is not None:
                if (widget := item.widget()) is not None:
                    widget.hide()
                    widget.deleteLater()

    def said(self) -> str:
        """All it says of the file, as one text."""
        labels = [one for one in self.findChildren(QLabel) if one.isVisibleTo(self)]
        return "\n".join(label.text() for label in labels)

    # what is asked

    def options(self) -> dict[str, str]:
        """The format's options by key, without those that are empty."""
        chosen: dict[str, str] = {}
        for key, control in self._options.items():
            if isinstance(control, QComboBox):
                chosen[key] = str(control.currentData())
            elif isinstance(control, QLineEdit):
                chosen[key] = control.text().strip()
        return {key: value for key, value in chosen.items() if value}

    def _on_changed(self) -> None:
        self.changed.emit()

    def _on_close(self) -> None:
        if self._writing:
            self.cancel_requested.emit()
        else:
            self.reject()

    def reject(self) -> None:
        """Esc, too, first stops what is being imported."""
        if self._writing:
            self.cancel_requested.emit()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """As `reject`."""
        if self._writing:
            self.cancel_requested.emit()
        super().closeEvent(event)
