"""What the reviewer thinks: verdicts on frames, ranges and people, notes, and how much is reviewed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.selection import wanted_range, wanted_track
from pipeline.structures import Changes
from widgets.notes import NoteRow
from widgets.units import format_count

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.session.reviews import Note

_REFRESH_MS = 100
_WORDS = {"verified": "verified", "problem": "a problem", "ignored": "ignored"}


class Verdicts(QObject):
    """Judges frames, ranges and tracks; the same verdict again takes it away. Keeps the notes' list."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        session, view, notes = program.session, program.view, program.window.notes
        for signal in (session.opened, session.closed, session.indexed):
            signal.connect(self._refresh)
        session.changed.connect(self._on_changes)
        for place in (view.frame_changed, view.range_changed, view.selection_changed):
            place.connect(self._tell_place)
        notes.add_requested.connect(self.add_note)
        notes.change_requested.connect(self.change_note)
        notes.remove_requested.connect(self.remove_note)
        notes.frame_requested.connect(view.set_frame)
        self._refresh()

    def frame(self, verdict: str) -> None:
        """Judge the current frame."""
        here = self._program.view.frame_index
        self._judge(here, here, 0, verdict, f"frame {here}")

    def range(self, verdict: str) -> None:
        """Judge every frame of the range."""
        span = wanted_range(self._program.view, self._program.notices)
        if span is not None:
            self._judge(*span, 0, verdict, f"frames {span[0]}–{span[1]}")

    def track(self, verdict: str) -> None:
        """Judge the selected track, in all its frames or in those of the range."""
        view = self._program.view
        track = wanted_track(view, self._program.notices)
        if track is not None:
            first, last = view.range or (0, max(view.frame_count - 1, 0))
            self._judge(first, last, track, verdict, self._program.session.title_of(track))

    def next_unreviewed(self) -> None:
        """Go to the next frame without a verdict, after the last to the first."""
        store, view = self._program.session.store, self._program.view
        if store is None:
            return
        table = store.verdicts()
        judged = np.zeros(view.frame_count, bool)
        frames = table.frames[(table.tracks == 0) & (table.frames < view.frame_count)]
        judged[frames] = True
        left = np.flatnonzero(~judged)
        if not len(left):
            self._program.notices.tell("Every frame is reviewed.")
            return
        later = left[left > view.frame_index]
        view.set_frame(int(later[0] if len(later) else left[0]))

    def add_note(self, text: str) -> None:
        """Write a note about where one is."""
        from pipeline.session.review_edits import AddNote

        first, last, track = self._place()
        self._program.editing.do(AddNote(first, last, track, text))

    def change_note(self, note: int, text: str) -> None:
        """Write something else in a note."""
        from pipeline.session.review_edits import ChangeNote

        self._program.editing.do(ChangeNote(note, text))

    def remove_note(self, note: int) -> None:
        """Remove a note."""
        from pipeline.session.review_edits import RemoveNote

        self._program.editing.do(RemoveNote(note))

    def begin_note(self) -> None:
        """Let the reviewer write."""
        self._program.window.show_dock("notes")
        self._program.window.notes.begin()

    def _judge(self, first: int, last: int, track: int, verdict: str, what: str) -> None:
        from pipeline.session.review_edits import SetVerdict

        store = self._program.session.store
        if store is None:
            return
        edit = SetVerdict(first, last, track, verdict, f"Mark {what} {_WORDS[verdict]}")
        frames = sum(end - start + 1 for start, end in edit.frames(store))
        if not frames:
            self._program.notices.tell(f"{what} is in no frame there.", "", "warning")
            return
        known = store.verdicts_of(track, first, last)
        said = f"Marked {what} {_WORDS[verdict]}"
        if len(known) >= frames and {code for _frame, code in known} == {_CODES[verdict]}:
            edit = SetVerdict(first, last, track, "", f"Take the verdict on {what} back")
            said = f"Took the verdict on {what} back"
        if self._program.editing.do(edit) and frames > 1:
            self._program.notices.tell(f"{said}: {format_count(frames)} frames.")

    def _place(self) -> tuple[int, int, int | None]:
        view = self._program.view
        first, last = view.range or (view.frame_index, view.frame_index)
        return first, last, view.selected_track

    def _tell_place(self, *_what: object) -> None:
        first, last, track = self._place()
        self._program.window.notes.set_place(self._where(first, last, track).replace("F", "f", 1))

    def _where(self, first: int, last: int, track: int | None) -> str:
        frames = f"Frame {first}" if first == last else f"Frames {first}–{last}"
        return frames if track is None else f"{frames}, {self._program.session.title_of(track)}"

    def _on_changes(self, changes: Changes) -> None:
        if changes.review or changes.tracks:
            self._timer.start()

    def _refresh(self) -> None:
        store, window = self._program.session.store, self._program.window
        window.notes.setEnabled(self._program.session.writable)
        window.notes.set_notes(tuple(self._row(note) for note in store.notes()) if store is not None else ())
        self._tell_place()
        label = window.reviewed_label
        count = self._program.view.frame_count
        if store is None or not count:
            label.clear()
            return
        table = store.verdicts()
        codes = table.verdicts[(table.tracks == 0) & (table.frames < count)]
        label.setText(f"Reviewed {len(codes) * 100 // count} %")
        counts = ", ".join(f"{format_count(int((codes == c).sum()))} {w}" for w, c in _CODES.items())
        label.setToolTip(f"{format_count(len(codes))} of {format_count(count)} frames: {counts}")

    def _row(self, note: Note) -> NoteRow:
        return NoteRow(note.id, self._where(note.first, note.last, note.track), note.text, note.first)


_CODES = {"verified": 1, "problem": 2, "ignored": 3}


def wire_verdicts(program: Program) -> None:
    """Connect the actions."""
    verdicts, on = Verdicts(program), program.window.actions_table.on
    for word in _WORDS:
        on(word, partial(verdicts.frame, word))
        on(f"range_{word}", partial(verdicts.range, word))
        on(f"track_{word}", partial(verdicts.track, word))
    on("next_unreviewed", verdicts.next_unreviewed)
    on("add_note", verdicts.begin_note)
