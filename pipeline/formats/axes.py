"""The axes bodies can be written in, and how one gets there."""

from __future__ import annotations

import numpy as np

from pipeline.errors import ExportError
from pipeline.formats.format import Option

FROM_CAMERA = {
    "z-up": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "y-up": np.diag([1.0, -1, -1]),
    "camera": np.eye(3),
}
"""From x right, y down, z forward."""
FROM_WORLD = {"z-up": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), "y-up": np.eye(3)}
"""From x right, y up, z backward."""
AXES = {
    "z-up": "x right, y forward, z up",
    "y-up": "x right, y up, z backward",
    "camera": "OpenCV camera: x right, y down, z forward",
}
"""What each means, in words: right and forward are those of the (first) camera."""


def axes_option(default: str = "z-up", *, camera: bool = True) -> Option:
    """The choice of axes; `camera` says whether the format allows OpenCV's."""
    choices = tuple(name for name in AXES if camera or name != "camera")
    return Option("axes", "Axes", choices, default, ("z up", "y up", "of the camera, y down"))


def turn_to(axes: str, space: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The rotation (3, 3) from camera axes, or from those of `pipeline.world`, to the chosen ones.

    Raises:
        ExportError: The world is asked for in the axes of a camera.
    """
    turns = FROM_WORLD if space == "world" else FROM_CAMERA
    if axes not in turns:
        raise ExportError("The world has no camera's axes.", f"Choose axes={' or '.join(turns)}.")
    return turns[axes]
