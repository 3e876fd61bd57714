"""Builds the program: the only place that knows how services are made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

from app.accepting import Accepting
from app.body_import import BodyImport
from app.box_drawing import BoxDrawing
from app.crash import install_hook
from app.deeds import wire_actions
from app.details import InspectorContent
from app.dialogs import Dialogs
from app.editing import Editing
from app.engine_control import EngineControl
from app.exporting import Exporting
from app.features import wire_features
from app.gauge import Gauge
from app.importing import Importing
from app.inference import Inference
from app.lane import Lane
from app.lens_notice import LensNotice
from app.notices import Notices
from app.overlay import OverlayControl
from app.playback import Playback
from app.problem_control import ProblemControl
from app.reporting import Reporting
from app.retracking import Retracking
from app.run_wishes import RunWishes
from app.selection import Selection
from app.session_control import SessionControl
from app.settings import Settings
from app.status_line import StatusLine
from app.timeline_marks import TimelineMarks
from app.travel import Travel
from app.video_facts import VideoFacts
from app.view_state import ViewState
from app.window import Window
from app.wiring import RUN_ALL, wire
from pipeline.engines.command import EngineCommand
from pipeline.engines.engine import EngineSettings
from pipeline.engines.environment import EngineStatus
from widgets.theme import apply_theme


class Program(QObject):
    """Everything that lives as long as the window."""

    problems: ProblemControl
    reporting: Reporting
    importing: Importing

    def __init__(
        self,
        commands: Callable[[str], EngineCommand],
        settings: Settings,
        engine_settings: EngineSettings,
        check: Callable[[str], EngineStatus] | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.notices = Notices(self)
        application = QApplication.instance()
        if isinstance(application, QApplication):  # first, or widgets that are there keep the desktop's font
            apply_theme(application, settings.preferences.theme)
        self.window = Window()
        self.engine_lane = Lane("engine", self)
        self.draw_lane = Lane("draw", self)
        self.io_lane = Lane("io", self)
        # Indexing and exports take minutes; on the io lane they would stall every picture.
        self.files_lane = Lane("files", self)
        self.problem_lane = Lane("problems", self)
        self.restore_hook = install_hook(self.notices.tell_error, self.files_lane.post)
        self.view = ViewState(self)
        self.session = SessionControl(self.view, settings, self.io_lane, self.files_lane, self.notices, self)
        self.playback = Playback(self.view, self.io_lane, self.notices, self)
        self.engine = EngineControl(
            self.engine_lane, self.notices, settings, commands, engine_settings, check, self
        )
        self.body_import = BodyImport(self.files_lane, self.notices, self)
        self.inference = Inference(
            self.engine_lane,
            self.engine,
            self.session,
            settings,
            self.notices,
            self,
        )
        self.overlay = OverlayControl(self.draw_lane, self.view, self.session, settings, self.notices, self)
        self.selection = Selection(self.view, self.session, self)
        self.editing = Editing(self.view, self.session, self.notices, self)
        self.retracking = Retracking(self.files_lane, self.session, self.editing, self.notices, self)
        self.run_wishes = RunWishes(self.view, self.session, self.engine, self.inference, self.notices, self)
        self.lens_notice = LensNotice(self.session, self.inference, settings, self.notices, self)
        self.travel = Travel(self.view, self.session, self.playback, self)
        self.gauge = Gauge(self.engine, self)
        self._fill_window()
        self.box_drawing = BoxDrawing(self)
        self.accepting = Accepting(self)
        for lane in self.lanes:
            lane.failed.connect(lambda _job, error: self.notices.tell_error(error))
        wire(self)
        wire_actions(self)
        wire_features(self)
        self.window.close_requested.connect(self.close)
        self._closed = False

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """All background threads."""
        return self.engine_lane, self.draw_lane, self.io_lane, self.files_lane, self.problem_lane

    def _fill_window(self) -> None:
        """Make what shows the session's content in the window's widgets."""
        window, view, session = self.window, self.view, self.session
        self.dialogs = Dialogs(window, self.settings, self.open)
        self.exporting = Exporting(window, self.files_lane, view, session, self.settings, self.notices)
        self.status_line = StatusLine(window, view, session)
        self.inspector_content = InspectorContent(window.inspector, view, session, self.settings, self)
        self.video_facts = VideoFacts(window.video_panel, session, self)
        self.marks = TimelineMarks(
            window.timeline, window.tracks, view, session, self.playback, self.inference, self
        )

    def start(self, video: Path | None, *, demo: bool = False) -> None:
        """What happens once the window is up."""
        self.gauge.start()
        if demo:
            self.session.opened.connect(self._offer_demo, Qt.ConnectionType.SingleShotConnection)
        if video is not None:
            self.open(video)
        self.engine.autoload()

    def _offer_demo(self) -> None:
        store = self.session.store
        if store is not None and not len(store.frames_with_results()):
            self.notices.tell("This is the demo clip.", "Run the engine on it and watch.", action=RUN_ALL)

    def open(self, path: Path) -> None:
        """Open a video."""
        self.session.open(path)

    def close(self) -> None:
        """End everything behind the window: the session is written, no thread or process is left."""
        if self._closed:
            return
        self._closed = True
        self.settings.set_layout(*self.window.layout_state())
        self.settings.set_layers(self.view.layers)
        self.settings.save()
        self.window.hide()  # what follows may take a moment; nobody needs to watch it
        self.gauge.stop()
        for lane in self.lanes:
            lane.cancel_all()
        self.session.close()
        self.overlay.close()
        self.engine.close()
        for lane in self.lanes:
            lane.finish()
        self.restore_hook()


def compose(
    commands: Callable[[str], EngineCommand] | None = None,
    settings: Settings | None = None,
    engine_settings: EngineSettings | None = None,
    check: Callable[[str], EngineStatus] | None = None,
) -> Program:
    """Make the program; its window is not shown yet.

    Args:
        commands: What starts an engine's worker, by name; by default what is installed.
        settings: Where choices are remembered; by default in the user's data folder.
        engine_settings: What an engine is loaded with whatever the preferences are.
        check: What looks into an engine's environment; by default goes with the default of `commands`.
    """
    if commands is None:
        from pipeline.engines import environment
        from pipeline.engines.command import command_for

        commands, check = command_for, check or environment.check
    return Program(commands, settings or Settings(), engine_settings or EngineSettings(), check)
