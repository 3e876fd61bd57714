"""Looks for problems in the background, again and again as the session changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from app.lane import Lane
from app.notices import Notices
from app.problem_opening import Opening
from app.session_control import SessionControl
from app.settings import Settings
from pipeline.errors import SessionError
from pipeline.job import Job
from pipeline.structures import Changes, Float, Int

if TYPE_CHECKING:  # measuring loads in the background, after the window is there
    from app.problem_desk import Findings, ProblemDesk
    from pipeline.problems.values import Thresholds
    from pipeline.session.store import Store

_SOON_MS, _LATE_MS = 200, 5000
_SHARE = 3
"""After a search so many times as long as it took is waited: while a range runs it takes a quarter of a core."""
_SAVE_MS = 1500

Told = Callable[["tuple[Int, Float]"], None]


class ProblemFinder(QObject):
    """Measures on a lane of its own, which only reads, and remembers in the session what was found.

    Signals:
        findings_changed: What is wrong, or None without a session.
        progress_changed: Share of the session measured in [0, 1]; None once it is done.
    """

    findings_changed = Signal()
    progress_changed = Signal(object)

    def __init__(
        self,
        lane: Lane,
        session: SessionControl,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.findings: Findings | None = None
        self._session, self._settings, self._notices = session, settings, notices
        self._lane = lane
        self._store: Store | None = None
        self._desk: ProblemDesk | None = None
        self._opening: Opening | None = None
        self._pending = Changes()
        self._asked = Changes()
        self._weigh = self._stuck = False
        self._job: Job | None = None
        self._body = settings.preferences.body_model
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._timer.timeout.connect(self._go_on)
        self._saving = QTimer(self, singleShot=True, interval=_SAVE_MS)
        self._saving.timeout.connect(self._save)
        session.indexed.connect(self._open)
        session.closing.connect(self._close)
        session.changed.connect(self._on_changes)
        settings.thresholds_changed.connect(self._on_thresholds)
        settings.preferences_changed.connect(lambda preferences: self._on_body(preferences.body_model))

    @property
    def thresholds(self) -> Thresholds:
        """From which values on signals are problems."""
        from pipeline.problems.values import Thresholds

        return Thresholds.from_plain(self._settings.thresholds)

    @property
    def busy(self) -> bool:
        """Whether something is being measured, or waits to be."""
        return self._job is not None or self._pending != Changes() or self._weigh

    def ask_curve(self, signal: str, track: int, told: Told) -> None:
        """Tell the values of a signal: frames, ascending, and values, of a person, or of frames for track 0."""
        if self._desk is not None:
            self._lane.submit(Job(partial(self._desk.curve, signal, track), priority=-1), succeeded=told)

    def start_again(self) -> None:
        """Measure all of it anew, as when a body model was found."""
        if self._store is not None:
            self._save()
            self._drop()
            self._open()

    def _open(self) -> None:
        store, video = self._session.store, self._session.video
        if store is None or video is None or store is self._store:
            return
        self._store = store
        known = store.known_problems()
        self._opening = Opening(
            store.path, (Path(self._body),) if self._body else (), video.time_of, tuple(known), _owed(known)
        )
        self._go_on()

    def _close(self) -> None:
        self._save()
        self._drop()
        self.findings = None
        self.progress_changed.emit(None)
        self.findings_changed.emit()

    def _drop(self) -> None:
        self._lane.cancel_all()
        self._timer.stop()
        self._saving.stop()
        self._store = self._desk = self._opening = self._job = None
        self._pending, self._asked, self._weigh = Changes(), Changes(), False

    def _on_changes(self, changes: Changes) -> None:
        if self._store is not None and changes.frames != frozenset():
            self._pending |= Changes(changes.frames)
            if self._job is None and not self._timer.isActive():
                self._timer.start()

    def _on_thresholds(self) -> None:
        self._weigh = self._desk is not None
        if self._job is None:
            self._go_on()

    def _on_body(self, body: str) -> None:
        if body != self._body:
            self._body = body
            self.start_again()

    def _go_on(self) -> None:
        """Do what is to be done next, one thing at a time."""
        if self._job is not None or self._opening is None:
            return
        if self._desk is None:
            self._submit(partial(_begin, self._opening, self._settings.thresholds))
        elif self._weigh and self._pending == Changes():
            self._submit(partial(self._desk.weigh, self.thresholds))
        elif self._pending != Changes():
            self._asked, self._pending = self._pending, Changes()
            self._submit(partial(self._desk.update, self._asked, self.thresholds))
        elif self.findings is not None and self.findings.masks_to_do:
            self._submit(partial(self._desk.look_at_masks, self.thresholds), priority=1)

    def _submit(self, work: Callable[[Job], Any], priority: int = 0) -> None:
        self._weigh = False
        self._clock.start()
        job = self._job = Job(work, priority=priority)
        self._lane.submit(
            job,
            succeeded=partial(self._on_found, job),
            failed=partial(self._on_failed, job),
            reported=self.progress_changed.emit,
            ended=partial(self._on_ended, job),
        )

    def _on_found(self, job: Job, found: Findings | tuple[ProblemDesk, Findings]) -> None:
        if job is not self._job:
            return
        if isinstance(found, tuple):
            self._desk, self.findings = found
        else:
            self.findings = found
        self._asked = Changes()
        self._saving.start()
        self.findings_changed.emit()

    def _on_failed(self, job: Job, error: Exception) -> None:
        """What was to be measured is measured with the next change."""
        if job is self._job:
            self._pending |= self._asked
            self._asked, self._stuck = Changes(), True
            self._notices.tell_error(error)

    def _on_ended(self, job: Job) -> None:
        if job is not self._job:
            return
        self._job = None
        self.progress_changed.emit(None)
        self._timer.setInterval(min(max(_SHARE * self._clock.elapsed(), _SOON_MS), _LATE_MS))
        if self._stuck:
            self._stuck = False
        elif self._weigh or self._pending == Changes():
            self._go_on()
        else:
            self._timer.start()

    def _save(self) -> None:
        """Remember what is wrong, and which frames were changed since that was found."""
        self._saving.stop()
        store, findings, changed = self._store, self.findings, self._asked | self._pending
        if store is None or store.read_only or findings is None:
            return
        owed = None if changed.frames is None else sorted(changed.frames)
        rows = [*findings.known, {"owed": owed}]
        try:
            if store.known_problems() != rows:
                store.set_known_problems(rows)
        except SessionError as error:
            self._notices.tell_error(error)


def _begin(opening: Opening, thresholds: dict[str, Any], job: Job) -> tuple[ProblemDesk, Findings]:
    """On the lane, where this loads what measures."""
    from app.problem_desk import ProblemDesk
    from pipeline.problems.values import Thresholds

    desk = ProblemDesk(opening)
    return desk, desk.update(Changes(None), Thresholds.from_plain(thresholds), job)


def _owed(rows: list[Any]) -> frozenset[int] | None:
    """The frames that were changed since the problems known were found."""
    owed = [row["owed"] for row in rows if isinstance(row, dict) and "owed" in row]
    frames: list[int] | None = owed[0] if owed else []
    return None if frames is None else frozenset(frames)
