"""The world that bodies are looked at and exported in: y up, right-handed, m.

What it is, by what is known:

* Nothing: the camera stands in the origin, level, and looks along -z.
* A floor, and a camera that stands still: the floor is y = 0, the camera stands above the origin and looks along -z,
  up or down as the floor says.
* A solved camera of which nothing but its motion is known, as from COLMAP: y is the floor's normal, or else what is
  up for the camera on average; the origin is on the floor below the camera's first place, or else that
  place itself; the first camera looks along -z.
* A solved camera whose file says what is up: its own axes, turned so that up is y. A floor tilts in it as measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.camera.floor_setting import KEY as FLOOR
from pipeline.camera.floor_setting import FloorSetting
from pipeline.camera.kept import camera_in
from pipeline.camera.values import Array, Camera, Pose, SolvedCamera, between, centred, real
from pipeline.session.store import Store
from pipeline.structures import Float

UP = np.array([0.0, 1.0, 0.0])
UPRIGHT = np.diag([1.0, -1.0, -1.0])
"""Axes of a level camera, x right, y down, z forward, in the world."""

_SAMPLES = 200  # places of a camera that its average is taken of


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Where the camera and the floor are.

    Attributes:
        camera: What is known of the camera.
        turn: (3, 3) from the axes of the solve, or of the camera that stands still, to the world's.
        shift: (3,) m, what is added after it.
        floor: Normal (3,) upwards, of length 1, and offset in m, so that normal · p = offset for its points; if
            known.
    """

    camera: Camera
    turn: Array
    shift: Array
    floor: tuple[Float, float] | None = None

    def camera_to_world(self, frame: int) -> tuple[Float, Float]:
        """R (3, 3) and t (3,), so that R p + t is where a point p of that frame's camera is in the world."""
        solved = self.camera.solved
        if solved is None:
            return real(self.turn), real(self.shift)
        pose = solved.at(frame)
        position = self.turn @ (pose.centre * self.camera.setting.scale) + self.shift
        return real(self.turn @ axes_of(pose, solved)), real(position)

    @property
    def note(self) -> str:
        """What the world is taken from, as a sentence without a full stop."""
        camera = (
            "the camera stands still" if self.camera.solved is None else "the camera moves as it was solved"
        )
        floor = "the floor is not known" if self.floor is None else "the floor is as the feet say"
        return f"{camera}; {floor}"


def world_in(store: Store) -> World:
    """What a session knows of the world, the same object as long as it says the same."""
    return store.companion(_KeptWorld).world()


def world_of(camera: Camera, floor: FloorSetting | None) -> World:
    """The world of a camera and a floor; a floor that was measured with an unlike camera is none."""
    if floor is not None and bool(floor.camera) != (camera.solved is not None):
        floor = None
    if floor is not None and floor.camera and floor.camera.split()[0] != camera.setting.solved:
        floor = None
    if camera.solved is None:
        return _still(camera, floor)
    return _moving(camera, camera.solved, floor)


class _KeptWorld:
    """The last world read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: tuple[Camera, str | None] | None = None
        self._world = world_of(Camera(), None)

    def world(self) -> World:
        read = camera_in(self._store), self._store.setting_text(FLOOR)
        if read != self._read:
            self._read = read
            self._world = world_of(read[0], FloorSetting.from_plain(self._store.setting(FLOOR)))
        return self._world


def axes_of(pose: Pose, solved: SolvedCamera) -> Array:
    """(3, 3) from the axes of the camera bodies are seen with, whose principal point is the middle, to the solve's."""
    axes: Array = pose.rotation.T @ centred(pose, solved.size)[0]
    return axes


def _still(camera: Camera, floor: FloorSetting | None) -> World:
    if floor is None:
        return World(camera, UPRIGHT, np.zeros(3))
    seen = floor.under(camera.setting.focal_length)
    level = between(UPRIGHT @ np.array(seen.normal), UP)
    return World(camera, level @ UPRIGHT, np.array([0.0, -seen.offset, 0.0]), (real(UP), 0.0))


def _moving(camera: Camera, solved: SolvedCamera, floor: FloorSetting | None) -> World:
    if solved.up:
        turn = between(_axis(solved.up), UP)
        level = None if floor is None else (real(turn @ np.array(floor.normal)), floor.offset)
        return World(camera, turn, np.zeros(3), level)
    up = np.array(floor.normal) if floor is not None else upwards(solved)
    first = solved.at(int(solved.frames[0]))
    forward = -(first.rotation[2] - up * (first.rotation[2] @ up))
    if np.linalg.norm(forward) < 1e-3:  # it looks straight down or up: its upper side says where forward is
        forward = first.rotation[1] - up * (first.rotation[1] @ up)
    back = forward / np.linalg.norm(forward)
    turn = np.stack([np.cross(up, back), up, back])
    shift = -turn @ (first.centre * camera.setting.scale)
    if floor is None:
        return World(camera, turn, shift)
    shift[1] = -floor.offset
    return World(camera, turn, shift, (real(UP), 0.0))


def upwards(solved: SolvedCamera) -> Array:
    """(3,) what is up for the camera on average, in the axes of the solve: people hold cameras level."""
    rows: Sequence[int] = np.linspace(0, len(solved.frames) - 1, _SAMPLES).round().astype(int).tolist()
    mean = -solved.rotations[rows, 1].mean(0)
    length = float(np.linalg.norm(mean))
    up: Array = mean / length if length > 1e-6 else -solved.rotations[0, 1]
    return up


def _axis(name: str) -> Array:
    axis = np.zeros(3)
    axis["xyz".index(name[-1])] = -1.0 if name[0] == "-" else 1.0
    return axis
