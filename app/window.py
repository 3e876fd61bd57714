"""The main window: where things are. No logic; `app.wiring` says what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QMenu, QSplitter, QVBoxLayout, QWidget

from app.action_specs import MENUS
from app.actions import Actions
from app.reach import Reach
from widgets.camera_panel import CameraPanel
from widgets.frame_view import FrameView
from widgets.go_to import GoTo
from widgets.history_list import HistoryList
from widgets.inspector import Inspector
from widgets.layers_bar import LayersBar
from widgets.load_panel import ModelsPanel
from widgets.memory_gauge import MemoryGauge
from widgets.message_bar import MessageBar
from widgets.notes import Notes
from widgets.plots import Plots
from widgets.problem_table import ProblemPanel
from widgets.run_panel import RunPanel
from widgets.run_status import RunStatus
from widgets.timeline import Timeline
from widgets.track_table import TrackTable
from widgets.transport import Transport
from widgets.video_panel import VideoPanel

_LAYOUT_VERSION = 3
_SIZE = QSize(1440, 900)
_FRAME = QSize(16, 48)
"""What a title bar and its frame add, px: without it the status bar of a small screen lies below its edge."""


_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


class Dock(NamedTuple):
    """One dock: docks of an area are tabs, in this order, the first in front.

    Attributes:
        name: What the program calls it; the window has its content as an attribute of this name.
        title: Its tab.
        area: Where it is at first.
        make: Makes the content.
    """

    name: str
    title: str
    area: Qt.DockWidgetArea
    make: Callable[[], QWidget]


DOCKS = (
    Dock("models", "Models", _LEFT, ModelsPanel),
    Dock("run_panel", "Run", _LEFT, RunPanel),
    Dock("video_panel", "Video", _LEFT, VideoPanel),
    Dock("camera_panel", "Camera", _LEFT, CameraPanel),
    Dock("history", "History", _LEFT, HistoryList),
    Dock("tracks", "Tracks", _RIGHT, TrackTable),
    Dock("problems", "Problems", _RIGHT, ProblemPanel),
    Dock("inspector", "Inspector", _RIGHT, Inspector),
    Dock("plots", "Plots", _RIGHT, Plots),
    Dock("notes", "Notes", _RIGHT, Notes),
    Dock("timeline", "Timeline", _BOTTOM, Timeline),
)


class Window(QMainWindow):
    """Picture in the middle, timeline below, models left, tracks and inspector right.

    Signals:
        close_requested: The window is about to close; everything behind it may end.
        files_dropped: Paths dropped beside the picture, which takes them itself.
        pane_changed: What is shown beside the picture now, or None.
    """

    close_requested = Signal()
    files_dropped = Signal(list)
    pane_changed = Signal(object)

    models: ModelsPanel
    run_panel: RunPanel
    video_panel: VideoPanel
    camera_panel: CameraPanel
    tracks: TrackTable
    problems: ProblemPanel
    inspector: Inspector
    notes: Notes
    history: HistoryList
    plots: Plots
    timeline: Timeline

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Retake")
        self.setAcceptDrops(True)
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
        )
        self.frame_view = FrameView()
        self.layers_bar = LayersBar()
        self.message_bar = MessageBar()
        self.transport = Transport()
        self.memory_gauge = MemoryGauge()
        self.run_status = RunStatus()
        self.place_label = QLabel()
        self.reviewed_label = QLabel()
        self.actions_table = Actions(self)
        self.panes = QSplitter(Qt.Orientation.Horizontal)
        self.panes.setChildrenCollapsible(False)
        self.panes.addWidget(self.frame_view)
        self._second: QWidget | None = None
        self.setCentralWidget(self._centre())
        self.docks = self._make_docks()
        self._make_status_bar()
        self.menus = self._make_menus()
        self.go_to = GoTo(self)
        self.reach = Reach(self)
        self._remembered = QByteArray()
        self._laid_out = False
        self.resize(_SIZE.boundedTo(self.screen().availableSize() - _FRAME))
        self.frame_view.setFocus()

    def reset_layout(self) -> None:
        """Bring the docks back to where they were at first."""
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, _BOTTOM)
        for dock in self.docks.values():
            dock.setFloating(False)  # only a dock that is in the window's layout can be taken back
            self.removeDockWidget(dock)  # or else the tabs they were in stay, under the new ones
        front: dict[Qt.DockWidgetArea, QDockWidget] = {}
        for spec in DOCKS:
            dock = self.docks[spec.name]
            self.addDockWidget(spec.area, dock)
            dock.show()
            if (first := front.setdefault(spec.area, dock)) is not dock:
                self.tabifyDockWidget(first, dock)
        for dock in front.values():
            dock.raise_()
        self.resizeDocks([front[_LEFT], front[_RIGHT]], [304, 356], Qt.Orientation.Horizontal)
        self.resizeDocks([front[_BOTTOM]], [190], Qt.Orientation.Vertical)

    def layout_state(self) -> tuple[QByteArray, QByteArray]:
        """Geometry and docks, to remember."""
        return self.saveGeometry(), self.saveState(_LAYOUT_VERSION) if self._laid_out else self._remembered

    def restore_layout(self, geometry: QByteArray, docks: QByteArray) -> None:
        """Take over what was remembered, as far as it fits this version and these screens."""
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)
        self._remembered = docks
        if self._laid_out:
            self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        """Lay out the docks now: tabs made before a window is shown leave a second bar behind (Qt 6.10)."""
        super().showEvent(event)
        if not self._laid_out:
            self._laid_out = True
            self._lay_out()

    def _lay_out(self) -> None:
        self.reset_layout()
        if not self._remembered.isEmpty():
            self.restoreState(self._remembered, _LAYOUT_VERSION)

    def show_dock(self, name: str) -> None:
        """Show a dock and bring it to the front."""
        self.docks[name].show()
        self.docks[name].raise_()

    def show_pane(self, pane: QWidget | None) -> None:
        """Show something beside the picture, in place of what is there, or nothing."""
        if pane is self._second:
            return
        if self._second is not None:
            self._second.hide()
            self._second.setParent(None)
        self._second = pane
        if pane is not None:
            half = self.panes.width() // 2
            self.panes.addWidget(pane)
            pane.show()
            self.panes.setSizes([half, half])
        self.pane_changed.emit(pane)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name
        """The Tab key's way through the window."""
        return self.reach.go(forward) or super().focusNextPrevChild(forward)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let what is behind the window end first."""
        self.close_requested.emit()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome anywhere."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell which files were dropped."""
        event.acceptProposedAction()
        self.files_dropped.emit([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])

    def _centre(self) -> QWidget:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.layers_bar)
        column.addWidget(self.message_bar)
        column.addWidget(self.panes, 1)
        column.addWidget(self.transport)
        return centre

    def _make_docks(self) -> dict[str, QDockWidget]:
        docks = {}
        for spec in DOCKS:
            content = spec.make()
            setattr(self, spec.name, content)
            dock = QDockWidget(spec.title, self)
            dock.setObjectName(spec.name)
            dock.setWidget(content)
            docks[spec.name] = dock
        return docks

    def _make_status_bar(self) -> None:
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.setMinimumHeight(36)  # as high as with a run in it, so that nothing jumps when one begins
        self.place_label.setContentsMargins(12, 0, 0, 0)
        bar.addWidget(self.place_label, 1)
        bar.addPermanentWidget(self.reviewed_label)
        bar.addPermanentWidget(self.run_status)
        bar.addPermanentWidget(self.memory_gauge)

    def _make_menus(self) -> dict[str, QMenu]:
        menus = {name: self.menuBar().addMenu(f"&{name}") for name in MENUS}
        for menu in menus.values():
            menu.setToolTipsVisible(True)
        for dock in self.docks.values():
            menus["Window"].addAction(dock.toggleViewAction())
        menus["Window"].addSeparator()
        menus["Recent"] = QMenu("Open Recent", menus["File"])
        self.actions_table.fill(menus)
        menus["File"].insertMenu(self.actions_table["close_video"], menus["Recent"])
        return menus
