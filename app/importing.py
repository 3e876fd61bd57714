"""Results of other programs, from a file into the session: read on the files lane, entered in the window's thread."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from pipeline.errors import SessionError, UnknownResults, UserError
from pipeline.job import Job
from widgets.import_dialog import ImportDialog
from widgets.values import OptionRow

if TYPE_CHECKING:  # readers pull in scipy and a decoder, which the window does not need to show itself
    from app.compose import Program
    from pipeline.importing import Content, Entering, Match, Place, Wish
    from pipeline.video import Video

_KEY = "import results"
_FLAGS = re.compile(r" \(--[^)]*\)")
"""How a hint is written on the command line; the dialog has the same by name."""
_TITLES = {"auto": "As the file says", "neutral": "Neutral", "male": "Male", "female": "Female"}
_SLICE_MS = 12
_FEW = 4
"""Frames put in at a time: one takes a millisecond or two."""

Found = tuple["Content", "Match", "Place"]


class Importing(QObject):
    """Asks for a file, shows what is in it, and puts it into the session in slices, so that the window stays alive."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self.dialog: ImportDialog | None = None
        self.chooser: QFileDialog | None = None
        self._paths: tuple[Path, ...] = ()
        self._found: Found | None = None
        self._otherwise: Callable[[], None] | None = None
        self._options: dict[str, str] = {}
        self._entering: Entering | None = None
        self._total = 0
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._put)
        program.session.closing.connect(self._on_closing)

    def ask(self) -> None:
        """Ask for files; the window stays usable meanwhile."""
        from pipeline.importing import import_suffixes

        video = self._program.session.path
        if video is None:
            return
        names = " ".join(f"*{suffix}" for suffix in import_suffixes())
        chooser = QFileDialog(
            self._program.window, "Import Results", str(video.parent), f"Results ({names});;All files (*)"
        )
        chooser.setFileMode(QFileDialog.FileMode.ExistingFiles)
        chooser.filesSelected.connect(lambda texts: self.begin([Path(text) for text in texts]))
        chooser.finished.connect(chooser.deleteLater)
        self.chooser = chooser
        chooser.open()

    def begin(self, paths: Sequence[Path], otherwise: Callable[[], None] | None = None) -> None:
        """Look into files, and show what they hold.

        Args:
            paths: The files.
            otherwise: Is called, and the dialog goes, if they hold no results; else that is said in the dialog.
        """
        session, notices = self._program.session, self._program.notices
        if session.path is None or session.video is None or self.dialog is not None:
            return
        if not session.writable:
            why, hint = session.locked
            notices.tell(f"Nothing can be imported. {why}", hint, "warning")
            return
        self._paths, self._found, self._otherwise = tuple(paths), None, otherwise
        name = paths[0].name + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
        dialog = self.dialog = ImportDialog(name, session.path.name, self._program.window)
        dialog.changed.connect(self._read)
        dialog.import_requested.connect(self._enter)
        dialog.cancel_requested.connect(self._cancel)
        dialog.finished.connect(self._on_finished)
        dialog.show()
        self._read()

    # reading

    def _read(self) -> None:
        """Read the files, or only match them again if nothing but that is wished for anew."""
        dialog, session = self.dialog, self._program.session
        if dialog is None or session.video is None or session.store is None:
            return
        options = dialog.options()
        known = self._found if options == self._options else None
        self._options, self._found = options, None
        body = self._program.settings.preferences.body_model
        bodies = (Path(body),) if body else ()
        store, wish = session.store.path, self._wish(dialog)
        work = partial(_look, self._paths, session.video, store, bodies, options, wish, known)
        dialog.set_reading(0.0)
        self._program.files_lane.submit(
            Job(work, key=_KEY),
            succeeded=partial(self._on_found, dialog),
            failed=partial(self._on_failed, dialog),
            reported=dialog.set_reading,
        )

    def _wish(self, dialog: ImportDialog) -> Wish:
        from pipeline.importing import Wish

        how = dialog.how.currentData()
        return Wish(how, dialog.offset.value(), dialog.rate.value(), dialog.partial.isChecked())

    def _on_found(self, dialog: ImportDialog, found: tuple[Found, tuple[OptionRow, ...], Rows]) -> None:
        if dialog is not self.dialog:
            return
        self._found, options, rows = found
        content, match, _place = self._found
        dialog.set_options(options)
        self._options = dialog.options()
        dialog.set_found(rows, (*content.notices, *match.notices))

    def _on_failed(self, dialog: ImportDialog, error: Exception) -> None:
        if dialog is not self.dialog:
            return
        if isinstance(error, UnknownResults) and self._otherwise is not None:
            dialog.reject()
            self._otherwise()
        elif isinstance(error, UserError):
            dialog.set_error(error.message, _FLAGS.sub("", error.hint))
        else:
            dialog.reject()
            self._program.notices.tell_error(error)

    # entering

    def _enter(self) -> None:
        from pipeline.importing import Entering

        store, dialog = self._program.session.store, self.dialog
        if store is None or dialog is None or self._found is None:
            return
        content, match, _place = self._found
        try:
            self._entering = Entering(store, content, match)
        except SessionError as error:
            dialog.set_error(error.message, error.hint)
            return
        self._total = len(self._entering.waiting)
        dialog.set_progress(0.0)
        self._timer.start()

    def _put(self) -> None:
        store, entering, dialog = self._program.session.store, self._entering, self.dialog
        if store is None or entering is None or dialog is None:
            self._timer.stop()
            return
        clock = QElapsedTimer()
        clock.start()
        more = True
        try:
            with store.transaction():
                while more and clock.elapsed() < _SLICE_MS:
                    more = entering.put(_FEW)
        except SessionError as error:
            self._cancel()
            dialog.set_error(error.message, error.hint)
            return
        dialog.set_progress(1 - len(entering.waiting) / max(self._total, 1))
        if not more:
            self._done(entering, dialog)

    def _done(self, entering: Entering, dialog: ImportDialog) -> None:
        from pipeline.importing import summary

        self._timer.stop()
        self._entering = None
        dialog.set_progress(None)
        dialog.accept()
        self._program.session.tell(entering.changes())
        said, notices = summary(entering.content, entering.entered())
        self._program.notices.tell(said, "Undo takes it back.")
        for notice in notices:
            self._program.notices.tell(notice, kind="warning")

    def _cancel(self) -> None:
        """Stop, and leave the session as it was."""
        self._timer.stop()
        entering, self._entering = self._entering, None
        if entering is not None:
            try:
                entering.take_back()
            except SessionError as error:
                self._program.notices.tell_error(error)
            self._program.session.tell(entering.changes())
        if self.dialog is not None:
            self.dialog.set_progress(None)
            self.dialog.import_button.setEnabled(self._found is not None)

    def _on_finished(self) -> None:
        self._program.files_lane.cancel(_KEY)
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog, self._found, self._options = None, None, {}

    def _on_closing(self) -> None:
        self._cancel()
        self._program.files_lane.cancel(_KEY)
        if self.dialog is not None:
            self.dialog.reject()


Rows = tuple[tuple[str, str], ...]


def _look(
    paths: tuple[Path, ...],
    video: Video,
    store_path: Path,
    bodies: tuple[Path, ...],
    options: dict[str, str],
    wish: Wish,
    known: Found | None,
    job: Job,
) -> tuple[Found, tuple[OptionRow, ...], Rows]:
    """On the files lane: what is in the files, how it fits, what can be chosen, and what is said of it."""
    from pipeline.importing import IMPORTS, described, match, place_of, read_files
    from pipeline.session.store import Store

    if known is None:
        if not video.indexed:
            video.build_index(job)
        with Store(store_path, read_only=True) as store:
            place = place_of(video, store, bodies)
        content = read_files(paths, place, options, job)
    else:
        content, _match, place = known
    found = match(content, place, wish)
    format = IMPORTS[content.key]
    rows = tuple(
        OptionRow(
            option.key,
            option.title,
            tuple((one, _TITLES.get(one, one)) for one in option.choices),
            option.default,
        )
        for option in format.options
    )
    return (content, found, place), rows, described(content, found, place, format.title)


def wire_importing(program: Program) -> None:
    """Connect the action."""
    program.importing = Importing(program)
    program.window.actions_table.on("import", program.importing.ask)
