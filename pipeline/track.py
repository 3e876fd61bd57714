"""Who is who from frame to frame.

`link` is a pure pass over any stored frames that can be repeated at any time; `link_frame` does the same for
one new frame among its neighbours, in whichever order frames are run, and follows an engine that tracks
people itself. Both take what the reviewer said as given. People of two frames are matched at least total
cost (Kuhn 1955, "The Hungarian method for the assignment problem"), see `pipeline.tracking.cost`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.structures import Int
from pipeline.tracking.cost import LIMIT, costs, match, match_costs
from pipeline.tracking.naming import Chain, name_chains
from pipeline.tracking.observation import NOBODY, Observation, observe
from pipeline.tracking.prediction import MAX_GAP, SIGHTINGS, Sighting, gather, same_frame, sighting

__all__ = ["LIMIT", "MAX_GAP", "NOBODY", "SIGHTINGS", "Observation", "link", "link_frame", "observe"]


def link(observations: Sequence[Observation], *, next_id: int = 1) -> list[Int]:
    """Say anew who is who in all frames.

    What a reviewer fixed stays, and who follows such a person is the same track from there on. Apart
    from that, what was known before decides only about the numbers: linking again gives the IDs
    that most people had, and linking twice gives the same as linking once.

    Args:
        observations: One for each frame, in any order.
        next_id: The first ID for people who have none yet.

    Returns:
        For each observation, in the order given, (N,) tracks; NOBODY only where a reviewer said so.
    """
    order = sorted(range(len(observations)), key=lambda i: observations[i].frame_index)
    slots = [observations[i].left_to_right() for i in order]
    linker = _Linker()
    for position, (index, arranged) in enumerate(zip(order, slots, strict=True)):
        linker.add(position, observations[index].take(arranged))
    tracks = [np.full(len(observation), NOBODY, np.int64) for observation in observations]
    for chain, name in zip(linker.chains, name_chains(linker.chains, next_id), strict=True):
        for position, slot in chain.members:
            tracks[order[position]][slots[position][slot]] = name
    return tracks


def link_frame(
    new: Observation,
    around: Sequence[Observation],
    *,
    old: Observation | None = None,
    proposed: Int | None = None,
    next_id: int = 1,
) -> tuple[Int, npt.NDArray[np.bool_]]:
    """Say who the people of one new frame are; nobody else's track changes.

    Args:
        new: The frame's people; what it says of tracks is ignored.
        around: The frames before and after in which tracks were last and next seen.
        old: The same frame's people as they were before it was run again: they keep their IDs, and what
            a reviewer said of them.
        proposed: (N,) who they are by the engine's own tracker, NOBODY where it cannot say, no track twice.
            It decides against all but what a reviewer said.
        next_id: The first ID for people nobody has seen yet, who get theirs from left to right.

    Returns:
        (N,) tracks, and (N,) whether a reviewer said so.
    """
    arranged = new.left_to_right()
    view = new.take(arranged)
    tracks, fixed = np.full(len(new), NOBODY, np.int64), np.zeros(len(new), bool)
    if old is not None:
        _carry_over(view, old.take(old.left_to_right()), tracks, fixed)
    if proposed is not None:
        _follow_engine(proposed[arranged], tracks, fixed)
    _continue_tracks(view, around, tracks, fixed)
    fresh = (tracks == NOBODY) & ~fixed
    tracks[fresh] = np.arange(next_id, next_id + np.count_nonzero(fresh))
    back = np.argsort(arranged)
    return tracks[back], fixed[back]


def _carry_over(new: Observation, old: Observation, tracks: Int, fixed: npt.NDArray[np.bool_]) -> None:
    for before, slot in match(same_frame(old), new):
        tracks[slot], fixed[slot] = old.tracks[before], old.fixed[before]


def _follow_engine(proposed: Int, tracks: Int, fixed: npt.NDArray[np.bool_]) -> None:
    """Let people be who the engine says, unless a reviewer said so of them or of somebody else here."""
    sure = (proposed != NOBODY) & ~fixed & ~np.isin(proposed, tracks[fixed])
    tracks[~fixed & ~sure & np.isin(tracks, proposed[sure])] = NOBODY  # that one is somebody else
    tracks[sure] = proposed[sure]


def _continue_tracks(
    new: Observation, around: Sequence[Observation], tracks: Int, fixed: npt.NDArray[np.bool_]
) -> None:
    near = [one for one in around if 0 < abs(one.frame_index - new.frame_index) <= MAX_GAP]
    sides = _sightings(near, new.frame_index)
    wanted = sorted(set(sides) - set(tracks.tolist()))
    free = np.flatnonzero((tracks == NOBODY) & ~fixed)
    prediction = gather(((*sides[track], None) for track in wanted), new.frame_index)
    for row, column in match(prediction, new.take(free)):
        tracks[free[column]] = wanted[row]


def _sightings(around: Sequence[Observation], frame: int) -> dict[int, tuple[list[Sighting], list[Sighting]]]:
    """By track, the nearest sightings before and after a frame, nearest last."""
    sides: dict[int, tuple[list[Sighting], list[Sighting]]] = defaultdict(lambda: ([], []))
    for one in sorted(around, key=lambda one: -abs(one.frame_index - frame)):
        for slot, track in enumerate(one.tracks.tolist()):
            if track != NOBODY:
                sides[track][one.frame_index > frame].append(sighting(one, slot))
    return {track: (before[-SIGHTINGS:], after[-SIGHTINGS:]) for track, (before, after) in sides.items()}


class _Linker:
    """The forward pass of `link`: chains grow frame by frame."""

    def __init__(self) -> None:
        self.chains: list[Chain] = []
        self._live: list[Chain] = []
        self._labelled: dict[int, Chain] = {}

    def add(self, position: int, view: Observation) -> None:
        """Link one more frame, later than all before."""
        self._live = [chain for chain in self._live if view.frame_index - chain.seen[-1].frame <= MAX_GAP]
        live = list(self._live)
        cost = costs(
            gather(((tuple(chain.seen), (), chain.feature) for chain in live), view.frame_index), view
        )
        said = [slot for slot in range(len(view)) if view.fixed[slot]]
        claimed = {slot: self._claim(int(view.tracks[slot])) for slot in said}
        rows = [row for row, chain in enumerate(live) if chain not in claimed.values()]
        free = [slot for slot in range(len(view)) if slot not in claimed]
        chosen: dict[int, Chain] = {slot: chain for slot, chain in claimed.items() if chain is not None}
        for row, column in match_costs(cost[np.ix_(rows, free)]):
            chosen[free[column]] = live[rows[row]]
        left = [row for row in rows if live[row] not in chosen.values()]
        for slot in said:
            self._take_over(slot, claimed[slot], [row for row in left if cost[row, slot] < LIMIT], cost, live)
        for slot in range(len(view)):
            if slot not in chosen and slot not in claimed:
                chosen[slot] = self._begin()
            if slot in chosen:
                chosen[slot].add(position, slot, sighting(view, slot), int(view.tracks[slot]))
        self._live += [chain for chain in chosen.values() if chain not in self._live]

    def _claim(self, track: int) -> Chain | None:
        """The chain of a track the reviewer named, or None for nobody's."""
        if track == NOBODY:
            return None
        if track not in self._labelled:
            self._labelled[track] = self._begin(track)
        return self._labelled[track]

    def _begin(self, label: int | None = None) -> Chain:
        self.chains.append(Chain(label))
        return self.chains[-1]

    def _take_over(
        self, slot: int, by: Chain | None, rows: list[int], cost: npt.NDArray[np.float32], live: list[Chain]
    ) -> None:
        """End the chain that would have gone on with a person of whom the reviewer said another track."""
        if not rows:
            return
        former = live[min(rows, key=lambda row: float(cost[row, slot]))]
        if former in self._live:
            self._live.remove(former)
        if by is not None and not by.seen:
            by.seen.extend(former.seen)  # it goes on from where that person was, as fast
            by.feature = former.feature
