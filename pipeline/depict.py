"""A stored frame's overlay: what the command line and the exports draw, and the window with the same parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from pipeline.render import Layers, create_renderer
from pipeline.scene import TrailIndex, build_scene
from pipeline.session.layered import Shown, ShownFrames, shown
from pipeline.session.store import Store
from pipeline.smpl import find_body, require_body
from pipeline.structures import Assignment, Overlay


class Painter:
    """Draws overlays of a session's frames. Belongs to the thread that makes it, as its renderer does."""

    def __init__(self, body_paths: Sequence[Path] = ()) -> None:
        self._body_paths = tuple(body_paths)
        self._renderer = create_renderer()
        self._trail_index: tuple[Store, TrailIndex] | None = None

    @property
    def notice(self) -> str:
        """What the user should know of how it is drawn; empty if nothing."""
        return self._renderer.notice

    def __enter__(self) -> Painter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._renderer.close()

    def overlay(
        self, store: Store, index: int, layers: Layers, *, tracks: frozenset[int] | None = None
    ) -> Overlay | None:
        """The overlay of a frame, or None where nothing was run.

        Args:
            store: The session.
            index: The frame.
            layers: What is shown.
            tracks: Draw only people of these tracks; None means everybody.

        Raises:
            BodyError: The body model of the result is not here.
        """
        seen = shown(store, index)
        return None if seen is None else self._drawn(store, seen, layers, tracks)

    def version_overlay(self, store: Store, index: int, version: int, layers: Layers) -> Overlay:
        """The overlay of one version of a frame, whether or not it counts, without the reviewer's layers.

        Raises:
            BodyError: The body model of the result is not here.
        """
        cells = store.cells(index, version)
        who = tuple(Assignment(index, cell.slot, cell.track) for cell in cells)
        return self._drawn(store, Shown(store.result_of(version), who, {}, frozenset()), layers, None)

    def _drawn(self, store: Store, seen: Shown, layers: Layers, tracks: frozenset[int] | None) -> Overlay:
        index = seen.result.frame_index
        wanted = [
            track if tracks is None or track.track_id in tracks else replace(track, visible=False)
            for track in store.tracks()
        ]
        scene = build_scene(
            seen.result,
            require_body(seen.result.people.body_model, self._body_paths),
            seen.assignments,
            wanted,
            made=seen.made,
            removed=seen.removed,
            trails=self._trails(store).trails(index) if layers.trails else {},
        )
        return self._renderer.render(scene, layers)

    def _trails(self, store: Store) -> TrailIndex:
        if self._trail_index is None or self._trail_index[0] is not store:
            frames = store.companion(ShownFrames)
            self._trail_index = (
                store,
                TrailIndex(frames, lambda body_id: find_body(body_id, self._body_paths)),
            )
        return self._trail_index[1]
