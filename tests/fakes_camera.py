"""Cameras of which everything is known, and people who walk on a floor before them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from fakes_people import people_at
from scipy.spatial.transform import Rotation

from pipeline.camera.feet import sole_vertices
from pipeline.smpl import builtin_body
from pipeline.structures import Detections, FrameResult, People, Plan, Rejected, SmplParams

SIZE = (320, 240)
FOCAL = 300.0
RATE = 25


def look(position, target, roll: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """R, t from a world with y up to a camera at a place that looks at another; roll in degrees."""
    forward = np.subtract(target, position) / np.linalg.norm(np.subtract(target, position))
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(forward, right), forward])
    axes = Rotation.from_euler("z", roll, degrees=True).as_matrix() @ axes
    return axes, -axes @ np.asarray(position, float)


@dataclass(frozen=True)
class Stroll:
    """Somebody walks over the floor y = 0, in steps that do not slide; the camera may walk too.

    Attributes:
        frames: How many.
        start, goes: (3,) m where the person is first, and m a second.
        eye, eye_goes: The same of the camera.
        target: What the camera looks at.
        roll: Of the camera, degrees.
        noise: m, of the depth.
    """

    frames: int = 50
    start: tuple[float, float, float] = (-1.0, 0.0, 0.0)
    goes: tuple[float, float, float] = (0.9, 0.0, 0.4)
    eye: tuple[float, float, float] = (0.0, 1.4, 4.5)
    eye_goes: tuple[float, float, float] = (0.0, 0.0, 0.0)
    target: tuple[float, float, float] = (0.0, 0.8, 0.0)
    roll: float = 0.0
    noise: float = 0.0

    def camera(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """R, t from the world to the camera."""
        gone = np.multiply(self.eye_goes, frame / RATE)
        return look(np.add(self.eye, gone), np.add(self.target, 0.5 * gone), self.roll)

    def result(self, frame: int) -> FrameResult:
        """What an engine with no error but noise makes of the frame."""
        rotation, translation = self.camera(frame)
        body = builtin_body()
        local, root = _steps(frame, self)
        rest = body.rest_joints(np.zeros((1, 10), np.float32))[0, 0]
        orient = rotation @ root[0]
        cam_t = rotation @ (root[1] + rest) + translation - rest
        cam_t = cam_t * (1 + np.random.default_rng(frame).normal(0, self.noise) / 4)
        people = people_at([cam_t], size=SIZE, focal=FOCAL, masks=False)
        smpl = SmplParams(
            orient[None].astype(np.float32), local[None].astype(np.float32), np.zeros((1, 10), np.float32)
        )
        boxed = _boxed(people, smpl)
        return FrameResult(frame, boxed, Rejected(), "made-up-1", Plan(), {"detect": 0.01}, 1)


def _boxed(people: People, smpl: SmplParams) -> People:
    bare = replace(people, smpl=smpl, keypoints=None)
    seen = builtin_body().meshes(bare).keypoints_2d
    boxes = np.concatenate([seen.min(1) - 5, seen.max(1) + 5], 1).astype(np.float32)
    return replace(bare, detections=Detections(boxes, people.detections.scores))


def _steps(frame: int, stroll: Stroll) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Body pose (23, 3, 3), and root rotation and translation in the world: the standing foot stays put.

    Each step takes half a second; the legs swing from the hips, and the root is put where the standing sole stays.
    """
    body, step = builtin_body(), RATE // 2
    number, share = divmod(frame, step)
    swing = 0.35 * (1 - 2 * (share + 0.5) / step)
    sign = 1 if number % 2 == 0 else -1  # 1: the left foot stands
    local = np.tile(np.eye(3), (23, 1, 1))
    local[0] = Rotation.from_euler("x", -sign * swing).as_matrix()
    local[1] = Rotation.from_euler("x", sign * swing).as_matrix()
    lifted = 0.9 * np.sin(np.pi * (share + 0.5) / step)
    local[4 if sign > 0 else 3] = Rotation.from_euler("x", lifted).as_matrix()
    # Ankles turn back, so that soles stay level.
    for hip, knee, ankle in ((0, 3, 6), (1, 4, 7)):
        local[ankle] = (local[hip] @ local[knee]).T
    heading = np.arctan2(stroll.goes[0], stroll.goes[2])
    root = Rotation.from_euler("y", heading).as_matrix()
    smpl = SmplParams(
        root[None].astype(np.float32), local[None].astype(np.float32), np.zeros((1, 10), np.float32)
    )
    vertices = body.skin(smpl)[0][0]
    stands = sole_vertices(body)[0 if sign > 0 else 1]
    sole = vertices[min(stands.values(), key=lambda vertex: vertices[vertex, 1])]
    mid = np.add(stroll.start, np.multiply(stroll.goes, (number + 0.5) * step / RATE))
    side = root @ [sign * 0.1, 0, 0]
    return local, (root, np.array([mid[0] + side[0], 0.0, mid[2] + side[2]]) - sole)


def write_colmap(folder: Path, shots, lens=("PINHOLE", 320, 240, 300, 300, 160, 120), points="") -> Path:
    """Write cameras.txt and images.txt; a shot is a name, R and t. Returns images.txt."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cameras.txt").write_text("# Camera list\n1 " + " ".join(str(value) for value in lens) + "\n")
    lines = ["# Image list with two lines of data per image:"]
    for number, (name, rotation, translation) in enumerate(shots, 1):
        x, y, z, w = Rotation.from_matrix(rotation).as_quat()
        values = " ".join(f"{value:.12g}" for value in (w, x, y, z, *translation))
        lines += [f"{number} {values} 1 {name}", points]
    (folder / "images.txt").write_text("\n".join(lines) + "\n")
    return folder / "images.txt"
