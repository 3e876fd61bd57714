"""Bodies under another focal length, on the pixels where they were.

A focal length f shows a point (x, y, z) at f x / z and f y / z from the middle. Under f' the pelvis keeps x and y and
is f' / f times as far away, which leaves it exactly where it was. The body is not stretched with it: it keeps its
size, and turns about the pelvis as much as the ray it is seen along turns, so that the camera sees it from the same
side. In the middle of the picture nothing turns.

What is left is true perspective, of which engines that look at cut-out people know nothing. A limb nearer than the
pelvis by d is seen 1 + d / z times as large, and z is another; and at an angle a from the middle a lens stretches
what it sees by 1 / cos a away from the middle.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.camera.values import Array, Camera, between
from pipeline.smpl.pelvis import SMPL_PELVIS
from pipeline.structures import Float, FrameResult, People


def refocused(result: FrameResult, camera: Camera) -> FrameResult:
    """A result as the session's camera sees it; the same object if that is how it was run."""
    people = under(result.people, camera.focal_length(result.frame_index))
    return result if people is result.people else replace(result, people=people)


def under(people: People, focal_length: float) -> People:
    """People under another focal length in px; the same object if it is theirs already, or 0."""
    if focal_length <= 0 or people.focal_length <= 0 or abs(focal_length / people.focal_length - 1) < 1e-7:
        return people
    orient, cam_t = moved(
        people.smpl.global_orient, people.cam_t, people.body_model, focal_length / people.focal_length
    )
    smpl = replace(people.smpl, global_orient=orient)
    return replace(people, smpl=smpl, cam_t=cam_t, focal_length=focal_length)


def moved(global_orient: Float, cam_t: Float, body_model: str, factor: float) -> tuple[Float, Float]:
    """Root rotations (N, 3, 3) and translations (N, 3) m under a focal length so many times as long.

    Args:
        global_orient: (N, 3, 3), camera axes.
        cam_t: (N, 3) m.
        body_model: Id of the body, for where its pelvis is.
        factor: New focal length through old one.
    """
    # Bodies that are not SMPL's have the pelvis in their origin.
    rest = SMPL_PELVIS if body_model.startswith("smpl") else np.zeros(3)
    pelvis = cam_t.astype(np.float64) + rest
    there = pelvis * [1.0, 1.0, factor]
    turn = between(_ray(pelvis), _ray(there))
    return (turn @ global_orient).astype(np.float32), (there - rest).astype(np.float32)


def _ray(points: Array) -> Array:
    rays: Array = points / np.maximum(np.linalg.norm(points, axis=-1, keepdims=True), 1e-12)
    return rays
