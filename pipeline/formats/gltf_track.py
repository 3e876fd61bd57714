"""One track in a glTF file: its joints, its skin and mesh, its share of the animation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.formats.gltf_file import TRIANGLES, VERTICES, GltfFile, linear_color, skin_sets
from pipeline.formats.motion import Array, Motion
from pipeline.formats.sampling import Samples
from pipeline.formats.sticks import stick_figure
from pipeline.motion.quaternions import aligned, from_matrices
from pipeline.render.bodies import Normals
from pipeline.smpl import JOINT_NAMES, PARENTS
from pipeline.structures import Float, Index, Track


class Animation:
    """Channels that play together."""

    def __init__(self, file: GltfFile) -> None:
        self._file = file
        self._samplers: list[dict[str, Any]] = []
        self._channels: list[dict[str, Any]] = []

    def times(self, times: Array) -> int:
        """The accessor of key times (M,) in s, to be shared by channels."""
        return self._file.accessor(times.astype(np.float32), bounds=True)

    def move(self, node: int, path: str, times: int, values: Array, *, how: str = "LINEAR") -> None:
        """Let a node's "translation", "rotation" (x, y, z, w) or "scale" follow values (M, 3 or 4)."""
        output = self._file.accessor(values.astype(np.float32))
        self._channels.append({"sampler": len(self._samplers), "target": {"node": node, "path": path}})
        self._samplers.append({"input": times, "interpolation": how, "output": output})

    def content(self, name: str) -> dict[str, Any]:
        """The item of the file's list of animations."""
        return {"name": name, "channels": self._channels, "samplers": self._samplers}


def quaternions(rotations: Array) -> Array:
    """(M, ..., 4) x, y, z, w of rotations (M, ..., 3, 3), with signs that go on from sample to sample."""
    return np.roll(aligned(from_matrices(rotations)), -1, axis=-1)


def add_track(
    file: GltfFile, animation: Animation, track: Track, motion: Motion, samples: Samples, *, with_body: bool
) -> list[int]:
    """Add a track.

    Args:
        file: Where to.
        animation: What its channels are added to.
        track: Who it is.
        motion: What the samples were taken from.
        samples: In the axes of the format.
        with_body: The body's mesh, or a figure of sticks.

    Returns:
        Its nodes for the scene: that of the skeleton, and that of the mesh. They stand side by side, because a skinned
        mesh follows its joints alone.
    """
    betas = samples.shape[None].astype(np.float32)
    rest = motion.body.rest_joints(betas)[0].astype(np.float64)
    joints = _add_joints(file, rest)
    root = file.add(
        "nodes", {"name": track.title, "children": [joints[0]], "extras": _said(track, motion, samples)}
    )
    inverse = np.repeat(np.eye(4, dtype=np.float32)[None], len(rest), 0)
    inverse[:, :3, 3] = -rest
    skin = file.add(
        "skins",
        {
            "name": track.title,
            "inverseBindMatrices": file.accessor(inverse),
            "joints": joints,
            "skeleton": root,
        },
    )
    if with_body:
        shown = motion.body.rest_vertices(betas)[0], motion.body.faces, motion.body.weights
    else:
        shown = stick_figure(rest)
    mesh = _add_mesh(file, track, *shown)
    times = animation.times(samples.times)
    animation.move(joints[0], "translation", times, samples.pelvis)
    turns = quaternions(samples.rotations)
    for joint, node in enumerate(joints):
        animation.move(node, "rotation", times, turns[:, joint])
    return [root, file.add("nodes", {"name": f"{track.title} mesh", "mesh": mesh, "skin": skin})]


def when_present(animation: Animation, spans: Sequence[tuple[int, Array]]) -> None:
    """Scale nodes to nothing before and after their own times, where others have earlier or later ones.

    Args:
        animation: What it is added to.
        spans: Nodes with their key times (M,) in s.
    """
    start = min(float(times[0]) for _, times in spans)
    end = max(float(times[-1]) for _, times in spans)
    for node, times in spans:
        first, last = float(times[0]), float(times[-1])
        keys = [(start, 0.0)] if first > start else []
        keys.append((first, 1.0))
        # The last frame stays on screen for a step, as it does in the video.
        gone = last + (float(np.median(np.diff(times))) if len(times) > 1 else 0.04)
        if gone < end:
            keys.append((gone, 0.0))
        if len(keys) > 1:
            at, scales = np.array(keys).T
            animation.move(node, "scale", animation.times(at), np.repeat(scales[:, None], 3, 1), how="STEP")


def _add_joints(file: GltfFile, rest: Array) -> list[int]:
    nodes = []
    for joint, (name, parent) in enumerate(zip(JOINT_NAMES, PARENTS, strict=True)):
        offset = rest[joint] - (rest[parent] if parent >= 0 else 0)
        nodes.append(file.add("nodes", {"name": name, "translation": [float(value) for value in offset]}))
    for joint, node in enumerate(nodes):
        children = [nodes[child] for child, parent in enumerate(PARENTS) if parent == joint]
        if children:
            file.extend("nodes", node, {"children": children})
    return nodes


def _add_mesh(file: GltfFile, track: Track, vertices: Float, faces: Index, weights: Float) -> int:
    normals = Normals(faces, len(vertices))(vertices)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.where(lengths > 1e-12, normals / np.maximum(lengths, 1e-12), np.array([0, 0, 1], np.float32))
    attributes = {
        "POSITION": file.accessor(vertices.astype(np.float32), target=VERTICES, bounds=True),
        "NORMAL": file.accessor(normals.astype(np.float32), target=VERTICES),
    }
    for number, (joints, shares) in enumerate(skin_sets(weights)):
        attributes[f"JOINTS_{number}"] = file.accessor(joints, target=VERTICES)
        attributes[f"WEIGHTS_{number}"] = file.accessor(shares, target=VERTICES)
    corners = faces.ravel().astype(np.uint16 if len(vertices) < 0xFFFF else np.uint32)
    surface = {"baseColorFactor": linear_color(track.color), "metallicFactor": 0.0, "roughnessFactor": 0.8}
    primitive = {
        "attributes": attributes,
        "indices": file.accessor(corners, target=TRIANGLES),
        "material": file.add("materials", {"name": track.title, "pbrMetallicRoughness": surface}),
    }
    return file.add("meshes", {"name": track.title, "primitives": [primitive]})


def _said(track: Track, motion: Motion, samples: Samples) -> dict[str, Any]:
    return {
        "track": track.track_id,
        "name": track.name,
        "engine": list(motion.engine_ids),
        "body_model": motion.body.id,
        "gender": motion.body.gender,
        "betas": [round(float(value), 6) for value in samples.shape],
        "source_frames": samples.source_frames.tolist(),
        "times": [round(float(time), 6) for time in samples.times],
        "made": [
            made or ("engine" if frame >= 0 else "interpolated")
            for made, frame in zip(samples.made.tolist(), samples.source_frames.tolist(), strict=True)
        ],
        "edited": [int(edited) for edited in samples.edited],
    }
