"""Where joints were in the second before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.smpl.body import BodyModel, pose_joints
from pipeline.stage import Past
from pipeline.structures import Float, FrameResult


class JointPaths:
    """Where joints were, posing each frame once."""

    def __init__(self, kept: int = 256) -> None:
        self._kept = kept
        self._joints: dict[int, tuple[FrameResult, Float]] = {}

    def trails(self, past: Sequence[Past | None], joints: Sequence[int], body: BodyModel) -> dict[int, Float]:
        """By track (T, J, 3) m on the stage.

        Args:
            past: T frames, oldest first; None where nothing is known.
            joints: J SMPL joints.
            body: The model of the people; frames of another are passed over.
        """
        known = [one if one is not None and one.result.people.body_model == body.id else None for one in past]
        self._pose([one.result for one in known if one is not None], body)
        paths: dict[int, Float] = {}
        for row, one in enumerate(known):
            for track, points in self._tracks(one, joints) if one is not None else ():
                path = paths.setdefault(track, np.full((len(past), len(joints), 3), np.nan, np.float32))
                path[row] = points
        return paths

    def _tracks(self, one: Past, joints: Sequence[int]) -> list[tuple[int, Float]]:
        points = one.camera.put(self._joints[one.result.frame_index][1][:, list(joints)])
        return [(a.track_id, points[a.slot]) for a in one.assignments if a.track_id is not None]

    def _pose(self, results: Sequence[FrameResult], body: BodyModel) -> None:
        """Pose what is new, all at once: a frame alone takes as long as thirty."""
        new = [result for result in results if not self._has(result)]
        if not new:
            return
        people = [result.people for result in new]
        rotations = np.concatenate(
            [np.concatenate([one.smpl.global_orient[:, None], one.smpl.body_pose], 1) for one in people]
        )
        betas = np.concatenate([one.smpl.betas for one in people])
        joints = pose_joints(rotations, body.rest_joints(betas))[1]
        joints = joints + np.concatenate([one.cam_t for one in people])[:, None]
        ends = np.cumsum([len(one) for one in people])[:-1]
        for result, part in zip(new, np.split(joints, ends), strict=True):
            self._joints[result.frame_index] = result, part
        while len(self._joints) > self._kept:
            self._joints.pop(next(iter(self._joints)))

    def _has(self, result: FrameResult) -> bool:
        known = self._joints.get(result.frame_index)
        return known is not None and known[0] is result
