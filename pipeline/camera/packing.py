"""A solved camera as text, for the session file."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any

import numpy as np

from pipeline.camera.values import SolvedCamera

_ARRAYS = (("rotations", (3, 3)), ("centres", (3,)), ("focals", (2,)), ("principals", (2,)))


def packed(camera: SolvedCamera) -> dict[str, Any]:
    """As JSON: the arrays one after the other, float64 (frames int64), little-endian, zlib, base64."""
    arrays = [camera.frames.astype("<i8"), *(getattr(camera, name).astype("<f8") for name, _shape in _ARRAYS)]
    data = b"".join(array.tobytes() for array in arrays)
    return {
        "version": 1,
        "count": len(camera.frames),
        "size": list(camera.size),
        "up": camera.up,
        "data": base64.b64encode(zlib.compress(data)).decode("ascii"),
    }


def digest(plain: dict[str, Any]) -> str:
    """16 hex digits of what `packed` gave; the same for the same camera."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def unpacked(plain: Any) -> SolvedCamera:
    """From `packed`.

    Raises:
        ValueError: It is not what `packed` makes.
    """
    try:
        count, (width, height) = int(plain["count"]), plain["size"]
        data = zlib.decompress(base64.b64decode(plain["data"], validate=True))
        columns: dict[str, Any] = {"frames": np.frombuffer(data, "<i8", count).astype(np.int64)}
        offset = 8 * count
        for name, shape in _ARRAYS:
            length = count * int(np.prod(shape))
            columns[name] = np.frombuffer(data, "<f8", length, offset).reshape(count, *shape).copy()
            offset += 8 * length
        return SolvedCamera(**columns, size=(int(width), int(height)), up=str(plain["up"]))
    except (KeyError, TypeError, zlib.error) as error:
        raise ValueError("not a packed camera") from error
