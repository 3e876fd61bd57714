"""What the timeline and the track table show, kept up to date without redoing it at every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.inference import Inference
from app.playback import Playback
from app.selection import shown_frame
from app.session_control import SessionControl
from app.view_state import ViewState
from pipeline.structures import Changes, Int, Track
from widgets import values
from widgets.timeline import Timeline
from widgets.track_table import TrackTable

if TYPE_CHECKING:
    from pipeline.session.store import Store
    from pipeline.session.tracks import AssignmentTable

_REFRESH_MS = 150
"""While a range runs, every frame changes the session; this often is enough to see it grow."""


class TimelineMarks(QObject):
    """Fills the timeline and the track table from the session."""

    def __init__(
        self,
        timeline: Timeline,
        tracks: TrackTable,
        view: ViewState,
        session: SessionControl,
        playback: Playback,
        inference: Inference,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._timeline = timeline
        self._tracks = tracks
        self._view = view
        self._session = session
        self._running: values.Range | None = None
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._refresh_all)
        self._marks_timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._marks_timer.timeout.connect(self._refresh_marks)
        session.opened.connect(self._refresh_all)
        session.closed.connect(self._refresh_all)
        session.changed.connect(self._on_changes)
        session.indexed.connect(self._on_count)
        session.index_progress.connect(timeline.set_index_progress)
        playback.cache_changed.connect(self._marks_later)
        playback.shown.connect(self._marks_later)
        inference.running_changed.connect(self._on_running)
        view.frame_changed.connect(self._on_frame)
        view.range_changed.connect(lambda: timeline.set_range(view.range))
        view.selection_changed.connect(self._on_selection)

    def _on_changes(self, changes: Changes) -> None:
        if changes.tracks and not changes.frames and changes.frames is not None:
            self._refresh_all()  # a person waits for the new name or colour
        elif not self._timer.isActive():
            self._timer.start()

    def _marks_later(self) -> None:
        if not self._marks_timer.isActive():
            self._marks_timer.start()

    def _on_running(self, span: values.Range | None) -> None:
        if span != self._running:
            self._running = span
            self._refresh_marks()

    def _on_frame(self, index: int) -> None:
        self._timeline.set_position(index)
        self._refresh_present()

    def _on_selection(self) -> None:
        self._timeline.set_selected_track(self._view.selected_track)
        self._tracks.set_selected(self._view.selected_track)

    def _on_count(self) -> None:
        self._timeline.set_count(self._view.frame_count)

    def _refresh_all(self) -> None:
        store = self._session.store
        tracks = self._session.tracks()
        self._on_count()
        self._timeline.set_position(self._view.frame_index)
        self._timeline.set_lanes(lanes(tracks, store.assignment_table()) if store is not None else ())
        self._tracks.set_tracks(tracks)
        self._refresh_marks()
        self._refresh_present()
        self._on_selection()

    def _refresh_marks(self) -> None:
        video, store = self._session.video, self._session.store
        decoded = video.cached_ranges() if video is not None else ()
        self._timeline.set_marks(
            values.Marks(decoded, *_outcomes(store), self._running)
            if store is not None
            else values.Marks(decoded)
        )

    def _refresh_present(self) -> None:
        store = self._session.store
        seen = shown_frame(store, self._view.frame_index) if store is not None else None
        here = seen.assignments if seen is not None else ()
        self._tracks.set_present(frozenset(a.track_id for a in here if a.track_id is not None))


def _outcomes(store: Store) -> tuple[Int, Int]:
    """Frames with a result and frames with a failure, sorted."""
    return store.frames_with_results(), np.array(sorted(store.failures()), np.int64)


def lanes(tracks: tuple[Track, ...], table: AssignmentTable) -> tuple[values.Lane, ...]:
    """One lane a track: the runs of frames it is in, and the frames a reviewer assigned."""
    return tuple(_lane(track, table) for track in tracks)


def _lane(track: Track, table: AssignmentTable) -> values.Lane:
    mine = table.tracks == track.track_id
    frames = np.unique(table.frames[mine])
    edited = np.unique(table.frames[mine & table.by_reviewer])
    return values.Lane(track.track_id, track.title, track.color, segments(frames), edited, track.visible)


def segments(frames: Int) -> Int:
    """First and last of each run of neighbours in sorted frames: (K, 2)."""
    if not len(frames):
        return np.zeros((0, 2), np.int64)
    breaks = np.flatnonzero(np.diff(frames) > 1)
    first = frames[np.concatenate([[0], breaks + 1])]
    last = frames[np.concatenate([breaks, [len(frames) - 1]])]
    return np.stack([first, last], 1)
