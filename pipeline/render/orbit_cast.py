"""The people of one frame on the stage: made once, looked at from any side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.orbit import Aim, Orbit, fitted_field, point, through
from pipeline.palette import Color
from pipeline.scene import Scene
from pipeline.smpl.body import project
from pipeline.stage import Floor, Placement
from pipeline.structures import Float, Meshes


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Who is there.

    Attributes:
        scene: The people, with meshes in the camera frame.
        normals: (N, V, 3) outward in the camera frame, of any length.
        camera: Where the video's camera stands.
        floor: What they stand on.
        trails: By track (T, J, 3) m on the stage, oldest first, NaN where not seen.
        colors: Of these tracks.
    """

    scene: Scene
    normals: Float
    camera: Placement
    floor: Floor
    trails: Mapping[int, Float] = field(default_factory=dict)
    colors: Mapping[int, Color] = field(default_factory=dict)


def floor_under(scene: Scene, camera: Placement) -> Floor:
    """A level floor under the lowest point of everybody who is drawn."""
    slots = [person.slot for person in scene.drawn]
    heights = camera.put(scene.meshes.vertices[slots])[..., 1]
    heights = heights[np.isfinite(heights)]
    return Floor.flat(float(heights.min()) if heights.size else 0.0)


def seen_from(cast: Cast, orbit: Orbit, size: tuple[int, int]) -> tuple[Scene, Float]:
    """A scene as the looker sees it, in a picture of some size (W, H), and its normals (N, V, 3)."""
    turn, shift = orbit.view()
    rotation = (turn @ cast.camera.rotation).astype(np.float32)
    position = (turn @ cast.camera.position + shift).astype(np.float32)
    focal_length, meshes = orbit.focal_length(size[1]), cast.scene.meshes
    joints = meshes.joints @ rotation.T + position
    seen = replace(
        cast.scene,
        size=size,
        focal_length=focal_length,
        meshes=Meshes(meshes.vertices @ rotation.T + position, joints, project(joints, focal_length, size)),
    )
    return seen, cast.normals @ rotation.T


def aimed(cast: Cast, orbit: Orbit | None, aim: Aim, size: tuple[int, int]) -> Orbit:
    """Where to look from to see what one wants to see.

    Args:
        cast: Who is there.
        orbit: Where one looks from; None if that is not known yet.
        aim: None to stay, "all" for everybody who is drawn, "camera" for what the video's camera sees, or the
            slot of the person to have in the middle.
        size: (W, H) px of the view.
    """
    slots = [person.slot for person in cast.scene.drawn]
    pelves = cast.scene.meshes.joints[:, 0]
    seen = pelves[slots][np.isfinite(pelves[slots]).all(1)]
    if aim == "camera" and len(seen):
        field = fitted_field(cast.scene.focal_length, cast.scene.size, size)
        return through(cast.camera, field, max(float(np.median(seen[:, 2])), 0.5))
    if isinstance(aim, int) and orbit is not None and aim < len(pelves) and np.isfinite(pelves[aim]).all():
        return orbit.at(point(cast.camera.put(pelves[aim])))
    if (aim == "all" or orbit is None) and len(seen):
        return (orbit or Orbit()).around(cast.camera.put(seen), size[0] / size[1])
    return orbit or Orbit()
