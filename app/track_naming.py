"""What the menu of the tracks says: each operation with how many frames it would touch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.action_specs import SPECS
from app.track_making import Making, counted
from pipeline.structures import Changes

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.session.touching import TrackEdit

_REFRESH_MS = 120
_COUNTED = ("swap", "merge", "split", "reassign", "delete_range", "delete_on", "delete_track")
_NAMED = ("delete_here", "hide", "color", "solo", "rename")
_TEXTS = {spec.id: spec.text for spec in SPECS if spec.id in (*_COUNTED, *_NAMED)}


class Naming(QObject):
    """Keeps the texts up to date a moment after one moved, and at once when the menu opens."""

    def __init__(self, program: Program, making: Making) -> None:
        super().__init__(program)
        self._program = program
        self._making = making
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self.renew)
        view, session = program.view, program.session
        for signal in (
            *(view.selection_changed, view.range_changed, view.frame_changed),
            *(session.opened, session.closed),
        ):
            signal.connect(self._timer.start)
        session.changed.connect(self._on_changes)
        program.window.menus["Tracks"].aboutToShow.connect(self.renew)

    def _on_changes(self, changes: Changes) -> None:
        if changes.tracks or changes.frames is None:
            self._timer.start()

    def renew(self) -> None:
        """Say it now."""
        self._timer.stop()
        table, mine = self._program.window.actions_table, self._program.view.selected_track
        texts = dict(_TEXTS)
        if mine is not None and self._program.session.presence is not None:
            texts.update(self._named(mine))
            texts.update(self._counted(mine))
        for id_, text in texts.items():
            table[id_].setText(text)

    def _named(self, mine: int) -> Iterator[tuple[str, str]]:
        name, view = self._making.name(mine), self._program.view
        shown = {one.track_id: one.visible for one in self._program.session.tracks()}
        yield "delete_here", f"Delete {name} in This Frame"
        yield "hide", f"{'Hide' if shown.get(mine, True) else 'Show'} {name}"
        yield "color", f"Colour {name}…"
        yield "solo", f"Show Only {self._making.name(view.solo or mine)}"
        yield "rename", f"Rename {name}"

    def _counted(self, mine: int) -> Iterator[tuple[str, str]]:
        from pipeline.session.touching import frames_touched

        presence = self._program.session.presence
        assert presence is not None
        for id_, text, edit in self._edits(mine):
            frames = len(frames_touched(edit, presence))
            if frames:
                yield id_, f"{text}: {counted(frames)}"

    def _edits(self, mine: int) -> Iterator[tuple[str, str, TrackEdit]]:
        view, making = self._program.view, self._making
        name, here = making.name(mine), view.frame_index
        yield "split", f"Split {name} Here", making.split(mine)
        yield "delete_on", f"Delete {name} from Here On", making.delete(mine, here)
        yield "delete_track", f"Delete {name} Everywhere", making.delete(mine)
        if view.range is not None:
            span = view.range
            yield "delete_range", f"Delete {name} in the Range", making.delete(mine, *span)
            yield "reassign", f"Move {name} in the Range to Another Track…", making.move(mine, 0, span)
        if (other := view.other_track) is not None:
            whom = making.name(other)
            yield "swap", f"Swap {name} with {whom} from Here On…", making.swap(mine, other)
            yield "merge", f"Merge {name} into {whom}…", making.merge(mine, other)
