"""People of files that hold bodies without boxes: where the camera sees them."""

from __future__ import annotations

import numpy as np

from pipeline.errors import ResultsError
from pipeline.smpl import BodyModel, builtin_body, project
from pipeline.smpl.body import pose_joints
from pipeline.smpl.pelvis import SMPL_PELVIS
from pipeline.structures import Detections, Float, FrameResult, People, Plan, Rejected, SmplParams

_MARGIN = 0.12
"""Of the skeleton's box on each side: what is outside the joints, such as the top of the head."""

NOTICE = "It holds no boxes: they are made from the skeleton, and no score: it is 1 throughout."


def people_of(
    rotations: Float,
    betas: Float,
    cam_t: Float,
    focal: float,
    size: tuple[int, int],
    body_id: str,
    body: BodyModel | None,
) -> People:
    """N people of a frame.

    Args:
        rotations: (N, 24, 3, 3), the root in camera axes.
        betas: (N, 10).
        cam_t: (N, 3) m.
        focal: px.
        size: (W, H) px.
        body_id: The body they are for.
        body: That body; without it boxes are those of the built-in one.
    """
    count = len(rotations)
    joints = _joints(rotations, betas, body) + cam_t[:, None]
    seen = project(joints, focal, size)
    low, high = seen.min(1), seen.max(1)
    margin = (high - low) * _MARGIN
    boxes = np.concatenate([low - margin, high + margin], 1).astype(np.float32)
    return People(
        Detections(boxes, np.ones(count, np.float32)),
        SmplParams(
            np.ascontiguousarray(rotations[:, 0]), np.ascontiguousarray(rotations[:, 1:]), betas.copy()
        ),
        cam_t.astype(np.float32),
        focal,
        size,
        body_id,
        np.zeros((count, 0), np.float16),
    )


def _joints(rotations: Float, betas: Float, body: BodyModel | None) -> Float:
    if body is not None:
        return pose_joints(rotations, body.rest_joints(betas))[1]
    rest = builtin_body().rest_joints(np.zeros_like(betas)) + SMPL_PELVIS
    return pose_joints(rotations, rest)[1]


def plain_result(number: int, people: People) -> FrameResult:
    """A result of which nothing but the people is known."""
    return FrameResult(number, people, Rejected(), "", Plan(device="", masks=False), {}, 0)


def must_be_seen(cam_t: Float, name: str, hint: str) -> None:
    """Refuse bodies that are not in front of the camera.

    Raises:
        ResultsError: Most are not.
    """
    behind = int((cam_t[:, 2] < 0.1).sum())
    if behind * 2 > len(cam_t):
        raise ResultsError(
            f"{name}: {behind} of {len(cam_t)} bodies would be behind the camera, so its axes are not the camera's.",
            hint,
        )
