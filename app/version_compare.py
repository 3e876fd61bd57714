"""Two versions of a frame beside each other: by a line, in turn, or side by side, with each joint's difference."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.overlay import Artist, Wish, drawn_tracks
from app.selection import shown_frame
from pipeline.errors import BodyError
from pipeline.job import Job
from pipeline.smpl import require_body
from pipeline.smpl.joints import JOINT_NAMES
from pipeline.structures import Changes, Overlay

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.compare import Difference, Side
    from pipeline.session.layered import Shown
    from pipeline.session.store import Store
    from pipeline.session.versions import Version
    from widgets.compare_pane import ComparePane, PersonRows
    from widgets.values import RendererKind

_AUTO, _BARE = 0, -1
"""In place of a version: the newest that does not count; what counts without the reviewer's layers."""

_ONLY = "This frame has one version. Run it again to have something to compare."
_WAYS = ("wipe", "flicker", "side")


@dataclass(frozen=True, slots=True, eq=False)
class Other:
    """What is compared with.

    Attributes:
        key: A version, or `_BARE`.
        caption: What it is called.
        seen: The frame as it would be.
    """

    key: int
    caption: str
    seen: Shown


class VersionCompare(QObject):
    """Follows the picture: on every frame it compares what counts with the chosen version, or the newest other."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._pane: ComparePane | None = None
        self._way = ""
        self._wanted = _AUTO
        self._other: Other | None = None
        self._there = False
        self._flicker = QTimer(self, interval=333)
        self._flicker.timeout.connect(self._turn)
        window = program.window
        for way in _WAYS:
            window.actions_table.on(f"compare_{way}", partial(self.toggle, way))
        window.pane_changed.connect(self._on_pane)
        window.inspector.compare_requested.connect(self.compare_with)

    def toggle(self, way: str) -> None:
        """Compare in a way, or no more if it is compared so."""
        if self._way == way:
            self._program.window.show_pane(None)
        else:
            self._begin(way)

    def compare_with(self, version: int) -> None:
        """Compare what counts with a version of the current frame."""
        self._wanted = version
        self._begin(self._way or "wipe")

    def _begin(self, way: str) -> None:
        pane = self._pane = self._pane or self._make()
        self._way = way
        pane.set_way(way)
        window = self._program.window
        window.show_pane(pane)
        if way != "side":
            width = window.panes.width()
            window.panes.setSizes([width - pane.minimumSizeHint().width(), pane.minimumSizeHint().width()])
        self._there = False
        self._flicker.start() if way == "flicker" else self._flicker.stop()
        self._tick_actions()
        self._refresh()

    def _make(self) -> ComparePane:
        from widgets.compare_pane import ComparePane

        program = self._program
        pane = ComparePane(program.window)
        pane.hide()
        pane.way_chosen.connect(self._begin)
        pane.other_chosen.connect(self._choose)
        pane.use_requested.connect(self._use)
        pane.rate_changed.connect(lambda rate: self._flicker.setInterval(round(1000 / rate)))
        pane.close_requested.connect(lambda: program.window.show_pane(None))
        picture = program.window.frame_view
        picture.frame_painted.connect(lambda _frame: self._refresh())
        picture.zoom_changed.connect(lambda _zoom: self._mirror())
        program.session.changed.connect(self._on_changes)
        program.session.closed.connect(self._refresh)
        for signal in (
            program.view.layers_changed,
            program.view.solo_changed,
            program.view.selection_changed,
        ):
            signal.connect(self._refresh)
        return pane

    def _choose(self, key: int) -> None:
        self._wanted = key
        self._refresh()

    def _use(self) -> None:
        if self._other is not None and self._other.key > 0:
            self._program.editing.use_version(self._other.key)

    def _turn(self) -> None:
        self._there = not self._there
        self._show()

    def _on_changes(self, changes: Changes) -> None:
        frame = self._program.window.frame_view.frame_index
        if changes.frames is None or changes.tracks or frame in changes.frames:
            self._refresh()

    def _on_pane(self, pane: QWidget | None) -> None:
        if self._way and pane is not self._pane:
            self._way, self._wanted = "", _AUTO
            self._flicker.stop()
            self._program.window.frame_view.set_comparison("")
            self._program.window.frame_view.set_other_overlay(None)
        self._tick_actions()

    def _tick_actions(self) -> None:
        for way in _WAYS:
            self._program.window.actions_table[f"compare_{way}"].setChecked(way == self._way)

    # what is compared

    def _refresh(self) -> None:
        if not self._way or self._pane is None:
            return
        store, frame = self._program.session.store, self._program.window.frame_view.frame_index
        seen = shown_frame(store, frame) if store is not None and frame is not None else None
        if store is None or frame is None or seen is None:
            self._nothing("This frame has not been run.", ())
            return
        versions = store.versions(frame)
        choices = tuple(_choices(versions, layered=bool(seen.made)))
        key = self._wanted if self._wanted in dict(choices) else (choices[0][0] if choices else _AUTO)
        if key == _AUTO:
            self._nothing(_ONLY, ())
            return
        self._pane.set_others(choices, key)
        self._other = Other(key, dict(choices)[key], _seen(store, frame, key))
        self._mirror()
        self._show()
        self._draw(frame, seen, self._other.seen)

    def _nothing(self, why: str, choices: tuple[tuple[int, str], ...]) -> None:
        self._other = None
        self._program.draw_lane.cancel("compare")
        self._program.window.frame_view.set_other_overlay(None)
        if self._pane is not None:
            self._pane.set_others(choices, _AUTO)
            self._pane.set_difference((), why)
            self._pane.canvas.set_overlay(None)
        self._mirror()
        self._show()

    def _mirror(self) -> None:
        if self._pane is not None and self._way == "side":
            self._pane.canvas.mirror(self._program.window.frame_view)

    def _show(self) -> None:
        """Line, one of the two, or nothing over the picture; each says which it is."""
        picture = self._program.window.frame_view
        captions = ("What counts", self._other.caption if self._other is not None else "Nothing else")
        if self._way == "wipe":
            picture.set_comparison("wipe", captions)
        elif self._way == "flicker":
            picture.set_comparison("other" if self._there else "this", captions)
        elif self._way == "side" and self._pane is not None:
            picture.set_comparison("this", captions)
            self._pane.canvas.set_comparison("this", (captions[1], ""))

    def _draw(self, frame: int, seen: Shown, other: Shown) -> None:
        program = self._program
        tracks = drawn_tracks(program.session.tracks(), program.view.solo)
        wish = Wish(other, tracks, None, {}, program.view.layers)
        work = partial(
            _compared,
            *(program.overlay.artist, wish, seen),
            *(program.settings.preferences.renderer, program.overlay.body_files()),
        )
        job = Job(work, key="compare")
        program.draw_lane.submit(job, succeeded=partial(self._on_drawn, frame), failed=self._on_failed)

    def _on_drawn(self, frame: int, drawn: tuple[Overlay, tuple[Difference, ...]]) -> None:
        picture = self._program.window.frame_view
        if self._pane is None or not self._way or frame != picture.frame_index or self._other is None:
            return
        overlay, differences = drawn
        picture.set_other_overlay(overlay)
        self._pane.canvas.set_overlay(overlay)
        titles = {track.track_id: track.title for track in self._program.session.tracks()}
        rows = tuple(_rows(one, titles) for one in differences)
        self._pane.set_difference(rows, "Nobody is in both versions.")
        if (track := self._program.view.selected_track) is not None:
            self._pane.set_person(titles.get(track, ""))

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, BodyError) and self._pane is not None:
            self._nothing(f"{error.message} {error.hint}", ())
        else:
            self._program.notices.tell_error(error)


def _choices(versions: tuple[Version, ...], *, layered: bool) -> list[tuple[int, str]]:
    """What one may compare with, the newest first."""
    numbered = list(enumerate(versions, 1))
    found = [(v.id, _caption(number, v)) for number, v in reversed(numbered) if not v.counts]
    return [*found, *([(_BARE, "Without layers")] if layered else [])]


def _caption(number: int, version: Version) -> str:
    when = f"{datetime.fromisoformat(version.created).astimezone():%H:%M:%S}"
    undone = ", undone" if version.shelved else ""
    return f"Version {number}{undone} · {version.engine_id} · {when}"


def _seen(store: Store, frame: int, key: int) -> Shown:
    """A frame as it would be if a version counted, without the reviewer's layers."""
    from pipeline.session.layered import Shown
    from pipeline.structures import Assignment

    version = key if key > 0 else store.counting_version(frame) or 0
    cells = store.cells(frame, version)
    who = tuple(
        Assignment(frame, cell.slot, cell.track, "reviewer" if cell.reviewer else "tracker") for cell in cells
    )
    return Shown(store.result_of(version), who, {}, frozenset())


def _compared(
    artist: Artist, wish: Wish, seen: Shown, kind: RendererKind, body_files: tuple[Path, ...], job: Job
) -> tuple[Overlay, tuple[Difference, ...]]:
    """On the draw lane: the other overlay, and how it differs from what counts."""
    from pipeline.compare import compare

    overlay = artist.draw(wish, kind, body_files, job)
    other = _side(artist, wish.seen, body_files)
    job.check()
    return overlay, compare(_side(artist, seen, body_files), other)


def _side(artist: Artist, seen: Shown, body_files: tuple[Path, ...]) -> Side:
    from pipeline.compare import Side

    body = require_body(seen.result.people.body_model, body_files)
    tracks = {a.slot: a.track_id for a in seen.assignments if a.track_id is not None}
    return Side(seen.result, tracks, artist.meshes(seen.result, body))


def _rows(one: Difference, titles: dict[int, str]) -> PersonRows:
    from widgets.compare_pane import JointRow, PersonRows

    title = titles.get(one.track, f"Person {one.track}") if one.track is not None else ""
    rows = tuple(
        JointRow(_named(name), float(posed), float(apart), float(pixels))
        for name, posed, apart, pixels in zip(JOINT_NAMES, one.posed, one.apart, one.pixels, strict=True)
    )
    return PersonRows(title or f"Person in slot {one.slots[0]}", one.scores, rows)


def _named(joint: str) -> str:
    """A joint's name to show: "left_hip" is "Left hip", "spine1" is "Spine 1"."""
    return re.sub(r"(\d)", r" \1", joint.replace("_", " ")).capitalize()


def wire_compare(program: Program) -> None:
    """Connect the actions; the pane is made when it is first wanted."""
    VersionCompare(program)
