"""What the Camera panel is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """What the panel shows.

    Attributes:
        size: (W, H) px of the picture, or None without a video.
        writable: Whether anything can be changed.
        focal_length: px in the current frame, or 0 if nobody was found in it and nothing was chosen.
        said: Where the focal length is from.
        own: Whether it was chosen here, and can be given back to the engine.
        for_runs: Whether new runs are asked for it.
        scope: How many frames a change touches.
        solved: What is known of the solved camera; empty if there is none.
        scale: Metres in its unit.
        scale_said: Where the scale is from.
        scale_sure: Whether anybody said so.
        floor: What is known of the floor; empty if nothing is.
        floor_old: Whether it was measured before the camera changed.
        track: Whose feet are looked at: the selected track; empty if none is.
        busy: What is being measured or read; empty if nothing is.
        busy_part: For which part: "solved", "scale" or "floor".
    """

    size: tuple[int, int] | None = None
    writable: bool = False
    focal_length: float = 0.0
    said: str = ""
    own: bool = False
    for_runs: bool = False
    scope: str = ""
    solved: str = ""
    scale: float = 1.0
    scale_said: str = ""
    scale_sure: bool = True
    floor: str = ""
    floor_old: bool = False
    track: str = ""
    busy: str = ""
    busy_part: str = ""
