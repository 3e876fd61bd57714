"""Fills the Run panel, and connects all that runs frames and boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QKeySequence

from app.estimate import Pace, short_size, size
from app.inference import RESUME
from app.run import Run
from app.scrub_running import ScrubRunning
from app.selection import MARK_A_RANGE
from widgets.run_panel import RunPanel, RunScope
from widgets.run_rows import RunRow
from widgets.values import RunProgress

if TYPE_CHECKING:
    from app.compose import Program

_REFRESH_MS = 120
_SURE = 3
"""Frames after which a run's pace is one."""


class RunPanelControl(QObject):
    """Says what can be run, how much that is and how long it takes; passes on what is wished."""

    def __init__(self, program: Program, panel: RunPanel) -> None:
        super().__init__(program)
        self._program = program
        self._panel = panel
        self._pace = Pace()
        self._runs: dict[str, Run] = {}
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        self._connect_counts()
        self._connect_options()
        panel.run_requested.connect(self._on_run)
        panel.runs.pause_toggled.connect(self._on_pause)
        panel.runs.cancel_requested.connect(lambda key: program.inference.drop(self._runs[key]))
        program.inference.runs_changed.connect(self._on_runs)
        self._refresh()

    def later(self, *_what: object) -> None:
        """Say it again soon."""
        if not self._timer.isActive():
            self._timer.start()

    def _connect_counts(self) -> None:
        program = self._program
        for signal in (
            program.run_wishes.counts.changed,
            program.session.indexed,
            program.view.frame_changed,
            program.view.range_changed,
            program.engine.state_changed,
        ):
            signal.connect(self.later)

    def _connect_options(self) -> None:
        program, options = self._program, self._panel.options
        options.set_values(program.settings.preferences)
        options.set_state(program.engine.state)
        options.changed.connect(program.settings.set_preferences)
        options.engine_chosen.connect(program.engine.choose)
        program.settings.preferences_changed.connect(options.set_values)
        program.engine.engines_changed.connect(options.set_engines)
        program.engine.state_changed.connect(options.set_state)

    def _on_run(self, key: str) -> None:
        self._program.window.actions_table[f"run_{key}"].trigger()

    def _on_pause(self, key: str) -> None:
        run = self._runs[key]
        self._program.inference.set_paused(run, not run.paused)

    def _on_runs(self, runs: tuple[tuple[Run, RunProgress], ...]) -> None:
        """Frames of one are done before anybody could read of them, so only what lasts has a row."""
        lasting = [(run, progress) for run, progress in runs if run.long]
        self._runs = {str(id(run)): run for run, _progress in lasting}
        self._panel.runs.set_runs([RunRow(str(id(run)), progress) for run, progress in lasting])
        for run, progress in lasting:
            done = progress.done - progress.earlier
            if done >= _SURE and run.engine_id:
                self._pace.note(run.engine_id, progress.seconds / done)
        self._program.window.actions_table.set_met({"run": bool(runs)})

    def _refresh(self) -> None:
        program = self._program
        view, counts = program.view, program.run_wishes.counts
        locked = "" if program.session.writable else "Nothing can be run."
        locked = locked if program.session.video is not None else "Open a video first."
        span = view.range
        problems = len(program.run_wishes.problem_frames())
        missing = view.frame_count - len(counts.done)
        rows = (
            ("frame", f"Frame {view.frame_index}", f"frame {view.frame_index}", 1, ""),
            _range_row(span),
            ("all", "All", "all frames", view.frame_count, ""),
            ("missing", "Missing", "frames without a result", missing, "Every frame has a result."),
            ("failed", "Failed", "failed frames again", len(counts.failed), "No frame has failed."),
            ("problems", "Problems", "frames with open problems again", problems, "No open problems."),
        )
        seconds = self._seconds()
        self._panel.set_scopes(tuple(self._scope(*row, locked, seconds) for row in rows))

    def _scope(
        self, key: str, title: str, what: str, frames: int, why_not: str, locked: str, seconds: float
    ) -> RunScope:
        action = self._program.window.actions_table[f"run_{key}"]
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        if locked or frames <= 0:
            return RunScope(key, title, "" if locked else "none", "", locked or why_not, keys)
        return RunScope(key, title, short_size(frames, seconds), f"{what}: {size(frames, seconds)}", "", keys)

    def _seconds(self) -> float:
        """A frame with the loaded engine: as runs went, as a stored frame took, or as the engine expects."""
        client, store = self._program.engine.client, self._program.session.store
        info = client.info if client is not None else None
        if info is None:
            return 0.0
        pace = self._pace.of(info)
        here = store.versions(self._program.view.frame_index) if store is not None and not pace else ()
        took = [version.seconds for version in here if version.engine_id == info.engine_id]
        if took:
            self._pace.note(info.engine_id, took[-1])
        return took[-1] if took else pace


def _range_row(span: tuple[int, int] | None) -> tuple[str, str, str, int, str]:
    if span is None:
        return "range", "Range", "", 0, MARK_A_RANGE
    return "range", "Range", f"frames {span[0]}–{span[1]}", span[1] - span[0] + 1, ""


def wire_running(program: Program) -> None:
    """Fill the panel, connect the box tool and what the table of actions has of both."""
    program.window.frame_view.box_drawn.connect(program.box_drawing.draw)
    program.window.actions_table.on("run_problems", program.run_wishes.problems)
    RunPanelControl(program, program.window.run_panel)
    ScrubRunning(program.view, program.session, program.engine, program.inference, program.settings, program)
    bar = program.window.message_bar
    program.inference.runs_changed.connect(
        lambda runs: None if any(run.paused for run, _progress in runs) else bar.withdraw(RESUME)
    )
