"""Loading, unloading and installing the engine, mirrored in the Models panel."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine_options import engine_settings, what_differs
from app.engine_rows import checked_rows, engine_detail, quick_rows
from app.lane import Lane
from app.notices import Notices
from app.settings import Settings
from pipeline.engines.client import EngineClient
from pipeline.engines.command import EngineCommand
from pipeline.engines.engine import EngineSettings
from pipeline.engines.environment import EngineStatus
from pipeline.engines.faults import install_again
from pipeline.engines.registry import ENGINES
from pipeline.errors import EngineError, UserError
from pipeline.job import Job
from pipeline.loading import StageError, StageState, StageStatus
from widgets.values import EngineRow, LoadState, Preferences

LOAD_AGAIN = "Load Again"
REPAIR = "Install Again"
_LOG_LINES = 200
_URGENT = -10


class EngineControl(QObject):
    """The engine's life. Its client is used on the engine lane only, except where it says otherwise.

    Signals:
        state_changed: "stopped", "loading", "ready", "failed", "installing" or "dead".
        statuses_changed: Every stage of loading.
        log_changed: The tail of what is being installed, or of why loading failed.
        engines_changed: Rows for the panel, and the name of the chosen engine.
        detail_changed: What the loaded engine says of itself.
    """

    state_changed = Signal(str)
    statuses_changed = Signal(object)
    log_changed = Signal(str)
    engines_changed = Signal(object, str)
    detail_changed = Signal(str)

    def __init__(
        self,
        lane: Lane,
        notices: Notices,
        settings: Settings,
        commands: Callable[[str], EngineCommand],
        base: EngineSettings,
        check: Callable[[str], EngineStatus] | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Nothing is started yet.

        Args:
            lane: Where the client is used.
            notices: What is to be said goes there.
            settings: Which engine, whether to load it by itself, and its body and options.
            commands: What starts an engine's worker, by name.
            base: What an engine is loaded with whatever the preferences are.
            check: Looks into an engine's environment, on the lane; None where there is none to look into.
            parent: Owns it.
        """
        super().__init__(parent)
        self._lane = lane
        self._notices = notices
        self._settings = settings
        self._commands = commands
        self._check = check
        self._base = base
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._log_timer = QTimer(self, singleShot=True, interval=100)
        self._log_timer.timeout.connect(self._tell_log)
        settings.preferences_changed.connect(self._on_preferences)
        chosen = settings.preferences.engine
        self.name = chosen if chosen in ENGINES else next(iter(ENGINES))
        self.state: LoadState = "stopped"
        self.client: EngineClient | None = None
        self.rows: tuple[EngineRow, ...] = ()
        self._statuses: tuple[StageStatus, ...] = ()
        self._loaded_with = self._wished = base

    def look(self, told: Callable[[], None] | None = None) -> None:
        """See which engines are there and whole; `told` is called once the panel says so."""
        check = self._check
        work = partial(quick_rows, self._commands) if check is None else partial(checked_rows, check)
        self._lane.submit(
            Job(lambda job: work(), key="look", priority=_URGENT), succeeded=self._on_rows, ended=told
        )

    def autoload(self) -> None:
        """Load the engine if it is installed; say how to get it if not."""
        if self._settings.preferences.autoload_engine:
            self.load(self.name)
        self._look_behind_loading()

    def choose(self, name: str) -> None:
        """Choose another engine, also for the next start."""
        if name != self.name:
            self.unload()
            self.name = name
            self._settings.set_preferences(replace(self._settings.preferences, engine=name))
            self.engines_changed.emit(self.rows, name)

    def load(self, name: str) -> None:
        """Start the engine's process and load its models."""
        if self.state in ("loading", "installing"):
            return
        try:
            command = self._commands(name)
        except EngineError as error:
            self._on_missing(error)
            return
        self._end()
        self.name = name
        self._loaded_with = self._wished = engine_settings(name, self._settings.preferences, self._base)
        self.client = EngineClient(name, command, self._loaded_with, on_notice=self._on_notice)
        self._submit_load(self.client)

    def retry(self) -> None:
        """Repeat the stages that are not done."""
        if self.client is None:
            self.load(self.name)
        elif self.state == "failed":
            self._submit_load(self.client)

    def cancel(self) -> None:
        """Stop loading or installing."""
        self._lane.cancel("load")
        self._lane.cancel("install")

    def unload(self) -> None:
        """End the engine's process and free its memory."""
        self._end()
        self._on_statuses(())
        self.detail_changed.emit("")
        self._set_state("stopped")

    def install(self, name: str, *, fresh: bool = False) -> None:
        """Make the engine's environment, `fresh` also where it seems whole, then load it."""
        if self.state == "installing":
            return
        self._end()
        self._log.clear()
        self._set_state("installing")

        def work(job: Job) -> None:
            from pipeline.engines import environment

            def log(line: str) -> None:
                self._lane.post(partial(self._add_log, line))

            environment.install(name, job, log, fresh=fresh)

        self._lane.submit(
            Job(work, key="install", priority=_URGENT),
            succeeded=lambda _none: self._on_installed(name),
            failed=self._on_install_failed,
            ended=self._on_install_ended,
        )

    def mirror(self) -> None:
        """Show how the client stands: an engine that died is loaded again within a run, and that may fail."""
        client = self.client
        if client is None or self.state not in ("ready", "loading", "dead"):
            return
        self._on_statuses(client.statuses)
        states = {status.state for status in client.statuses}
        if StageState.FAILED in states:
            self._set_state("failed")
        else:
            self._set_state("ready" if states == {StageState.DONE} else "loading")

    def watch(self) -> None:
        """Notice an engine that ended while nobody asked it anything; in a run its client does."""
        client = self.client
        if client is None or self.state != "ready" or self._lane.unfinished or client.state != "dead":
            return
        self._show_log(client)
        self._set_state("dead")
        self._notices.tell(
            f"The engine {client.how_it_ended}.", "What it printed last is in the log.", "error", LOAD_AGAIN
        )

    def close(self) -> None:
        """End the engine's process now; it is called when the window closes."""
        self.cancel()
        if self.client is not None:
            self.client.close()
            self.client = None

    def _end(self) -> None:
        """End the process on the lane, behind what runs there: ending may take a moment."""
        client, self.client = self.client, None
        if client is not None:
            self._lane.cancel("load")
            self._lane.submit(Job(lambda job: client.close(), priority=_URGENT))

    def _submit_load(self, client: EngineClient) -> None:
        self.detail_changed.emit("")
        self._set_state("loading")
        self._lane.submit(
            Job(client.load, key="load", priority=_URGENT),
            succeeded=lambda _info: self._on_loaded(client),
            failed=partial(self._on_load_failed, client),
            reported=self._on_statuses,
            ended=partial(self._on_load_ended, client),
        )

    def _on_statuses(self, statuses: tuple[StageStatus, ...]) -> None:
        if statuses is not self._statuses:
            self._statuses = statuses
            self.statuses_changed.emit(statuses)

    def _on_loaded(self, client: EngineClient) -> None:
        if client is not self.client:
            return
        info = client.info
        if info is not None:
            self.detail_changed.emit(engine_detail(info))
        self._set_state("ready")

    def _on_load_failed(self, client: EngineClient, error: Exception) -> None:
        if client is not self.client:
            return
        self._show_log(client, error.details if isinstance(error, EngineError) else "")
        self._on_statuses(client.statuses)
        self._set_state("failed")
        self.look(lambda: self._notices.tell_error(error, self._remedy(error)))

    def _on_load_ended(self, client: EngineClient) -> None:
        if client is self.client and self.state == "loading":  # cancelled
            self.unload()

    def _on_preferences(self, preferences: Preferences) -> None:
        before, self._wished = self._wished, engine_settings(self.name, preferences, self._base)
        what = what_differs(self._loaded_with, self._wished)
        if self.client is None or not what or self._wished == before:
            return
        if self.state == "failed":  # it may well have been the body
            self.load(self.name)
        else:
            self._notices.tell(f"The engine goes on with the {what} it was loaded with.", action=LOAD_AGAIN)

    def _on_notice(self, text: str) -> None:
        """What a client says on the lane of a worker that died; its last words go into the log."""
        self._lane.post(partial(self._tell_notice, text))

    def _tell_notice(self, text: str) -> None:
        if self.client is not None:
            self._show_log(self.client)
        self._notices.tell(text, "", "warning")

    def _on_missing(self, error: EngineError) -> None:
        if error.kind != "not_installed":
            self._notices.tell_error(error)
        self._set_state("stopped")

    def _on_installed(self, name: str) -> None:
        self._set_state("stopped")
        self._notices.tell(f"{ENGINES[name].title} is installed.")
        self.load(name)

    def _on_install_failed(self, error: Exception) -> None:
        if isinstance(error, EngineError) and error.details:
            self._add_log(error.details)
        self._notices.tell_error(error, "Install")

    def _on_install_ended(self) -> None:
        if self.state == "installing":
            self._set_state("stopped")
        self._look_behind_loading()

    def _look_behind_loading(self) -> None:
        """A closer look takes a second; while it loads that is not spent, since a failure to load has one made."""
        self._on_rows(quick_rows(self._commands))
        if self.state != "loading":
            self.look()

    def _on_rows(self, rows: tuple[EngineRow, ...]) -> None:
        self.rows = rows
        self.engines_changed.emit(rows, self.name)

    def _show_log(self, client: EngineClient, details: str = "") -> None:
        """Fill the panel's log with what the engine printed last, and with what is not in it yet."""
        tail = client.log_tail(_LOG_LINES)
        self._log.clear()
        self._log.extend(tail.splitlines())
        self._log.extend([] if details in tail else details.splitlines())
        self._log_timer.start()

    def _add_log(self, line: str) -> None:
        self._log.append(line.rstrip("\n"))
        if not self._log_timer.isActive():
            self._log_timer.start()

    def _tell_log(self) -> None:
        self.log_changed.emit("\n".join(self._log))

    def _set_state(self, state: LoadState) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    def _remedy(self, error: Exception) -> str:
        """The button beside a failure to load; a failed stage has its own in the panel."""
        row = next((row for row in self.rows if row.name == self.name), None)
        if row is not None and row.installable and not row.installed:
            return "Install"
        if isinstance(error, UserError) and error.hint == install_again(self.name):
            return REPAIR
        return "" if isinstance(error, StageError) else "Retry"
