"""What following people remembers from frame to frame, and the same as plain numbers for the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.engines.mediapipe.finding import Found
from pipeline.engines.mediapipe.landmarks import LANDMARK_COUNT, Pose
from pipeline.engines.mediapipe.regions import Region
from pipeline.engines.mediapipe.rotations import Array
from pipeline.engines.mediapipe.smoothing import PoseFilter

Numbers = dict[str, npt.NDArray[Any]]

_NO_MASK = np.zeros((0, 0), np.float32)
_SHAPE_SIZE = 10


@dataclass
class Trail:
    """The state of one sequence between two frames.

    Attributes:
        people: Who is followed, as they were found, without masks: nothing looks at these later.
        shapes: By identity, the estimates (10,) of a person's shape so far.
        filters: By identity, what smooths a person's landmarks.
        time: Of the last frame, s.
        since_search: Frames since the last full search.
        searches_due: Full searches still to be made for somebody who was lost.
        last_identity: The last number given.
    """

    people: list[Found] = field(default_factory=list)
    shapes: dict[int, list[Array]] = field(default_factory=dict)
    filters: dict[int, PoseFilter] = field(default_factory=dict)
    time: float = 0.0
    since_search: int = 0
    searches_due: int = 0
    last_identity: int = 0

    def follow(self, people: Sequence[Found]) -> None:
        """Go on with these people; what is known of others, who never come back by their number, is dropped."""
        self.people = [replace(one, pose=replace(one.pose, mask=_NO_MASK)) for one in people]
        for known in (self.shapes, self.filters):
            for identity in known.keys() - {one.identity for one in people}:
                del known[identity]

    def to_numbers(self) -> Numbers:
        """Everything as arrays; a person takes about 5 kB."""
        poses = [one.pose for one in self.people]
        shapes = [self.shapes.get(one.identity, []) for one in self.people]
        filters = [self.filters[one.identity].to_numbers() for one in self.people]
        return {
            "counts": np.array([self.since_search, self.searches_due, self.last_identity], np.int64),
            "time": np.array(self.time, np.float64),
            "identities": np.array([one.identity for one in self.people], np.int64),
            "beliefs": _rows([[one.evidence, one.pose.score, one.pose.doubt] for one in self.people], 3),
            "regions": _rows([_of_region(pose.region) + _of_region(pose.next_region) for pose in poses], 8),
            "points": _stacked([pose.points for pose in poses], (LANDMARK_COUNT, 2)),
            "visibility": _stacked([pose.visibility for pose in poses], (LANDMARK_COUNT,)),
            "world": _stacked([pose.world for pose in poses], (LANDMARK_COUNT, 3)),
            "boxes": _stacked([pose.box for pose in poses], (4,)),
            "shape_counts": np.array([len(of) for of in shapes], np.int64),
            "shapes": _rows([betas for of in shapes for betas in of], _SHAPE_SIZE),
            "filtered_points": _stacked([of[0] for of in filters], (3, LANDMARK_COUNT, 2)),
            "filtered_world": _stacked([of[1] for of in filters], (3, LANDMARK_COUNT, 3)),
        }

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, npt.NDArray[Any]]) -> Trail:
        """The state that `to_numbers` made arrays of, to the bit.

        Raises:
            KeyError: An array is missing.
            ValueError: Arrays do not fit each other.
            IndexError: Likewise.
        """
        since_search, searches_due, last_identity = (int(count) for count in numbers["counts"])
        identities = [int(identity) for identity in numbers["identities"]]
        ends = np.cumsum(numbers["shape_counts"])[:-1]
        shapes = [list(of.copy()) for of in np.split(numbers["shapes"], ends)] if identities else []
        filters = [
            PoseFilter.from_numbers(points, world)
            for points, world in zip(numbers["filtered_points"], numbers["filtered_world"], strict=True)
        ]
        return cls(
            [_found(numbers, row) for row in range(len(identities))],
            {identity: of for identity, of in zip(identities, shapes, strict=True) if of},
            dict(zip(identities, filters, strict=True)),
            float(numbers["time"]),
            since_search,
            searches_due,
            last_identity,
        )


def _found(numbers: Mapping[str, npt.NDArray[Any]], row: int) -> Found:
    evidence, score, doubt = (float(value) for value in numbers["beliefs"][row])
    regions = [float(value) for value in numbers["regions"][row]]
    pose = Pose(
        region=Region(*regions[:4]),
        next_region=Region(*regions[4:]),
        score=score,
        points=numbers["points"][row].copy(),
        visibility=numbers["visibility"][row].copy(),
        world=numbers["world"][row].copy(),
        box=numbers["boxes"][row].copy(),
        mask=_NO_MASK,
        doubt=doubt,
    )
    return Found(pose, evidence, int(numbers["identities"][row]))


def _of_region(region: Region) -> list[float]:
    return [region.x, region.y, region.size, region.angle]


def _rows(rows: Sequence[Any], width: int) -> Array:
    return np.array(rows, np.float64).reshape(-1, width)


def _stacked(arrays: Sequence[npt.NDArray[Any]], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """(N, ...) of the arrays' own type, so that nothing is rounded."""
    return np.stack(arrays) if arrays else np.zeros((0, *shape), np.float32)
