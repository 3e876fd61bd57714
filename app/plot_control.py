"""What the plots show, kept up to date while they are looked at, and linked with the rest of the window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from app.plot_choices import Choices, curve_rows
from app.plot_desk import PlotDesk, Told
from app.plot_following import PlotFollowing
from app.plot_making import Numbers
from app.plot_saving import PlotSaving
from app.plot_scope import PlotScope
from app.plot_signals import PlotSignals
from pipeline.job import Job
from pipeline.structures import Changes
from widgets.plot_values import PersonRow

if TYPE_CHECKING:
    from app.compose import Program

JOB = "plots"
_SOON_MS, _LATE_MS = 150, 3000
_SHARE = 3
"""After reading, so many times as long as it took is waited: while a range runs it takes a quarter of a core."""


class PlotControl(QObject):
    """Reads on the files lane, one thing at a time, and only while the tab can be seen.

    Signals:
        drawn: The plots show what there is now.

    Attributes:
        scope: What is to be plotted, and of whom.
        numbers: What was plotted last.
        told: Where it comes from.
        saving: Writes it to files.
    """

    drawn = Signal()

    def __init__(self, program: Program, shown: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._program = program
        self._shown = shown
        self._panel = program.window.plots
        self.scope = PlotScope(program)
        self.numbers: Numbers | None = None
        self.told = Told({})
        self.saving = PlotSaving(program, self)
        self._desk: PlotDesk | None = None
        self._owed = Changes()
        self._signals = PlotSignals(program, self)
        self._job: Job | None = None
        self._again = False
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._timer.timeout.connect(self.refresh)
        self._drawing = QTimer(self, singleShot=True, interval=0)
        self._drawing.timeout.connect(self.draw)
        self._connect()
        self._following = PlotFollowing(program, self)
        self._begin()

    def _connect(self) -> None:
        session, view, panel = self._program.session, self._program.view, self._panel
        session.opened.connect(self._begin)
        session.indexed.connect(self._begin)
        session.closing.connect(self._end)
        session.closed.connect(self.refresh)
        session.changed.connect(self._on_changes)
        view.selection_changed.connect(self.refresh)
        self._program.settings.preferences_changed.connect(lambda _preferences: self._begin_if_other_body())
        self._program.body_import.imported.connect(self._begin)
        self._signals.told.connect(self._on_signals)
        problems = self._program.problems
        problems.problems_changed.connect(self._on_problems)
        problems.problem_selected.connect(self.refresh)
        panel.curve_changed.connect(self.choose)
        panel.pin_toggled.connect(self.pin)
        panel.follow_toggled.connect(self.follow)
        panel.fit_requested.connect(self.fit)
        panel.export_requested.connect(self.saving.ask)

    @property
    def shown(self) -> bool:
        """Whether the tab can be seen."""
        return self._shown

    def set_shown(self, shown: bool) -> None:
        """The tab came into view, or went out of it."""
        self._shown = shown
        if shown:
            self._following.renew()
            self.refresh()

    # what is wished

    def choose(self, key: str, choice: str, on: bool) -> None:
        """Plot a curve, or no longer."""
        self._change(self.scope.choices.with_curve(key, choice, on))

    def pin(self, track: int, on: bool) -> None:
        """Keep somebody's curves when another person is selected, or no longer."""
        self._change(self.scope.choices.with_pin(track, on))

    def follow(self, on: bool) -> None:
        """Show the frames that the timeline shows, or no longer."""
        if on != self.scope.choices.follow:
            self._change(Choices(self.scope.choices.curves, self.scope.choices.pinned, on))
            self._following.renew()

    def fit(self) -> None:
        """Show all frames and all values."""
        if self._panel.stack is not None:
            self._panel.stack.fit()

    def _change(self, choices: Choices) -> None:
        self.scope.choices = choices
        store = self._program.session.store
        if store is not None and not store.read_only:
            store.remember("plots", choices.to_plain())
        self.refresh()

    # reading

    def refresh(self) -> None:
        """Show what is to be seen now, once it is read; nothing while nobody looks."""
        self._timer.stop()
        self._tell_choices()
        if not self._shown:
            return
        if why := self.scope.why_none(counted=self._desk is not None):
            self._panel.set_message(why)
        elif self._job is not None:
            self._again = True
        else:
            self._read()

    def _read(self) -> None:
        if self._desk is None:
            return
        changes, self._owed = self._owed, Changes()
        work = partial(
            self._desk.tell,
            changes,
            [one.track_id for one in self.scope.people()],
            self.scope.choices.wishes(),
        )
        job = self._job = Job(work, key=JOB)
        self._clock.start()
        self._panel.set_progress(0.0)
        if self._panel.empty:
            self._panel.set_message("Reading the session…")
        self._program.files_lane.submit(
            job,
            succeeded=partial(self._on_told, job),
            failed=partial(self._on_failed, job, changes),
            reported=partial(self._on_share, job),
            ended=partial(self._on_ended, job),
        )
        self._signals.ask(self.scope.plotted(), self.scope.people())

    def _on_share(self, job: Job, share: float) -> None:
        if job is self._job:
            self._panel.set_progress(share)
            if self._panel.empty:
                self._panel.set_message(f"Reading the session… {share:.0%}")

    def _on_told(self, job: Job, told: Told) -> None:
        if job is self._job:
            self.told = told
            self.draw()

    def _on_failed(self, job: Job, changes: Changes, error: Exception) -> None:
        if job is self._job:
            self._owed |= changes
            self._again = False
            self._panel.set_message("The session could not be read.")
            self._program.notices.tell_error(error)

    def _on_ended(self, job: Job) -> None:
        if job is not self._job:
            return
        self._job = None
        self._panel.set_progress(None)
        self._timer.setInterval(min(max(_SHARE * self._clock.elapsed(), _SOON_MS), _LATE_MS))
        if self._again:
            self._again = False
            self.refresh()

    def _on_signals(self) -> None:
        if self._job is None:
            self._drawing.start()

    def _on_problems(self) -> None:
        if self._shown and self._desk is not None:
            self._signals.ask(self.scope.plotted(), self.scope.people())
            self._drawing.start()  # thresholds may have changed

    # drawing

    def draw(self) -> None:
        """Show what was read."""
        if self.scope.why_none(counted=self._desk is not None):
            return
        problems = self._program.problems
        self.numbers = Numbers(
            self.scope.people(),
            self.scope.choices.curves,
            self.told.series,
            self._signals.series,
            problems.thresholds.of,
        )
        spans = self.scope.spans()
        self._following.renew()
        self._panel.set_plots(tuple(self.numbers.plot(key, spans.get(key)) for key in self.scope.plotted()))
        missing = ", ".join(self.told.bodiless)
        self._panel.set_note(
            f"Joints are not known: the body model {missing} is not here. Choose its file in the Models tab."
            if missing
            else ""
        )
        self.drawn.emit()

    def _tell_choices(self) -> None:
        self._panel.set_curves(curve_rows(), self.scope.choices.curves)
        pinned = frozenset(self.scope.choices.pinned)
        self._panel.set_people(
            tuple(
                PersonRow(one.track_id, one.title, one.color, one.track_id in pinned)
                for one in self.scope.people()
            )
        )

    # the session

    def _begin(self) -> None:
        """Another session, or another body: everything is read anew."""
        session = self._program.session
        self._end()
        if session.store is None or session.video is None or not session.video.indexed:
            self.refresh()
            return
        self._body = self._program.settings.preferences.body_model
        self.scope.choices = Choices.from_plain(session.store.remembered("plots"))
        files = (Path(self._body),) if self._body else ()
        self._desk, self._owed = PlotDesk(session.store.path, files, session.video.time_of), Changes(None)
        self._panel.set_follow(self.scope.choices.follow)
        self._following.renew()
        self.refresh()

    def _begin_if_other_body(self) -> None:
        if self._desk is not None and self._program.settings.preferences.body_model != self._body:
            self._begin()

    def _end(self) -> None:
        self._program.files_lane.cancel(JOB)
        self._timer.stop()
        self._drawing.stop()
        self._desk = self._job = self.numbers = None
        self._again = False
        self.told = Told({})
        self._signals.forget()
        self._panel.set_progress(None)

    def _on_changes(self, changes: Changes) -> None:
        if changes.frames != frozenset() or changes.tracks:
            self._owed |= Changes(changes.frames)
            if not self._timer.isActive():
                self._timer.start()
