"""Motion in a file's axes, as the camera sees it; see `pipeline.importing.npz`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import ResultsError
from pipeline.importing.checking import track_id
from pipeline.importing.content import Given
from pipeline.importing.motion import Motion
from pipeline.structures import Float

_TO_CAMERA = {
    "z-up": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "y-up": np.diag([1.0, -1, -1]),
    "camera": np.eye(3),
}
_TO_WORLD = {"z-up": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), "y-up": np.eye(3)}
_SAID = {
    "x right, y forward, z up": "z-up",
    "x right, y up, z backward": "y-up",
    "OpenCV camera: x right, y down, z forward": "camera",
}
Raw = Mapping[str, npt.NDArray[Any]]


def in_camera(
    raw: Raw, given: Given, frames: npt.NDArray[np.int64], rotations: Float, pelvis: Float
) -> Motion:
    """The motion in the camera's axes, its `cam_t` being the pelvis."""
    axes, space = _chosen(raw, given)
    turned = rotations.astype(np.float64)
    if space == "camera":
        turn = _TO_CAMERA[axes]
        turned[:, 0], there = turn @ turned[:, 0], pelvis @ turn.T
    else:
        turn, world = _TO_WORLD[axes], given.place.world
        assert world is not None
        placed = [world.camera_to_world(int(frame)) for frame in frames]
        back = np.array([rotation.T for rotation, _ in placed], np.float64)
        shifts = np.array([shift for _, shift in placed], np.float64)
        turned[:, 0] = back @ turn @ turned[:, 0]
        there = np.einsum("tij,tj->ti", back, pelvis @ turn.T - shifts)
    track = track_id(raw["track"].item(), "track") if "track" in raw and raw["track"].size == 1 else 1
    empty = np.zeros((len(frames), 10), np.float32)
    return Motion(track, frames, turned.astype(np.float32), empty, there.astype(np.float32))


def _chosen(raw: Raw, given: Given) -> tuple[str, str]:
    options, said = given.options, str(raw["axes"]) if "axes" in raw else ""
    axes = options.get("axes", "auto")
    if axes == "auto":
        axes = _SAID.get(said, "z-up" if "poses_root" not in raw else "y-up")
    space = options.get("space", "auto")
    if space == "auto":
        space = str(raw["space"]) if "space" in raw else "camera"
    if space not in ("camera", "world") or (space == "world" and axes not in _TO_WORLD):
        raise ResultsError(
            f"{given.path.name}: {axes} axes in the {space} are none.", "Say axes=z-up or y-up."
        )
    if space == "world" and given.place.world is None:
        raise ResultsError(f"{given.path.name} is in world axes, and no world is known.", "Say space=camera.")
    return axes, space
