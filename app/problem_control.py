"""The problems of the session: listed, walked through, judged."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.problem_finder import ProblemFinder, Told
from app.problem_rows import IgnoredOnes, frames_of, problem_rows, same_problem, strip_rows, threshold_rows
from pipeline.palette import NO_TRACK
from pipeline.structures import Changes, Track
from widgets.problem_values import Chip, ProblemKey, ProblemRow, StripRow
from widgets.units import format_count

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.problems.values import Thresholds
    from pipeline.session.reviews import Ignored

_REFRESH_MS = 150


class ProblemControl(QObject):
    """Fills the tab and the strip, and knows which problem one is at.

    Signals:
        problems_changed: Which problems there are, or what has become of them.
        problem_selected: `current` is another problem, or none.

    Attributes:
        rows: All problems, open, ignored and fixed.
        current: The problem one is at, or None.
    """

    problems_changed = Signal()
    problem_selected = Signal()

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.rows: tuple[ProblemRow, ...] = ()
        self.current: ProblemRow | None = None
        self._program = program
        self._panel, self._strip = program.window.problems, program.window.timeline.problem_strip
        self._open_frames: list[int] = []
        self._shown: object = None
        self.finder = ProblemFinder(
            program.problem_lane, program.session, program.settings, program.notices, self
        )
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self.finder.findings_changed.connect(self.refresh)
        self.finder.progress_changed.connect(self._panel.set_progress)
        program.session.changed.connect(self._on_changes)
        program.session.opened.connect(self._tell_empty)
        program.session.closed.connect(self._tell_empty)
        program.settings.thresholds_changed.connect(self._show_thresholds)

    @property
    def thresholds(self) -> Thresholds:
        """From which values on signals are problems."""
        return self.finder.thresholds

    @property
    def busy(self) -> bool:
        """Whether what is wrong is still being found out."""
        return self.finder.busy

    def open_frames(self) -> list[int]:
        """The frames with open problems, ascending."""
        return self._open_frames

    def ask_curve(self, signal: str, track: int, told: Told) -> None:
        """Tell frames, ascending, and values of a signal in its unit, of a person, or of frames for track 0.

        `told` is called in the window's thread; ask again after `problems_changed`.
        """
        self.finder.ask_curve(signal, track, told)

    def rows_of(self, keys: list[ProblemKey]) -> list[ProblemRow]:
        """Problems by their keys, as far as they are still there."""
        wanted = set(keys)
        return [row for row in self.rows if row.key in wanted]

    def refresh(self) -> None:
        """Show what was found, and what the reviewer says of it."""
        self._timer.stop()
        store, findings = self._program.session.store, self.finder.findings
        shown = (findings, self._ignored(), tuple(map(_look, self._program.session.tracks())))
        if shown == self._shown:  # each outcome of a run may change tracks; most do not
            return
        self._shown = shown
        if store is None or findings is None:
            self.rows = ()
            strips: tuple[StripRow, ...] = ()
        else:
            known = {track.track_id: track for track in self._program.session.tracks()}
            ignored = IgnoredOnes(shown[1])
            self.rows = problem_rows(findings, ignored, partial(_who, known))
            strips = strip_rows(findings, self.rows)
        self._open_frames = frames_of(row for row in self.rows if row.state == "open")
        self._panel.set_rows(self.rows)
        self._strip.set_rows(strips)
        self._tell_empty()
        self._show_thresholds()
        self._follow()
        self.problems_changed.emit()

    def _ignored(self) -> frozenset[Ignored]:
        store = self._program.session.store
        return store.ignored_problems() if store is not None else frozenset()

    def select(self, row: ProblemRow) -> None:
        """Go to a problem: its worst frame, its person, its row and its place in the strip."""
        view = self._program.view
        view.set_playing(0)
        view.set_frame(row.worst)
        if row.track:
            self._program.selection.select_track(row.track)
        self._set_current(row)

    def select_key(self, key: ProblemKey) -> None:
        """Go to the problem of a key."""
        for row in self.rows_of([key])[:1]:
            self.select(row)

    def select_at(self, signal: str, frame: int) -> None:
        """Go to the problem of a signal around a frame, an open one first."""
        here = [row for row in self.rows if row.signal == signal and row.first <= frame <= row.last]
        here.sort(key=lambda row: (row.state != "open", row.state == "fixed", row.frames))
        for row in here[:1]:
            self.select(row)

    def walk(self, step: int) -> None:
        """Go to the next open problem of the list (1), or the one before (-1), around its ends."""
        listed = self._panel.rows
        if not any(row.state == "open" for row in listed):
            self._program.notices.tell(self._why_none())
            return
        self.select(next_open(listed, self._standing_at(), self._program.view.frame_index, step))

    def _standing_at(self) -> ProblemRow | None:
        """The current problem, as long as its frames are shown: else one walks on from the frame."""
        row, frame = self.current, self._program.view.frame_index
        return row if row is not None and (row.first <= frame <= row.last or frame == row.worst) else None

    def _why_none(self) -> str:
        hidden = sum(row.state == "open" for row in self.rows)
        if hidden:
            return f"No open problem is listed; the filter hides {format_count(hidden)}."
        return (
            "There is no open problem." if self.finder.findings is not None else "Nothing was looked at yet."
        )

    def _set_current(self, row: ProblemRow | None) -> None:
        changed = row != self.current
        self.current = row
        key = row.key if row is not None else None
        self._panel.set_current(key)
        self._strip.set_selected(key)
        if changed:
            self.problem_selected.emit()

    def _follow(self) -> None:
        """Stay at the problem, whatever has become of it."""
        self._set_current(None if self.current is None else same_problem(self.current, self.rows))

    def _on_changes(self, changes: Changes) -> None:
        if changes.review:
            self.refresh()  # a person waits for it
        elif changes.tracks and not self._timer.isActive():
            self._timer.start()

    def _show_thresholds(self) -> None:
        if self.finder.findings is not None:
            self._panel.set_thresholds(threshold_rows(self.thresholds))

    def _tell_empty(self) -> None:
        findings = self.finder.findings
        if self._program.session.store is None:
            text = "Open a video first." if self._program.session.video is None else "There is no session."
        elif findings is None:
            text = "Looking for problems…"
        elif not findings.frames:
            text = "Nothing has been run yet. Problems are found in results: run some frames first."
        else:
            text = f"No problems found in {format_count(findings.frames)} frames."
        self._panel.set_empty_text(text)


def _look(track: Track) -> tuple[int, str, tuple[int, int, int]]:
    """What the list shows of a track."""
    return track.track_id, track.title, track.color


def _who(known: dict[int, Track], track: int) -> tuple[str, Chip]:
    """Name and chip of a track, which may be gone by now."""
    if track in known:
        return known[track].title, (track, known[track].color)
    return f"Person {track}", (track, NO_TRACK)


def next_open(listed: list[ProblemRow], at: ProblemRow | None, frame: int, step: int) -> ProblemRow:
    """The open problem after or before one, in the order of a list; without one, after or before a frame.

    Args:
        listed: At least one of them is open.
        at: Where one stands, or None.
        frame: The frame that is shown.
        step: 1 or -1.
    """
    place = next((i for i, row in enumerate(listed) if at is not None and row.key == at.key), None)
    if place is None:
        ordered = [row for row in listed if row.state == "open"]
        if step > 0:
            return next((row for row in ordered if row.worst >= frame), ordered[0])
        return next((row for row in reversed(ordered) if row.worst < frame), ordered[-1])
    turned = [listed[(place + step * k) % len(listed)] for k in range(1, len(listed) + 1)]
    return next(row for row in turned if row.state == "open")
