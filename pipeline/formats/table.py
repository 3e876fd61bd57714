"""The long table that CSV and Parquet hold: one row a person a frame.

Columns, whose names end in their unit: ``frame`` (of the source, from 0), ``pts``, ``time_s`` (presentation time, from
the first frame), ``track`` and ``name`` (empty for a person of no track), ``slot``, ``score``, ``made`` ("engine", or
"filled" or "smoothed" where a layer made the pose), ``edited`` (whether a reviewer said who it is), ``engine``,
``body_model``;
``box_left_px``, ``box_top_px``, ``box_width_px``, ``box_height_px``; the 24 SMPL joints as ``left_knee_x_m`` and
as the camera sees them ``left_knee_u_px``, ``left_knee_v_px`` (missing behind the camera); the angles of
`pipeline.curves.angles` as ``left_knee_flexion_deg``; ``beta_0`` to ``beta_9``; ``cam_t_x_m`` (in camera axes,
whatever the space), ``focal_length_px``, ``image_width_px``, ``image_height_px``; and, in the world, where the camera
is, ``camera_x_m``.

Space: "camera" is OpenCV's x right, y down, z forward before the camera of each frame; "world" is that of
`pipeline.world`, x right, y up, z backward. Angles are the same in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.curves.angles import FLEXIONS, flexions
from pipeline.formats.format import SPACE, Opened
from pipeline.formats.persons import Person, persons
from pipeline.formats.units import PER_METRE, units_option
from pipeline.job import Job
from pipeline.problems.kinematics import people_last, posed_joints
from pipeline.smpl import JOINT_NAMES, project
from pipeline.smpl.body import NEAREST
from pipeline.structures import Float, FrameResult

Array = npt.NDArray[Any]

OPTIONS = (SPACE, units_option())
SPACES = {
    "camera": "OpenCV camera: x right, y down, z forward",
    "world": "world: x right, y up, z backward",
}
NOBODY = -1
"""In the column ``track``, of a person of no track."""

_BLOCK = 512  # people measured at a time
_DIGITS = {"m": 5, "cm": 3, "mm": 2, "px": 2, "deg": 3, "s": 6}
_ANGLES = {"shoulder": "elevation"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: With the unit at its end.
        kind: What its values are.
        unit: Empty for what has none.
        digits: After the point, as far as a number goes.
    """

    name: str
    kind: Literal["number", "whole", "text", "flag"] = "number"
    unit: str = ""
    digits: int = 5


class _Row(NamedTuple):
    result: FrameResult
    person: Person


def columns(options: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns of a table with these choices, in order."""
    length = options["units"]
    told = (
        Column("frame", "whole"), Column("pts", "whole"), _measured("time", "s"), Column("track", "whole"),
        Column("name", "text"), Column("slot", "whole"), Column("score", digits=4), Column("made", "text"),
        Column("edited", "flag"), Column("engine", "text"), Column("body_model", "text"),
    )  # fmt: skip
    boxes = [_measured(f"box_{name}", "px") for name in ("left", "top", "width", "height")]
    joints = [_measured(f"{joint}_{axis}", length) for joint in JOINT_NAMES for axis in "xyz"]
    seen = [_measured(f"{joint}_{axis}", "px") for joint in JOINT_NAMES for axis in "uv"]
    angles = [_measured(name, "deg") for name in angle_names()]
    betas = [Column(f"beta_{k}") for k in range(10)]
    camera = [_measured(f"cam_t_{axis}", length) for axis in "xyz"]
    camera += [_measured("focal_length", "px")]
    camera += [Column(f"image_{side}_px", "whole", "px") for side in ("width", "height")]
    if options["space"] == "world":
        camera += [_measured(f"camera_{axis}", length) for axis in "xyz"]
    return (*told, *boxes, *joints, *seen, *angles, *betas, *camera)


def angle_names() -> list[str]:
    """The rows of `flexions`, as columns without their unit: knee, elbow and hip bend, the shoulder is raised."""
    return [
        f"{side}_{name}_{_ANGLES.get(name, 'flexion')}" for name in FLEXIONS for side in ("left", "right")
    ]


def blocks(opened: Opened, options: Mapping[str, str], job: Job) -> Iterator[dict[str, Array]]:
    """The table, some rows at a time: (K,) values of each column, by its name."""
    waiting: list[_Row] = []
    for result in opened.results(job):
        waiting += [_Row(result, person) for person in persons(opened, result)]
        if len(waiting) >= _BLOCK:
            yield _block(opened, waiting, options)
            waiting = []
    if waiting:
        yield _block(opened, waiting, options)


def _measured(name: str, unit: str) -> Column:
    return Column(f"{name}_{unit}", "number", unit, _DIGITS[unit])


def _block(opened: Opened, rows: Sequence[_Row], options: Mapping[str, str]) -> dict[str, Array]:
    factor = PER_METRE[options["units"]]
    people = [(row.result.people, row.person.slot) for row in rows]
    cam_t = np.array([one.cam_t[slot] for one, slot in people])
    betas = np.array([one.smpl.betas[slot] for one, slot in people])
    boxes = np.array([one.detections.boxes[slot] for one, slot in people])
    joints, angles = _posed(opened, rows, betas)
    joints += cam_t[:, None]
    placed = joints
    lengths = [cam_t * factor]
    if options["space"] == "world":
        world = opened.world
        frames = [world.camera_to_world(row.result.frame_index) for row in rows]
        turn, shift = (np.array(part) for part in zip(*frames, strict=True))
        placed = np.einsum("kij,knj->kni", turn, joints) + shift[:, None]
        lengths.append(shift * factor)
    lens = [np.array([(one.focal_length, *one.image_size) for one, _ in people])]
    boxes[:, 2:] -= boxes[:, :2]
    seen = _seen(rows, joints)
    numbers = [boxes, placed * factor, seen, angles, betas, lengths[0], *lens, *lengths[1:]]
    values = np.concatenate([part.reshape(len(rows), -1) for part in numbers], 1)
    told = _told(opened, rows)
    names = [column.name for column in columns(options)][len(told) :]
    return told | dict(zip(names, values.T, strict=True))


def _told(opened: Opened, rows: Sequence[_Row]) -> dict[str, Array]:
    frames = np.array([row.result.frame_index for row in rows], np.int64)
    names = {track.track_id: track.title for track in opened.tracks()}
    tracks = [NOBODY if row.person.track is None else row.person.track for row in rows]
    scores = [row.result.people.detections.scores[row.person.slot] for row in rows]
    return {
        "frame": frames,
        "pts": np.array([opened.video.pts_of(int(frame)) for frame in frames], np.int64),
        "time_s": opened.times(frames),
        "track": np.array(tracks, np.int64),
        "name": np.array([names.get(track, "") for track in tracks], object),
        "slot": np.array([row.person.slot for row in rows], np.int64),
        "score": np.array(scores, np.float64),
        "made": np.array([row.person.made for row in rows], object),
        "edited": np.array([row.person.edited for row in rows], bool),
        "engine": np.array([row.result.engine_id for row in rows], object),
        "body_model": np.array([row.result.people.body_model for row in rows], object),
    }


def _posed(opened: Opened, rows: Sequence[_Row], betas: Float) -> tuple[Float, Float]:
    """Joints (K, 24, 3) m in camera axes without the translation, and angles (K, 8) degrees."""
    models = np.array([row.result.people.body_model for row in rows], object)
    rest = np.empty((len(rows), len(JOINT_NAMES), 3), np.float32)
    for model in set(models.tolist()):
        rest[models == model] = opened.body(model).rest_joints(betas[models == model])
    smpl = [(row.result.people.smpl, row.person.slot) for row in rows]
    pose = np.array([np.concatenate([one.global_orient[s][None], one.body_pose[s]]) for one, s in smpl])
    rotations = people_last(pose)
    joints = posed_joints(rotations, people_last(rest))
    return np.moveaxis(joints, -1, 0) + rest[:, :1], flexions(joints, rotations[0]).T


def _seen(rows: Sequence[_Row], joints: Float) -> Float:
    """(K, 24, 2) px, whether in the picture or not; NaN behind the camera."""
    seen = np.empty((*joints.shape[:2], 2), np.float32)
    lenses = [(row.result.people.focal_length, row.result.people.image_size) for row in rows]
    for lens in set(lenses):
        mine = np.array([one == lens for one in lenses])
        seen[mine] = project(joints[mine], *lens)
    seen[joints[..., 2] <= NEAREST] = np.nan
    return seen
