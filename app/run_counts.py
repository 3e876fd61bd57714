"""Which frames have a result, kept up to date frame by frame: a long session is not counted at every outcome."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.session_control import SessionControl
from pipeline.structures import Changes

_ANEW = 500
"""From so many changed frames on, reading all is quicker than asking about each."""


class RunCounts(QObject):
    """What is done and what has failed.

    Signals:
        changed: Either is another now.
    """

    changed = Signal()

    def __init__(self, session: SessionControl, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._done: set[int] | None = None
        self._failed: tuple[int, ...] | None = None
        session.opened.connect(self._forget)
        session.closed.connect(self._forget)
        session.changed.connect(self._on_changes)

    @property
    def done(self) -> frozenset[int] | set[int]:
        """The frames with a result."""
        store = self._session.store
        if store is None:
            return frozenset()
        if self._done is None:
            self._done = set(store.frames_with_results().tolist())
        return self._done

    @property
    def failed(self) -> tuple[int, ...]:
        """The frames that failed and were not made good, ascending."""
        store = self._session.store
        if store is None:
            return ()
        if self._failed is None:
            self._failed = tuple(store.failures())
        return self._failed

    def missing(self, count: int) -> list[int]:
        """Of the first frames, those without a result."""
        done = self.done
        return [frame for frame in range(count) if frame not in done]

    def _forget(self) -> None:
        self._done = self._failed = None
        self.changed.emit()

    def _on_changes(self, changes: Changes) -> None:
        store = self._session.store
        if store is None or changes.frames == frozenset():
            return
        self._failed = None
        if changes.frames is None or len(changes.frames) > _ANEW:
            self._done = None
        elif self._done is not None:
            for frame in changes.frames:
                (self._done.discard if store.counting_version(frame) is None else self._done.add)(frame)
        self.changed.emit()
