"""From what the networks say of people to the values the rest of Retake knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.engines.humans4d.camera import camera_of_picture, focal_length_for
from pipeline.engines.humans4d.crops import BoxMask, Square
from pipeline.engines.humans4d.hmr import KEYPOINTS, Bodies, in_front
from pipeline.engines.humans4d.masks import encoded
from pipeline.engines.humans4d.tracker import LOOKS, Sightings, place_vectors, pose_vectors
from pipeline.structures import Detections, Float, Half, Keypoints, People, RunOptions, SmplParams

FEATURES = 256
_HIPS = (9, 12)  # of the 44 key points


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person as reconstructed.

    Attributes:
        box: (4,) x1, y1, x2, y2 px.
        score: In [0, 1].
        mask: If there is one.
        square: The crop's place.
        global_orient: (3, 3).
        body_pose: (23, 3, 3).
        betas: (10,).
        pred_cam: (3,) camera of the crop.
        keypoints_3d: (44, 3) m.
        keypoints_2d: (44, 2) px of the picture.
        features: (256,) stored appearance.
        looks: (4096,) for tracking; None outside a range.
        texture: (4, 256, 256) for tracking; None outside a range.
        in_front: Whether the body is in front of its camera.
    """

    box: Float
    score: float
    mask: BoxMask | None
    square: Square
    global_orient: Float
    body_pose: Float
    betas: Float
    pred_cam: Float
    keypoints_3d: Float
    keypoints_2d: Float
    features: Half
    looks: Float | None
    texture: Float | None
    in_front: bool

    @classmethod
    def of(
        cls, bodies: Bodies, index: int, box: Float, score: float, mask: BoxMask | None, square: Square,
        features: Half, looks: Float | None, texture: Float | None,
    ) -> Person:  # fmt: skip
        """Row `index` of a batch."""
        return cls(
            box,
            score,
            mask,
            square,
            bodies.global_orient[index],
            bodies.body_pose[index],
            bodies.betas[index],
            bodies.pred_cam[index],
            bodies.keypoints_3d[index],
            bodies.keypoints_2d[index] * square.side + square.center,
            features,
            looks,
            texture,
            bool(
                in_front(bodies.pred_cam[index : index + 1])[0] and np.isfinite(bodies.body_pose[index]).all()
            ),
        )


def people_of(persons: Sequence[Person], size: tuple[int, int], options: RunOptions, body_id: str) -> People:
    """The people of a frame of (W, H) px."""
    focal = focal_length_for(size, options.focal_length)
    masked = options.masks and any(one.mask is not None for one in persons)
    body = _rows([one.keypoints_3d for one in persons], (KEYPOINTS, 3))
    return People(
        detections=Detections(
            _rows([one.box for one in persons], (4,)),
            np.array([one.score for one in persons], np.float32),
            tuple(encoded(one.mask, size) if one.mask else None for one in persons) if masked else (),
        ),
        smpl=SmplParams(
            _rows([one.global_orient for one in persons], (3, 3)),
            _rows([one.body_pose for one in persons], (23, 3, 3)),
            _rows([one.betas for one in persons], (10,)),
        ),
        cam_t=cameras(persons, size, focal),
        focal_length=focal,
        image_size=size,
        body_model=body_id,
        features=np.array([one.features for one in persons], np.float16).reshape(-1, FEATURES),
        keypoints=Keypoints(
            "smpl_44",
            image=_rows([one.keypoints_2d for one in persons], (KEYPOINTS, 2)),
            scores=np.ones((len(persons), KEYPOINTS), np.float32),  # HMR 2.0 says nothing of visibility
            body=body - body[:, list(_HIPS)].mean(axis=1, keepdims=True),
        ),
    )


def cameras(persons: Sequence[Person], size: tuple[int, int], focal: float) -> Float:
    """(N, 3) m, in the camera of the picture."""
    return camera_of_picture(
        _rows([one.pred_cam for one in persons], (3,)),
        _rows([one.square.center for one in persons], (2,)),
        np.array([one.square.side for one in persons], np.float32),
        size,
        focal,
    )


def sightings_of(persons: Sequence[Person], size: tuple[int, int]) -> Sightings:
    """What PHALP's tracker needs; its cameras are always those of upstream's focal length."""
    focal = focal_length_for(size, 0.0)
    camera = cameras(persons, size, focal)
    orient = _rows([one.global_orient for one in persons], (3, 3))
    pose = _rows([one.body_pose for one in persons], (23, 3, 3))
    return Sightings(
        boxes=_rows([one.box for one in persons], (4,)),
        scores=np.array([one.score for one in persons], np.float32),
        size=size,
        looks=_rows([one.looks for one in persons if one.looks is not None], (LOOKS,)),
        maps=_rows([one.texture for one in persons if one.texture is not None], (4, 256, 256)),
        poses=pose_vectors(orient, pose, _rows([one.betas for one in persons], (10,)), camera),
        places=place_vectors(
            _rows([one.keypoints_3d for one in persons], (KEYPOINTS, 3)), camera, focal, max(size)
        ),
    )


def _rows(rows: Sequence[Float], shape: tuple[int, ...]) -> Float:
    return np.array(rows, np.float32).reshape(-1, *shape)
