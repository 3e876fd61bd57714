"""The review's report from the window: a file is asked for, the files lane writes it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from pipeline.job import Job

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.formats import Written

OPEN_REPORT = "Open the Report"


class Reporting(QObject):
    """Writes one report at a time; it can be cancelled by closing the video."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self.written: Path | None = None
        self.dialog: QFileDialog | None = None
        program.session.closing.connect(lambda: program.files_lane.cancel("report"))

    def ask(self) -> None:
        """Ask for a file; the window stays usable meanwhile."""
        video = self._program.session.path
        if video is None:
            return
        dialog = QFileDialog(self._program.window, "Review Report", str(video.parent), "Web page (*.html)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("html")
        dialog.selectFile(f"{video.stem}-review.html")
        dialog.fileSelected.connect(lambda path: self.write(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        self.dialog = dialog
        dialog.open()

    def write(self, path: Path) -> None:
        """Write the report to a file."""
        from pipeline.formats import ExportSource
        from pipeline.problems import Thresholds
        from pipeline.report import write_report

        program = self._program
        store, video = program.session.store, program.session.path
        if store is None or video is None:
            return
        body = program.settings.preferences.body_model
        source = ExportSource(store.path, video, (Path(body),) if body else ())
        thresholds = Thresholds.from_plain(program.settings.thresholds)
        program.notices.tell("Writing the report…")
        program.files_lane.submit(
            Job(partial(write_report, source, path, thresholds), key="report"),
            succeeded=self._on_written,
            failed=program.notices.tell_error,
        )

    def open(self) -> None:
        """Open the last report in the browser."""
        if self.written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.written)))

    def _on_written(self, written: Written) -> None:
        self.written = written.paths[0]
        self._program.notices.tell(f"The report is in {self.written.name}.", action=OPEN_REPORT)


def wire_reporting(program: Program) -> None:
    """Connect the action and the answer of its message."""
    reporting = program.reporting = Reporting(program)
    program.window.actions_table.on("report", reporting.ask)
