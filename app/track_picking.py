"""Choosing the other track of an operation, with its effect shown on the lanes before it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor

from app.track_making import counted
from pipeline.palette import track_color
from pipeline.structures import Track
from widgets.track_picker import PickRow, TrackPicker

if TYPE_CHECKING:
    from app.compose import Program
    from app.window import Window
    from pipeline.session.presence import Presence
    from pipeline.session.touching import TrackEdit

_MOST = 30
"""Tracks offered at most: the nearest in time."""

_NONE = np.zeros(0, np.int64)

NEW = 0
"""Stands for a track that is new."""


class Picking:
    """Opens the list of tracks at the pointer; the second track that is marked stands first."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def pick(
        self,
        title: str,
        make: Callable[[int], TrackEdit],
        finish: Callable[[TrackEdit], None],
        *,
        new: bool = False,
    ) -> None:
        """Ask which track.

        Args:
            title: What for.
            make: The edit with a track.
            finish: Does the edit that was chosen.
            new: Whether a new track is offered.
        """
        program, presence = self._program, self._program.session.presence
        if presence is None or not program.session.writable:
            return
        rows = tuple(self._rows(presence, make, new))
        if not rows:
            program.notices.tell("There is no other track.", "", "warning")
            return
        picker = TrackPicker(title, rows, program.window)
        picker.picked.connect(lambda other: finish(make(other)))
        picker.pointed.connect(lambda other: self._preview(presence, make(other)))
        picker.left.connect(lambda: program.window.timeline.lanes.set_preview(_NONE))
        picker.open_at(spot(program.window))

    def _rows(self, presence: Presence, make: Callable[[int], TrackEdit], new: bool) -> Iterator[PickRow]:
        view, tracks = self._program.view, self._program.session.tracks()
        others = [one for one in tracks if one.track_id != view.selected_track]

        def place(one: Track) -> tuple[bool, int, int]:
            away = max(one.first - view.frame_index, view.frame_index - one.last, 0)
            return one.track_id != view.other_track, away, one.track_id

        rows = [
            PickRow(one.track_id, one.title, one.color, _effect(make(one.track_id), presence))
            for one in sorted(others, key=place)[:_MOST]
        ]
        store = self._program.session.store
        if new and store is not None:
            row = PickRow(NEW, "New track", track_color(store.new_track_id()), _effect(make(NEW), presence))
            rows.insert(1 if view.other_track is not None else 0, row)
        yield from rows

    def _preview(self, presence: Presence, edit: TrackEdit) -> None:
        from pipeline.session.touching import frames_touched
        from pipeline.session.track_edits import SwapTracks

        other = edit.other if isinstance(edit, SwapTracks) else getattr(edit, "to", edit.track_id)
        lanes = self._program.window.timeline.lanes
        lanes.set_preview(frames_touched(edit, presence), (edit.track_id, other))


def _effect(edit: TrackEdit, presence: Presence) -> str:
    from pipeline.session.edits import ReassignTrack
    from pipeline.session.touching import frames_kept, frames_touched

    kept = len(frames_kept(edit, presence)) if isinstance(edit, ReassignTrack) else 0
    said = counted(len(frames_touched(edit, presence)))
    return f"{said}; {kept} with both stay{'s' if kept == 1 else ''}" if kept else said


def spot(window: Window) -> QPoint:
    """At the pointer if it is over the window, else in the picture's middle."""
    pointer, picture = QCursor.pos(), window.frame_view
    if window.frameGeometry().contains(pointer):
        return pointer
    return picture.mapToGlobal(picture.rect().center())
