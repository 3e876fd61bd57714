"""People whom the reviewer deleted from frames, back again as the track they are by their motion."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import groupby

import numpy as np

from pipeline.session.record import Relink
from pipeline.session.store import Store
from pipeline.session.tracks import Cell
from pipeline.structures import Int
from pipeline.track import MAX_GAP, NOBODY, Observation, link, observe

LABEL = "Bring people back"


def propose_back(store: Store, first: int, last: int, slot: int | None = None) -> Relink:
    """Who the people deleted between two frames would be, both included; nobody else's track changes.

    With a slot it is only the person in that row of each frame.

    They continue tracks seen around, else begin new ones, and from then on tracking decides about them as
    about anybody. It only reads, so that it can be done on another thread with a store of its own.
    """
    cells = [cell for cell in store.all_cells() if first - MAX_GAP <= cell.frame <= last + MAX_GAP]
    frames = {frame: tuple(of) for frame, of in groupby(cells, lambda cell: cell.frame)}
    gone = (cell for cell in cells if first <= cell.frame <= last and cell.track is None and cell.reviewer)
    back = {cell for cell in gone if slot in (None, cell.slot)}
    if not back:
        return Relink((), (), LABEL)
    named = _named(list(_observations(store, frames, back)), store.new_track_id())
    who = (
        cell._replace(track=track, reviewer=False)
        for of, tracks in zip(frames.values(), named, strict=True)
        for cell, track in zip(of, tracks.tolist(), strict=True)
        if cell in back
    )
    was = tuple(cell for frame in sorted({cell.frame for cell in back}) for cell in frames[frame])
    return Relink(tuple(who), was, LABEL)


def _observations(
    store: Store, frames: dict[int, tuple[Cell, ...]], back: set[Cell]
) -> Iterator[Observation]:
    """Everybody as if a reviewer had said who they are, but those who come back."""
    for result in store.results(frames):
        cells = frames[result.frame_index]
        known = [NOBODY if cell.track is None else cell.track for cell in cells]
        yield observe(result, known, [cell not in back for cell in cells])


def _named(observations: list[Observation], next_id: int) -> list[Int]:
    """Who they are: they continue a track seen before, else lead to one seen after, else are new."""
    forwards = link(observations, next_id=next_id)
    turned = [
        dataclasses.replace(
            seen,
            frame_index=-seen.frame_index,
            tracks=np.where(tracks < next_id, tracks, NOBODY),
            fixed=seen.fixed | (tracks < next_id),
        )
        for seen, tracks in zip(observations, forwards, strict=True)
    ]
    backwards = link(turned, next_id=next_id)
    return [np.where(back < next_id, back, there) for back, there in zip(backwards, forwards, strict=True)]
