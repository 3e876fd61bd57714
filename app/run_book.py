"""What the engine made of frames, on its way from the engine lane into the session."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.engine_control import EngineControl
from app.lane import Lane
from app.notices import Notices
from app.run import Run
from app.session_control import SessionControl
from pipeline.engines.engine import Outcome
from pipeline.errors import SessionError
from pipeline.structures import Changes, FrameFailure, FrameResult

if TYPE_CHECKING:
    from pipeline.session.store import Store


class RunBook:
    """Writes outcomes as they come, each in a transaction of its own.

    What has come is kept from the moment the lane has it: closing the video writes it as well, and if the
    disk is full it waits here.
    """

    def __init__(
        self,
        lane: Lane,
        engine: EngineControl,
        session: SessionControl,
        notices: Notices,
        counted: Callable[[], None],
        stuck: Callable[[SessionError], None],
        numbered: Callable[[Run], None],
    ) -> None:
        """Nothing has come yet.

        Args:
            lane: Where outcomes come from.
            engine: Whose outcomes they are.
            session: Where they are written.
            notices: What is to be said goes there.
            counted: Told when something has come.
            stuck: Told why it cannot be written.
            numbered: Told that a run has its number in the session.
        """
        self._lane = lane
        self._engine = engine
        self._session = session
        self._notices = notices
        self._counted = counted
        self._stuck = stuck
        self._numbered = numbered
        self._arrived: deque[tuple[Run, Outcome]] = deque()
        self._unsaved: deque[tuple[Run, Outcome]] = deque()

    def receiver(self, run: Run) -> Callable[[Outcome], None]:
        """What takes a run's outcomes; on the engine lane, and only while the session of now is open."""
        arrived = self._arrived

        def receive(outcome: Outcome) -> None:
            arrived.append((run, outcome))
            self._lane.post(self.take)

        return receive

    def take(self) -> None:
        """Count and write what has come."""
        while self._arrived:
            run, outcome = self._arrived.popleft()
            _count(run, outcome)
            self._unsaved.append((run, outcome))
            self.save()
            if run.total == 1 and run.joining is None and isinstance(outcome, FrameFailure):
                self._notices.tell(f"Frame {outcome.frame_index}: {outcome.message}", outcome.hint, "error")
            self._counted()

    def save(self) -> None:
        """Write what waits, in the order in which it came; what came of a run that was undone is not wanted."""
        store = self._session.store
        while self._unsaved and store is not None:
            run, outcome = self._unsaved[0]
            try:
                changes = Changes() if run.taken_back else self._write(store, run, outcome)
            except SessionError as error:
                self._stuck(error)
                return
            self._unsaved.popleft()
            if changes != Changes():
                self._session.tell(changes)
            if run.joining is not None:
                run.joining.placed(run.joining)

    def _write(self, store: Store, run: Run, outcome: Outcome) -> Changes:
        from pipeline.session.record import record

        if run.number is None:
            run.engine_id = self._engine_id(outcome)
            run.number = store.start_run(run.engine_id, run.options, run.title, step=run.step)
            self._numbered(run)
        if run.joining is not None:
            return run.joining.take(store, outcome, run.number, self._notices)
        return record(store, outcome, run.number)

    def close(self) -> None:
        """Write what has come; what comes from now on belongs to a session that is gone."""
        self.take()
        self._arrived = deque()
        self._unsaved.clear()

    def _engine_id(self, outcome: Outcome) -> str:
        if isinstance(outcome, FrameResult):
            return outcome.engine_id
        info = self._engine.client.info if self._engine.client else None
        return info.engine_id if info else self._engine.name


def _count(run: Run, outcome: Outcome) -> None:
    run.done += 1
    if isinstance(outcome, FrameFailure):
        run.failed += 1
        run.reason = outcome.message, outcome.hint
