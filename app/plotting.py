"""Plots of the selected person and of others: what is plotted, kept up to date, linked to frame and range."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.structures import Changes, Float, Int
from widgets.plot_values import Plot, PlotChoice, PlotLine

if TYPE_CHECKING:  # made when plots are shown first
    from app.compose import Program
    from app.plot_desk import Found, PlotDesk
    from pipeline.curves.kinds import Curve
    from pipeline.curves.table import TrackCurves

_JOB = "plots"
_REFRESH_MS = 200
_FIRST = ("speed", "acceleration", "knees")
_REMEMBERED = "plots"
_PROBLEM = "problem:"


def wire_plotting(program: Program) -> None:
    """Connect the dock and its actions."""
    plotting = Plotting(program)
    on = program.window.actions_table.on
    on("plots", lambda: program.window.show_dock("plots"))
    for kind in ("csv", "svg", "png"):
        on(f"plots_{kind}", partial(plotting.export, kind))


class Plotting(QObject):
    """Reads only while the dock is in view; what changes meanwhile is read when it is."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._panel = program.window.plots
        self._desk: PlotDesk | None = None
        self._owed = Changes()
        self._at_work = self._again = False
        self._found: Found = {}
        self._signals: dict[tuple[str, int], Curve] = {}
        self._keys: tuple[str, ...] = _FIRST
        self._pinned: tuple[int, ...] = ()
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._wire_panel()
        self._wire_program()

    def _wire_panel(self) -> None:
        panel, view = self._panel, self._program.view
        panel.shown.connect(self._timer.start)
        panel.curves_changed.connect(self._choose_curves)
        panel.people_changed.connect(self._choose_people)
        panel.follow_changed.connect(self._on_follow)
        panel.export_requested.connect(self.export)
        panel.frame_requested.connect(view.set_frame)
        panel.range_requested.connect(lambda first, last: view.set_range((first, last)))
        panel.x_changed.connect(self._on_x)

    def _wire_program(self) -> None:
        program, session, view = self._program, self._program.session, self._program.view
        session.opened.connect(self._on_opened)
        session.closing.connect(self._on_closing)
        session.indexed.connect(partial(self._on_changes, Changes(None)))
        session.changed.connect(self._on_changes)
        view.selection_changed.connect(self._timer.start)
        view.frame_changed.connect(self._on_frame)
        view.range_changed.connect(lambda: self._panel.set_range(view.range))
        program.window.timeline.scale.changed.connect(self._follow)
        if (problems := getattr(program, "problems", None)) is not None:
            problems.problems_changed.connect(self._ask_signals)

    @property
    def tracks(self) -> tuple[int, ...]:
        """Who is plotted: the selected person first."""
        if self._desk is None:
            return ()
        chosen = self._program.view.selected_track
        known = {one.track_id for one in self._program.session.tracks()}
        wanted = dict.fromkeys((*(() if chosen is None else (chosen,)), *self._pinned))
        return tuple(track for track in wanted if track in known)

    def refresh(self) -> None:
        """Read what is owed, and show it."""
        self._offer()
        if self._desk is None or not self._panel.isVisible():
            return
        if not self.tracks:
            self._panel.set_text("Select a person, or tick one under People, to see plots.")
        elif not self._keys:
            self._panel.set_text("Tick a curve under Curves.")
        elif self._at_work:
            self._again = True
        else:
            self._read(self._desk)

    def export(self, kind: str) -> None:
        """Ask where to, and write what is plotted."""
        path = self._program.session.path
        if path is None or self._panel.empty:
            self._program.notices.tell(
                "Nothing is plotted.", "Select a person with the plots open.", "warning"
            )
            return
        suggested = str(path.with_name(f"{path.stem}.plots.{kind}"))
        chosen, _ = QFileDialog.getSaveFileName(self._panel, "Export plots", suggested, f"*.{kind}")
        if chosen:
            self.export_to(kind, Path(chosen))

    def export_to(self, kind: str, path: Path) -> None:
        """Write what is plotted: "csv" in the background, "svg" and "png" at once."""
        from pipeline.atomic import spare

        session = self._program.session
        sources = [one for one in (session.path, session.store.path if session.store else None) if one]
        try:
            spare(path, sources)
            if kind == "csv":
                self._write_numbers(path)
            else:
                self._write_picture(kind, path)
        except UserError as error:
            self._program.notices.tell_error(error)

    def _write_numbers(self, path: Path) -> None:
        from pipeline.curves.table import write_csv

        tables = self._tables()
        self._program.files_lane.submit(
            Job(lambda _job: write_csv(path, tables), key="plots export"),
            succeeded=lambda _none: self._program.notices.tell(f"Exported to {path}."),
        )

    def _write_picture(self, kind: str, path: Path) -> None:
        from pipeline.atomic import replacing
        from widgets.plot_picture import write_png, write_svg

        with replacing(path) as temporary:
            (write_svg if kind == "svg" else write_png)(self._panel.need_chart(), temporary)
        self._program.notices.tell(f"Exported to {path}.")

    def _tables(self) -> list[TrackCurves]:
        from pipeline.curves.table import TrackCurves

        titles = self._titles()
        return [
            TrackCurves(
                track, titles[track], tuple(c for key in self._keys for c in self._curves(track, key))
            )
            for track in self.tracks
        ]

    def _read(self, desk: PlotDesk) -> None:
        changes, self._owed, self._at_work = self._owed, Changes(), True
        keys = [key for key in self._keys if not key.startswith(_PROBLEM)]
        if not self._found:
            self._panel.set_text("Reading the session…")
        self._program.files_lane.submit(
            Job(partial(desk.curves, changes, self.tracks, keys), key=_JOB),
            succeeded=partial(self._on_found, desk),
            reported=self._on_share,
            ended=partial(self._on_ended, desk),
        )
        self._ask_signals()

    def _on_share(self, share: float) -> None:
        if not self._found:
            self._panel.set_text(f"Reading the session… {share:.0%}")

    def _on_found(self, desk: PlotDesk, found: Found) -> None:
        if desk is self._desk:
            self._found = found
            self._show()

    def _on_ended(self, desk: PlotDesk) -> None:
        if desk is not self._desk:
            return
        self._at_work = False
        if self._again:
            self._again = False
            self._timer.start()

    def _ask_signals(self) -> None:
        problems = getattr(self._program, "problems", None)
        if problems is None or self._desk is None or not self._panel.isVisible():
            return
        for key in self._keys:
            if key.startswith(_PROBLEM):
                for track in self.tracks:
                    problems.ask_curve(
                        key.removeprefix(_PROBLEM), track, partial(self._on_signal, key, track)
                    )

    def _on_signal(self, key: str, track: int, told: tuple[Int, Float]) -> None:
        from pipeline.curves.kinds import Curve
        from pipeline.problems.values import BY_KEY

        video, (frames, values) = self._program.session.video, told
        if video is None:
            return
        signal = BY_KEY[key.removeprefix(_PROBLEM)]
        times = np.array([video.time_of(frame) for frame in frames.tolist()], np.float64)
        steps = np.diff(frames, prepend=frames[:1])
        follows = steps <= np.median(steps[1:]) if len(steps) > 1 else np.zeros(len(steps), bool)
        made = np.zeros(len(frames), np.int8)
        self._signals[key, track] = Curve(
            key, signal.title, signal.unit, "", frames, times, values, made, follows
        )
        if self._found:
            self._show()

    def _curves(self, track: int, key: str) -> tuple[Curve, ...]:
        if key.startswith(_PROBLEM):
            one = self._signals.get((key, track))
            return () if one is None else (one,)
        return tuple(curve for curve in self._found.get(track, ()) if curve.key == key)

    def _show(self) -> None:
        session, view = self._program.session, self._program.view
        video = session.video
        if video is None or not self.tracks:
            return
        plots = [plot for key in self._keys if (plot := self._plot(key)).lines]
        if not plots:
            self._panel.set_text("There is nothing to plot.")
            return
        self._panel.set_plots(plots, video.time_of, view.frame_count)
        self._panel.set_range(view.range)
        self._panel.set_frame(view.frame_index)
        self._follow()

    def _plot(self, key: str) -> Plot:
        people = {one.track_id: one for one in self._program.session.tracks()}
        titled = [(people[track], self._curves(track, key)) for track in self.tracks]
        lines = tuple(
            PlotLine(
                curve.line, who.title, who.color, place, curve.frames, curve.values, curve.made, curve.follows
            )
            for who, curves in titled
            for place, curve in enumerate(curves)
        )
        first = next((curves[0] for _who, curves in titled if curves), None)
        limit = None
        if key.startswith(_PROBLEM) and hasattr(self._program, "problems"):
            limit = self._program.problems.thresholds.of(key.removeprefix(_PROBLEM))
        title, unit = (first.title, first.unit) if first else ("", "")
        return Plot(key, title, unit, lines, limit)

    def _titles(self) -> dict[int, str]:
        return {one.track_id: one.title for one in self._program.session.tracks()}

    def _offer(self) -> None:
        """What may be ticked."""
        if self._desk is None:  # tracks asked for without a session would be remembered as none
            self._panel.people.set_choices((), ())
            return
        self._panel.curves.set_choices(self._choices(), self._keys)
        people = [PlotChoice(str(track), title) for track, title in self._titles().items()]
        self._panel.people.set_choices(people, [str(track) for track in self._pinned])

    def _choices(self) -> list[PlotChoice]:
        from pipeline.curves.kinds import KINDS

        choices = [PlotChoice(kind.key, kind.title, kind.meaning) for kind in KINDS]
        if hasattr(self._program, "problems"):
            from pipeline.problems.values import SIGNALS

            choices += [
                PlotChoice(_PROBLEM + one.key, f"Problem: {one.title}", one.meaning, 1)
                for one in SIGNALS
                if one.per_track
            ]
        return choices

    def _choose_curves(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        self._remember()
        self.refresh()

    def _choose_people(self, tracks: Sequence[int]) -> None:
        self._pinned = tuple(tracks)
        self._remember()
        self.refresh()

    def _on_follow(self, _on: bool) -> None:
        self._remember()
        self._follow()

    def _follow(self) -> None:
        """Show what the timeline shows; there, a frame begins where its number is, and here it is in the middle."""
        chart, scale = self._panel.chart, self._program.window.timeline.scale
        if chart is not None and self._panel.follow.isChecked() and scale.count:
            chart.look_at(scale.first - 0.5, scale.first + scale.span - 0.5)

    def _on_x(self, first: float, last: float) -> None:
        if self._panel.follow.isChecked():
            self._program.window.timeline.scale.look_at(first + 0.5, last - first)

    def _on_frame(self, frame: int) -> None:
        if self._panel.isVisible() and not self._panel.empty:
            self._panel.set_frame(frame)

    def _on_changes(self, changes: Changes) -> None:
        if changes.frames is None or changes.frames or changes.tracks or changes.settings:
            self._owed |= changes
            if not self._timer.isActive():  # a run tells of frames without a pause
                self._timer.start()

    def _remember(self) -> None:
        store = self._program.session.store
        if store is not None and not store.read_only:
            chosen = {"curves": self._keys, "people": self._pinned, "follow": self._panel.follow.isChecked()}
            store.remember(_REMEMBERED, chosen)

    def _on_opened(self) -> None:
        session, store = self._program.session, self._program.session.store
        if store is None or session.video is None:
            return
        from app.plot_desk import PlotDesk

        known = store.remembered(_REMEMBERED) or {}
        valid = {choice.key for choice in self._choices()}
        self._keys = tuple(key for key in known.get("curves", _FIRST) if key in valid)
        self._pinned = tuple(known.get("people", ()))
        self._panel.follow.setChecked(bool(known.get("follow", False)))
        body = self._program.settings.preferences.body_model
        files = (Path(body),) if body else ()
        self._desk, self._owed = PlotDesk(store.path, files, session.video.time_of), Changes(None)
        self._at_work = self._again = False
        self._timer.start()

    def _on_closing(self) -> None:
        self._program.files_lane.cancel(_JOB)
        self._desk, self._found, self._signals = None, {}, {}
        self._timer.stop()
        self._panel.set_text("Open a video to see plots.")
