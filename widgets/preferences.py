"""What a person may choose for good."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from widgets.body_dialog import body_dialog
from widgets.focal_choice import FocalChoice
from widgets.form import add_row, choice, new_form, real_number, tick, whole_number
from widgets.humans4d_options import Humans4DOptions
from widgets.parts import push_button, text_label
from widgets.preference_search import SearchField, show_matches
from widgets.values import Preferences

_SCHEMES = (("auto", "As the desktop"), ("dark", "Dark"), ("light", "Light"))
_RENDERERS = (("auto", "Best available"), ("opengl", "OpenGL"), ("software", "Software"))


class PreferencesDialog(QDialog):
    """Every change takes effect at once; "Defaults" takes all back.

    Signals:
        changed: The preferences as they are now, a Preferences.
        keys_requested: The keys are to be looked at or changed.
    """

    changed = Signal(object)
    keys_requested = Signal()

    def __init__(self, values: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self._setting = False
        self._shown = values
        self._tabs = QTabWidget()
        self.search = SearchField("Search preferences")
        self._nothing = text_label("Nothing has that name", "muted")
        self.theme = choice(_SCHEMES, "auto")
        self.renderer = choice(_RENDERERS, "auto")
        self.cache = whole_number(64, 16384, 64, "MB")
        self.prefetch = tick("Decode ahead in the direction of movement")
        self.autoload = tick("Load the models when the window opens")
        self.scrubbing = tick("Run each frame one stops at")
        self.score = real_number(0.0, 1.0, 0.05, 2)
        self.least_height = whole_number(0, 4096, 10, "px", "any")
        self.people = whole_number(0, 100, 1, "", "no limit")
        self.masks = tick("Make segmentation masks")
        self.focal = FocalChoice()
        self.body = QLineEdit()
        self.humans4d = Humans4DOptions()
        self._arrange()
        self.set_values(values)
        self._connect()

    def _arrange(self) -> None:
        tabs = self._tabs
        tabs.setDocumentMode(True)
        for title, page in (
            ("Window", self._window_page()),
            ("Models", self._models_page()),
            ("Running", self._running_page()),
        ):
            tabs.addTab(page, title)
        self.search.textChanged.connect(lambda text: self._nothing.setVisible(not show_matches(tabs, text)))
        self._nothing.hide()
        above = QHBoxLayout()
        above.setContentsMargins(16, 8, 16, 0)
        above.addWidget(self.search)
        above.addWidget(self._nothing)
        defaults, close = push_button("Defaults"), push_button("Close", primary=True)
        defaults.clicked.connect(self._on_defaults)
        close.clicked.connect(self.accept)
        close.setDefault(True)
        row = QHBoxLayout()
        row.setContentsMargins(16, 0, 16, 16)
        row.addWidget(defaults)
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addLayout(above)
        column.addWidget(tabs, 1)
        column.addLayout(row)
        self.resize(580, 460)

    def add_page(self, title: str, page: QWidget) -> None:
        """Show a page that others answer for; "Defaults" does not touch it."""
        self._tabs.addTab(page, title)

    def _window_page(self) -> QWidget:
        page, form, _column = _page()
        add_row(form, "Theme", self.theme)
        add_row(form, "Bodies drawn by", self.renderer)
        note = "Decoded pictures in memory: more makes stepping back faster. From the next video on."
        add_row(form, "Pictures kept", self.cache, note)
        form.addRow("", self.prefetch)
        keys = push_button("Change Keys…")
        keys.clicked.connect(self.keys_requested)
        add_row(form, "Keys", keys)
        return page

    def _models_page(self) -> QWidget:
        page, form, column = _page()
        form.addRow("", self.autoload)
        browse = push_button("Choose…")
        browse.setAccessibleName("Choose a body model file")
        browse.clicked.connect(self._on_browse)
        self.body.setPlaceholderText("Built-in body")
        self.body.setMinimumWidth(240)
        self.body.setAccessibleName("Body model file")
        self.body.setClearButtonEnabled(True)
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.body, 1)
        row.addWidget(browse)
        add_row(
            form,
            "Body model",
            both,
            "Your own SMPL file, .pkl or .npz. If empty: the built-in body, or for\n"
            "4D-Humans, which cannot use that one, the SMPL file in its usual place.",
        )
        column.addWidget(self.humans4d)
        return page

    def _running_page(self) -> QWidget:
        page, form, _column = _page()
        form.addRow("", self.scrubbing)
        form.addRow("", self.masks)
        add_row(
            form, "Lowest score", self.score, "People below it are left out, and listed in the inspector."
        )
        add_row(form, "Least height", self.least_height)
        add_row(form, "Most people", self.people)
        meaning = "It decides the distances. A video that does not say it is run by the engine's rule."
        add_row(form, "Focal length", self.focal, meaning)
        return page

    def _connect(self) -> None:
        for box in (self.theme, self.renderer):
            box.currentIndexChanged.connect(self._on_changed)
        for number in (self.cache, self.least_height, self.people):
            number.valueChanged.connect(self._on_changed)
        self.score.valueChanged.connect(self._on_changed)
        for flag in (self.prefetch, self.autoload, self.scrubbing, self.masks):
            flag.toggled.connect(self._on_changed)
        for several in (self.focal, self.humans4d):
            several.changed.connect(self._on_changed)
        self.body.editingFinished.connect(self._on_changed)

    def set_values(self, values: Preferences) -> None:
        """Show these."""
        self._setting = True
        self.theme.setCurrentIndex(self.theme.findData(values.theme))
        self.renderer.setCurrentIndex(self.renderer.findData(values.renderer))
        self.cache.setValue(values.cache_mb)
        self.prefetch.setChecked(values.prefetch)
        self.autoload.setChecked(values.autoload_engine)
        self.scrubbing.setChecked(values.run_while_scrubbing)
        self.score.setValue(values.score_threshold)
        self.least_height.setValue(values.min_size)
        self.people.setValue(values.max_people)
        self.masks.setChecked(values.masks)
        self.focal.set_values(values)
        self.humans4d.set_values(values)
        self.body.setText(values.body_model)
        self._shown = values
        self._setting = False

    def follow(self, values: Preferences) -> None:
        """Show what was chosen elsewhere, or a change here would take it back."""
        if values != self.values:
            self.set_values(values)

    @property
    def values(self) -> Preferences:
        """The preferences as they are now, with what is chosen elsewhere: the engine."""
        chosen = replace(
            self._shown,
            theme=self.theme.currentData(),
            cache_mb=self.cache.value(),
            prefetch=self.prefetch.isChecked(),
            run_while_scrubbing=self.scrubbing.isChecked(),
            score_threshold=round(self.score.value(), 2),
            min_size=self.least_height.value(),
            max_people=self.people.value(),
            masks=self.masks.isChecked(),
            body_model=self.body.text().strip(),
            renderer=self.renderer.currentData(),
            autoload_engine=self.autoload.isChecked(),
        )
        return self.humans4d.put_into(self.focal.put_into(chosen))

    def _on_changed(self) -> None:
        if not self._setting and self.values != self._shown:
            self._shown = self.values
            self.changed.emit(self._shown)

    def _on_defaults(self) -> None:
        self.set_values(Preferences(engine=self._shown.engine))
        self.changed.emit(self._shown)

    def _on_browse(self) -> None:
        dialog = body_dialog(self, self.body.text(), self._take_body)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _take_body(self, path: str) -> None:
        self.body.setText(path)
        self._on_changed()


def _page() -> tuple[QWidget, QFormLayout, QVBoxLayout]:
    page, form = QWidget(), new_form()
    column = QVBoxLayout(page)
    column.setContentsMargins(24, 20, 24, 16)
    column.setAlignment(Qt.AlignmentFlag.AlignTop)
    column.addLayout(form)
    return page, form, column
