"""Bodies over the picture: drawn on the draw lane, shown only on their own frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.lane import Lane
from app.notices import Notices
from app.selection import selected_slot, shown_frame
from app.session_control import SessionControl
from app.settings import Settings
from app.view_state import ViewState
from pipeline.errors import BodyError
from pipeline.job import Job
from pipeline.layers import Layers
from pipeline.smpl import BodyModel, builtin_body, find_body, require_body
from pipeline.structures import Changes, Float, FrameResult, Meshes, Overlay, Track
from widgets.values import RendererKind

if TYPE_CHECKING:  # the renderers load on the draw lane
    from pipeline.render import Renderer
    from pipeline.scene import TrailIndex
    from pipeline.session.layered import Shown


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything one drawing needs, so that the lane touches neither session nor view."""

    seen: Shown
    tracks: tuple[Track, ...]
    selected_slot: int | None
    trails: Mapping[int, Float]
    layers: Layers


class Artist:
    """Renderer and bodies; lives on the draw lane, for a GL context belongs to one thread."""

    def __init__(self) -> None:
        self._renderer: Renderer | None = None
        self._kind: RendererKind = "auto"
        self._skinned: tuple[FrameResult, Meshes] | None = None
        self.notice = ""
        self.missing: BodyError | None = None

    def draw(self, wish: Wish, kind: RendererKind, body_files: tuple[Path, ...], job: Job) -> Overlay:
        """Body → scene → picture; of people whose body model is not here boxes, names and landmarks."""
        from pipeline.scene import build_scene

        seen, layers = wish.seen, wish.layers
        body, meshes = self._body(seen.result, body_files)
        if self.missing is not None:
            layers = replace(
                layers, meshes=False, wireframe=False, silhouettes=False, skeleton=False, boxes=True
            )
        scene = build_scene(
            seen.result,
            body,
            seen.assignments,
            wish.tracks,
            made=seen.made,
            removed=seen.removed,
            selected_slot=wish.selected_slot,
            trails=wish.trails,
            meshes=meshes,
        )
        job.check()
        return self._renderer_of(kind).render(scene, layers)

    def _body(self, result: FrameResult, body_files: tuple[Path, ...]) -> tuple[BodyModel, Meshes]:
        """The body and the skinned people; where it is not here, any body and nothing skinned."""
        try:
            body = require_body(result.people.body_model, body_files)
        except BodyError as error:
            self.missing = error
            return builtin_body(), _unskinned(len(result.people))
        self.missing = None
        return body, self.meshes(result, body)

    def close(self) -> None:
        """Free the GL context."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def meshes(self, result: FrameResult, body: BodyModel) -> Meshes:
        """Skin once for as long as one looks at a frame and changes only what is drawn of it."""
        if self._skinned is None or self._skinned[0] is not result:
            self._skinned = result, body.meshes(result.people)
        return self._skinned[1]

    def _renderer_of(self, kind: RendererKind) -> Renderer:
        if self._renderer is None or kind != self._kind:
            from pipeline.render import create_renderer

            self.close()
            self._kind = kind
            self._renderer = create_renderer(kind)
            self.notice = self._renderer.notice
        return self._renderer


def _unskinned(count: int) -> Meshes:
    from pipeline.structures import Meshes

    return Meshes(
        np.zeros((count, 0, 3), np.float32),
        np.zeros((count, 24, 3), np.float32),
        np.zeros((count, 24, 2), np.float32),
    )


def drawn_tracks(tracks: tuple[Track, ...], solo: int | None) -> tuple[Track, ...]:
    """The tracks with the visibility they are drawn with: all but one are hidden while one is alone."""
    if solo is None:
        return tracks
    return tuple(replace(track, visible=track.track_id == solo) for track in tracks)


class OverlayControl(QObject):
    """Keeps the overlay of the picture that is shown up to date.

    Signals:
        drawn: An Overlay.
        people_changed: boxes (N, 4) px and slots of the people on the picture, for picking.
        rejected_changed: Who was left out of the picture's frame and, after them, deleted from it, a Rejected,
            or None.
        busy_changed: Whether the overlay of the picture that is shown is being drawn.
    """

    drawn = Signal(object)
    people_changed = Signal(object, object)
    rejected_changed = Signal(object)
    busy_changed = Signal(bool)

    def __init__(
        self,
        lane: Lane,
        view: ViewState,
        session: SessionControl,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lane = lane
        self._view = view
        self._session = session
        self._settings = settings
        self._notices = notices
        self.artist = Artist()
        self._trails: TrailIndex | None = None
        self._shown: int | None = None
        self._told: set[str] = set()
        self._drawing: Job | None = None
        view.layers_changed.connect(self.refresh)
        view.solo_changed.connect(self.refresh)
        view.selection_changed.connect(self.refresh)
        view.hidden_changed.connect(self.refresh)
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changes)
        session.closed.connect(self._on_closed)
        settings.preferences_changed.connect(lambda _preferences: self.refresh())

    @property
    def busy(self) -> bool:
        """Whether the overlay of the picture that is shown is being drawn."""
        return self._drawing is not None

    def show(self, frame_index: int) -> None:
        """The picture that is shown is another one now."""
        self._shown = frame_index
        self.refresh()

    def refresh(self) -> None:
        """Draw again what belongs to the picture that is shown."""
        from pipeline.scene import left_out

        store, frame = self._session.store, self._shown
        seen = shown_frame(store, frame) if store is not None and frame is not None else None
        if store is None or frame is None or seen is None:
            self._nobody()
            return
        boxes = seen.result.people.detections.boxes
        slots = [slot for slot in range(len(boxes)) if slot not in seen.removed]
        self.people_changed.emit(boxes[slots], tuple(slots))
        self.rejected_changed.emit(left_out(seen.result, seen.removed))
        if self._view.hidden:
            return
        layers = self._view.layers
        wish = Wish(
            seen,
            drawn_tracks(self._session.tracks(), self._view.solo),
            selected_slot(self._view, store, frame),
            self._trails.trails(frame) if layers.trails and self._trails is not None else {},
            layers,
        )
        work = partial(self.artist.draw, wish, self._settings.preferences.renderer, self.body_files())
        job = Job(work, key="overlay", deliver_when_cancelled=True)
        self._lane.submit(
            job, succeeded=self._on_drawn, failed=self._on_failed, ended=partial(self._on_ended, job)
        )
        self._set_drawing(job)

    def close(self) -> None:
        """Free the GL context, on the lane it belongs to."""
        self._lane.cancel("overlay")
        self._lane.submit(Job(lambda job: self.artist.close()))

    def body_files(self) -> tuple[Path, ...]:
        """Body models of the user's own."""
        chosen = self._settings.preferences.body_model
        return (Path(chosen),) if chosen else ()

    def _nobody(self) -> None:
        self._lane.cancel("overlay")
        self.people_changed.emit(np.zeros((0, 4), np.float32), ())
        self.rejected_changed.emit(None)
        self.drawn.emit(None)
        self._set_drawing(None)

    def _set_drawing(self, job: Job | None) -> None:
        was_busy, self._drawing = self.busy, job
        if was_busy != self.busy:
            self.busy_changed.emit(self.busy)

    def _on_ended(self, job: Job) -> None:
        if job is self._drawing:
            self._set_drawing(None)

    def _on_drawn(self, overlay: Overlay) -> None:
        if self.artist.notice:
            self._say_once(self.artist.notice)
        if (missing := self.artist.missing) is not None:
            self._say_once(missing.message, missing.hint)
        if overlay.frame_index == self._shown:
            self.drawn.emit(overlay)

    def _on_failed(self, error: Exception) -> None:
        self.drawn.emit(None)
        self._notices.tell_error(error)

    def _say_once(self, text: str, hint: str = "") -> None:
        if text not in self._told:
            self._told.add(text)
            self._notices.tell(text, hint, "warning")

    def _on_opened(self) -> None:
        from pipeline.scene import TrailIndex
        from pipeline.session.layered import ShownFrames

        store = self._session.store
        if store is not None:
            frames = store.companion(ShownFrames)
            self._trails = TrailIndex(frames, lambda body_id: find_body(body_id, self.body_files()))

    def _on_changes(self, changes: Changes) -> None:
        if self._trails is not None:
            self._trails.forget(changes)
        looks_changed = changes.tracks and not changes.frames
        if changes.frames is None or looks_changed or self._shown in changes.frames:
            self.refresh()

    def _on_closed(self) -> None:
        self._shown = None
        self._told.clear()
        self._trails = None
        self._nobody()
