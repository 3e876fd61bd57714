"""The 3D view: what it shows, and when it is drawn."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.lane import Lane
from app.notices import Notices
from app.orbit_artist import Drawn, OrbitArtist, OrbitWish
from app.orbit_pace import Pace
from app.orbit_wishes import OrbitWishes
from app.session_control import SessionControl
from app.settings import Settings
from app.view_state import ViewState
from pipeline.errors import UserError
from pipeline.job import Job
from pipeline.orbit import Aim, Orbit, carried
from pipeline.stage import Placement
from pipeline.structures import Changes
from widgets.orbit_pane import OrbitPane

_SETTLED_MS = 150


class OrbitControl(QObject):
    """Draws what the picture beside it shows, on a lane of its own, one drawing at a time, the latest wish next.

    While it is not active nothing is read or drawn.

    Signals:
        active_changed: Whether the view is open.
        drawn: An OrbitPicture was put into the view.
    """

    active_changed = Signal(bool)
    drawn = Signal(object)

    def __init__(
        self,
        pane: OrbitPane,
        view: ViewState,
        session: SessionControl,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._pane = pane
        self._view = view
        self._session = session
        self._settings = settings
        self._notices = notices
        self._artist = OrbitArtist()
        self._lane: Lane | None = None
        self._active = False
        self._frame: int | None = None
        self._aim: Aim = None
        self._wishes = OrbitWishes(view, session)
        self._camera: Placement | None = None
        self._job: Job | None = None
        self._stale = False
        self._empty = True
        self._told: set[str] = set()
        self._pace = Pace()
        self._settling = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settling.timeout.connect(self._on_settled)
        self._listen()

    def _listen(self) -> None:
        view, session, pane = self._view, self._session, self._pane
        for signal in (view.layers_changed, view.selection_changed):
            signal.connect(self.refresh)
        view.orbit_changed.connect(self._on_state)
        session.changed.connect(self._on_changes)
        session.closed.connect(self._on_closed)
        self._settings.preferences_changed.connect(lambda _preferences: self.refresh())
        pane.side_requested.connect(self.look_from)
        pane.centre_requested.connect(partial(self.centre, -1))
        pane.view.centre_requested.connect(self.centre)
        pane.view.orbit_changed.connect(self._on_orbit)
        pane.view.look_changed.connect(self.refresh)
        pane.space_chosen.connect(self.use_space)
        pane.trail_chosen.connect(self.use_trail)

    # what it is asked for

    def set_active(self, active: bool) -> None:
        """Open or close; a view that is closed costs nothing."""
        if active == self._active:
            return
        self._active = active
        self._on_state()
        self.refresh()
        self.active_changed.emit(active)

    def show(self, frame_index: int) -> None:
        """The picture that is shown is this one now."""
        if frame_index == self._frame:
            return
        self._frame = frame_index
        if isinstance(self._aim, int):  # somebody else may have that slot here
            self._aim = None
        if self._active:
            self._hurry()
            self.refresh()

    def look_again(self) -> None:
        """The picture was drawn again; perhaps of other poses."""
        if self._active and self._frame is not None and self._wishes.differs(self._frame):
            self.refresh()

    def look_from(self, side: str) -> None:
        """Look from "front", "side", "top", or through the video's "camera"."""
        orbit = self._view.orbit.orbit
        if side == "camera":
            self._look_at("camera")
        elif orbit is not None:
            self._on_orbit(orbit.from_side(side))
        else:
            self._view.set_orbit(replace(self._view.orbit, orbit=Orbit().from_side(side)))
            self._look_at("all")

    def centre(self, slot: int) -> None:
        """Have a person in the middle, or with -1 see everybody."""
        self._look_at(slot if slot >= 0 else "all")

    def use_space(self, space: str) -> None:
        """Stand in the axes of "camera" or "world"; one looks at the same from the same side."""
        state, frame = self._view.orbit, self._frame or 0
        old, new = (self._wishes.stage(name).camera(frame) for name in (state.space, space))
        orbit = carried(state.orbit, old, new) if state.orbit is not None else None
        self._view.set_orbit(replace(state, space=space, orbit=orbit))

    def use_trail(self, trail: str) -> None:
        """Draw the way of a joint, of `TRAILS`."""
        self._view.set_orbit(replace(self._view.orbit, trail=trail))

    def refresh(self) -> None:
        """Draw what is to be seen now, as soon as what is being drawn is there."""
        if not self._active:
            return
        if self._job is not None:
            self._stale = True
            return
        view = self._pane.view
        moving = self._settling.isActive() or self._view.playing
        wish = self._wishes.wish(
            self._frame, self._aim, view.pixel_size(), view.look(), self._pace.coarseness(moving=moving)
        )
        self._empty = isinstance(wish, str)
        if isinstance(wish, str):
            view.set_message(wish)
        else:
            self._camera = wish.camera
            view.set_space(wish.stage.note, wish.stage.axes)
            self._draw(wish)

    def close(self) -> None:
        """Free the GL context on the lane it belongs to, and end the lane."""
        self._active = False
        self._settling.stop()
        if self._lane is not None:
            self._lane.cancel_all()
            self._lane.submit(Job(lambda job: self._artist.close()))
            self._lane.finish()
            self._lane = None

    # drawing

    def _draw(self, wish: OrbitWish) -> None:
        if self._lane is None:  # most sessions never see it
            self._lane = Lane("orbit", self)
        chosen = self._settings.preferences.body_model
        files = (Path(chosen),) if chosen else ()
        work = partial(self._artist.draw, wish, self._settings.preferences.renderer, files)
        self._job = Job(work, key="orbit")
        self._lane.submit(
            self._job,
            succeeded=partial(self._on_drawn, wish),
            failed=self._on_failed,
            ended=self._on_ended,
        )

    def _on_drawn(self, wish: OrbitWish, drawn: Drawn) -> None:
        if self._artist.notice:
            self._say_once(self._artist.notice)
        self._pace.took(drawn.seconds, drawn.coarseness)
        if not self._active or self._empty:
            return
        # While it plays this may be a frame that has just gone: late is better than never.
        self._pane.view.set_picture(drawn.picture)
        if wish.orbit is None or wish.aim is not None:
            self._take_aim(wish, drawn.picture.orbit)
        self.drawn.emit(drawn.picture)

    def _take_aim(self, wish: OrbitWish, orbit: Orbit) -> None:
        """What the lane found to look from, unless somebody has turned the view or its size in the meantime."""
        if wish.aim == self._aim and wish.size == self._pane.view.pixel_size():
            self._aim = None
            self._view.set_orbit(replace(self._view.orbit, orbit=orbit))

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self._pane.view.set_message(f"{error.message}\n{error.hint}")
        else:
            self._notices.tell_error(error)

    def _on_ended(self) -> None:
        self._job = None
        if self._stale:
            self._stale = False
            self.refresh()
        elif self._pace.owes_detail and not self._settling.isActive():
            self._settling.start()

    def _say_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._notices.tell(text, "", "warning")

    # what changes

    def _look_at(self, aim: Aim) -> None:
        self._aim = aim
        self.refresh()

    def _hurry(self) -> None:
        """Something moves: for a moment speed counts more than detail."""
        self._settling.start()

    def _on_settled(self) -> None:
        if self._pace.owes_detail:
            self.refresh()

    def _on_orbit(self, orbit: Orbit) -> None:
        self._aim = None
        self._hurry()
        self._view.set_orbit(replace(self._view.orbit, orbit=orbit))

    def _on_state(self) -> None:
        state = self._view.orbit
        self._pane.view.set_orbit(state.orbit)
        self._pane.set_choices(state.space, state.trail)
        self.refresh()

    def _follow(self) -> None:
        """Camera or floor are known otherwise, so bodies stand elsewhere in the world: look at the same."""
        state, old = self._view.orbit, self._camera
        if state.orbit is not None and old is not None:
            new = self._camera = self._wishes.stage(state.space).camera(self._frame or 0)
            self._view.set_orbit(replace(state, orbit=carried(state.orbit, old, new)))

    def _on_changes(self, changes: Changes) -> None:
        if changes.settings:
            self._follow()
        if self._wishes.forget(changes, self._frame) or changes.tracks:
            self.refresh()

    def _on_closed(self) -> None:
        self._frame = self._aim = self._camera = None
        self._wishes.clear()
        self._told.clear()
        self.refresh()
