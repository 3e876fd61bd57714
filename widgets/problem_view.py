"""The table of problems: selecting, walking, and what can be done to problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from widgets.problem_chips import CHIP, HEIGHT
from widgets.problem_model import FRAMES, PEOPLE, SIGNAL, STATE, THRESHOLD, VALUE, ProblemModel
from widgets.problem_values import ProblemKey, ProblemRow
from widgets.theme import set_icon
from widgets.units import format_count

_ROW = 26
_PADDING = 14
_MOST = 150


class ProblemView(QTableView):
    """Rows of problems.

    Signals:
        problem_selected: The key of the problem one came to, or asked for again.
        menu_chosen: "ignore", "notice", "run" or "verify", and the keys of the problems selected.
        threshold_requested: Key of the signal whose threshold is to be changed.
    """

    problem_selected = Signal(object)
    menu_chosen = Signal(str, list)
    threshold_requested = Signal(str)

    def __init__(self, model: ProblemModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._key: ProblemKey | None = None
        self._quiet = False
        self.setModel(model)
        self.setAccessibleName("Problems")
        self.setProperty("dense", "true")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setIconSize(QSize(2 * CHIP, HEIGHT))
        self.setSortingEnabled(True)
        self.sortByColumn(FRAMES, Qt.SortOrder.AscendingOrder)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setMinimumSectionSize(26)
        head.setSectionResizeMode(SIGNAL, QHeaderView.ResizeMode.Stretch)
        self.setColumnWidth(STATE, 26)
        self.setColumnWidth(PEOPLE, 2 * CHIP + 8)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self.doubleClicked.connect(self._on_double_clicked)
        self.customContextMenuRequested.connect(self._open_menu)

    def current(self) -> ProblemRow | None:
        """The problem that is selected, if it is listed."""
        place = self._model.row_of(self._key)
        return None if place is None else self._model.rows[place]

    def set_current(self, key: ProblemKey | None) -> None:
        """Select a problem without asking for it."""
        self._key = key
        self._show_current()

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """While rows change: keep the selection and the place, and ask for nothing."""
        scrolled, chosen = self.verticalScrollBar().value(), self._chosen()
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False
        self._show_current(scroll=False)
        self._choose(chosen)
        self.verticalScrollBar().setValue(scrolled)

    def fit_columns(self) -> None:
        """Make columns as wide as their widest text, up to a limit."""
        width = self.fontMetrics().horizontalAdvance
        for column in (FRAMES, VALUE, THRESHOLD):
            head = str(self._model.headerData(column, Qt.Orientation.Horizontal))
            wanted = max(map(width, (head, *self._model.longest(column)))) + _PADDING
            self.setColumnWidth(column, min(wanted, _MOST))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return asks for the problem again; Menu and Shift+F10 open the menu."""
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        current = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current.isValid():
            self.problem_selected.emit(self._model.rows[current.row()].key)
        elif event.key() == Qt.Key.Key_Menu or (event.key() == Qt.Key.Key_F10 and shift):
            self._open_menu(self.visualRect(current).bottomLeft())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming by with the Tab key goes to no problem, though Qt makes the first row the current one."""
        was, self._quiet = self._quiet, True
        super().focusInEvent(event)
        self._quiet = was

    def menu_for(self, rows: list[ProblemRow]) -> QMenu:
        """What can be done to problems, with the number of frames; gone when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        keys, frames = [row.key for row in rows], _frames(rows)
        run = menu.addAction(f"Run Again: {frames}")
        set_icon(run, "play")
        run.triggered.connect(lambda: self.menu_chosen.emit("run", keys))
        verify = menu.addAction(f"Mark Verified: {frames}")
        set_icon(verify, "done")
        verify.triggered.connect(lambda: self.menu_chosen.emit("verify", keys))
        several = f"{format_count(len(rows))} Problems" if len(rows) > 1 else "This Problem"
        ignored = all(row.state == "ignored" for row in rows)
        ignore = menu.addAction(f"No Longer Ignore {several}" if ignored else f"Ignore {several}: {frames}")
        set_icon(ignore, "ignored")
        ignore.setEnabled(any(row.state != "fixed" for row in rows))
        ignore.triggered.connect(lambda: self.menu_chosen.emit("notice" if ignored else "ignore", keys))
        menu.addSeparator()
        change = menu.addAction(f"Change the Threshold of {rows[0].title}…")
        set_icon(change, "thresholds")
        change.triggered.connect(lambda: self.threshold_requested.emit(rows[0].signal))
        return menu

    def _show_current(self, *, scroll: bool = True) -> None:
        place = self._model.row_of(self._key)
        was, self._quiet = self._quiet, True
        if place is None:
            self.selectionModel().clear()
        elif self.currentIndex().row() != place or not self.selectionModel().hasSelection():
            # Where one clicked, what else is selected stays so.
            index = self._model.index(place, FRAMES)
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            if scroll:
                self.scrollTo(index)
        self._quiet = was

    def _chosen(self) -> list[ProblemKey]:
        return [self._model.rows[index.row()].key for index in self.selectionModel().selectedRows()]

    def _choose(self, keys: list[ProblemKey]) -> None:
        """Select more than the current one again."""
        flags = QItemSelectionModel.SelectionFlag
        places = [self._model.row_of(key) for key in keys] if len(keys) > 1 else []
        for place in places:
            if place is not None:
                self.selectionModel().select(self._model.index(place, FRAMES), flags.Select | flags.Rows)

    def _on_current(self, index: QModelIndex, _before: QModelIndex) -> None:
        if not self._quiet and index.isValid():
            self._key = self._model.rows[index.row()].key
            self.problem_selected.emit(self._key)

    def _on_double_clicked(self, index: QModelIndex) -> None:
        row = self._model.rows[index.row()]
        if index.column() == THRESHOLD:
            self.threshold_requested.emit(row.signal)
        else:
            self.problem_selected.emit(row.key)

    def _open_menu(self, point: QPoint) -> None:
        chosen = set(self._chosen())
        rows = [row for row in self._model.rows if row.key in chosen]
        if rows:
            self.menu_for(rows).popup(self.viewport().mapToGlobal(point))


def _frames(rows: list[ProblemRow]) -> str:
    """How many frames problems span, each counted once."""
    count, end = 0, -1
    for first, last in sorted((row.first, row.last) for row in rows):
        count += max(last - max(first, end + 1) + 1, 0)
        end = max(end, last)
    return "1 frame" if count == 1 else f"{format_count(count)} frames"
