"""Where the person of a drawn or accepted box goes, while the box is run and until the reviewer has said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.notices import Notices
from pipeline.errors import EngineError
from pipeline.structures import Changes, FrameFailure, FrameResult

if TYPE_CHECKING:
    from pipeline.session.splicing import Placed, Target
    from pipeline.session.store import Store


@dataclass(eq=False)
class Joining:
    """A box on its way to being a person.

    Attributes:
        target: What is known of where the person goes.
        placed: Told once the person is there, or that there is nobody.
        run: The session's number of the run, once the person is there.
        where: Where the person went.
    """

    target: Target
    placed: Callable[[Joining], None]
    run: int | None = None
    where: Placed | None = None

    def choose(self, store: Store, frame: int, track_id: int | None) -> Changes:
        """The reviewer says which track it is, None for a new one; before or after the person is there."""
        from pipeline.session.splicing import choose_track

        self.target = replace(self.target, track_id=track_id, sure=True)
        if self.where is None or self.run is None:
            return Changes()
        if track_id is None:
            track_id = self.where.track_id if self.began_track(store) else store.new_track_id()
        assert track_id is not None
        return choose_track(store, frame, self.where.slot, self.run, track_id)

    def began_track(self, store: Store) -> bool:
        """Whether the person is the only one of the track that was joined."""
        track = None if self.where is None else self.where.track_id
        return track is not None and len(store.cells_of(track)) <= 1

    def take(self, store: Store, outcome: FrameResult | FrameFailure, run: int, notices: Notices) -> Changes:
        """Put the person into the session, or say why there is none.

        Raises:
            SessionError: It cannot be written; the session is as before.
        """
        from pipeline.session.splicing import place_person

        if isinstance(outcome, FrameFailure):
            notices.tell(f"The box could not be run: {outcome.message}", outcome.hint, "error")
            return Changes()
        try:
            self.where = place_person(store, outcome, run, self.target)
        except EngineError as error:
            notices.tell_error(error)
        if self.where is not None:
            self.run = run
        elif len(outcome.people) == 0:
            why = outcome.rejected.reasons
            notices.tell(
                f"Nobody was found in the box in frame {outcome.frame_index}.",
                f"The engine says: {why[0]}." if why else "Draw it closer round the whole person.",
                "warning",
            )
        return Changes() if self.where is None else self.where.changes
