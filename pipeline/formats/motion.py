"""Tracks as motions: what the formats that hold one person through time are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.errors import ExportError
from pipeline.formats.format import Opened
from pipeline.job import Job
from pipeline.smpl import BodyModel
from pipeline.structures import Float, Track

Array = npt.NDArray[np.float64]


@dataclass(eq=False)
class Motion:
    """One track's samples.

    Attributes:
        frames: (N,) source frames.
        times: (N,) s.
        rotations: (N, 24, 3, 3), the root in camera axes, the rest relative to the parent.
        betas: (N, 10).
        cam_t: (N, 3) m.
        edited: (N,) whether a reviewer assigned the person.
        made: (N,) "filled" or "smoothed" where a layer made the pose, else empty.
        body: The body model they are for.
        engine_ids: The engines that made them.
    """

    frames: npt.NDArray[np.int64]
    times: Array
    rotations: Array
    betas: Array
    cam_t: Array
    edited: npt.NDArray[np.bool_]
    made: npt.NDArray[np.str_]
    body: BodyModel
    engine_ids: tuple[str, ...]


class Row(NamedTuple):
    """One track in one frame, as `Motion` collects it."""

    frame: int
    rotations: Float
    betas: Float
    cam_t: Float
    edited: bool
    made: str
    engine_id: str


def gather(opened: Opened, job: Job) -> dict[int, Motion]:
    """The motions of all tracks that are to be exported, by track.

    Raises:
        ExportError: A track was made with two body models, or nobody in the range belongs to a track.
    """
    rows: dict[int, list[Row]] = {}
    bodies: dict[int, str] = {}
    for result in opened.results(job):
        people, smpl = result.people, result.people.smpl
        edited, made = opened.edited(result.frame_index), opened.made(result.frame_index)
        for slot, track in opened.track_of(result.frame_index).items():
            if bodies.setdefault(track, people.body_model) != people.body_model:
                raise ExportError(
                    f"Track {track} was made with two body models: {bodies[track]} and {people.body_model}.",
                    "Run its frames again with one of them, or export a range that has only one.",
                )
            rotations = np.concatenate([smpl.global_orient[slot][None], smpl.body_pose[slot]])
            row = Row(
                result.frame_index,
                rotations,
                smpl.betas[slot],
                people.cam_t[slot],
                slot in edited,
                made.get(slot, ""),
                result.engine_id,
            )
            rows.setdefault(track, []).append(row)
    if not rows:
        raise ExportError("No person in the range belongs to a track.", "Choose other frames or tracks.")
    return {track: _motion(opened, rows[track], opened.body(bodies[track])) for track in rows}


def _motion(opened: Opened, rows: list[Row], body: BodyModel) -> Motion:
    frames = np.array([row.frame for row in rows], np.int64)
    return Motion(
        frames=frames,
        times=opened.times(frames),
        rotations=np.array([row.rotations for row in rows], np.float64),
        betas=np.array([row.betas for row in rows], np.float64),
        cam_t=np.array([row.cam_t for row in rows], np.float64),
        edited=np.array([row.edited for row in rows], bool),
        made=np.array([row.made for row in rows], "<U8"),
        body=body,
        engine_ids=tuple(sorted({row.engine_id for row in rows})),
    )


def tracks_of(opened: Opened, motions: dict[int, Motion]) -> list[Track]:
    """The tracks that have a motion, in order."""
    return [track for track in opened.tracks() if track.track_id in motions]
