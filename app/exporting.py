"""Exports from the window: the dialog asks, the files lane writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.lane import Lane
from app.notices import Notices
from app.session_control import SessionControl
from app.settings import Settings
from app.view_state import ViewState
from pipeline.errors import UserError
from pipeline.job import Job
from widgets.export_dialog import ExportDialog
from widgets.values import FormatRow, OptionRow

if TYPE_CHECKING:  # the formats pull in encoders, which the window does not need to show itself
    from pipeline.formats import ExportSource, Format, Option, Written

_RATES = ("24", "25", "30", "50", "60", "120")


class Exporting(QObject):
    """Shows the dialog and writes what it asks for. The writer opens session and video on its own thread."""

    def __init__(
        self,
        window: QWidget,
        lane: Lane,
        view: ViewState,
        session: SessionControl,
        settings: Settings,
        notices: Notices,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._lane = lane
        self._view = view
        self._session = session
        self._settings = settings
        self._notices = notices
        self._dialog: ExportDialog | None = None
        session.closing.connect(self._on_closing)

    @property
    def dialog(self) -> ExportDialog | None:
        """The dialog while it is open."""
        return self._dialog

    def open(self) -> None:
        """Ask what to export."""
        store, path = self._session.store, self._session.path
        if store is None or path is None:
            return
        if self._dialog is None:
            self._dialog = self._make_dialog(path)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def _make_dialog(self, video: Path) -> ExportDialog:
        from pipeline.formats import FORMATS

        tracks = self._session.tracks()
        rows = tuple(format_row(format, video) for format in FORMATS.values())
        dialog = ExportDialog(rows, tracks, video.parent, video.stem, parent=self._window)
        dialog.export_requested.connect(self._export)
        dialog.preview_requested.connect(self._preview)
        dialog.cancel_requested.connect(lambda: self._lane.cancel("export"))
        dialog.finished.connect(self._on_finished)
        return dialog

    def _export(self, key: str, path: str, options: Mapping[str, Any]) -> None:
        from pipeline.formats import FORMATS

        source, dialog = self._source(options), self._dialog
        if source is None or dialog is None:
            return
        chosen = _format_options(FORMATS[key], options)
        dialog.set_progress(0.0)
        self._lane.submit(
            Job(lambda job: FORMATS[key].write(source, Path(path), chosen, job), key="export"),
            succeeded=self._on_written,
            failed=self._on_failed,
            reported=self._on_progress,
            ended=lambda: self._on_progress(None),
        )

    def _preview(self, key: str, path: str, options: Mapping[str, Any]) -> None:
        from pipeline.formats import FORMATS, preview

        source = self._source(options)
        if source is None:
            return
        format, chosen = FORMATS[key], _format_options(FORMATS[key], options)
        self._lane.submit(
            Job(lambda job: preview(format, source, chosen, Path(path)), key="export preview"),
            succeeded=self._on_preview,
            failed=lambda error: self._on_preview(str(error)),
        )

    def _source(self, options: Mapping[str, Any]) -> ExportSource | None:
        from pipeline.formats import ExportSource

        store, path = self._session.store, self._session.path
        if store is None or path is None:
            return None
        body = self._settings.preferences.body_model
        return ExportSource(
            store_path=store.path,
            video_path=path,
            body_paths=(Path(body),) if body else (),
            frames=self._view.range,
            tracks=frozenset(options["tracks"]) if "tracks" in options else None,
            layers=self._view.layers,
        )

    def _on_preview(self, text: str) -> None:
        if self._dialog is not None:
            self._dialog.set_preview(text)

    def _on_progress(self, fraction: float | None) -> None:
        if self._dialog is not None:
            self._dialog.set_progress(fraction)

    def _on_written(self, written: Written) -> None:
        first, *more = written.paths
        where = f"{first}" + (f" and {len(more)} more" if more else "")
        if self._dialog is not None:
            self._dialog.set_finished(where)
        self._notices.tell(f"Exported to {where}.")
        for notice in written.notices:
            self._notices.tell(notice, kind="warning")

    def _on_failed(self, error: Exception) -> None:
        if self._dialog is not None and isinstance(error, UserError):
            self._dialog.set_error(error.message, error.hint)
        else:
            self._notices.tell_error(error)

    def _on_finished(self) -> None:
        if self._dialog is not None:
            self._lane.cancel("export preview")
            self._dialog.deleteLater()
            self._dialog = None

    def _on_closing(self) -> None:
        self._lane.cancel("export")
        if self._dialog is not None:
            self._dialog.close()


def format_row(format: Format, video: Path) -> FormatRow:
    """A format as the dialog shows it, for exports of a video."""
    options = tuple(
        OptionRow(option.key, option.title, _choices(option), option.default) for option in format.options
    )
    return FormatRow(
        format.key,
        format.title,
        format.summary,
        format.readers,
        _suffix(format, video),
        options,
        format.group,
        format.is_folder,
    )


def _suffix(format: Format, video: Path) -> str:
    """What the offered name ends in: a folder says what is in it, and beside the video a video would be itself."""
    if format.is_folder:
        return f"-{format.key}"
    return f".overlay{format.suffix}" if format.suffix == video.suffix.lower() else format.suffix


def _choices(option: Option) -> tuple[tuple[str, str], ...]:
    """Choices with what people call them; where any text is allowed, which is of rates, the usual ones."""
    if option.choices:
        return tuple((choice, option.label(choice)) for choice in option.choices)
    return ((option.default, "as the video"), *((rate, rate) for rate in _RATES))


def _format_options(format: Format, options: Mapping[str, Any]) -> dict[str, str]:
    return {option.key: options.get(option.key, option.default) for option in format.options}
