"""Poses a .glb at a time by the glTF specification, with nothing of the code that wrote it."""

from __future__ import annotations

import numpy as np
from pygltflib import GLTF2

_TYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Scene:
    """A file, and its nodes at a time."""

    def __init__(self, path) -> None:
        self.gltf = GLTF2().load_binary(str(path))
        self._blob = self.gltf.binary_blob()

    def array(self, number) -> np.ndarray:
        """What an accessor points to, (N,) or (N, width)."""
        accessor = self.gltf.accessors[number]
        view = self.gltf.bufferViews[accessor.bufferView]
        width = _WIDTHS[accessor.type]
        start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
        flat = np.frombuffer(self._blob, _TYPES[accessor.componentType], accessor.count * width, start)
        return flat if width == 1 else flat.reshape(-1, width)

    def node(self, name, within=None) -> int:
        """The node of that name, in a subtree."""
        numbers = range(len(self.gltf.nodes)) if within is None else self._below(within)
        return next(number for number in numbers if self.gltf.nodes[number].name == name)

    def globals_at(self, time) -> np.ndarray:
        """(nodes, 4, 4) of all nodes at a time."""
        moved = {}
        for animation in self.gltf.animations:
            for channel in animation.channels:
                sampler = animation.samplers[channel.sampler]
                moved[channel.target.node, channel.target.path] = self._value(
                    sampler, time, channel.target.path
                )
        placed = np.zeros((len(self.gltf.nodes), 4, 4))
        for number in self.gltf.scenes[self.gltf.scene].nodes:
            self._place(number, np.eye(4), moved, placed)
        return placed

    def skinned_at(self, mesh_node, time) -> np.ndarray:
        """(V, 3) of a skinned mesh."""
        node = self.gltf.nodes[mesh_node]
        skin = self.gltf.skins[node.skin]
        inverse = self.array(skin.inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
        matrices = self.globals_at(time)[skin.joints] @ inverse
        attributes = self.gltf.meshes[node.mesh].primitives[0].attributes
        points = self.array(attributes.POSITION)
        points = np.concatenate([points, np.ones((len(points), 1))], 1)
        total = np.zeros((len(points), 4))
        for number in range(2):
            joints = getattr(attributes, f"JOINTS_{number}", None)
            weights = getattr(attributes, f"WEIGHTS_{number}", None)
            if joints is not None:
                mixed = np.einsum("vk,vkij->vij", self.array(weights), matrices[self.array(joints)])
                total += np.einsum("vij,vj->vi", mixed, points)
        return total[:, :3]

    def _below(self, number):
        yield number
        for child in self.gltf.nodes[number].children or []:
            yield from self._below(child)

    def _value(self, sampler, time, path):
        times, values = self.array(sampler.input), self.array(sampler.output)
        time = np.clip(time, times[0], times[-1])
        after = int(np.clip(np.searchsorted(times, time, side="right"), 1, max(len(times) - 1, 1)))
        if len(times) == 1:
            return values[0].astype(float)
        before = after - 1
        share = (time - times[before]) / (times[after] - times[before])
        if sampler.interpolation == "STEP":
            return values[after if share >= 1 else before].astype(float)
        mixed = values[before] * (1 - share) + values[after] * share
        return mixed / np.linalg.norm(mixed) if path == "rotation" else mixed

    def _place(self, number, parent, moved, placed):
        node = self.gltf.nodes[number]
        x, y, z, w = moved.get((number, "rotation"), node.rotation or [0, 0, 0, 1])
        local = np.eye(4)
        local[:3, :3] = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
        local[:3, :3] *= np.array(moved.get((number, "scale"), node.scale or [1, 1, 1]))
        local[:3, 3] = moved.get((number, "translation"), node.translation or [0, 0, 0])
        placed[number] = parent @ local
        for child in node.children or []:
            self._place(child, placed[number], moved, placed)
