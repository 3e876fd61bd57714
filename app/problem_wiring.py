"""Connects finding problems with the tab, the strip, the menus and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from app.problem_control import ProblemControl
from app.problem_deeds import ProblemDeeds
from widgets.lanes import TrackLanes

if TYPE_CHECKING:
    from app.compose import Program

_OWN_ARROWS = (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    TrackLanes,
)
"""Where up and down mean something else."""


class ArrowKeys(QObject):
    """Leaves up and down to what has the focus where they mean something there."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.window)
        table = program.window.actions_table
        self._actions = table["previous_problem"], table["next_problem"]
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus)

    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        # Only where the window itself has the focus, so that the menu still shows the keys.
        own = isinstance(now, _OWN_ARROWS)
        context = Qt.ShortcutContext.WidgetShortcut if own else Qt.ShortcutContext.WindowShortcut
        for action in self._actions:
            action.setShortcutContext(context)


def wire_problems(program: Program) -> None:
    """Find problems, fill the tab and the strip, connect what is asked for there and in the menus."""
    problems = program.problems = ProblemControl(program)
    deeds = ProblemDeeds(program, problems)
    panel, strip = program.window.problems, program.window.timeline.problem_strip
    panel.problem_selected.connect(problems.select_key)
    panel.ignore_requested.connect(deeds.ignore)
    panel.run_requested.connect(deeds.run_again)
    panel.verify_requested.connect(deeds.verify)
    panel.threshold_changed.connect(deeds.change_threshold)
    panel.defaults_requested.connect(deeds.default_thresholds)
    strip.problem_requested.connect(problems.select_at)
    actions = program.window.actions_table
    actions.on("next_problem", lambda: problems.walk(1))
    actions.on("previous_problem", lambda: problems.walk(-1))
    ArrowKeys(program)
    program.body_import.imported.connect(problems.finder.start_again)
    program.run_wishes.ask_for_problems(problems.open_frames)
    problems.problems_changed.connect(program.run_wishes.counts.changed)
    program.dialogs.add_page("Problems", deeds.threshold_page)
