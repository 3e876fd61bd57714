"""People for PHALP's tracker, without pictures: they walk, sway, and look each like themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.engines.humans4d.tracker import LOOKS, Sightings, place_vectors, pose_vectors

SIZE = (640, 480)
FOCAL = 5000 / 256 * 640


def sightings(frame: int, people: Sequence[int], broken: Sequence[int] = ()) -> Sightings:
    """What is seen of some people in a frame.

    Args:
        frame: Its number; people move with it.
        people: Who, in the order of the result.
        broken: Who of them has numbers that are none.
    """
    rng = np.random.default_rng(frame)
    count = len(people)
    who = np.array(people, np.float32)
    camera = np.stack([who * 0.9 - 1 + 0.01 * frame, 0.02 * np.sin(frame / 5 + who), 60 + 3 * who], axis=1)
    camera = (camera + rng.normal(0, 1e-3, camera.shape)).astype(np.float32)
    keypoints = rng.normal(0, 0.3, (count, 44, 3)).astype(np.float32)
    places = place_vectors(keypoints, camera, FOCAL, max(SIZE))
    turned = np.tile(np.eye(3, dtype=np.float32), (count, 24, 1, 1))
    betas = np.repeat(who[:, None], 10, axis=1) / 10
    poses = pose_vectors(turned[:, 0], turned[:, 1:], betas, camera)
    for row, one in enumerate(people):
        if one in broken:
            places[row], poses[row] = np.nan, np.nan
    corner = places[:, 88:90] * max(SIZE)
    boxes = np.concatenate([corner - 40, corner + 40], axis=1).astype(np.float32)
    return Sightings(
        boxes=boxes,
        scores=np.full(count, 0.9, np.float32),
        size=SIZE,
        looks=np.zeros((count, LOOKS), np.float32),
        maps=np.array([_texture(one) for one in people], np.float32).reshape(-1, 4, 256, 256),
        poses=poses,
        places=places,
    )


def _texture(one: int) -> np.ndarray:
    """(4, 256, 256): one colour, seen from one side or, every other person, from both."""
    texture = np.zeros((4, 256, 256), np.float32)
    colour = np.random.default_rng(1000 + one).uniform(-0.5, 0.5, 3)
    texture[:3] = colour[:, None, None]
    texture[3] = 1
    if one % 2:
        texture[:3, :, 128:], texture[3, :, 128:] = 0, -1
    return texture
