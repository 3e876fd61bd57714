"""The camera that the video was seen with, as a node of a glTF file."""

from __future__ import annotations

import math

import numpy as np

from pipeline.formats.format import Opened
from pipeline.formats.gltf_file import GltfFile
from pipeline.formats.gltf_track import Animation, quaternions
from pipeline.formats.motion import Array
from pipeline.session.layered import all_shown
from pipeline.world import UPRIGHT

_NEAR = 0.05


def add_camera(opened: Opened, file: GltfFile, animation: Animation, space: str) -> int:
    """Add the camera, with the focal length of the first frame; it moves where the world says so.

    A camera of the format looks along its own -z with y up, which is what `UPRIGHT` turns OpenCV's axes to.

    Returns:
        Its node.
    """
    frames = opened.frames()
    people = next(iter(all_shown(opened.store, frames[:1].tolist()))).result.people
    width, height = people.image_size
    lens = {
        "yfov": 2 * math.atan(height / (2 * float(people.focal_length))),
        "aspectRatio": width / height,
        "znear": _NEAR,
    }
    camera = file.add("cameras", {"type": "perspective", "perspective": lens})
    extras = {"focal_length_px": float(people.focal_length)}
    node = file.add("nodes", {"name": "camera", "camera": camera, "extras": extras})
    if space == "world":
        places = [opened.world.camera_to_world(int(frame)) for frame in frames]
        turns = np.array([turn for turn, _ in places], np.float64) @ UPRIGHT
        _place(file, animation, node, opened.times(frames), turns, np.array([at for _, at in places]))
    return node


def _place(file: GltfFile, animation: Animation, node: int, times: Array, turns: Array, at: Array) -> None:
    signed = quaternions(turns)
    first = {"translation": at[0].astype(float).tolist(), "rotation": signed[0].tolist()}
    file.extend("nodes", node, first)
    if np.ptp(at, axis=0).max() > 1e-9 or np.ptp(signed, axis=0).max() > 1e-9:
        keys = animation.times(times)
        animation.move(node, "translation", keys, at)
        animation.move(node, "rotation", keys, signed)
