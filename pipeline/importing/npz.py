"""AMASS-style `.npz` files, one a track: what `pipeline.formats.npz` writes, and what others do.

Poses are ``poses`` (N, 156) of SMPL-H, (N, 165) of SMPL-X or (N, 72) of SMPL in rad, or ``poses_root`` (N, 3) and
``poses_body`` (N, 63 or 69), with ``trans`` (N, 3) m. Hands and faces are left out. Axes: our own files say them;
those of AMASS are taken to be z-up and those with ``poses_root`` y-up, both as seen from a level camera in the origin,
which is where our exports leave it. Motion capture that was never seen by this camera ends up beside or behind it,
and is refused.

A pelvis p = trans + J0 in a file's axes is A' p in the camera's, and the root turns with it; see
`pipeline.formats.npz`.
"""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import ResultsError
from pipeline.importing.checking import from_axis_angle, numbers
from pipeline.importing.content import Content, Given, Looks
from pipeline.importing.gvhmr import SHAPE_NOTICE
from pipeline.importing.inflating import MOST_BYTES, Tell, unheard
from pipeline.importing.motion import Motion, frames_of
from pipeline.importing.npz_axes import in_camera
from pipeline.importing.placing import NOTICE, must_be_seen
from pipeline.importing.wham import focal_of
from pipeline.smpl import BodyModel, find_body
from pipeline.smpl.pelvis import SMPL_PELVIS, SMPLX_PELVIS
from pipeline.structures import Float

_KEYS = (
    "poses", "poses_root", "poses_body", "root_orient", "pose_body", "trans", "betas", "gender", "mocap_framerate",
    "mocap_frame_rate", "fps", "surface_model_type", "axes", "space", "pelvis", "rest_pelvis", "body_betas",
    "body_model", "source_frames", "source_rate", "times", "interpolated", "edited", "made", "track", "name", "video",
)  # fmt: skip

_JOINTS = {72: 24, 156: 22, 165: 22}
Raw = Mapping[str, npt.NDArray[Any]]


def load(path: Path, tell: Tell = unheard) -> Raw:
    """The arrays whose names are known.

    Args:
        path: The file.
        tell: Hears how much of it was read.

    Raises:
        Cancelled: By `tell`.
        ResultsError: It is damaged, holds Python objects, or too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                raise ResultsError(f"{path.name} holds more than {MOST_BYTES // 2**30} GB.", "Cut it.")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            there = [key for key in _KEYS if key in arrays]
            raw = {}
            for done, key in enumerate(there):
                tell(done / len(there))
                raw[key] = arrays[key]
            return raw
    # A damaged header ends in Python's own parser, an encrypted archive in RuntimeError.
    except (
        zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError, SyntaxError, RuntimeError, MemoryError,
        EOFError, KeyError, OSError, TypeError, ValueError,
    ) as error:  # fmt: skip
        if "allow_pickle" in str(error):
            raise ResultsError(
                f"{path.name} was refused: it holds Python objects, which may be harmful.",
                "Nothing in it was run. Save texts and numbers as plain arrays.",
            ) from error
        raise ResultsError(f"{path.name} is damaged or no .npz file ({error}).", "Make it again.") from error


def sniff(raw: Any) -> bool:
    """Whether it holds poses and a translation."""
    if not isinstance(raw, dict) or "trans" not in raw:
        return False
    return (
        "poses" in raw
        or {"poses_root", "poses_body"} <= raw.keys()
        or {"root_orient", "pose_body"} <= raw.keys()
    )


def read(raw: Raw, given: Given) -> Content:
    """The file's one track."""
    name, options = given.path.name, given.options
    vectors, smplx = _vectors(raw, name)
    count = len(vectors)
    trans = numbers(raw["trans"], (count, 3), f"{name}, trans")
    body_id, body = _body(raw, given, options.get("gender", "auto"))
    ours = "source_frames" in raw and "times" in raw
    betas, foreign = _betas(raw, name, smplx, ours)
    shift = _pelvis(raw, name, trans, betas, body, foreign)
    kept, sample_numbers = _samples(raw, given, count, ours)
    rotations = from_axis_angle(vectors)
    motion = in_camera(raw, given, sample_numbers, rotations[kept], (trans + shift)[kept])
    rest = _own_rest(raw, name, shift) if ours else _rest(body, betas)
    motion = replace(
        motion, cam_t=(motion.cam_t - rest).astype(np.float32), betas=np.repeat(betas[None], len(kept), 0)
    )
    motion = _marked(raw, motion, kept)
    must_be_seen(motion.cam_t, name, "Say which axes it has: axes=z-up, y-up or camera; or space=world.")
    focal = focal_of(options["focal"]) if options.get("focal") else given.place.focal
    frames = frames_of([motion], focal, given.place.size, body_id, body)
    notices = (NOTICE, f"It holds no focal length: {focal:.0f} px is taken; say focal=PX if it was another.")
    return Content(
        *("npz", name, given.digest, frames),
        count=None if ours else count,
        rate=_rate(raw, ours),
        sourced=ours,
        looks={motion.track: Looks(_name(raw, motion.track))},
        notices=(SHAPE_NOTICE, *notices) if foreign else notices,
    )


def _vectors(raw: Raw, name: str) -> tuple[Float, bool]:
    """(N, 72) axis-angle of SMPL's joints, and whether they were SMPL-X's."""
    if "poses" in raw:
        poses = numbers(raw["poses"], (-1, -1), f"{name}, poses")
    else:
        keys = ("poses_root", "poses_body") if "poses_root" in raw else ("root_orient", "pose_body")
        parts = [numbers(raw[key], (-1, -1), f"{name}, {key}") for key in keys]
        if len(parts[0]) != len(parts[1]):
            raise ResultsError(f"{name}: {len(parts[0])} roots, but {len(parts[1])} poses.", "Make it again.")
        poses = np.concatenate(parts, 1)
        poses = np.pad(poses, ((0, 0), (0, max(0, 72 - poses.shape[1]))))
    width = poses.shape[1]
    if width not in _JOINTS or not len(poses):
        raise ResultsError(
            f"{name}: poses has the shape {poses.shape}.",
            "72, 156 and 165 numbers a frame are known: SMPL, SMPL-H, SMPL-X.",
        )
    model = str(raw["surface_model_type"]) if "surface_model_type" in raw else ""
    vectors = np.zeros((len(poses), 72), np.float32)
    vectors[:, : 3 * _JOINTS[width]] = poses[:, : 3 * _JOINTS[width]]
    return vectors, width == 165 or model == "smplx"


def _body(raw: Raw, given: Given, gender: str) -> tuple[str, BodyModel | None]:
    if gender == "auto" and "body_model" in raw:
        body_id = str(raw["body_model"])
        return body_id, find_body(body_id, given.place.body_paths)
    said = raw["gender"].item() if "gender" in raw and raw["gender"].size == 1 else "neutral"
    said = said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
    chosen = said.lower() if gender == "auto" else gender
    return given.place.smpl_body(chosen if chosen in ("male", "female") else "neutral")


def _betas(raw: Raw, name: str, smplx: bool, ours: bool) -> tuple[Float, bool]:
    """(10,) shape, and whether it is the average because the file's is SMPL-X's."""
    if ours and "body_betas" in raw:
        return numbers(raw["body_betas"], (10,), f"{name}, body_betas"), False
    if smplx or "betas" not in raw:
        return np.zeros(10, np.float32), smplx
    betas = np.asarray(raw["betas"])
    flat = np.median(betas, 0) if betas.ndim == 2 and len(betas) else betas
    found = numbers(flat, (-1,), f"{name}, betas")
    return np.pad(found[:10], (0, max(0, 10 - len(found)))), False


def _pelvis(raw: Raw, name: str, trans: Float, betas: Float, body: BodyModel | None, smplx: bool) -> Float:
    """(3,) m, where the pelvis of the file's body is at rest."""
    if "pelvis" in raw:
        shift: Float = np.median(numbers(raw["pelvis"], trans.shape, f"{name}, pelvis") - trans, 0)
        return shift
    return SMPLX_PELVIS if smplx else _rest(body, betas)


def _own_rest(raw: Raw, name: str, shift: Float) -> Float:
    """(3,) m, where the pelvis of the body that was reviewed is at rest, as our own files say."""
    return numbers(raw["rest_pelvis"], (3,), f"{name}, rest_pelvis") if "rest_pelvis" in raw else shift


def _rest(body: BodyModel | None, betas: Float) -> Float:
    return SMPL_PELVIS if body is None else body.rest_joints(betas[None])[0, 0]


def _samples(
    raw: Raw, given: Given, count: int, ours: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which samples are kept, and the frame of each.

    Of our own files there is one for each frame of the video: the one that was taken from it, else the nearest.
    """
    if not ours:
        return np.arange(count), np.arange(count)
    name = given.path.name
    source = numbers(raw["source_frames"], (count,), f"{name}, source_frames").astype(np.int64)
    seconds = numbers(raw["times"], (count,), f"{name}, times").astype(np.float64)
    times = given.place.times
    nearest = (
        np.abs(times[None] - seconds[:, None]).argmin(1)
        if count * len(times) < 1e7
        else _nearest(times, seconds)
    )
    near = np.abs(times[nearest] - seconds) < 0.5 / given.place.rate
    wanted: dict[int, tuple[float, int]] = {}
    for row in range(count):
        exact = source[row] >= 0
        if not exact and not near[row]:
            continue
        frame = int(source[row] if exact else nearest[row])
        off = -1.0 if exact else float(abs(times[nearest[row]] - seconds[row]))
        if frame not in wanted or off < wanted[frame][0]:
            wanted[frame] = off, row
    frames = sorted(wanted)
    return np.array([wanted[frame][1] for frame in frames], np.int64), np.array(frames, np.int64)


def _nearest(times: npt.NDArray[np.float64], seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    right = np.clip(np.searchsorted(times, seconds), 1, len(times) - 1)
    left = seconds - times[right - 1] < times[right] - seconds
    return np.where(left, right - 1, right)


def _marked(raw: Raw, motion: Motion, kept: npt.NDArray[np.int64]) -> Motion:
    """What our own files say of samples."""
    count = len(raw["trans"])

    def flag(key: str, empty: Any) -> npt.NDArray[Any]:
        array = np.asarray(raw[key]) if key in raw else np.full(count, empty)
        return array[kept] if array.shape == (count,) else np.full(len(kept), empty)

    interpolated, edited, made = flag("interpolated", False), flag("edited", False), flag("made", "")
    said = tuple(
        str(how) if str(how) in ("filled", "smoothed") else "filled" if between else ""
        for how, between in zip(made, interpolated, strict=True)
    )
    return replace(motion, made=said, edited=frozenset(np.flatnonzero(edited).tolist()))


def _rate(raw: Raw, ours: bool) -> float:
    """Of the numbers of its frames: our own files have those of the video, whatever the rate of their samples."""
    for key in ("source_rate",) if ours else ("mocap_framerate", "mocap_frame_rate", "fps"):
        if key in raw and raw[key].size == 1 and raw[key].dtype.kind in "fiu":
            rate = float(raw[key].item())
            return rate if 0 < rate < 10_000 else 0.0
    return 0.0


def _name(raw: Raw, track: int) -> str:
    name = str(raw["name"])[:200] if "name" in raw else ""
    return "" if name == f"Person {track}" else name
