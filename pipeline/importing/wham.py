"""WHAM's results: a joblib file, by person ``pose`` (N, 72) rad, ``trans`` (N, 3) m, ``betas`` (N, 10), ``frame_ids``.

``pose`` and ``trans`` are in the axes of the camera; ``pose_world`` and ``trans_world`` are not needed. WHAM takes the
picture's diagonal in px for the focal length unless it was given a calibration, which its file does not hold.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pipeline.errors import ResultsError
from pipeline.importing.checking import from_axis_angle, numbers, track_id, whole
from pipeline.importing.content import Content, Given
from pipeline.importing.motion import Motion, frames_of
from pipeline.importing.placing import NOTICE, must_be_seen

_NEEDED = ("pose", "trans", "betas", "frame_ids")


def sniff(raw: Any) -> bool:
    """Whether it is a dictionary of people, by number, with poses and frames."""
    return (
        isinstance(raw, dict)
        and bool(raw)
        and all(
            isinstance(person, dict) and {"pose", "frame_ids"} <= person.keys() for person in raw.values()
        )
    )


def read(raw: Any, given: Given) -> Content:
    """Each person as a track."""
    name, place = given.path.name, given.place
    motions = [_motion(name, key, person) for key, person in raw.items()]
    width, height = place.size
    said = given.options.get("focal", "")
    focal = focal_of(said) if said else math.hypot(width, height)
    body_id, body = place.smpl_body("neutral")
    must_be_seen(
        np.concatenate([motion.cam_t for motion in motions]), name, "Is it WHAM's own wham_output.pkl?"
    )
    notices = [NOTICE]
    if not said:
        notices.append(
            f"Its focal length is taken to be WHAM's rule, {focal:.0f} px; say focal=PX if it was calibrated."
        )
    frames = frames_of(motions, focal, place.size, body_id, body)
    return Content("wham", name, given.digest, frames, notices=tuple(notices))


def focal_of(text: str) -> float:
    """A focal length in px, as it was chosen.

    Raises:
        ResultsError: It is none.
    """
    try:
        focal = float(text)
    except ValueError:
        focal = 0.0
    if not 1 <= focal < 1e6:
        raise ResultsError(f"focal={text} is no focal length.", "Say it in px, such as focal=1500.")
    return focal


def _motion(name: str, key: Any, person: dict[str, Any]) -> Motion:
    where = f"{name}, person {key}"
    if missing := [field for field in _NEEDED if field not in person]:
        raise ResultsError(f"{where} lacks {', '.join(missing)}.", "Is it WHAM's own wham_output.pkl?")
    pose = numbers(person["pose"], (-1, 72), f"{where}, pose")
    count = len(pose)
    numbered = np.asarray(person["frame_ids"]).reshape(-1).tolist()
    if len(numbered) != count:
        raise ResultsError(f"{where}: {count} poses, but {len(numbered)} frames.", "The file is damaged.")
    return Motion(
        track_id(key, f"{where}, id"),
        np.array([whole(n, f"{where}, frame_ids") for n in numbered], np.int64),
        from_axis_angle(pose),
        numbers(person["betas"], (count, 10), f"{where}, betas"),
        numbers(person["trans"], (count, 3), f"{where}, trans"),
    )
