"""People whom the reviewer deleted from frames, back again as the track they are by their motion."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from pipeline.session.record import Relink
from pipeline.session.store import Store
from pipeline.session.tracks import Cell
from pipeline.track import MAX_GAP, NOBODY, Observation, link, observe

LABEL = "Bring people back"


def propose_back(store: Store, first: int, last: int) -> Relink:
    """Who the people deleted between two frames would be, both included; nobody else's track changes.

    They continue tracks seen around, else begin new ones, and from then on tracking decides about them as
    about anybody. It only reads, so that it can be done on another thread with a store of its own.
    """
    cells = [cell for cell in store.all_cells() if first - MAX_GAP <= cell.frame <= last + MAX_GAP]
    frames = {frame: tuple(of) for frame, of in groupby(cells, lambda cell: cell.frame)}
    back = {cell for cell in cells if first <= cell.frame <= last and cell.track is None and cell.reviewer}
    if not back:
        return Relink((), (), LABEL)
    linked = link(list(_observations(store, frames, back)), next_id=store.new_track_id())
    named = (
        cell._replace(track=track, reviewer=False)
        for of, tracks in zip(frames.values(), linked, strict=True)
        for cell, track in zip(of, tracks.tolist(), strict=True)
        if cell in back
    )
    was = tuple(cell for frame in sorted({cell.frame for cell in back}) for cell in frames[frame])
    return Relink(tuple(named), was, LABEL)


def _observations(
    store: Store, frames: dict[int, tuple[Cell, ...]], back: set[Cell]
) -> Iterator[Observation]:
    """Everybody as if a reviewer had said who they are, but those who come back."""
    for result in store.results(frames):
        cells = frames[result.frame_index]
        known = [NOBODY if cell.track is None else cell.track for cell in cells]
        yield observe(result, known, [cell not in back for cell in cells])
