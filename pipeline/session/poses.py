"""The part of a session with poses that lie over results: filled gaps and smoothed motion."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np

from pipeline.errors import SessionError
from pipeline.session.reviews import Reviews
from pipeline.structures import Float

_SIZES = (24 * 9, 10, 3, 4, 1, 1)  # rotations, betas, cam_t, box, score, focal length
_ENDS = np.cumsum(_SIZES)
NOBODY_THERE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One person in one frame, as a layer has it.

    Attributes:
        frame: The frame.
        version: The version that counted when it was computed; 0 if there was none.
        slot: The person of that version it takes the place of, or -1 if the person was missing.
        rotations: (24, 3, 3) as `global_orient` and `body_pose` in `SmplParams`.
        betas: (10,) shape.
        cam_t: (3,) m in the camera frame.
        box: (4,) x1, y1, x2, y2 in px.
        score: In [0, 1]: what the person's was, or what the neighbours' were.
        focal_length: px that `cam_t` is for.
    """

    frame: int
    version: int
    slot: int
    rotations: Float
    betas: Float
    cam_t: Float
    box: Float
    score: float
    focal_length: float


@dataclass(frozen=True, slots=True)
class PoseLayer:
    """Poses of one track that lie over results.

    Attributes:
        id: Its number; a higher one lies over a lower one.
        kind: "fill" where the person was missing, "smooth" where it was there.
        track: The track.
        first: First frame it was made for.
        last: Last frame, inclusive.
        options: How it was made; for "fill" also "body_model" and "image_size".
        created: ISO 8601, UTC.
        enabled: Whether it is shown and exported.
        frames: For how many frames it has poses.
    """

    id: int
    kind: str
    track: int
    first: int
    last: int
    options: Mapping[str, Any]
    created: str
    enabled: bool
    frames: int


@dataclass(frozen=True, slots=True, eq=False)
class LaidPose:
    """A pose with the layer it is of."""

    layer: PoseLayer
    pose: Pose


class PoseLayers(Reviews):
    """Layers of poses. Changed through `pipeline.session.layer_edits`."""

    def pose_layers(self) -> tuple[PoseLayer, ...]:
        """All layers, lowest first."""
        rows = self._rows(
            """SELECT id, kind, track, first, last, options, created, enabled,
                 (SELECT COUNT(*) FROM layer_pose WHERE layer = id)
               FROM layer WHERE NOT shelved ORDER BY id"""
        )
        return tuple(_layer(*row) for row in rows)

    def pose_layer(self, layer: int) -> PoseLayer | None:
        """A layer, or None."""
        return next((one for one in self.pose_layers() if one.id == layer), None)

    def add_layer(
        self, kind: str, track: int, first: int, last: int, options: Mapping[str, Any], poses: Iterable[Pose]
    ) -> int:
        """Lay poses over results; returns the layer's number."""
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        layer = self._write(
            "INSERT INTO layer (kind, track, first, last, options, created, enabled, shelved) "
            "VALUES (?, ?, ?, ?, ?, ?, 1, 0)",
            *(kind, track, first, last, json.dumps(options, sort_keys=True), now),
        )
        rows = ((layer, pose.frame, pose.version, pose.slot, _pack(pose)) for pose in poses)
        self._write_many("INSERT INTO layer_pose VALUES (?, ?, ?, ?, ?)", rows)
        return layer

    def enable_layer(self, layer: int, enabled: bool) -> None:
        """Switch a layer on or off."""
        self._write("UPDATE layer SET enabled = ? WHERE id = ?", int(enabled), layer)

    def shelve_layer(self, layer: int, shelved: bool) -> None:
        """Set a layer aside as removed, or take it back."""
        self._write("UPDATE layer SET shelved = ? WHERE id = ?", int(shelved), layer)

    def layer_frames(self, layer: int) -> list[int]:
        """The frames a layer has poses for, ascending."""
        return [
            row[0] for row in self._rows("SELECT frame FROM layer_pose WHERE layer = ? ORDER BY frame", layer)
        ]

    def stale_poses(self) -> dict[int, int]:
        """By layer, how many of its poses do not show: since, the frame was run again or the person is another."""
        rows = self._rows(
            """SELECT layer.id, COUNT(*) FROM layer_pose JOIN layer ON layer.id = layer
                 LEFT JOIN counting USING (frame)
                 LEFT JOIN assignment AS who ON who.version = counting.version AND who.track = layer.track
               WHERE NOT shelved AND (
                 (layer_pose.slot < 0 AND layer.kind = 'fill' AND who.slot IS NOT NULL) OR
                 (layer_pose.slot >= 0 AND
                  (counting.version IS NOT layer_pose.version OR who.slot IS NOT layer_pose.slot)))
               GROUP BY layer.id"""
        )
        return dict(rows)

    def layered_frames(self) -> list[int]:
        """The frames that any layer that is on has poses for, ascending."""
        sql = f"SELECT DISTINCT frame FROM ({_ON}) ORDER BY frame"
        return [row[0] for row in self._rows(sql)]

    def laid_keys(self, frame: int) -> list[tuple[int, int, int]]:
        """Layer, version and slot of the poses over a frame, lowest first: cheap, to see whether any changed."""
        return [
            (layer, version, slot)
            for layer, version, slot in self._rows(
                f"SELECT layer, version, slot FROM ({_ON}) WHERE frame = ? ORDER BY layer", frame
            )
        ]

    def laid_poses(self, frame: int) -> list[LaidPose]:
        """The poses over a frame of the layers that are on, lowest first."""
        rows = self._rows(
            """SELECT id, kind, track, first, last, options, created, enabled, 0, version, slot, data
               FROM layer_pose JOIN layer ON layer.id = layer
               WHERE frame = ? AND enabled AND NOT shelved ORDER BY layer.id""",
            frame,
        )
        return [LaidPose(_layer(*row[:9]), self._unpacked(frame, *row[9:])) for row in rows]

    def _unpacked(self, frame: int, version: int, slot: int, data: bytes) -> Pose:
        if len(data) != 4 * int(_ENDS[-1]):
            raise SessionError(
                f"A layer in {self.path.name} is damaged (frame {frame}).",
                "Remove the layer and make it again.",
            )
        parts = np.split(np.frombuffer(data, np.float32), _ENDS[:-1])
        rotations, (betas, cam_t, box) = parts[0].reshape(24, 3, 3), parts[1:4]
        return Pose(
            frame, version, slot, rotations, betas, cam_t, box, float(parts[4][0]), float(parts[5][0])
        )


_ON = """SELECT layer, frame, version, slot FROM layer_pose JOIN layer ON layer.id = layer
         WHERE enabled AND NOT shelved"""


def _layer(
    id_: int,
    kind: str,
    track: int,
    first: int,
    last: int,
    options: str,
    created: str,
    enabled: int,
    frames: int,
) -> PoseLayer:
    return PoseLayer(id_, kind, track, first, last, json.loads(options), created, bool(enabled), frames)


def _pack(pose: Pose) -> bytes:
    parts = (pose.rotations, pose.betas, pose.cam_t, pose.box, [pose.score], [pose.focal_length])
    return np.concatenate([np.asarray(part, np.float32).ravel() for part in parts]).tobytes()
