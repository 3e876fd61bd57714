"""GVHMR's `hmr4d_results.pt`: one person, SMPL-X, in the camera's axes under ``smpl_params_incam``.

``body_pose`` (L, 63) rad of 21 joints, ``global_orient`` (L, 3) rad, ``transl`` (L, 3) m, ``betas`` (L, 10), and
``K_fullimg`` (L, 3, 3) px. GVHMR first copies the video: every frame once, into a file that says 30 frames per second
whatever the video's rate is. Sample n is therefore the video's frame n, and the file says nothing of times. Source:
GVHMR's tools/demo/demo.py, which also checks that both videos have as many frames.
SMPL-X's joints turn as SMPL's do, whose two hands it lacks; its pelvis lies lower in its rest pose, which the
translation is corrected for, and its shapes mean something else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.errors import ResultsError
from pipeline.importing.checking import from_axis_angle, numbers
from pipeline.importing.content import Content, Given
from pipeline.importing.motion import Motion, frames_of
from pipeline.importing.placing import NOTICE, must_be_seen
from pipeline.smpl.pelvis import SMPL_PELVIS, SMPLX_PELVIS
from pipeline.structures import Float

SHAPE_NOTICE = (
    "It is for SMPL-X, whose shape numbers are not SMPL's: bodies have SMPL's average shape, without hands' and "
    "face's pose, and are placed to about 2 cm."
)


def sniff(raw: Any) -> bool:
    """Whether it holds a body in the camera's axes."""
    return isinstance(raw, dict) and isinstance(raw.get("smpl_params_incam"), dict)


def read(raw: Any, given: Given) -> Content:
    """The person as track 1."""
    name, params = given.path.name, raw["smpl_params_incam"]
    if missing := [key for key in ("body_pose", "global_orient", "transl") if key not in params]:
        raise ResultsError(f"{name}: smpl_params_incam lacks {', '.join(missing)}.", "Is it GVHMR's own?")
    root = numbers(params["global_orient"], (-1, 3), f"{name}, global_orient")
    count = len(root)
    body_pose = numbers(params["body_pose"], (count, 63), f"{name}, body_pose")
    transl = numbers(params["transl"], (count, 3), f"{name}, transl")
    if not count:
        raise ResultsError(f"{name} holds no frames.", "Make it again.")
    cam_t = transl + SMPLX_PELVIS - SMPL_PELVIS
    must_be_seen(cam_t, name, "Is it GVHMR's own hmr4d_results.pt?")
    focal, size = _lens(raw.get("K_fullimg"), count, given)
    motion = Motion(
        1,
        np.arange(count),
        smplx_rotations(root, body_pose),
        np.zeros((count, 10), np.float32),
        cam_t,
    )
    frames = frames_of([motion], focal, size, *given.place.smpl_body("neutral"))
    notices = (SHAPE_NOTICE, NOTICE)
    return Content("gvhmr", name, given.digest, frames, size, count, notices=notices)


def smplx_rotations(root: Float, body_pose: Float) -> Float:
    """(N, 24, 3, 3) of a root (N, 3) and 21 joints (N, 63) rad; the hands do not turn."""
    hands = np.zeros((len(root), 6), np.float32)
    return from_axis_angle(np.concatenate([root, body_pose, hands], 1))


def _lens(value: Any, count: int, given: Given) -> tuple[float, tuple[int, int]]:
    """Focal length in px, and the size of the picture, whose middle the principal point is."""
    if value is None:
        raise ResultsError(f"{given.path.name} has no K_fullimg.", "Is it GVHMR's own hmr4d_results.pt?")
    lens = np.median(numbers(value, (count, 3, 3), f"{given.path.name}, K_fullimg"), 0)
    focal, width, height = float(lens[0, 0]), round(2 * float(lens[0, 2])), round(2 * float(lens[1, 2]))
    if not (1 < focal < 1e6 and 1 < width < 100_000 and 1 < height < 100_000):
        raise ResultsError(f"{given.path.name}: K_fullimg is no lens.", "Is it GVHMR's own?")
    return focal, (width, height)
