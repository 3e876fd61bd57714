"""Boxes drawn by hand, and those that were left out: run at once, and asked whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.joining import Joining
from pipeline.errors import SessionError
from pipeline.palette import NO_TRACK
from pipeline.structures import Changes, FrameResult, Track
from widgets.person_menu import NEW, PersonChoice, PersonMenu

if TYPE_CHECKING:
    from app.compose import Program
    from pipeline.session.splicing import Box, Candidate
    from pipeline.session.store import Store


class BoxDrawing(QObject):
    """Has the box run alone and its person put beside the others, who stay as they are.

    Which track it joins need not be answered: the selected one if it is missing here, else the one that is
    expected there, else a new one.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._program = program
        self._picture = program.window.frame_view
        self.menu = PersonMenu(self._picture)
        self._asked: tuple[Joining, int] | None = None
        self._replaced = ""
        self.menu.chosen.connect(self._on_chosen)
        program.view.frame_changed.connect(self._leave)
        program.session.closing.connect(self._leave)
        program.session.changed.connect(self._on_changes)

    def draw(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """A box was drawn on the picture that is shown."""
        self._program.view.set_tool("select")
        frame = self._picture.frame_index
        if frame is not None:
            self.begin(frame, (x1, y1, x2, y2), "Draw box", accepted=False)

    def begin(self, frame: int, box: Box, step: str, *, accepted: bool) -> None:
        """Run a box of a frame, and ask whose it is if one looks at that frame."""
        from pipeline.session.splicing import Target

        program = self._program
        store = program.session.store
        waiting = {(run.span[0], run.joining.target.box) for run in program.inference.runs if run.joining}
        if (frame, box) in waiting:
            return
        result = store.result(frame) if store is not None else None
        choices, current, sure = (
            self._choices(store, frame, box, result) if store is not None else ([], 0, False)
        )
        track = choices[current].track_id if choices else NEW
        joining = Joining(Target(box, track or None, sure, accepted), self._on_placed)
        focal_length = result.people.focal_length if result is not None and len(result.people) else 0.0
        if not program.inference.run_box(frame, joining, step, focal_length):
            return
        if program.engine.state != "ready":
            program.notices.tell("The engine is loaded first; then the box is run.")
        self._picture.set_pending(frame, box)
        self._asked = joining, frame
        if frame == self._picture.frame_index and joining.where is None:
            title = f"{self._replaced} is replaced. Who is it?" if self._replaced else "Who is this?"
            self.menu.ask(title, choices, current, self._picture.on_screen(box))

    def _choices(
        self, store: Store, frame: int, box: Box, result: FrameResult | None
    ) -> tuple[list[PersonChoice], int, bool]:
        """The answers, the row of the one taken for granted, and whether the reviewer said it already."""
        from pipeline.session.splicing import candidates

        tracks = {track.track_id: track for track in self._program.session.tracks()}
        here = self._here(store, frame, box, result)
        near = candidates(store, frame, box)
        rows = [_choice(tracks[here], "as before")] if here in tracks else []
        rows += [_choice(tracks[one.track_id], _why(one)) for one in near if one.track_id in tracks]
        shown = {row.track_id for row in rows} | {a.track_id for a in store.assignments(frame)}
        far = sorted((t for t in tracks.values() if t.track_id not in shown), key=lambda t: _away(t, frame))
        rows += [_choice(track, f"frames {track.first}–{track.last}") for track in far]
        rows.append(PersonChoice(NEW, "New person", NO_TRACK))
        selected = self._program.view.selected_track
        chosen = next((row for row, one in enumerate(rows) if one.track_id == selected), None)
        if chosen is not None and here is None:
            return rows, chosen, True
        taken = bool(here) or (bool(near) and near[0].fits)
        return rows, 0 if taken else len(rows) - 1, False

    def _here(self, store: Store, frame: int, box: Box, result: FrameResult | None) -> int | None:
        """The track of the person the box is drawn round, if somebody was found there."""
        from pipeline.splice import same_person

        slot = same_person(result.people, box) if result is not None else None
        track = None if slot is None else store.assignments(frame)[slot].track_id
        titles = {one.track_id: one.title for one in self._program.session.tracks()}
        self._replaced = titles.get(track, "") if track is not None else ""
        return track

    def _on_chosen(self, track_id: int) -> None:
        store = self._program.session.store
        if self._asked is None or store is None:
            return
        joining, frame = self._asked
        try:
            changes = joining.choose(store, frame, track_id or None)
        except SessionError as error:
            self._program.notices.tell_error(error)
            return
        self._program.session.tell(changes)
        if joining.where is not None and track_id:
            self._program.view.select(track_id)

    def _on_placed(self, joining: Joining) -> None:
        """The person is there, or nobody is; in front of a frame one has left, nothing is selected."""
        if self._asked is None or self._asked[0] is not joining:
            return
        frame, where = self._asked[1], joining.where
        self._picture.set_pending(frame, None)
        if where is None:
            self._leave()
            return
        if where.replaced and not self._replaced:
            self._program.notices.tell(
                f"The person in the box was found already in frame {frame}, and is replaced.",
                "Undo takes it back.",
            )
        if frame == self._program.view.frame_index:
            store = self._program.session.store
            who = store.assignments(frame)[where.slot].track_id if store is not None else None
            self._program.view.select(who, where.slot)

    def _on_changes(self, changes: Changes) -> None:
        """Of a box that was undone nobody has to say whose it is."""
        store = self._program.session.store
        if self._asked is None or store is None or not changes.history or self._asked[0].run is None:
            return
        step = store.run_step(self._asked[0].run)
        if step is not None and not step[1]:
            self._asked = None
            self._leave()

    def _leave(self, _frame: int = 0) -> None:
        self.menu.leave()


def _choice(track: Track, detail: str) -> PersonChoice:
    return PersonChoice(track.track_id, track.title, track.color, detail)


def _why(one: Candidate) -> str:
    if one.fits:
        return "expected here"
    return f"seen {one.gap} frame{'' if one.gap == 1 else 's'} away"


def _away(track: Track, frame: int) -> int:
    return max(track.first - frame, frame - track.last, 0)
