"""How little a person seen resembles a person known, as PHALP counts it (its `EQ_019`): looks, pose, place and depth.

Upstream turns a cost that is not a number into 0, the best of all matches; here it is out of the question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

LIMIT = 100.0  # `hungarian_th`: costlier pairs are not matched
_LOOKS, _POSE, _PLACE, _DEPTH = 4.0536, 1.3070, 0.3792, 4.1658
_POSE_MOST = 1.5
_PAIRS = 16  # texture maps encoded at a time
_ROOT = slice(88, 90)  # of a `loca`: the root in the padded square
_NEAR, _BANDS, _SURE = 92, slice(93, 95), 95  # depth; widths of x and y; width of depth

Array = npt.NDArray[np.float64]
Encode = Callable[[torch.Tensor], torch.Tensor]


@dataclass(eq=False)
class Metric:
    """What upstream's `Tracker` asks for distances.

    Attributes:
        encode: Encodes (K, 4, 256, 256) texture maps.
        device: Name of the device the encoder is on.
        samples: By track, its predicted appearance, place, pose and texture map.
        tell: Told the share of the pairs that are compared; what it raises stops the comparison.
    """

    encode: Encode
    device: str = "cpu"
    matching_threshold: float = LIMIT
    samples: dict[int, list[list[Any]]] = field(default_factory=dict)
    tell: Callable[[float], None] = lambda share: None

    def partial_fit(
        self,
        looks: npt.NDArray[Any],
        places: npt.NDArray[Any],
        poses: npt.NDArray[Any],
        maps: npt.NDArray[Any],
        targets: npt.NDArray[np.int64],
        active: Sequence[int],
    ) -> None:
        """Remember what is expected of each track."""
        rows = zip(looks, places, poses, maps, targets.tolist(), strict=True)
        known = {target: [[look, place, pose, texture]] for look, place, pose, texture, target in rows}
        self.samples = {target: known[target] for target in active}

    def distance(self, seen: Sequence[npt.NDArray[Any]], targets: Sequence[int], **_context: object) -> Array:
        """(tracks, people) costs of what is seen: looks, places, poses and maps of the people."""
        known = [self.samples[int(target)][0] for target in targets]
        _looks, places, poses, maps = seen
        looks = self._texture_distances([row[3] for row in known], maps)
        return combine(looks, *_stack(known), np.asarray(places, float), np.asarray(poses, float))

    def _texture_distances(self, known: Sequence[Any], seen: npt.NDArray[Any]) -> Array:
        """(tracks, people), comparing only what both maps show."""
        pairs = [(row, column) for row in range(len(known)) for column in range(len(seen))]
        distances = np.zeros((len(known), len(seen)))
        for start in range(0, len(pairs), _PAIRS):
            self.tell(start / len(pairs))
            some = pairs[start : start + _PAIRS]
            ours = torch.stack([torch.from_numpy(np.asarray(known[row])).float() for row, _ in some])
            theirs = torch.stack([torch.from_numpy(np.asarray(seen[column])).float() for _, column in some])
            both = ((ours[:, 3:] > 0.5) & (theirs[:, 3:] > 0.5)).expand_as(ours)
            a, b = (self._embed(torch.where(both, maps, 0.0)) for maps in (ours, theirs))
            for (row, column), apart in zip(some, ((a - b) ** 2).sum(1) * 100, strict=True):
                distances[row, column] = apart
        return distances

    def _embed(self, maps: torch.Tensor) -> Array:
        encoded = self.encode(maps.to(self.device)).reshape(len(maps), -1)
        return np.asarray(encoded.cpu().numpy(), float) / 1000


def _stack(known: Sequence[Sequence[Any]]) -> tuple[Array, Array]:
    return np.array([row[1] for row in known], float), np.array([row[2] for row in known], float)


def combine(looks: Array, known_places: Array, known_poses: Array, places: Array, poses: Array) -> Array:
    """(T, N) costs; infinite where a number is not finite.

    Args:
        looks: (T, N) distances of appearance.
        known_places: (T, 99) predicted `loca` of the tracks.
        known_poses: (T, 229) predicted poses.
        places: (N, 99) of the people seen.
        poses: (N, 229).
    """
    with np.errstate(all="ignore"):
        pose = _squared(known_poses[:, :-3], poses[:, :-3])
        pose = np.where(np.isfinite(pose), np.minimum(pose, _POSE_MOST), np.nan)
        apart = np.sqrt(_squared(known_places[:, _ROOT], places[:, _ROOT]))
        wide = np.linalg.norm(known_places[:, _BANDS], axis=1)[:, None]
        ratio = known_places[:, _NEAR, None] / places[None, :, _NEAR]
        deep = -np.log(np.where(ratio > 1, 1 / ratio, ratio))
        sure = np.abs(np.log(1 / known_places[:, _SURE]))[:, None]
        cost = (1 + looks * _LOOKS) * (1 + pose * _POSE)
        cost = cost * np.exp(apart / (0.1 + np.tanh(wide)) / _PLACE)
        cost = cost * np.exp(deep / (0.1 + np.tanh(sure)) / _DEPTH)
    whole: Array = np.where(np.isfinite(cost), np.maximum(cost, 0), 10 * LIMIT)
    return whole


def _squared(a: Array, b: Array) -> Array:
    """(T, N) squared distances of rows."""
    distance: Array = np.maximum(-2 * a @ b.T + (a**2).sum(1)[:, None] + (b**2).sum(1), 0)
    return distance
