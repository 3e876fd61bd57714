"""Whether a track goes on with somebody else: what is known of people before and after each sighting.

Three things tell people apart, each as a distance from 0, the same, to 1, surely somebody else: the looks,
the shape of the body, and the place. Where two people change places in all of them, they were mixed up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.problems.absence import LONGEST_GAP
from pipeline.problems.marks import Marks
from pipeline.problems.observed import Flags
from pipeline.problems.table import Table
from pipeline.structures import Float, Int

SIGHTINGS = 5
"""Sightings before and after that are averaged: a noisy frame does not make somebody else."""

_LOOKS = 0.35  # cosine distance of unlike clothes, as in pipeline.tracking.cost
_LOOKS_USUAL = 0.08  # within one person
_SHAPE = 0.02  # of the stature; what engines make of one person differs by a quarter of it
_PLACE = 0.35  # statures off where they should be
_PLACE_GROWS = 1.5  # statures a second without a sighting
_WEIGHTS = np.array([1.0, 0.5, 1.0], np.float32)  # looks, shape, place
_PLACES = 2  # the column of places
_EXPLAINS = 0.1  # that somebody else must at least save to be named
_SUSPECT = 0.2  # the least of any distance that is worth asking who else it might be


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """How people are on one side of a moment, a row each.

    Attributes:
        times: (N,) s of the sighting next to it.
        looks: (N, LOOKS) mean appearance.
        size: (N,) numbers it had; 0 for none.
        shape: (N, 10) mean shape.
        model: (N,) body model.
        place: (N, 3) statures: where they are, right and down as at their depth, and how far.
        speed: (N, 3) statures a second.
    """

    times: np.ndarray
    looks: Float
    size: Int
    shape: Float
    model: Int
    place: Float
    speed: Float


class Sides:
    """What is known of each person of a table up to a row, and from it on."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._first, self._end = _bounds(table)
        self._places = _places(table)

    def before(self, rows: Int) -> Ends:
        """The sightings up to each row."""
        return self._side(rows, -1)

    def after(self, rows: Int) -> Ends:
        """The sightings from each row on."""
        return self._side(rows, 1)

    def _side(self, rows: Int, way: int) -> Ends:
        table, first, last = self._table, self._first[rows], self._end[rows] - 1
        seen = [np.clip(rows + way * k, first, last) for k in range(SIGHTINGS)]
        looks = sum(table.looks[of].astype(np.float32) for of in seen)
        far = seen[-1]
        apart = (table.times[far] - table.times[rows]).astype(np.float32)[:, None]
        moved = self._places[far] - self._places[rows]
        return Ends(
            table.times[rows],
            _unit(np.asarray(looks)),
            table.looks_size[rows],
            np.asarray(sum(table.shape[of] for of in seen), np.float32)
            / (np.float32(SIGHTINGS) * table.stature[rows, None]),
            table.model[rows],
            self._places[rows],
            np.divide(moved, apart, out=np.zeros_like(moved), where=apart != 0),
        )


def _bounds(table: Table) -> tuple[Int, Int]:
    """(K,) first row, and row behind the last, of each row's track."""
    edges = np.flatnonzero(np.diff(table.tracks, prepend=-1, append=-1))
    lengths = np.diff(edges)
    return np.repeat(edges[:-1], lengths), np.repeat(edges[1:], lengths)


def _places(table: Table) -> Float:
    """(K, 3) statures. Depth is uncertain in a picture: it counts a third."""
    place: Float = table.pelvis / table.stature[:, None]
    return place * np.array([1, 1, 1 / 3], np.float32)


def _unit(looks: Float) -> Float:
    lengths = np.linalg.norm(looks, axis=1, keepdims=True)
    unit: Float = np.divide(looks, lengths, out=np.zeros_like(looks), where=lengths > 0)
    return unit


def take(ends: Ends, rows: Int) -> Ends:
    """Some of them."""
    return Ends(*(getattr(ends, name)[rows] for name in Ends.__slots__))


def distances(before: Ends, after: Ends) -> Float:
    """(N, 3) looks, shape and place apart, row by row, in [0, 1]; NaN where one of them is not known."""
    looks = 1 - np.einsum("nd,nd->n", before.looks, after.looks)
    known = (before.size == after.size) & (before.size > 0)
    looks = np.where(known, (looks - _LOOKS_USUAL) / (_LOOKS - _LOOKS_USUAL), np.nan)
    shape = np.linalg.norm(before.shape - after.shape, axis=1) / _SHAPE - 0.5
    shape = np.where(before.model == after.model, shape, np.nan)
    apart = np.stack([looks, shape, _off(before, after)], 1)
    return np.asarray(np.clip(apart, 0, 1), np.float32)


def _off(before: Ends, after: Ends) -> Float:
    """(N,) how far from where they should be, going on as before for half the time and as after for the other."""
    away = np.maximum(after.times - before.times, 0).astype(np.float32)[:, None]
    expected = before.place + (before.speed + after.speed) / 2 * away
    off: Float = np.linalg.norm(after.place - expected, axis=1)
    return np.asarray(off / (_PLACE + _PLACE_GROWS * away[:, 0]), np.float32)


def _cost(apart: Float, telling: Float) -> Float:
    """(N,) weighted mean of what is known, each as much as it can tell the two people apart."""
    weights = np.where(np.isnan(apart), 0, _WEIGHTS * telling)
    summed = (np.nan_to_num(apart) * weights).sum(1) / np.maximum(weights.sum(1), 1e-6)
    return np.asarray(summed, np.float32)


def switches(table: Table) -> Marks:
    """How likely each sighting is somebody else's than the one before: in [0, 1].

    For two people who are seen before and after the same moment: by how much it costs less if they change
    places. For somebody alone: whether looks, and shape or place, are those of somebody else. For the first sighting
    of a track: how well it goes on with one that ended shortly before.
    """
    follows = table.followed(LONGEST_GAP) & ~np.isnan(table.stature)
    rows = np.flatnonzero(follows)
    rows = rows[_differs(table, rows)]
    values = np.zeros(len(table), np.float32)
    values[np.isnan(table.stature)] = np.nan
    others = np.zeros(len(table), np.int64)
    sides = Sides(table)
    if len(rows):
        alone = distances(sides.before(rows - 1), sides.after(rows))
        values[rows] = _alone(alone)
        asked = rows[np.nanmax(np.nan_to_num(alone), axis=1) > _SUSPECT]
        _exchanged(table, sides, asked, values, others)
    _continued(table, sides, values, others)
    before = np.where(follows, np.roll(table.frames, 1), table.frames)
    return Marks(table.frames, table.times, table.tracks, others, values, before)


def _differs(table: Table, rows: Int) -> Flags:
    """(N,) whether a sighting differs so much from the one before that it is worth averaging around both.

    Half of what counts at all is asked for, as noise may make two people look a little more alike.
    """
    looks, shape = table.looks, table.shape / table.stature[:, None]
    likeness = np.einsum("nd,nd->n", looks[rows], looks[rows - 1], dtype=np.float32)
    moved = np.linalg.norm(np.diff(_places(table), axis=0), axis=1)[rows - 1]
    reshaped = np.linalg.norm(np.diff(shape, axis=0), axis=1)[rows - 1]
    # Where one of the two has no appearance, the likeness is 0, and all the others are asked about.
    return np.asarray(
        (1 - likeness > _LOOKS_USUAL / 2) | (reshaped > _SHAPE / 4) | (moved > _SUSPECT * _PLACE / 2)
    )


def _alone(apart: Float) -> Float:
    """(N,) looks like somebody else, and is shaped or placed like somebody else."""
    looks, shape, place = np.nan_to_num(apart).T
    changed: Float = np.minimum(looks, np.maximum(shape, place))
    return changed


def _exchanged(table: Table, sides: Sides, rows: Int, values: Float, others: Int) -> None:
    """Ask for each of the rows whether it is another track that goes on there; who explains it best is named."""
    explained = np.full(len(table), np.float32(_EXPLAINS))
    for segment in table.segments():
        last = np.searchsorted(table.times[segment], table.times[rows]) + segment.start - 1
        there = (table.tracks[rows] != table.tracks[segment.start]) & (last >= segment.start)
        there &= last + 1 < segment.stop
        mine, theirs = rows[there], last[there]
        overlap = table.times[theirs + 1] - table.times[theirs] <= LONGEST_GAP
        mine, theirs = mine[overlap], theirs[overlap]
        if not len(mine):
            continue
        saved = _saved(sides, mine, theirs)
        better = mine[saved > explained[mine]]
        explained[better], others[better] = saved[saved > explained[mine]], table.tracks[segment.start]
    found = rows[others[rows] != 0]
    values[found] = np.maximum(values[found], explained[found])


def _saved(sides: Sides, mine: Int, theirs: Int) -> Float:
    """(N,) by how much it costs less that the people before `mine` and up to `theirs` change places."""
    a, a_on = sides.before(mine - 1), sides.after(mine)
    b, b_on = sides.before(theirs), sides.after(theirs + 1)
    telling = np.nan_to_num(distances(a, b))
    telling[:, _PLACES] = 1
    stay = _cost(distances(a, a_on), telling) + _cost(distances(b, b_on), telling)
    change = _cost(distances(a, b_on), telling) + _cost(distances(b, a_on), telling)
    return np.maximum((stay - change) / 2, 0)


def _continued(table: Table, sides: Sides, values: Float, others: Int) -> None:
    """Tracks that begin where and as another ended: one person may have two."""
    parts = list(table.segments())
    if len(parts) < 2:
        return
    first, last = np.array([p.start for p in parts]), np.array([p.stop - 1 for p in parts])
    away = table.times[first][None] - table.times[last][:, None]
    ended, begun = np.nonzero((away > 0) & (away <= LONGEST_GAP))
    if not len(ended):
        return
    alike = 1 - distances(sides.before(last[ended]), sides.after(first[begun])).max(1, initial=0)
    alike = np.nan_to_num(alike)
    for row in np.argsort(alike).tolist():
        at = first[begun[row]]
        if alike[row] >= values[at]:
            values[at], others[at] = alike[row], table.tracks[last[ended[row]]]
