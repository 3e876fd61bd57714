"""From the numbers an engine's own tracker gives to people to the session's tracks."""

from __future__ import annotations

import numpy as np

from pipeline.session.store import Store
from pipeline.session.versions import Earlier
from pipeline.structures import FrameResult, Int
from pipeline.track import NOBODY

REACH = 60
"""Frames back in which a number is looked for: longer than an engine's tracker waits for somebody hidden."""


def propose(store: Store, result: FrameResult, run: int) -> Int | None:
    """Which tracks the people of a new result are, by the engine that tracks them.

    Its numbers hold within one sequence: whoever has a number is the track that the nearest earlier
    frame of the same sequence and engine gave to that number, the reviewer's corrections included.

    Args:
        store: Where it has been recorded.
        result: The result.
        run: Its run.

    Returns:
        (N,) tracks, none of them twice, NOBODY for people whose number is new or who have none; or None
        if the engine does not track, or the frame was run on its own.
    """
    sequence = "" if result.tracks is None else store.run_options(run).sequence
    if result.tracks is None or not sequence:
        return None
    known = _known(store, result, sequence)
    return np.array([known.get(own, NOBODY) for own in result.tracks.tolist()], np.int64)


def _known(store: Store, result: FrameResult, sequence: str) -> dict[int, int]:
    """By number in the result, the track; of two numbers that were one track, the one seen last keeps it."""
    assert result.tracks is not None
    wanted = {own for own in result.tracks.tolist() if own >= 0}
    known: dict[int, int] = {}
    for earlier in store.earlier(result.frame_index, REACH):
        if len(known) == len(wanted):
            break
        if earlier.options.sequence == sequence and earlier.engine_id == result.engine_id:
            for own, track in _given(store, earlier).items():
                if own in wanted and own not in known and track not in known.values():
                    known[own] = track
    return known


def _given(store: Store, earlier: Earlier) -> dict[int, int]:
    """By number, the track, of the people of one frame who have both."""
    tracks = store.result_of(earlier.version).tracks
    if tracks is None:
        return {}
    cells = store.cells(earlier.frame, earlier.version)
    return {
        own: cell.track
        for own, cell in zip(tracks.tolist(), cells, strict=True)
        if own >= 0 and cell.track is not None
    }
