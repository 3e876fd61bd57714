"""What can be done with whole tracks: each operation says beforehand how many frames it touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction

from app.selection import wanted_range, wanted_track
from app.track_bringing import Bringing
from app.track_making import Making, counted, stretch
from app.track_naming import Naming
from app.track_picking import Picking, spot
from widgets.color_menu import ColorMenu
from widgets.values import DELETED

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.session.edits import Edit, ReassignTrack
    from pipeline.session.touching import TrackEdit


_OPERATIONS = (
    *("swap", "merge", "split", "reassign", "hide", "color", "solo"),
    *("delete_here", "delete_range", "delete_on", "delete_track"),
)


class TrackOps(QObject):
    """Swap, merge, split, move, delete, hide, solo: for the selected track."""

    def __init__(self, program: Program, making: Making) -> None:
        super().__init__(program)
        self._program = program
        self._making = making
        self._picking = Picking(program)
        view = program.view
        view.selection_changed.connect(self._follow_solo)
        view.solo_changed.connect(
            lambda: program.window.actions_table["solo"].setChecked(view.solo is not None)
        )

    # with another track

    def swap(self) -> None:
        """Swap the selected track with another, from the current frame on."""
        if (mine := self._selected()) is not None:
            title = f"Swap {self._making.name(mine)} from frame {self._program.view.frame_index} on with"
            self._picking.pick(title, lambda other: self._making.swap(mine, other), self._finish)

    def merge(self) -> None:
        """Make the selected track part of another."""
        if (mine := self._selected()) is not None:
            title = f"Merge {self._making.name(mine)} into"
            self._picking.pick(title, lambda other: self._making.merge(mine, other), self._finish)

    def reassign(self) -> None:
        """Move the selected track's people in the range to another track, or to a new one."""
        mine, span = self._selected(), self._range()
        if mine is not None and span is not None:
            title = f"Move {self._making.name(mine)}, {stretch(*span)}, to"
            self._picking.pick(
                title, lambda other: self._making.move(mine, other, span), self._finish, new=True
            )

    # alone

    def split(self) -> None:
        """Make the selected track a new one from the current frame on."""
        if (mine := self._selected()) is not None:
            self._finish(self._making.split(mine))

    def delete_here(self) -> None:
        """Delete the selected person from the current frame; also one who has no track."""
        from pipeline.session.edits import AssignPerson

        view = self._program.view
        here = view.frame_index
        if view.selected_track is None and view.selected_slot is not None:
            edit = AssignPerson(here, view.selected_slot, None, "Delete person")
            if self._program.editing.do(edit):
                self._program.notices.tell("Delete person: 1 frame.", "Undo takes it back.")
            view.select(None)
        elif (mine := self._selected()) is not None:
            self._finish(self._making.delete(mine, here, here))

    def delete_range(self) -> None:
        """Delete the selected person from the range."""
        mine, span = self._selected(), self._range()
        if mine is not None and span is not None:
            self._finish(self._making.delete(mine, *span))

    def delete_on(self) -> None:
        """Delete the selected person from the current frame on."""
        if (mine := self._selected()) is not None:
            self._finish(self._making.delete(mine, self._program.view.frame_index))

    def delete_track(self) -> None:
        """Delete the selected track from all frames."""
        if (mine := self._selected()) is not None:
            self._finish(self._making.delete(mine))

    # how it is drawn

    def hide(self) -> None:
        """Hide the selected track, or show it again."""
        if (mine := self._selected()) is not None:
            visible = {one.track_id: one.visible for one in self._program.session.tracks()}
            self._program.editing.show_track(mine, not visible.get(mine, True))

    def color(self) -> None:
        """Offer colours for the selected track."""
        mine = self._selected()
        track = next((one for one in self._program.session.tracks() if one.track_id == mine), None)
        if track is not None:
            menu = ColorMenu(track, self._program.window)
            menu.chosen.connect(self._program.editing.recolor)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(spot(self._program.window))

    def solo(self) -> None:
        """Show only the selected track, or everybody again."""
        view, action = self._program.view, self._program.window.actions_table["solo"]
        if view.solo is not None:
            view.set_solo(None)
        elif (mine := self._selected()) is not None:
            view.set_solo(mine)
            keys = action.shortcut().toString()
            self._program.notices.tell(
                f"Only {self._making.name(mine)} is drawn.", f"{keys} shows everybody again."
            )
        action.setChecked(view.solo is not None)

    def _follow_solo(self) -> None:
        view = self._program.view
        if view.solo is not None and view.selected_track is not None:
            view.set_solo(view.selected_track)

    def open_menu(self, track: int, frame: int, place: QPoint) -> None:
        """The menu of the tracks, for a track at a frame."""
        program = self._program
        if track == DELETED:
            program.view.select(None)
        elif track != program.view.selected_track:
            program.selection.select_track(track)
        program.view.set_frame(frame)
        program.window.menus["Tracks"].popup(place)

    # doing it

    def _finish(self, edit: TrackEdit) -> None:
        """Do it, say what it did, and keep somebody selected."""
        from pipeline.session.edits import ReassignTrack
        from pipeline.session.touching import frames_kept, frames_touched

        program = self._program
        if (presence := program.session.presence) is None:
            return
        frames = len(frames_touched(edit, presence))
        kept = len(frames_kept(edit, presence)) if isinstance(edit, ReassignTrack) else 0
        stay = f" {counted(kept)} with both {'stays' if kept == 1 else 'stay'} as they are." if kept else ""
        if not frames:
            self._nobody(edit, stay)
        elif program.editing.do(self._with_layers(edit, kept)):
            program.notices.tell(f"{edit.label}: {counted(frames)}.{stay}", "Undo takes it back.")
            self._select_after(edit)

    def _nobody(self, edit: TrackEdit, stay: str) -> None:
        store = self._program.session.store
        layers = store.pose_layers() if store is not None else ()
        filled = any(one.kind == "fill" and one.track == edit.track_id for one in layers)
        hint = "Poses that were filled in go with their layer." if filled else ""
        self._program.notices.tell(f"{edit.label}: there is nobody to change.{stay}", hint, "warning")

    def _with_layers(self, edit: TrackEdit, kept: int) -> Edit:
        """With a track that is no more go its filled gaps and smoothing, which nothing could show."""
        from pipeline.session.edit_kinds import Several
        from pipeline.session.edits import ReassignTrack
        from pipeline.session.layer_edits import RemoveLayer
        from pipeline.session.track_edits import DeleteFromTrack

        if not isinstance(edit, (DeleteFromTrack, ReassignTrack)):
            return edit
        store, whole = self._program.session.store, edit.first == 0 and edit.last is None and not kept
        layers = store.pose_layers() if store is not None and whole else ()
        gone = [RemoveLayer(one.id) for one in layers if one.track == edit.track_id]
        return Several((edit, *gone), edit.label) if gone else edit

    def _select_after(self, edit: TrackEdit) -> None:
        view = self._program.view
        if any(one.track_id == edit.track_id for one in self._program.session.tracks()):
            return
        view.select(edit.to if _is_move(edit) else None)
        if view.solo == edit.track_id:
            view.set_solo(None)

    def _selected(self) -> int | None:
        return wanted_track(self._program.view, self._program.notices)

    def _range(self) -> tuple[int, int] | None:
        return wanted_range(self._program.view, self._program.notices)


def _is_move(edit: TrackEdit) -> TypeGuard[ReassignTrack]:
    from pipeline.session.edits import ReassignTrack

    return isinstance(edit, ReassignTrack)


def wire_track_ops(program: Program) -> None:
    """Connect the actions, and have their menu on the lanes and in the table."""
    making = Making(program)
    ops, bringing, window = TrackOps(program, making), Bringing(program), program.window
    table = window.actions_table
    Naming(program, making)
    for id_ in _OPERATIONS:
        table.on(id_, getattr(ops, id_))
    table.on("bring_back", bringing.here)
    table.on("bring_back_range", bringing.range)
    window.timeline.menu_requested.connect(ops.open_menu)
    window.tracks.set_operations([table[id_] for id_ in ("solo", *_OPERATIONS[:4])] + [_deleting(program)])


def _deleting(program: Program) -> QAction:
    return program.window.menus["Tracks/Delete"].menuAction()
