"""The main window: where things are. No logic; `app.wiring` says what they do."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QMenu, QVBoxLayout, QWidget

from app.actions import MENUS, Actions
from widgets.frame_view import FrameView
from widgets.go_to import GoTo
from widgets.inspector import Inspector
from widgets.layers_bar import LayersBar
from widgets.load_panel import ModelsPanel
from widgets.memory_gauge import MemoryGauge
from widgets.message_bar import MessageBar
from widgets.run_status import RunStatus
from widgets.timeline import Timeline
from widgets.track_table import TrackTable
from widgets.transport import Transport
from widgets.video_panel import VideoPanel

_LAYOUT_VERSION = 2
_SIZE = QSize(1440, 900)
_FRAME = QSize(16, 48)
"""What a title bar and its frame add, px: without it the status bar of a small screen lies below its edge."""


class Window(QMainWindow):
    """Picture in the middle, timeline below, models left, tracks and inspector right.

    Signals:
        close_requested: The window is about to close; everything behind it may end.
        files_dropped: Paths dropped beside the picture, which takes them itself.
    """

    close_requested = Signal()
    files_dropped = Signal(list)

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
        self.timeline = Timeline()
        self.models = ModelsPanel()
        self.video_panel = VideoPanel()
        self.tracks = TrackTable()
        self.inspector = Inspector()
        self.memory_gauge = MemoryGauge()
        self.run_status = RunStatus()
        self.place_label = QLabel()
        self.actions_table = Actions(self)
        self.setCentralWidget(self._centre())
        self._docks = self._make_docks()
        self._make_status_bar()
        self.menus = self._make_menus()
        self.go_to = GoTo(self)
        self._remembered = QByteArray()
        self._laid_out = False
        self.resize(_SIZE.boundedTo(self.screen().availableSize() - _FRAME))
        self.frame_view.setFocus()

    def reset_layout(self) -> None:
        """Bring the docks back to where they were at first."""
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        bottom = Qt.DockWidgetArea.BottomDockWidgetArea
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, bottom)
        places = {"models": left, "video": left, "tracks": right, "inspector": right, "timeline": bottom}
        for dock in self._docks.values():
            dock.setFloating(False)  # only a dock that is in the window's layout can be taken back
            self.removeDockWidget(dock)  # or else the tabs they were in stay, under the new ones
        for name, area in places.items():
            dock = self._docks[name]
            self.addDockWidget(area, dock)
            dock.show()
        for front, behind in (("models", "video"), ("tracks", "inspector")):
            self.tabifyDockWidget(self._docks[front], self._docks[behind])
            self._docks[front].raise_()
        wide = [self._docks["models"], self._docks["tracks"]]
        self.resizeDocks(wide, [276, 348], Qt.Orientation.Horizontal)
        self.resizeDocks([self._docks["timeline"]], [190], Qt.Orientation.Vertical)

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
        self._docks[name].show()
        self._docks[name].raise_()

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
        column.addWidget(self.frame_view, 1)
        column.addWidget(self.transport)
        return centre

    def _make_docks(self) -> dict[str, QDockWidget]:
        return {
            "models": self._dock("Models", self.models),
            "video": self._dock("Video", self.video_panel),
            "tracks": self._dock("Tracks", self.tracks),
            "inspector": self._dock("Inspector", self.inspector),
            "timeline": self._dock("Timeline", self.timeline),
        }

    def _dock(self, title: str, content: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title.lower())
        dock.setWidget(content)
        return dock

    def _make_status_bar(self) -> None:
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.setMinimumHeight(36)  # as high as with a run in it, so that nothing jumps when one begins
        self.place_label.setContentsMargins(12, 0, 0, 0)
        bar.addWidget(self.place_label, 1)
        bar.addPermanentWidget(self.run_status)
        bar.addPermanentWidget(self.memory_gauge)

    def _make_menus(self) -> dict[str, QMenu]:
        menus = {name: self.menuBar().addMenu(f"&{name}") for name in MENUS}
        for menu in menus.values():
            menu.setToolTipsVisible(True)
        for dock in self._docks.values():
            menus["Window"].addAction(dock.toggleViewAction())
        menus["Window"].addSeparator()
        menus["Recent"] = QMenu("Open Recent", menus["File"])
        self.actions_table.fill(menus)
        menus["File"].insertMenu(self.actions_table["close_video"], menus["Recent"])
        return menus
