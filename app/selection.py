"""Who is selected, by track across frames or by slot within one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.notices import Notices
from app.session_control import SessionControl
from app.view_state import ViewState

if TYPE_CHECKING:
    from pipeline.session.layered import Shown
    from pipeline.session.store import Store


def shown_frame(store: Store, frame: int) -> Shown | None:
    """A frame with layers and camera over it, or None; loaded late, for the window shows before."""
    from pipeline.session.layered import shown

    return shown(store, frame)


def wanted_track(view: ViewState, notices: Notices) -> int | None:
    """The selected track; without one it is said that there has to be."""
    if view.selected_track is None:
        notices.tell("No track is selected.", "Click a person or a track first.", "warning")
    return view.selected_track


MARK_A_RANGE = "Choose Range Starts Here and Range Ends Here, or Shift+drag on the seek bar."
"""By the names of the actions, since their keys can be changed."""


def wanted_range(view: ViewState, notices: Notices) -> tuple[int, int] | None:
    """The range, first and last frame; without one it is said that there has to be."""
    if view.range is None:
        notices.tell("There is no range.", MARK_A_RANGE, "warning")
    return view.range


def selected_slot(view: ViewState, store: Store, frame: int) -> int | None:
    """The selected person's slot in a frame, or None."""
    if view.selected_track is None:
        return view.selected_slot if frame == view.frame_index else None
    seen = shown_frame(store, frame)
    for assignment in seen.assignments if seen is not None else ():
        if assignment.track_id == view.selected_track:
            return assignment.slot
    return None


class Selection(QObject):
    """Turns clicks and keys into what `ViewState` holds."""

    def __init__(self, view: ViewState, session: SessionControl, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._session = session

    def select_slot(self, slot: int) -> None:
        """Select the person in a slot of the current frame; -1 selects nobody."""
        store = self._session.store
        if slot < 0 or store is None:
            self._view.select(None)
            return
        seen = shown_frame(store, self._view.frame_index)
        tracks = {a.slot: a.track_id for a in seen.assignments} if seen is not None else {}
        self._view.select(tracks.get(slot), slot)

    def select_track(self, track_id: int) -> None:
        """Select a track, if there is such a one; -1 selects nobody."""
        known = any(track.track_id == track_id for track in self._session.tracks())
        self._view.select(track_id if known else None)

    def select_person(self, number: int) -> None:
        """Select the n-th person of the current frame, from 1: in the order of their tracks, then those without."""
        slots = self._slots()
        self.select_slot(slots[number - 1] if number <= len(slots) else -1)

    def cycle(self) -> None:
        """Select the next person of the current frame."""
        store, slots = self._session.store, self._slots()
        if store is None or not slots:
            return
        slot = selected_slot(self._view, store, self._view.frame_index)
        self.select_slot(slots[(slots.index(slot) + 1) % len(slots)] if slot in slots else slots[0])

    def _slots(self) -> list[int]:
        """The people of the current frame in the order of their tracks, then those without."""
        store = self._session.store
        seen = shown_frame(store, self._view.frame_index) if store is not None else None
        if seen is None:
            return []
        tracks = {a.slot: a.track_id for a in seen.assignments if a.track_id is not None}
        there = (slot for slot in range(len(seen.result.people)) if slot not in seen.removed)
        return sorted(there, key=lambda slot: (tracks.get(slot, math.inf), slot))
