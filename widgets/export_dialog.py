"""Write results to a file other programs read."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from pipeline.atomic import MARKER
from pipeline.structures import Track
from widgets.export_formats import FormatList
from widgets.export_options import ExportOptions
from widgets.parts import push_button, set_role, text_label
from widgets.values import FormatRow


class ExportDialog(QDialog):
    """Choose a format, see what will be in the file, write it; the window stays usable meanwhile.

    Options are strings by key ("yes" or "no" where there are no choices); "tracks" is a tuple of the
    tracks to write and missing when all are.

    Signals:
        export_requested: Key of the format, path, options.
        preview_requested: The same, whenever one of them changed.
        cancel_requested: Stop writing.
    """

    export_requested = Signal(str, str, dict)
    preview_requested = Signal(str, str, dict)
    cancel_requested = Signal()

    def __init__(
        self,
        formats: tuple[FormatRow, ...],
        tracks: tuple[Track, ...],
        folder: Path,
        stem: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self._formats = formats
        self._tracks = tracks
        self._writing = False
        self.formats = FormatList(formats)
        self._title, self._summary = text_label("", "title"), text_label("", "muted", True)
        self._readers = text_label("", "muted", True)
        self._options_place = QVBoxLayout()
        self.options = ExportOptions((), tracks)
        self._path_heading = text_label("File", "heading")
        self.path = QLineEdit(str(folder / stem))
        self._browse = push_button("Choose…")
        self._preview = QPlainTextEdit()
        self._card = QFrame()
        self._card_text, self._card_hint = text_label("", "", True), text_label("", "muted", True)
        self._bar = QProgressBar()
        self.export_button = push_button("Export", primary=True)
        self.cancel_button = push_button("Cancel")
        self._close = push_button("Close")
        self._arrange()
        self._connect()
        self.set_progress(None)
        if formats:
            self.formats.choose(formats[0].key)

    # layout

    def _arrange(self) -> None:
        self.formats.setFixedWidth(232)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.formats)
        column = QVBoxLayout()
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        for label in (self._title, self._summary, self._readers):
            column.addWidget(label)
        column.addSpacing(4)
        column.addLayout(self._options_place)
        column.addWidget(self._path_heading)
        column.addLayout(self._path_row())
        column.addSpacing(4)
        column.addWidget(text_label("What will be in it", "heading"))
        column.addWidget(self._preview)
        column.addStretch(1)
        column.addWidget(self._card)
        column.addLayout(self._button_row())
        row.addLayout(column, 1)
        self._arrange_details()
        self.resize(800, 680)

    def _arrange_details(self) -> None:
        self._preview.setReadOnly(True)
        self._preview.setFixedHeight(76)
        self._card.hide()
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(8, 6, 8, 6)
        inside.addWidget(self._card_text)
        inside.addWidget(self._card_hint)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName("Progress of the export")

    def _path_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(self._browse)
        return row

    def _button_row(self) -> QHBoxLayout:
        self.export_button.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._bar, 1)
        row.addStretch(1)
        for button in (self._close, self.cancel_button, self.export_button):
            row.addWidget(button)
        return row

    def _connect(self) -> None:
        self.formats.format_chosen.connect(self._on_format)
        self.path.editingFinished.connect(self._ask_preview)
        self._browse.clicked.connect(self._on_browse)
        self.export_button.clicked.connect(self._on_export)
        self.cancel_button.clicked.connect(self._on_cancel)
        self._close.clicked.connect(self.close)

    # what it shows

    def set_preview(self, text: str) -> None:
        """What will be in the file."""
        self._preview.setPlainText(text)

    def set_progress(self, fraction: float | None) -> None:
        """How far writing has come; None while nothing is written."""
        self._writing = fraction is not None
        if self._writing:
            self._card.hide()
        self._bar.setVisible(self._writing)
        self._bar.setValue(round((fraction or 0.0) * 1000))
        self.cancel_button.setVisible(self._writing)
        self._close.setText("Hide" if self._writing else "Close")
        self.export_button.setEnabled(not self._writing)
        for widget in (self.formats, self.options, self.path, self._browse):
            widget.setEnabled(not self._writing)

    def set_error(self, text: str, hint: str = "") -> None:
        """Writing failed."""
        self._tell("error", text, hint)

    def set_finished(self, path: str) -> None:
        """The file is written."""
        self._tell("info", f"Written: {Path(path).name}", str(Path(path).parent))

    def _tell(self, role: str, text: str, hint: str) -> None:
        self.set_progress(None)
        set_role(self._card, role)
        self._card_text.setText(text)
        self._card_hint.setText(hint)
        self._card_hint.setVisible(bool(hint))
        self._card.show()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what the chosen format will write."""
        super().showEvent(event)
        self._ask_preview()

    # what is asked

    @property
    def chosen(self) -> FormatRow | None:
        """The format chosen."""
        return self.formats.chosen

    def _on_format(self) -> None:
        chosen = self.chosen
        if chosen is None:
            return
        self._title.setText(chosen.title)
        self._summary.setText(chosen.summary)
        self._readers.setText(f"Read by {chosen.readers}" if chosen.readers else "")
        before = self.options
        before.setParent(None)
        before.deleteLater()
        self.options = ExportOptions(chosen.options, self._tracks)
        self.options.tick_tracks(before.ticked())
        self.options.changed.connect(self._ask_preview)
        self._options_place.addWidget(self.options)
        kind = "folder" if chosen.is_folder else "file"
        self._path_heading.setText(kind.capitalize())
        self.path.setAccessibleName(f"{kind.capitalize()} to write")
        self._browse.setAccessibleName(f"Choose the {kind} to write")
        self._preview.setAccessibleName(f"Preview of the {kind}")
        self.path.setText(self._with_suffix(self.path.text(), chosen.suffix))
        self._card.hide()
        self._ask_preview()

    def _with_suffix(self, path: str, suffix: str) -> str:
        """Only a suffix of ours gives way: "run.3" keeps its 3."""
        for known in sorted({row.suffix for row in self._formats}, key=len, reverse=True):
            if path.endswith(known):
                return path.removesuffix(known) + suffix
        return path + suffix

    def _ask_preview(self) -> None:
        if self.isVisible() and self.chosen is not None:
            self.preview_requested.emit(self.chosen.key, self.path.text(), self.options.values())

    def _on_export(self) -> None:
        if self.chosen is not None and self.path.text().strip():
            self._card.hide()
            self.export_requested.emit(self.chosen.key, self.path.text().strip(), self.options.values())

    def _on_cancel(self) -> None:
        self.cancel_requested.emit()

    def _on_browse(self) -> None:
        if self.chosen is not None and self.chosen.is_folder:
            self._browse_folder()
            return
        suffix = self.chosen.suffix if self.chosen else ""
        # The platform's own dialog asks before a file is replaced.
        path, _ = QFileDialog.getSaveFileName(self, "Export to", self.path.text(), f"*{Path(suffix).suffix}")
        if path:
            self.path.setText(path if path.endswith(Path(suffix).suffix) else path + suffix)
            self._ask_preview()

    def _browse_folder(self) -> None:
        """A folder in which there is something else is where the new one goes; a former export is replaced."""
        name = Path(self.path.text()).name
        start = next((one for one in Path(self.path.text()).parents if one.is_dir()), Path())
        found = QFileDialog.getExistingDirectory(self, "Export to", str(start))
        if found:
            folder = Path(found)
            taken = any(folder.iterdir()) and not (folder / MARKER).is_file()
            self.path.setText(str(folder / name if taken else folder))
            self._ask_preview()
