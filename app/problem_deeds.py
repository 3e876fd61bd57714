"""What is done to problems: ignored, run again, verified; and their thresholds changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.problem_control import ProblemControl
from app.problem_rows import IgnoredOnes, frames_of, threshold_rows
from widgets.problem_settings import ThresholdForm, scrolled
from widgets.problem_values import ProblemKey
from widgets.units import format_count

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.session.edits import Edit


class ProblemDeeds(QObject):
    """Does what the tab asks for."""

    def __init__(self, program: Program, problems: ProblemControl) -> None:
        super().__init__(program)
        self._program, self._problems = program, problems

    def ignore(self, keys: list[ProblemKey], ignored: bool) -> None:
        """Ignore problems, or no longer."""
        from pipeline.session.review_edits import IgnoreProblem

        rows = [row for row in self._problems.rows_of(keys) if row.state != "fixed"]
        if ignored:
            asked = [(row.signal, row.track, row.first, row.last) for row in rows if row.state == "open"]
            label = "Ignore"
        else:
            asked = self._ignored_because_of([row.key for row in rows])
            label = "No longer ignore"
        what = "problem" if len(rows) == 1 else f"{format_count(len(rows))} problems"
        self._do([IgnoreProblem(*one, ignored=ignored) for one in asked], f"{label} {what}")

    def run_again(self, keys: list[ProblemKey]) -> None:
        """Run the frames of problems again."""
        frames = frames_of(self._problems.rows_of(keys))
        if len(frames) == 1:
            title = f"Frame {frames[0]} again"
        else:
            title = f"{format_count(len(frames))} frames with problems again"
        self._program.inference.run_frames(title, frames)

    def verify(self, keys: list[ProblemKey]) -> None:
        """Say that the people in the frames of problems are right, or the frames where nobody is."""
        from pipeline.session.review_edits import SetVerdict

        rows = self._problems.rows_of(keys)
        asked = sorted({(row.first, row.last, 0 if row.signal == "gap" else row.track) for row in rows})
        frames = len(frames_of(rows))
        label = f"Mark {'1 frame' if frames == 1 else f'{format_count(frames)} frames'} verified"
        self._do([SetVerdict(*one, verdict="verified", label=label) for one in asked], label)

    def change_threshold(self, signal: str, value: float) -> None:
        """From which value on a signal is a problem."""
        self._program.settings.set_thresholds(self._problems.thresholds.with_(signal, value).to_plain())

    def default_thresholds(self) -> None:
        """All thresholds as they were at first."""
        self._program.settings.set_thresholds({})

    def threshold_page(self) -> QWidget:
        """The thresholds, to be changed in the preferences."""
        form = ThresholdForm(threshold_rows(self._problems.thresholds))
        form.changed.connect(self.change_threshold)
        form.defaults_requested.connect(self.default_thresholds)
        # Not a lambda: a form that is gone must not be told.
        follower = _Follower(form, self._problems)
        self._program.settings.thresholds_changed.connect(follower.follow)
        return scrolled(form)

    def _ignored_because_of(self, keys: list[ProblemKey]) -> list[tuple[str, int, int, int]]:
        store, findings = self._program.session.store, self._problems.finder.findings
        if store is None or findings is None:
            return []
        ignored, wanted = IgnoredOnes(store.ignored_problems()), set(keys)
        mine = [one for one in findings.found if (one.signal, one.track, one.first, one.last) in wanted]
        because = {one for problem in mine for one in ignored.covering(problem)}
        return [(one.signal, one.track, one.first, one.last) for one in sorted(because)]

    def _do(self, asked: Sequence[Edit], label: str) -> None:
        from pipeline.session.edit_kinds import Several

        if asked:
            self._program.editing.do(asked[0] if len(asked) == 1 else Several(tuple(asked), label))


class _Follower(QObject):
    """Keeps a form up to date as long as it is there."""

    def __init__(self, form: ThresholdForm, problems: ProblemControl) -> None:
        super().__init__(form)
        self._form, self._problems = form, problems

    def follow(self) -> None:
        """Show the thresholds as they are."""
        self._form.set_rows(threshold_rows(self._problems.thresholds))
