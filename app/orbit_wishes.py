"""Reads from session and view what one drawing of the 3D view needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.orbit_artist import OrbitWish
from app.orbit_stage import Stage, world_in
from app.selection import selected_slot, shown_frame
from app.session_control import SessionControl
from app.view_state import ViewState
from pipeline.orbit import Aim, OrbitLook
from pipeline.orbit_state import TRAILS
from pipeline.stage import Past
from pipeline.structures import Changes

if TYPE_CHECKING:
    from pipeline.session.layered import Shown
    from pipeline.session.store import Store

_LONGEST_TRAIL = 60
"""Frames."""

NO_VIDEO = "Nothing to look at yet\nOpen a video (Ctrl+O) and run a frame to see its people from any side."
NOT_RUN = "This frame was not run\nRun this frame (R) to see it here."
NOBODY = "Nobody was found in this frame\nDraw a box around a missed person (B) in the picture, or go to another frame."
ALL_HIDDEN = "Everybody in this frame is hidden\nShow a track in the Tracks panel to see it here."


class OrbitWishes:
    """Belongs to the window's thread. Keeps the frames of the last second, so that each is read once."""

    def __init__(self, view: ViewState, session: SessionControl) -> None:
        self._view = view
        self._session = session
        self._past: dict[int | None, Shown | None] = {}
        self._last: Shown | None = None

    def wish(
        self, frame: int | None, aim: Aim, size: tuple[int, int], look: OrbitLook, coarseness: int
    ) -> OrbitWish | str:
        """What is to be drawn, or why there is nothing and what to do about it; see `OrbitWish`."""
        store = self._session.store
        seen = shown_frame(store, frame) if store is not None and frame is not None else None
        self._last = seen
        if store is None or frame is None or seen is None:
            return NO_VIDEO if self._session.video is None else NOT_RUN
        if why := self._why_nobody(seen):
            return why
        state = self._view.orbit
        stage, joints = self.stage(state.space), TRAILS[state.trail]
        return OrbitWish(
            seen=seen,
            tracks=self._session.tracks(),
            selected_slot=selected_slot(self._view, store, frame),
            stage=stage,
            camera=stage.camera(frame),
            floor=stage.floor(frame),
            past=self._second_before(store, frame, stage) if joints else (),
            joints=joints,
            orbit=state.orbit,
            aim=aim,
            size=size,
            layers=self._view.layers,
            look=look,
            coarseness=coarseness,
        )

    def stage(self, space: str) -> Stage:
        """The stage of "camera" or "world"."""
        return Stage(world_in(self._session.store), space)

    def forget(self, changes: Changes, frame: int | None) -> bool:
        """Read again what changed; whether that can be seen at a frame."""
        everything = changes.frames is None or changes.settings
        frames = self._past.keys() | {frame}
        touched = set(frames) if everything else frames & (changes.frames or frozenset())
        for one in touched:
            self._past.pop(one, None)
        return bool(touched)

    def differs(self, frame: int) -> bool:
        """Whether a frame is shown otherwise than when it was read, as while layers are held away."""
        store = self._session.store
        if store is None or shown_frame(store, frame) is self._last:
            return False
        self._past.clear()
        return True

    def clear(self) -> None:
        """Another session comes."""
        self._past.clear()
        self._last = None

    def _why_nobody(self, seen: Shown) -> str:
        there = [slot for slot in range(len(seen.result.people)) if slot not in seen.removed]
        if not there:
            return NOBODY
        hidden = {track.track_id for track in self._session.tracks() if not track.visible}
        tracks = {a.slot: a.track_id for a in seen.assignments}
        return ALL_HIDDEN if all(tracks.get(slot) in hidden for slot in there) else ""

    def _second_before(self, store: Store, frame: int, stage: Stage) -> tuple[Past | None, ...]:
        video = self._session.video
        rate = float(video.info.rate) if video is not None else 30.0
        span = range(frame - min(max(round(rate), 2), _LONGEST_TRAIL), frame + 1)
        self._past = {i: self._past[i] if i in self._past else shown_frame(store, i) for i in span if i >= 0}
        seen = ((i, self._past.get(i)) for i in span)
        return tuple(
            None if one is None else Past(one.result, one.assignments, stage.camera(i)) for i, one in seen
        )
