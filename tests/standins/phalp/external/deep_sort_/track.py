"""One person followed."""

from __future__ import annotations

import copy
from collections import deque
from typing import Any

import numpy as np

TENTATIVE, CONFIRMED, DELETED = 1, 2, 3
_KINDS = ("appe", "loca", "pose", "uv")


class Track:
    """A past of the last sightings, and predictions; the past begins full of the first one."""

    def __init__(
        self, cfg: Any, track_id: int, n_init: int, max_age: int, detection_data: dict[str, Any],
        detection_id: Any = None, dims: Any = None,
    ) -> None:  # fmt: skip
        self.cfg = cfg
        self.track_id = track_id
        self.hits, self.age, self.time_since_update = 1, 1, 0
        self.time_init = detection_data["time"]
        self.state = CONFIRMED if detection_data["annotations"] else TENTATIVE
        self._n_init, self._max_age = n_init, max_age
        length = cfg.phalp.track_history
        self.track_data: dict[str, Any] = {"history": deque([detection_data] * length, maxlen=length)}
        self.track_data["prediction"] = {
            kind: deque([copy.deepcopy(detection_data[kind])], maxlen=cfg.phalp.n_init + 1) for kind in _KINDS
        }

    def predict(self, phalp_tracker: Any, increase_age: bool = True) -> None:
        if increase_age:
            self.age += 1
            self.time_since_update += 1

    def add_predicted(self, appe: Any = None, pose: Any = None, loca: Any = None, uv: Any = None) -> None:
        """What was not predicted is as it was seen last."""
        newest = self.track_data["history"][-1]
        for kind, value in (("appe", appe), ("loca", loca), ("pose", pose)):
            guess = np.array(newest[kind]) if value is None else value.numpy().copy()
            self.track_data["prediction"][kind].append(guess)

    def update(self, detection: Any, detection_id: int, shot: int) -> None:
        data = copy.deepcopy(detection.detection_data)
        self.track_data["history"].append(data)
        known = self.track_data["prediction"]["uv"]
        share = self.cfg.phalp.alpha * data["conf"] ** 2
        known.append(_blended(known[-1], data["uv"], share))
        self.hits += 1
        self.time_since_update = 0
        if data["annotations"] or (self.state == TENTATIVE and self.hits >= self._n_init):
            self.state = CONFIRMED

    def mark_missed(self) -> None:
        if self.state == TENTATIVE or self.time_since_update > self._max_age:
            self.state = DELETED

    def is_tentative(self) -> bool:
        return self.state == TENTATIVE

    def is_confirmed(self) -> bool:
        return self.state == CONFIRMED

    def is_deleted(self) -> bool:
        return self.state == DELETED


def _blended(old: Any, new: Any, share: float) -> Any:
    """Where both maps show the body a little of the new one, else the one that shows it."""
    shows_old, shows_new = old[3] == 1, new[3] == 1
    both = shows_old & shows_new
    colours = np.where(both, (1 - share) * old[:3] + share * new[:3], 0.0)
    colours = np.where(shows_old & ~both, old[:3], colours)
    colours = np.where(shows_new & ~both, new[:3], colours)
    return np.concatenate([colours, np.where(shows_old | shows_new, 1.0, -1.0)[None]])
