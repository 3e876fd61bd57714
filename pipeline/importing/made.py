"""Poses of a file that a layer had made: they lie over the imported people as a layer again, which can be removed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.session.edits import Edit
from pipeline.session.layer_edits import AddLayer
from pipeline.session.poses import Pose
from pipeline.session.store import Store
from pipeline.session.tracks import Cell
from pipeline.structures import FrameResult

_KINDS = {"filled": "fill", "smoothed": "smooth"}


class MadeLayers:
    """Collects such poses, and lays them at the end: one layer for each track and kind.

    The file has the pose only as it was made, so the layer is as what lies under it, and says what it is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._poses: dict[tuple[int, str], list[Pose]] = {}
        self._options: dict[tuple[int, str], dict[str, object]] = {}

    def add(
        self, made: Mapping[int, str], version: int, result: FrameResult, cells: tuple[Cell, ...]
    ) -> None:
        """Collect those of a frame."""
        people = result.people
        for slot, how in made.items():
            track = cells[slot].track
            if track is None:
                continue
            key = track, _KINDS[how]
            self._options[key] = {
                "body_model": people.body_model,
                "image_size": list(people.image_size),
                "imported": True,
            }
            self._poses.setdefault(key, []).append(_pose(result, version, slot))

    def write(self, label: str) -> tuple[Edit, ...]:
        """Lay them; returns the edits that take them away."""
        layers = (
            AddLayer(
                kind, track, poses[0].frame, poses[-1].frame, self._options[track, kind], tuple(poses), label
            )
            for (track, kind), poses in self._poses.items()
        )
        return tuple(layer.apply(self._store) for layer in layers)


def _pose(result: FrameResult, version: int, slot: int) -> Pose:
    people = result.people
    return Pose(
        result.frame_index,
        version,
        slot,
        np.concatenate([people.smpl.global_orient[slot][None], people.smpl.body_pose[slot]]),
        people.smpl.betas[slot],
        people.cam_t[slot],
        people.detections.boxes[slot],
        float(people.detections.scores[slot]),
        people.focal_length,
    )
