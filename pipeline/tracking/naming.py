"""Which IDs chains of people get, so that linking again changes as little as possible."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.structures import Float
from pipeline.tracking.prediction import SIGHTINGS, Sighting

_FORGET = 0.1  # how much of a chain's appearance a new sighting replaces: one bad crop does little


@dataclass(eq=False)
class Chain:
    """One person through the frames, while they are being linked.

    Attributes:
        label: The track a reviewer said it is, or None.
        seen: The latest sightings, nearest last.
        feature: Slow mean of the appearance.
        members: (position of the observation, slot) of each.
        frames: The frames of the members.
        known: How many members were known as which track.
    """

    label: int | None = None
    seen: deque[Sighting] = field(default_factory=lambda: deque(maxlen=SIGHTINGS))
    feature: Float | None = None
    members: list[tuple[int, int]] = field(default_factory=list)
    frames: set[int] = field(default_factory=set)
    known: Counter[int] = field(default_factory=Counter)

    def add(self, position: int, slot: int, seen: Sighting, known: int) -> None:
        """Go on with one more sighting; `known` is the track it had, or NOBODY."""
        self.members.append((position, slot))
        self.frames.add(seen.frame)
        self.seen.append(seen)
        if known >= 0:
            self.known[known] += 1
        if self.feature is None or self.feature.shape != seen.feature.shape or not self.feature.any():
            self.feature = seen.feature
        elif seen.feature.any():
            mean = self.feature * np.float32(1 - _FORGET) + seen.feature * np.float32(_FORGET)
            self.feature = mean / np.linalg.norm(mean)


def name_chains(chains: Sequence[Chain], next_id: int) -> list[int]:
    """An ID for each chain: the reviewer's, else the one most of its members had, else a new one.

    A chain that mostly was a track the reviewer named elsewhere joins that track unless both were seen
    in one frame. Of several chains that mostly were one track, the one with more of it keeps the ID.

    Args:
        chains: In the order in which new IDs are to be given.
        next_id: The first new ID.
    """
    names = [chain.label for chain in chains]
    used = {chain.label: set(chain.frames) for chain in chains if chain.label is not None}
    _join_labelled(chains, names, used)
    _keep_most(chains, names, frozenset(used))
    fresh = iter(range(next_id, next_id + len(chains)))
    return [next(fresh) if name is None else name for name in names]


def _join_labelled(chains: Sequence[Chain], names: list[int | None], used: dict[int, set[int]]) -> None:
    """Let chains that mostly were a reviewer's track be it, the longest first."""
    order = sorted(range(len(chains)), key=lambda i: -len(chains[i].members))
    for index in order:
        if names[index] is not None or not chains[index].known:
            continue
        mostly = chains[index].known.most_common(1)[0][0]
        if mostly in used and not used[mostly] & chains[index].frames:
            names[index] = mostly
            used[mostly] |= chains[index].frames


def _keep_most(chains: Sequence[Chain], names: list[int | None], taken: frozenset[int]) -> None:
    """Give the others the IDs they had, so that the most people keep theirs."""
    open_ = [index for index, name in enumerate(names) if name is None]
    tracks = sorted({track for index in open_ for track in chains[index].known} - taken)
    if not open_ or not tracks:
        return
    from scipy.optimize import linear_sum_assignment

    kept = np.array([[chains[index].known[track] for track in tracks] for index in open_])
    for row, column in zip(*linear_sum_assignment(kept, maximize=True), strict=True):
        if kept[row, column]:
            names[open_[row]] = tracks[column]
