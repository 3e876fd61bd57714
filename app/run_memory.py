"""Runs that are not over, kept in the session: a program that is closed or killed offers them again."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.run import Run
from pipeline.codec import CodecError, from_parts, to_parts
from pipeline.errors import SessionError

if TYPE_CHECKING:
    from pipeline.session.store import Store

_KEY = "runs"


def keep_runs(store: Store, runs: Iterable[Run]) -> None:
    """Remember the long runs. What is done of them the session knows, so it is written but seldom."""
    plain = [_to_plain(run) for run in runs if run.long and not run.taken_back]
    if plain != (store.remembered(_KEY) or []):
        with suppress(SessionError):  # a full disk, say; the next outcome that cannot be written says so
            store.remember(_KEY, plain)


def kept_runs(store: Store) -> list[Run]:
    """The runs that were not over when the session was closed, paused, with what is left of them."""
    runs = [_from_plain(store, plain) for plain in store.remembered(_KEY) or []]
    return [run for run in runs if run is not None]


def _to_plain(run: Run) -> dict[str, Any]:
    options = to_parts(run.options)[0]
    plain = {
        "title": run.title,
        "step": run.step,
        "frames": run.wished,
        "options": options,
        "priority": run.priority,
        "engine": run.engine,
        "engine_id": run.engine_id,
        "number": run.number,
    }
    read: dict[str, Any] = json.loads(json.dumps(plain))  # as it comes back, to be compared with what is kept
    return read


def _from_plain(store: Store, plain: dict[str, Any]) -> Run | None:
    """A run, or None if nothing is left of it, it was undone, or another program wrote it."""
    try:
        number = plain["number"]
        wished = tuple((int(first), int(last)) for first, last in plain["frames"])
        run = Run(
            title=str(plain["title"]),
            frames=deque(),
            options=from_parts(plain["options"], []),
            priority=int(plain["priority"]),
            total=sum(last - first + 1 for first, last in wished),
            span=(wished[0][0], wished[-1][1]),
            step=str(plain["step"]),
            wished=wished,
            engine=str(plain["engine"]),
            engine_id=str(plain["engine_id"]),
            number=number,
            paused=True,
        )
    except (CodecError, KeyError, TypeError, ValueError, IndexError):
        return None
    return run if _find_left(store, run) else None


def _find_left(store: Store, run: Run) -> bool:
    """Fill in what is left of a run; whether there is anything."""
    outcomes = [] if run.number is None else store.recorded(run.number, newest_first=False)
    step = None if run.number is None else store.run_step(run.number)
    if outcomes and step is not None and not step[1]:
        return False
    done = {outcome.frame: outcome.version is None for outcome in outcomes}
    run.frames.extend(
        frame for first, last in run.wished for frame in range(first, last + 1) if frame not in done
    )
    run.done = run.earlier = run.total - len(run.frames)
    run.failed = sum(done.values())
    return bool(run.frames)
