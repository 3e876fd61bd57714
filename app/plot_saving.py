"""Plotted numbers and pictures as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.versions import package_versions
from pipeline.atomic import replacing, spare
from pipeline.curves.table import plain, write_csv
from pipeline.errors import UserError
from pipeline.job import Job
from widgets.units import format_count

if TYPE_CHECKING:
    from app.compose import Program
    from app.plot_control import PlotControl

_JOB = "plot export"
_TITLES = {"csv": "Export Plotted Numbers", "svg": "Export Plots as SVG", "png": "Export Plots as PNG"}
_FILTERS = {
    "csv": "Comma-separated values (*.csv)",
    "svg": "SVG picture (*.svg)",
    "png": "PNG picture (*.png)",
}


class PlotSaving(QObject):
    """Asks where to, and writes what is plotted just then."""

    def __init__(self, program: Program, control: PlotControl) -> None:
        super().__init__(control)
        self._program = program
        self._control = control
        self.dialog: QFileDialog | None = None
        program.session.closing.connect(self._on_closing)

    def ask(self, kind: str) -> None:
        """Ask for a file; nothing waits for the answer."""
        path = self._program.session.path
        if path is None or self._program.window.plots.empty:
            self._program.notices.tell("Nothing is plotted.", "Select a person in the Plots tab.", "warning")
            return
        self._on_closing()
        dialog = QFileDialog(self._program.window, _TITLES[kind], str(path.parent), _FILTERS[kind])
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(f"{path.stem}.plots.{kind}")
        dialog.fileSelected.connect(lambda text: self.save(kind, Path(text)))
        dialog.finished.connect(self._on_finished)
        self.dialog = dialog
        dialog.show()

    def save(self, kind: str, path: Path) -> None:
        """Write "csv", "svg" or "png"; what goes wrong is said."""
        try:
            spare(path, self._sources())
            if kind == "csv":
                self._write_numbers(path)
            else:
                self._write_picture(kind, path)
        except UserError as error:
            self._program.notices.tell_error(error)

    def _write_picture(self, kind: str, path: Path) -> None:
        from widgets.plot_picture import write_png, write_svg

        if (stack := self._program.window.plots.stack) is not None:
            with replacing(path) as temporary:
                (write_svg if kind == "svg" else write_png)(stack, temporary)
            self._program.notices.tell(f"Exported to {path}.")

    def _write_numbers(self, path: Path) -> None:
        numbers, span = self._control.numbers, self._program.view.range
        if numbers is None:
            return
        columns = [numbers.column(key) for key in self._control.scope.plotted()]
        titles = {one.track_id: one.title for one in numbers.people}
        about = self._about()
        self._program.files_lane.submit(
            Job(lambda job: write_csv(path, about, columns, titles, span, job.check), key=_JOB),
            succeeded=partial(self._on_written, path),
            failed=self._program.notices.tell_error,
        )

    def _on_written(self, path: Path, rows: int) -> None:
        span = self._program.view.range
        where = f" of frames {span[0]}–{span[1]}" if span is not None else ""
        self._program.notices.tell(f"Exported {format_count(rows)} rows{where} to {path}.")

    def _about(self) -> list[str]:
        """What the numbers are, to begin a table with."""
        session, told = self._program.session, self._control.told
        video, numbers = session.video, self._control.numbers
        if video is None or session.path is None or numbers is None:
            return []
        plots = [numbers.plot(key) for key in self._control.scope.plotted()]
        rate = f"{float(video.info.rate):.6g} frames/s" + (", variable" if video.info.variable_rate else "")
        return [
            f"Retake {package_versions()['retake']}: curves of {session.path.name}",
            f"frame: from 0, as presented; time: presentation time in s from the first frame; {rate}",
            "axes: camera x right, y down, z forward, in m; world y up, in m",
            f"engine: {', '.join(told.engines) or 'unknown'}; body model: {', '.join(told.bodies) or 'unknown'}",
            "made: filled or smoothed where a layer made the pose; empty where an engine found it",
            *(plain(f"{plot.title}: {plot.meaning}") for plot in plots),
        ]

    def _sources(self) -> list[Path]:
        session = self._program.session
        return [path for path in (session.path, session.store.path if session.store else None) if path]

    def _on_finished(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _on_closing(self) -> None:
        self._program.files_lane.cancel(_JOB)
        if self.dialog is not None:
            self.dialog.close()
