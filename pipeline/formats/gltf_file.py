"""A glTF 2.0 file in the making: its lists, the arrays they point to, and the binary container (.glb).

Source: the Khronos Group's glTF 2.0 specification, sections 3.6 (buffers, views, accessors) and 4 (GLB).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.structures import Float

VERTICES = 34962
TRIANGLES = 34963

_TYPES = {
    np.dtype(np.float32): 5126,
    np.dtype(np.uint32): 5125,
    np.dtype(np.uint16): 5123,
    np.dtype(np.uint8): 5121,
}
_SHAPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_MAGIC, _VERSION, _JSON, _BINARY = 0x46546C67, 2, 0x4E4F534A, 0x004E4942


class GltfFile:
    """Collects what a file holds; every list item is named by the number that `add` gives."""

    def __init__(self, asset: Mapping[str, Any]) -> None:
        self._lists: dict[str, list[Any]] = {}
        self._asset = {"version": "2.0", **asset}
        self._chunks: list[bytes] = []
        self._length = 0

    def add(self, section: str, item: Mapping[str, Any]) -> int:
        """Append to "nodes", "meshes" …; returns its number."""
        items = self._lists.setdefault(section, [])
        items.append(dict(item))
        return len(items) - 1

    def extend(self, section: str, number: int, more: Mapping[str, Any]) -> None:
        """Say more of what was added."""
        self._lists[section][number].update(more)

    def accessor(self, array: npt.NDArray[Any], *, target: int | None = None, bounds: bool = False) -> int:
        """Append an array of N elements.

        Args:
            array: (N, ...) float32, uint32, uint16 or uint8; matrices by rows, as numpy has them.
            target: `VERTICES` or `TRIANGLES` for what a mesh is made of, else None.
            bounds: Say the smallest and the largest of each component, which readers want of positions and times.

        Returns:
            Its number.
        """
        kind = _SHAPES[array.shape[1:]]
        stored = array.swapaxes(1, 2) if kind == "MAT4" else array  # the format goes by columns
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self._length, "byteLength": array.nbytes}
        if target is not None:
            view["target"] = target
        self._append(np.ascontiguousarray(stored).astype(array.dtype.newbyteorder("<")).tobytes())
        said: dict[str, Any] = {
            "bufferView": self.add("bufferViews", view),
            "componentType": _TYPES[array.dtype],
            "count": len(array),
            "type": kind,
        }
        if bounds:
            flat = array.reshape(len(array), -1)
            said |= {"min": flat.min(0).tolist(), "max": flat.max(0).tolist()}
        return self.add("accessors", said)

    def write(self, path: Path, scene_nodes: list[int]) -> None:
        """Write the container, with one scene of those nodes."""
        content = {"asset": self._asset, "scene": 0, "scenes": [{"nodes": scene_nodes}], **self._lists}
        content["buffers"] = [{"byteLength": self._length}]
        text = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        with path.open("wb") as file:
            file.write(struct.pack("<III", _MAGIC, _VERSION, 28 + len(text) + self._length))
            file.write(struct.pack("<II", len(text), _JSON) + text)
            file.write(struct.pack("<II", self._length, _BINARY))
            file.writelines(self._chunks)

    def _append(self, data: bytes) -> None:
        padded = data + b"\0" * (-len(data) % 4)  # every array starts at a multiple of four
        self._chunks.append(padded)
        self._length += len(padded)


def linear_color(color: tuple[int, int, int]) -> list[float]:
    """A base colour (R, G, B, A) in linear light of an sRGB one in 0..255 (IEC 61966-2-1)."""
    shares = np.array(color, np.float64) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return [*(round(float(share), 6) for share in linear), 1.0]


def skin_sets(weights: Float) -> list[tuple[npt.NDArray[np.uint8], Float]]:
    """Skinning weights (V, J) as the format wants them: the largest of each vertex, normalised, in sets of four.

    One set where no vertex hangs on more than four joints, else two; beyond eight the smallest are left out.

    Returns:
        For each set the joints (V, 4), 0 where there is no weight, and the weights (V, 4).
    """
    sets = 1 if int((weights > 0).sum(1).max()) <= 4 else 2
    order = np.argsort(-weights, axis=1, kind="stable")[:, : 4 * sets]
    largest = np.take_along_axis(weights, order, 1).astype(np.float64)
    largest = (largest / largest.sum(1, keepdims=True)).astype(np.float32)
    joints = np.where(largest > 0, order, 0).astype(np.uint8)
    return [(joints[:, start : start + 4], largest[:, start : start + 4]) for start in range(0, 4 * sets, 4)]
