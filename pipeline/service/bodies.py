"""The bodies of a result: joints always, vertices where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.smpl import BodyModel, find_body
from pipeline.smpl.body import pose_joints, project
from pipeline.structures import Float, Index, Meshes, People


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What a body model makes of parameters; None where the model is not here.

    Attributes:
        joints: (N, 24, 3) m in the camera.
        pixels: (N, 24, 2) px, the joints as the camera sees them.
        vertices: (N, V, 3) m in the camera, if they were asked for.
        faces: (F, 3) corners.
        notes: What is missing, and why.
    """

    joints: Float | None = None
    pixels: Float | None = None
    vertices: Float | None = None
    faces: Index | None = None
    notes: tuple[str, ...] = ()

    @property
    def meshes(self) -> Meshes | None:
        """To be drawn."""
        if self.vertices is None or self.joints is None or self.pixels is None:
            return None
        return Meshes(self.vertices, self.joints, self.pixels)


class Bodies:
    """Body models by id: the built-in one, the user's file, and those in their usual places."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Look into `files` first."""
        self._files = tuple(files)
        self._found: dict[str, BodyModel | None] = {}

    def find(self, body_id: str) -> BodyModel | None:
        """The model with that id, looked for once; any thread."""
        if body_id not in self._found:
            self._found[body_id] = find_body(body_id, self._files)
        return self._found[body_id]

    def shape(self, people: People, *, vertices: bool) -> Shape:
        """The bodies of a frame's people."""
        body = self.find(people.body_model)
        if body is None:
            missing = f"The body model {people.body_model} is not here, so there are no joints and vertices."
            return Shape(notes=(missing,))
        if vertices:
            meshes = body.meshes(people)
            return Shape(meshes.joints, meshes.keypoints_2d, meshes.vertices, body.faces)
        rotations = np.concatenate([people.smpl.global_orient[:, None], people.smpl.body_pose], 1)
        _, joints = pose_joints(rotations, body.rest_joints(people.smpl.betas))
        joints = joints + people.cam_t[:, None]
        return Shape(joints, project(joints, people.focal_length, people.image_size))
