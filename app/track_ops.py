"""What can be done with whole tracks: each operation says beforehand how many frames it touches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtGui import QCursor

from pipeline.palette import track_color
from pipeline.structures import Changes
from widgets.track_picker import PickRow, TrackPicker

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.session.store import Store

_REFRESH_MS = 120
_MOST = 30
"""Tracks offered at most: the nearest in time."""

Make = Callable[["Store", int], Any]
"""From a session and a chosen track to an edit that tells whom it moves."""


class TrackOps(QObject):
    """Swap, merge, split, move, delete, solo: for the selected track."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._picker: TrackPicker | None = None
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._name_actions)
        view, session = program.view, program.session
        for signal in (view.selection_changed, view.frame_changed, view.range_changed, session.opened):
            signal.connect(self._later)
        session.changed.connect(self._on_changes)
        session.closed.connect(self._timer.start)
        view.selection_changed.connect(self._follow_solo)

    # with another track

    def swap(self) -> None:
        """Swap the selected track with another, from the current frame on."""
        from pipeline.session.track_edits import SwapTracks

        here = self._program.view.frame_index
        self._pick("Swap {name} from here on with", lambda _store, a, b: SwapTracks(a, b, here))

    def merge(self) -> None:
        """Make the selected track part of another."""
        from pipeline.session.edits import ReassignTrack

        self._pick("Merge {name} into", lambda _store, a, b: ReassignTrack(a, b, label="Merge tracks"))

    def reassign(self) -> None:
        """Move the selected track's people in the range to another track, or to a new one."""
        from pipeline.session.edits import ReassignTrack

        span = self._range()
        if span is not None:
            self._pick(
                f"Move {{name}}, frames {span[0]}–{span[1]}, to",
                lambda _store, a, b: ReassignTrack(a, b, *span, label="Move to another track"),
                new=True,
            )

    # alone

    def split(self) -> None:
        """Make the selected track a new one from the current frame on."""
        self._do(self._split_edit)

    def delete_here(self) -> None:
        """Delete the selected person from the current frame; also one who has no track."""
        from pipeline.session.edits import AssignPerson

        view = self._program.view
        if view.selected_track is None and view.selected_slot is not None:
            edit = AssignPerson(view.frame_index, view.selected_slot, None, "Delete person")
            self._program.editing.do(edit)
            view.select(None)
            return
        here = view.frame_index
        self._do(lambda _store, track: self._delete(track, here, here))

    def delete_range(self) -> None:
        """Delete the selected person from the range."""
        span = self._range()
        if span is not None:
            self._do(lambda _store, track: self._delete(track, *span))

    def delete_on(self) -> None:
        """Delete the selected person from the current frame on."""
        here = self._program.view.frame_index
        self._do(lambda _store, track: self._delete(track, here, None))

    def delete_track(self) -> None:
        """Delete the selected track from all frames."""
        self._do(lambda _store, track: self._delete(track, 0, None, "Delete track"))

    def bring_back(self) -> None:
        """Bring back whom the reviewer deleted from the current frame."""
        from pipeline.session.bringing_back import propose_back

        store, here = self._program.session.store, self._program.view.frame_index
        if store is not None:
            edit = propose_back(store, here, here)
            if not edit.cells:
                self._program.notices.tell("Nobody was deleted from this frame.")
            else:
                self._program.editing.do(edit)

    def solo(self) -> None:
        """Show only the selected track, or everybody again."""
        view = self._program.view
        if view.solo is not None:
            view.set_solo(None)
        elif (track := self._selected()) is not None:
            view.set_solo(track)
        self._program.window.actions_table["solo"].setChecked(view.solo is not None)

    def _follow_solo(self) -> None:
        view = self._program.view
        if view.solo is not None and view.selected_track is not None:
            view.set_solo(view.selected_track)

    def _delete(self, track: int, first: int, last: int | None, label: str = "Delete person") -> Any:
        from pipeline.session.track_edits import DeleteFromTrack

        return DeleteFromTrack(track, first, last, label)

    def _split_edit(self, store: Store, track: int) -> Any:
        from pipeline.session.track_edits import SplitTrack

        return SplitTrack(track, self._program.view.frame_index, store.new_track_id())

    def _do(self, make: Make) -> None:
        store, track = self._program.session.store, self._selected()
        if store is not None and track is not None:
            self._finish(store, make(store, track))

    def _finish(self, store: Store, edit: Any) -> None:
        frames = _frames_of(store, edit)
        if not frames:
            self._program.notices.tell(f"{edit.label}: there is nobody to change.", "", "warning")
        elif self._program.editing.do(edit):
            self._program.notices.tell(f"{edit.label}: {_counted(frames)}.", "Undo takes it back.")

    def _pick(self, title: str, make: Callable[[Store, int, int], Any], *, new: bool = False) -> None:
        program, track = self._program, self._selected()
        store = program.session.store
        if store is None or track is None or not program.session.writable:
            return
        rows = tuple(self._rows(store, track, make, new))
        if not rows:
            program.notices.tell("There is no other track.", "", "warning")
            return
        self._picker = picker = TrackPicker(title.format(name=self._title(track)), rows, program.window)
        picker.picked.connect(
            lambda other: self._finish(store, make(store, track, other or store.new_track_id()))
        )
        picker.pointed.connect(lambda other: self._preview(store, make(store, track, other)))
        picker.left.connect(lambda: program.window.timeline.lanes.set_preview(()))
        picker.open_at(self._place())

    def _rows(self, store: Store, track: int, make: Callable[[Store, int, int], Any], new: bool) -> Any:
        here = self._program.view.frame_index
        others = [one for one in self._program.session.tracks() if one.track_id != track]
        others.sort(key=lambda one: (max(one.first - here, here - one.last, 0), one.track_id))
        if new:
            effect = _counted(_frames_of(store, make(store, track, store.new_track_id())))
            yield PickRow(0, "New track", track_color(store.new_track_id()), effect)
        for one in others[:_MOST]:
            effect = _counted(_frames_of(store, make(store, track, one.track_id)))
            yield PickRow(
                one.track_id, one.title, one.color, effect + self._stays(store, track, one.track_id, make)
            )

    def _stays(self, store: Store, track: int, other: int, make: Callable[[Store, int, int], Any]) -> str:
        """Of a merge: how many frames have both, and stay as they are."""
        edit = make(store, track, other)
        if type(edit).__name__ != "ReassignTrack":
            return ""
        last = edit.last if edit.last is not None else self._program.view.frame_count
        both = set(store.frames_of(track, edit.first, last)) & set(store.frames_of(other, edit.first, last))
        return f", {len(both)} with both stay" if both else ""

    def _preview(self, store: Store, edit: Any) -> None:
        frames = sorted({cell.frame for cell in edit.moves(store)})
        self._program.window.timeline.lanes.set_preview(frames)

    def open_menu(self, track: int, frame: int, place: QPoint) -> None:
        """The menu of the tracks, for a track at a frame."""
        program = self._program
        program.selection.select_track(track)
        program.view.set_frame(frame)
        self._name_actions()
        program.window.menus["Tracks"].popup(place)

    def _place(self) -> QPoint:
        """At the pointer if it is over the window, else in the picture's middle."""
        window, pointer = self._program.window, QCursor.pos()
        if window.frameGeometry().contains(pointer):
            return pointer
        picture = window.frame_view
        return picture.mapToGlobal(picture.rect().center())

    def _selected(self) -> int | None:
        track = self._program.view.selected_track
        if track is None:
            self._program.notices.tell("No track is selected.", "Click a person or a track first.", "warning")
        return track

    def _range(self) -> tuple[int, int] | None:
        if self._program.view.range is None:
            self._program.notices.tell(
                "There is no range.", "Press I and O, or drag on the track's lane.", "warning"
            )
        return self._program.view.range

    def _title(self, track: int) -> str:
        known = {one.track_id: one.title for one in self._program.session.tracks()}
        return known.get(track, f"Person {track}")

    # what the menu says

    def _later(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_changes(self, changes: Changes) -> None:
        if changes.tracks or changes.frames is None:
            self._later()

    def _name_actions(self) -> None:
        """Say in the menu how many frames each would touch."""
        store, view = self._program.session.store, self._program.view
        track, here = view.selected_track, view.frame_index
        table = self._program.window.actions_table
        first, last = view.range or (0, -1)
        edits: dict[str, Any] = {}
        if store is not None and track is not None:
            edits = {
                "split": self._split_edit(store, track),
                "delete_range": self._delete(track, first, last),
                "delete_on": self._delete(track, here, None),
                "delete_track": self._delete(track, 0, None),
            }
        for id_, text in _TEXTS.items():
            count = _frames_of(store, edits[id_]) if store is not None and id_ in edits else 0
            table[id_].setText(f"{text}: {_counted(count)}" if count else text)


_TEXTS = {
    "split": "Split the Track Here",
    "delete_range": "Delete the Person in the Range",
    "delete_on": "Delete the Person from Here On",
    "delete_track": "Delete the Whole Track",
}


def _frames_of(store: Store, edit: Any) -> int:
    return len({cell.frame for cell in edit.moves(store)})


def _counted(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames:,} frames".replace(",", "\N{NARROW NO-BREAK SPACE}")


def wire_track_ops(program: Program) -> None:
    """Connect the actions, and open their menu on the lanes."""
    ops, on = TrackOps(program), program.window.actions_table.on
    program.window.timeline.menu_requested.connect(ops.open_menu)
    on("swap", ops.swap)
    on("merge", ops.merge)
    on("split", ops.split)
    on("reassign", ops.reassign)
    on("solo", ops.solo)
    on("delete_here", ops.delete_here)
    on("delete_range", ops.delete_range)
    on("delete_on", ops.delete_on)
    on("delete_track", ops.delete_track)
    on("bring_back", ops.bring_back)
