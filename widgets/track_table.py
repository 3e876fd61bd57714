"""All tracks: colour, name, where they are; to select, rename, recolour and hide."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QVBoxLayout, QWidget

from pipeline.structures import Track
from widgets.color_delegate import ColorDelegate, NameDelegate, track_at
from widgets.color_menu import ColorMenu
from widgets.theme import set_icon
from widgets.track_model import COLOR, FIRST, FRAMES, ID, LAST, NAME, SORT, TrackModel

_ROW = 28
_MARKING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class _TableView(QTableView):
    """A table in which the Menu key opens the menu at the current row, and Ctrl or Shift marks a second row."""

    menu_requested = Signal(QPoint)
    second_pressed = Signal(QModelIndex)
    second_moved = Signal(int)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click with Ctrl or Shift leaves the selection alone."""
        if event.button() == Qt.MouseButton.LeftButton and event.modifiers() & _MARKING:
            self.second_pressed.emit(self.indexAt(event.position().toPoint()))
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Such a click is over."""
        if not event.modifiers() & _MARKING:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Menu and Shift+F10 open the menu; Return does what a double-click does; Shift+Up, Down mark a second."""
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        current = self.currentIndex()
        if event.key() == Qt.Key.Key_Menu or (event.key() == Qt.Key.Key_F10 and shift):
            self.menu_requested.emit(self.visualRect(current).bottomLeft())
        elif shift and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.second_moved.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current.isValid():
            if self.state() != QAbstractItemView.State.EditingState:
                self.doubleClicked.emit(current.siblingAtColumn(ID))
        else:
            super().keyPressEvent(event)


class TrackTable(QWidget):
    """Selecting here selects everywhere; a double-click or Return jumps to a track's first frame.

    Signals:
        track_selected: The track chosen.
        other_selected: The track chosen as a second one, with Ctrl or Shift.
        rename_requested: Track and name; an empty name takes a given one back.
        color_requested: Track and (R, G, B) in 0..255.
        visibility_requested: Track and whether to draw it.
        frame_requested: A frame to show.
    """

    track_selected = Signal(int)
    other_selected = Signal(int)
    rename_requested = Signal(int, str)
    color_requested = Signal(int, tuple)
    visibility_requested = Signal(int, bool)
    frame_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Tracks")
        self._model = TrackModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(SORT)
        self._delegate = ColorDelegate(self)
        self._names = NameDelegate(self)
        self.view = _TableView(self)
        self._selecting = False
        self._operations: tuple[QAction, ...] = ()
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        view = self.view
        view.setModel(self._sorted)
        view.setAccessibleName("Tracks")
        view.setItemDelegateForColumn(COLOR, self._delegate)
        view.setItemDelegateForColumn(NAME, self._names)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setSortingEnabled(True)
        view.sortByColumn(ID, Qt.SortOrder.AscendingOrder)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(_ROW)
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = view.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        head.setMinimumSectionSize(36)
        view.setColumnWidth(COLOR, 52)
        self._fit_columns()
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(view)

    def _connect(self) -> None:
        self._model.rename_requested.connect(self.rename_requested)
        self._delegate.eye_pressed.connect(self._on_eye)
        self._delegate.color_pressed.connect(self._on_color)
        self.view.selectionModel().selectionChanged.connect(self._on_selection)
        self.view.doubleClicked.connect(self._on_double_clicked)
        self.view.customContextMenuRequested.connect(self._open_menu)
        self.view.menu_requested.connect(self._open_menu)
        self.view.second_pressed.connect(self._on_second)
        self.view.second_moved.connect(self._move_second)

    def set_tracks(self, tracks: tuple[Track, ...]) -> None:
        """The tracks there are; the selection stays."""
        selected = self._selected()
        self._selecting = True
        self._model.set_tracks(tracks)
        self._fit_columns()
        self._selecting = False
        if selected is not None:
            self.set_selected(selected.track_id)

    def _fit_columns(self) -> None:
        """Make columns of numbers as wide as their widest; Qt would also keep room for each's sort arrow."""
        width = self.view.fontMetrics().horizontalAdvance
        for column in (ID, FRAMES, FIRST, LAST):
            head = str(self._model.headerData(column, Qt.Orientation.Horizontal))
            self.view.setColumnWidth(column, max(width(head), width(self._model.longest(column))) + 16)

    def set_selected(self, track_id: int | None) -> None:
        """The track that is selected."""
        row = self._model.row_of(track_id)
        selection = self.view.selectionModel()
        self._selecting = True
        if row is None:
            selection.clear()
        else:
            index = self._sorted.mapFromSource(self._model.index(row, NAME))
            flags = QItemSelectionModel.SelectionFlag
            selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            self.view.scrollTo(index)
        self._selecting = False

    def set_other(self, track_id: int | None) -> None:
        """The second track that is marked."""
        self._model.set_other(track_id)

    def set_operations(self, actions: Sequence[QAction]) -> None:
        """What else the menu of a track offers: it is about the selected one."""
        self._operations = tuple(actions)

    def set_present(self, tracks: frozenset[int]) -> None:
        """Which tracks are in the current frame; the others are dimmed."""
        self._model.set_present(tracks)

    def edit_name(self, track_id: int) -> None:
        """Begin to edit a track's name."""
        if (row := self._model.row_of(track_id)) is not None:
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)
            self.view.edit(self._sorted.mapFromSource(self._model.index(row, NAME)))

    def _selected(self) -> Track | None:
        rows = self.view.selectionModel().selectedRows(COLOR)
        return track_at(rows[0]) if rows else None

    def _on_selection(self, chosen: QItemSelection, left: QItemSelection) -> None:
        track = self._selected()
        if not self._selecting and track is not None:
            self.track_selected.emit(track.track_id)

    def _on_second(self, index: QModelIndex) -> None:
        if index.isValid():
            self.other_selected.emit(track_at(index).track_id)

    def _move_second(self, step: int) -> None:
        """From the second track that is marked, else from the selected one, to the next that is not selected."""
        selected, other = self.view.currentIndex(), self._model.other_row
        start = selected if other is None else self._sorted.mapFromSource(self._model.index(other, NAME))
        row = start.row() + step
        if row == selected.row():
            row += step
        if 0 <= row < self._sorted.rowCount():
            self._on_second(self._sorted.index(row, NAME))

    def _on_double_clicked(self, index: QModelIndex) -> None:
        if index.column() != COLOR:
            self.frame_requested.emit(track_at(index).first)

    def _on_eye(self, row: int) -> None:
        track = track_at(self._sorted.index(row, COLOR))
        self.visibility_requested.emit(track.track_id, not track.visible)

    def _on_color(self, row: int) -> None:
        index = self._sorted.index(row, COLOR)
        menu = ColorMenu(track_at(index), self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.chosen.connect(self.color_requested)
        menu.popup(self.view.viewport().mapToGlobal(self.view.visualRect(index).bottomLeft()))

    def _open_menu(self, point: QPoint) -> None:
        track = self._selected()
        if track is not None:
            self.menu_for(track).popup(self.view.viewport().mapToGlobal(point))

    def menu_for(self, track: Track) -> QMenu:
        """What can be done to a track; gone when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        rename = menu.addAction("Rename")
        rename.triggered.connect(self._on_rename)
        set_icon(rename, "pencil")
        palette = ColorMenu(track, menu)
        palette.chosen.connect(self.color_requested)
        menu.addMenu(palette)
        show = menu.addAction("Hide" if track.visible else "Show")
        show.triggered.connect(self._on_toggle)
        set_icon(show, "eye-off" if track.visible else "eye")
        menu.addSeparator()
        menu.addAction("Go to first frame").triggered.connect(self._on_go_first)
        menu.addAction("Go to last frame").triggered.connect(self._on_go_last)
        if self._operations:
            menu.addSeparator()
            menu.addActions(self._operations)
        return menu

    def _on_rename(self) -> None:
        if (track := self._selected()) is not None:
            self.edit_name(track.track_id)

    def _on_toggle(self) -> None:
        if (track := self._selected()) is not None:
            self.visibility_requested.emit(track.track_id, not track.visible)

    def _on_go_first(self) -> None:
        if (track := self._selected()) is not None:
            self.frame_requested.emit(track.first)

    def _on_go_last(self) -> None:
        if (track := self._selected()) is not None:
            self.frame_requested.emit(track.last)
