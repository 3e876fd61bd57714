"""Everybody followed, frame after frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from phalp.external.deep_sort_.track import Track

np.set_printoptions(precision=3)  # upstream's does so on import


class Tracker:
    def __init__(
        self,
        cfg: Any,
        metric: Any,
        max_age: int = 30,
        n_init: int = 3,
        phalp_tracker: Any = None,
        dims: Any = None,
    ) -> None:
        self.cfg, self.metric, self.phalp_tracker = cfg, metric, phalp_tracker
        self.max_age, self.n_init, self.dims = max_age, n_init, dims
        self.tracks: list[Track] = []
        self.tracked_cost: dict[int, Any] = {}
        self._next_id = 1

    def predict(self) -> None:
        for track in self.tracks:
            track.predict(self.phalp_tracker, increase_age=True)

    def update(
        self, detections: list[Any], frame_t: int, image_name: str, shot: int
    ) -> list[tuple[int, int]]:
        pairs, costs = self._match(detections)
        self.tracked_cost[frame_t] = [costs, pairs]
        for row, column in pairs:
            self.tracks[row].update(detections[column], column, shot)
        matched = [row for row, _ in pairs]
        missed = [row for row in range(len(self.tracks)) if row not in set(matched)]
        self._guess(matched)
        for row in missed:
            self.tracks[row].mark_missed()
        self._guess(missed)
        for column in range(len(detections)):
            if column not in {column for _, column in pairs}:
                self._begin(detections[column], column)
        self.tracks = [track for track in self.tracks if not track.is_deleted()]
        self._remember()
        return pairs

    def _match(self, detections: list[Any]) -> tuple[list[tuple[int, int]], Any]:
        """Pairs of least cost, none above the threshold."""
        if not self.tracks or not detections:
            return [], 0
        seen = [
            np.array([one.detection_data[kind] for one in detections])
            for kind in ("appe", "loca", "pose", "uv")
        ]
        targets = np.array([track.track_id for track in self.tracks])
        costs = self.metric.distance(seen, targets, dims=self.dims, phalp_tracker=self.phalp_tracker)
        most = self.metric.matching_threshold
        costs = np.where(costs > most, most + 1e-5, costs)
        pairs = zip(*linear_sum_assignment(costs), strict=True)
        return [(int(row), int(column)) for row, column in pairs if costs[row, column] <= most], costs

    def _begin(self, detection: Any, column: int) -> None:
        track = Track(
            self.cfg, self._next_id, self.n_init, self.max_age, detection_data=detection.detection_data,
            detection_id=column, dims=self.dims,
        )  # fmt: skip
        track.add_predicted()
        self.tracks.append(track)
        self._next_id += 1

    def _guess(self, rows: list[int]) -> None:
        """Have poses and places of some tracks predicted, all in one call."""
        if not rows:
            return
        pasts = [list(self.tracks[row].track_data["history"]) for row in rows]
        times = np.array([[entry["time"] for entry in past] for past in pasts])
        since = np.array([self.tracks[row].time_since_update for row in rows])
        poses, places, sure = (
            np.array([[entry[kind] for entry in past] for past in pasts]) for kind in ("pose", "loca", "conf")
        )
        about = np.array(
            [
                [
                    [*entry["xy"], entry["scale"], entry["scale"], entry["time"], self.tracks[row].track_id]
                    for entry in past
                ]
                for row, past in zip(rows, pasts, strict=True)
            ]
        )
        with torch.no_grad():
            pose = self.phalp_tracker.forward_for_tracking([poses, about, times], "P", since)
            place = self.phalp_tracker.forward_for_tracking([places, times, sure], "L", since)
        for number, row in enumerate(rows):
            self.tracks[row].add_predicted(pose=pose[number], loca=place[number])

    def _remember(self) -> None:
        guesses = [track.track_data["prediction"] for track in self.tracks]
        kinds = (
            np.asarray([guess[kind][-1] for guess in guesses]) for kind in ("appe", "loca", "pose", "uv")
        )
        targets = [track.track_id for track in self.tracks]
        self.metric.partial_fit(*kinds, np.asarray(targets), targets)
