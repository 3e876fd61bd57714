"""Filling gaps and smoothing: computed in the background, laid over the results as an edit."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QSplitter

from app.held_keys import HeldKey
from app.selection import wanted_track
from pipeline.job import Job
from pipeline.structures import Changes
from widgets.layers_panel import METHODS, LayerRow, LayerScope, LayersPanel

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.session.edits import Edit
    from pipeline.session.poses import PoseLayer
    from pipeline.session.store import Store

_REFRESH_MS = 150
_METHODS = dict(METHODS)


class Layering(QObject):
    """Says what a layer would touch, makes it, keeps the list of layers.

    Signals:
        made: An edit that lays poses was done.
    """

    made = Signal()

    def __init__(self, program: Program, panel: LayersPanel) -> None:
        super().__init__(program)
        self._program = program
        self._panel = panel
        self._busy = False
        self._key = HeldKey(Qt.Key.Key_Backslash, self)
        self._key.follow(program.window.actions_table["see_without_layers"])
        self._key.released.connect(partial(self._see_without, False))
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        session, view = program.session, program.view
        for signal in (session.opened, session.closed, view.selection_changed, view.range_changed):
            signal.connect(self._timer.start)
        session.changed.connect(self._on_changes)
        session.closing.connect(lambda: program.files_lane.cancel("layer"))
        panel.longest_changed.connect(lambda _frames: self._timer.start())
        panel.fill_requested.connect(self.fill)
        panel.smooth_requested.connect(self.smooth)
        panel.switched.connect(self.switch)
        panel.remove_requested.connect(self.remove)
        panel.update_requested.connect(self.update)

    def fill(self, longest: int) -> None:
        """Fill the gaps of the selected track, within the range if there is one."""
        track = self._selected()
        if track is not None:
            options = {"longest": longest}
            self._make(
                "fill", track, *self._span(), options, f"Fill gaps of {self._program.session.title_of(track)}"
            )

    def smooth(self, method: str, strength: str) -> None:
        """Smooth the selected track, within the range if there is one."""
        track = self._selected()
        if track is not None:
            options = {"method": method, "strength": strength}
            self._make(
                "smooth", track, *self._span(), options, f"Smooth {self._program.session.title_of(track)}"
            )

    def switch(self, layer: int, enabled: bool) -> None:
        """Switch a layer on or off."""
        from pipeline.session.layer_edits import SwitchLayer

        self._program.editing.do(
            SwitchLayer(layer, "Show layer" if enabled else "Hide layer", enabled=enabled)
        )

    def remove(self, layer: int) -> None:
        """Remove a layer."""
        from pipeline.session.layer_edits import RemoveLayer

        self._program.editing.do(RemoveLayer(layer))

    def update(self, layer: int) -> None:
        """Make a layer anew from what counts now."""
        store = self._program.session.store
        found = store.pose_layer(layer) if store is not None else None
        if found is None:
            return
        options = {
            key: found.options[key] for key in ("longest", "method", "strength") if key in found.options
        }
        label = f"Update {_VERB[found.kind]} {self._program.session.title_of(found.track)}"
        self._make(found.kind, found.track, found.first, found.last, options, label, instead=layer)

    def see_without(self) -> None:
        """Leave the layers out until the key is up."""
        self._key.press()
        self._see_without(True)

    def _see_without(self, bare: bool) -> None:
        from pipeline.session.layered import ShownFrames

        store = self._program.session.store
        if store is not None and store.companion(ShownFrames).bare != bare:
            store.companion(ShownFrames).bare = bare
            self._program.overlay.refresh()

    def _selected(self) -> int | None:
        return wanted_track(self._program.view, self._program.notices)

    def _span(self) -> tuple[int, int]:
        view = self._program.view
        return view.range or (0, max(view.frame_count - 1, 0))

    def _make(
        self,
        kind: str,
        track: int,
        first: int,
        last: int,
        options: dict[str, Any],
        label: str,
        instead: int = 0,
    ) -> None:
        store, video = self._program.session.store, self._program.session.video
        if store is None or video is None or self._busy:
            return
        self._busy = True
        self._panel.set_busy(True)
        work = partial(_compute, store.path, kind, track, first, last, options, label, instead, video.time_of)
        self._program.files_lane.submit(
            Job(work, key="layer"),
            succeeded=partial(self._on_made, store, track),
            failed=self._program.notices.tell_error,
            ended=self._on_ended,
        )

    def _on_made(self, store: Store, track: int, edit: Edit | None) -> None:
        program = self._program
        if store is not program.session.store:
            return
        if edit is None:
            program.notices.tell(
                f"{self._program.session.title_of(track)} has nothing to change there.", "", "warning"
            )
            return
        frames = len(edit.touched().frames or ())
        if program.editing.do(edit):
            said = "1 frame" if frames == 1 else f"{frames} frames"
            program.notices.tell(f"{edit.label}: {said}.", "Undo takes it back; the tick in Layers hides it.")
            self.made.emit()

    def _on_ended(self) -> None:
        self._busy = False
        self._timer.start()

    def _on_changes(self, changes: Changes) -> None:
        if not self._timer.isActive() and (changes.tracks or changes.frames is None or changes.frames):
            self._timer.start()

    def _refresh(self) -> None:
        store = self._program.session.store
        if store is None:
            self._panel.set_layers(())
            self._panel.set_scope(LayerScope())
            return
        stale = store.stale_poses()
        self._panel.set_layers(
            tuple(self._row(layer, stale.get(layer.id, 0)) for layer in store.pose_layers())
        )
        self._panel.set_scope(self._scope(store))
        self._panel.set_busy(self._busy)

    def _scope(self, store: Store) -> LayerScope:
        from pipeline.motion.gaps import gaps
        from pipeline.session.layered import track_frames

        track, (first, last) = self._program.view.selected_track, self._span()
        if track is None or not self._program.session.writable:
            return LayerScope()
        frames = track_frames(store, track, first, last)
        missing = gaps(frames, self._panel.longest.value())
        where = f"frames {first}–{last}" if self._program.view.range else "whole track"
        touched = sum(end - start + 1 for start, end in missing)
        return LayerScope(self._program.session.title_of(track), where, len(missing), touched, len(frames))

    def _row(self, layer: PoseLayer, stale: int) -> LayerRow:
        how = (
            "imported"
            if layer.options.get("imported")
            else f"gaps up to {layer.options.get('longest')} frames"
            if layer.kind == "fill"
            else f"{_METHODS.get(str(layer.options.get('method')), '')}, {layer.options.get('strength')}"
        )
        detail = f"{layer.first}–{layer.last}, {how}: {layer.frames} frames"
        old = f", {stale} out of date" if stale else ""
        title = f"{_TITLE[layer.kind]} {self._program.session.title_of(layer.track)}"
        return LayerRow(layer.id, title, detail + old, layer.enabled, stale)


_TITLE = {"fill": "Filled gaps of", "smooth": "Smoothed"}
_VERB = {"fill": "filled gaps of", "smooth": "smoothing of"}


def _compute(
    path: Path,
    kind: str,
    track: int,
    first: int,
    last: int,
    options: dict[str, Any],
    label: str,
    instead: int,
    time_of: Any,
    job: Job,
) -> Edit | None:
    """On the files lane, with a connection of its own."""
    from pipeline.motion.layers import make_layer
    from pipeline.session.store import Store

    with Store(path, read_only=True) as store:
        return make_layer(store, kind, track, first, last, options, label, time_of, instead=instead)


def wire_layering(program: Program) -> None:
    """Put the panel under the table of tracks, and connect the actions."""
    panel = LayersPanel()
    dock = program.window.docks["tracks"]
    both = QSplitter(Qt.Orientation.Vertical)
    both.setChildrenCollapsible(False)
    both.addWidget(program.window.tracks)
    both.addWidget(panel)
    both.setStretchFactor(0, 1)
    both.setSizes([400, 190])
    dock.setWidget(both)
    layering = Layering(program, panel)
    on = program.window.actions_table.on
    on("fill_gaps", lambda: layering.fill(panel.longest.value()))
    on("smooth", lambda: layering.smooth(panel.method.currentData(), panel.strength.currentData()))
    on("see_without_layers", layering.see_without)
