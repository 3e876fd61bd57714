"""Made-up results: upright people who walk across the picture, valid for the built-in body."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from pipeline.masks import encode_mask
from pipeline.smpl import builtin_body, project
from pipeline.structures import (
    Detections,
    FrameResult,
    Keypoints,
    People,
    Plan,
    Rejected,
    SmplParams,
)

UPRIGHT = np.diag([1.0, -1.0, -1.0]).astype(np.float32)
"""Turns a standing body (y up, facing +z) into the camera's axes, facing the camera."""


def random_rotations(count: int, spread: float, seed: int) -> np.ndarray:
    """(count, 3, 3) rotations of about `spread` rad."""
    vectors = np.random.default_rng(seed).normal(0, spread / np.sqrt(3), (count, 3))
    return Rotation.from_rotvec(vectors).as_matrix().astype(np.float32)


def people_at(positions, *, seed: int = 0, size=(320, 240), focal=300.0, masks: bool = True) -> People:
    """One person for each (x, y, z) in m, with a pose that depends on the seed and the slot."""
    body = builtin_body()
    count = len(positions)
    smpl = SmplParams(
        np.repeat(UPRIGHT[None], count, 0),
        np.stack([random_rotations(23, 0.2, seed + slot) for slot in range(count)])
        if count
        else np.zeros((0, 23, 3, 3), np.float32),
        np.random.default_rng(seed).normal(0, 0.5, (count, 10)).astype(np.float32),
    )
    cam_t = np.array(positions, np.float32).reshape(count, 3)
    joints = body.skin(smpl)[1] + cam_t[:, None]
    seen = project(joints, focal, size)
    boxes = np.concatenate([seen.min(1) - 5, seen.max(1) + 5], 1).astype(np.float32)
    return People(
        Detections(boxes, np.full(count, 0.9, np.float32), _masks(boxes, size) if masks else ()),
        smpl,
        cam_t,
        focal,
        size,
        body.id,
        np.eye(4, dtype=np.float16)[np.arange(count) % 4],
        Keypoints(
            "mediapipe_33",
            np.repeat(seen[:, :1], 33, 1).astype(np.float32),
            np.ones((count, 33), np.float32),
            np.zeros((count, 33, 3), np.float32),
        ),
    )


def _masks(boxes, size):
    def one(box):
        mask = np.zeros((size[1], size[0]), bool)
        x1, y1, x2, y2 = np.clip(box, 0, [*size, *size]).astype(int)
        mask[y1:y2, x1:x2] = True
        return encode_mask(mask)

    return tuple(one(box) for box in boxes)


def result_at(frame: int, positions, **how) -> FrameResult:
    """A frame's result with people at those positions and one rejected detection."""
    return FrameResult(
        frame,
        people_at(positions, **how),
        Rejected(
            np.array([[1, 2, 30, 40]], np.float32), np.array([0.2], np.float32), ("score 0.20 below 0.50",)
        ),
        "made-up-1",
        Plan(notes=("made up",)),
        {"detect": 0.01, "reconstruct": 0.02},
        123456,
    )


def walk(frame: int, **how) -> FrameResult:
    """Two people 1.5 m apart, 4 m away, walking to the right 2 cm a frame."""
    x = 0.02 * frame - 0.7
    return result_at(frame, [(x, 0.0, 4.0), (x + 1.5, 0.0, 4.5)], **how)
