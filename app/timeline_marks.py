"""What the timeline and the track table show, kept up to date without redoing it at every frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.inference import Inference
from app.overlay import drawn_tracks
from app.playback import Playback
from app.selection import shown_frame
from app.session_control import SessionControl
from app.view_state import ViewState
from pipeline.palette import NO_TRACK
from pipeline.structures import Changes, Int, Track
from widgets import values
from widgets.coverage import runs_of
from widgets.timeline import Timeline
from widgets.track_table import TrackTable

if TYPE_CHECKING:
    from pipeline.session.presence import Presence
    from pipeline.session.store import Store

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
        view.solo_changed.connect(self._refresh_all)

    def _on_changes(self, changes: Changes) -> None:
        if changes.review:
            self._marks_later()
        if changes.tracks and not changes.frames and changes.frames is not None:
            self._refresh_all()  # a person waits for the new name or colour
        elif not self._timer.isActive() and (changes.frames is None or changes.frames):
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
        self._timeline.set_other_track(self._view.other_track)
        self._tracks.set_selected(self._view.selected_track)
        self._tracks.set_other(self._view.other_track)

    def _on_count(self) -> None:
        self._timeline.set_count(self._view.frame_count)

    def _refresh_all(self) -> None:
        store = self._session.store
        tracks = self._session.tracks()
        self._on_count()
        self._timeline.set_position(self._view.frame_index)
        self._timeline.set_lanes(
            lanes(drawn_tracks(tracks, self._view.solo), store) if store is not None else ()
        )
        self._tracks.set_tracks(tracks)
        self._refresh_marks()
        self._refresh_present()
        self._on_selection()

    def _refresh_marks(self) -> None:
        video, store = self._session.video, self._session.store
        decoded = video.cached_ranges() if video is not None else ()
        self._timeline.set_marks(
            values.Marks(decoded, *_outcomes(store), self._running, **_said(store))
            if store is not None
            else values.Marks(decoded)
        )

    def _refresh_present(self) -> None:
        store = self._session.store
        seen = shown_frame(store, self._view.frame_index) if store is not None else None
        here = seen.assignments if seen is not None else ()
        self._tracks.set_present(frozenset(a.track_id for a in here if a.track_id is not None))


def _said(store: Store) -> dict[str, Int]:
    """Frames by what the reviewer said of them as wholes, and where notes begin."""
    table = store.verdicts()
    whole = table.tracks == 0
    verified, problems, ignored = (table.frames[whole & (table.verdicts == code)] for code in (1, 2, 3))
    notes = np.array(sorted({note.first for note in store.notes()}), np.int64)
    return {"verified": verified, "problems": problems, "ignored": ignored, "notes": notes}


def _outcomes(store: Store) -> tuple[Int, Int]:
    """Frames with a result and frames with a failure, sorted."""
    return store.frames_with_results(), np.array(sorted(store.failures()), np.int64)


def lanes(tracks: tuple[Track, ...], store: Store) -> tuple[values.Lane, ...]:
    """One lane a track: where it is, was assigned by a reviewer or made by layers; then one of the deleted."""
    from pipeline.session.presence import Presence

    presence = store.companion(Presence)
    made: dict[tuple[int, str], set[int]] = {}
    for layer in store.pose_layers():
        if layer.enabled:
            made.setdefault((layer.track, layer.kind), set()).update(store.layer_frames(layer.id))
    found = tuple(_lane(track, presence, made) for track in tracks)
    gone = presence.deleted()
    if not len(gone):
        return found
    return (*found, values.Lane(values.DELETED, "Deleted", NO_TRACK, runs_of(gone), deleted=True))


def _lane(track: Track, presence: Presence, made: Mapping[tuple[int, str], set[int]]) -> values.Lane:
    frames = presence.frames(track.track_id)
    filled, smoothed = (
        np.array(sorted(made.get((track.track_id, kind), ())), np.int64) for kind in ("fill", "smooth")
    )
    return values.Lane(
        track.track_id,
        track.title,
        track.color,
        runs_of(frames),
        presence.said(track.track_id),
        track.visible,
        runs_of(np.setdiff1d(filled, frames, assume_unique=True) if len(filled) else filled),
        runs_of(smoothed),
    )
