"""Where the feet of a person rest, from the person's poses alone.

A foot rests where it is the lower one, and about as low as in the lowest quarter of the second around. Up is
where the body's trunk points on average, so that it does not matter how the camera is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.camera.errors import CameraError
from pipeline.camera.values import Array, Camera
from pipeline.job import Job
from pipeline.session.layered import Shown, all_shown, track_frames
from pipeline.session.store import Store
from pipeline.smpl.body import BodyModel, pose_joints
from pipeline.structures import Float, Int

_LOWEST = 0.04  # m: a foot that rests is not higher than that above where it mostly is when it is low
_OTHER = 0.03  # m by which the other foot may be lower
_AROUND = 0.75  # s before and after
_TRUNK, _HEAD = 0, 12  # pelvis and neck
_ANKLES, _TOES = (7, 8), (10, 11)
_BATCH = 512

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The feet of one person; T frames, ascending.

    Attributes:
        track: The person.
        frames: (T,) frames.
        times: (T,) s.
        soles: (T, 2, 3) m, the lowest place of the left and the right sole, in camera axes.
        up: (T, 3) where the trunk points, of length 1, in camera axes.
        focal_length: px, the median.
    """

    track: int
    frames: Int
    times: Array
    soles: Array
    up: Array
    focal_length: float

    def resting(self, turns: Array, centres: Array) -> Mask:
        """(T, 2) which feet rest.

        Args:
            turns: (T, 3, 3) from the camera's axes to axes that do not move.
            centres: (T, 3) what has to be added to have the height of soles: in m, or zeros if not known.
        """
        up = mean_direction(np.einsum("tij,tj->ti", turns, self.up))
        height = np.einsum("tij,tfj->tfi", turns, self.soles) @ up + (centres @ up)[:, None]
        low = np.stack([_low_around(height[:, foot], self.times) for foot in (0, 1)], 1)
        rests: Mask = (height <= low + _LOWEST) & (height <= height[:, ::-1] + _OTHER)
        return rests


def read_steps(
    store: Store,
    track: int,
    find_body: Callable[[str], BodyModel | None],
    time_of: Callable[[int], float],
    job: Job,
) -> Steps:
    """A person's feet in all frames, as they are shown. Told is how far it is.

    Raises:
        CameraError: The person is nowhere, or their body model is not here.
        Cancelled: The job was cancelled.
    """
    frames = track_frames(store, track, 0, 2**40)
    parts = list(_measured(store, track, frames, find_body, job))
    if not parts:
        raise CameraError("That person is in no frame.", "Select somebody who stands or walks.")
    found = np.concatenate([part[0] for part in parts])
    return Steps(
        track,
        found,
        np.array([time_of(frame) for frame in found.tolist()]),
        np.concatenate([soles for _frames, soles, _up, _focal in parts]),
        np.concatenate([up for _frames, _soles, up, _focal in parts]),
        float(np.median(np.concatenate([focal for *_rest, focal in parts]))),
    )


def _measured(
    store: Store, track: int, frames: Int, find_body: Callable[[str], BodyModel | None], job: Job
) -> Iterator[tuple[Int, Array, Array, Array]]:
    """Frames, soles, trunks and focal lengths of a few hundred frames at a time."""
    for start in range(0, len(frames), _BATCH):
        job.report(start / len(frames))
        seen = all_shown(store, frames[start : start + _BATCH].tolist())
        part = [(one, a.slot) for one in seen for a in one.assignments if a.track_id == track]
        ids = {one.result.people.body_model for one, _slot in part}
        body = find_body(next(iter(ids))) if len(ids) == 1 else None
        if ids and body is None:
            raise CameraError(
                "The body model of that person is not here, or there are several.",
                "Choose the SMPL file in the Models panel, or run the frames again with one body.",
            )
        if body is not None:
            numbers = np.array([one.result.frame_index for one, _slot in part], np.int64)
            focals = np.array([one.result.people.focal_length for one, _slot in part])
            yield numbers, *_soles(part, body), focals


def _soles(part: list[tuple[Shown, int]], body: BodyModel) -> tuple[Array, Array]:
    smpl = [(seen.result.people, slot) for seen, slot in part]
    rotations = np.array(
        [np.concatenate([p.smpl.global_orient[s, None], p.smpl.body_pose[s]]) for p, s in smpl]
    )
    betas = np.array([people.smpl.betas[slot] for people, slot in smpl])
    cam_t = np.array([people.cam_t[slot] for people, slot in smpl])
    transforms, joints = pose_joints(rotations, body.rest_joints(betas))
    up = (joints[:, _HEAD] - joints[:, _TRUNK]).astype(np.float64)
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    places = []
    for vertices in sole_vertices(body):
        rows = list(vertices.values())
        rest = body.v_template[rows] + np.einsum("vck,nk->nvc", body.shapedirs[rows], betas)
        moves = transforms[:, list(vertices)]
        placed = np.einsum("nvij,nvj->nvi", moves[..., :3], rest) + moves[..., 3] + cam_t[:, None]
        lower = np.einsum("nvi,ni->nv", placed, up).argmin(1)
        places.append(placed[np.arange(len(placed)), lower])
    return np.stack(places, 1).astype(np.float64), up


def sole_vertices(body: BodyModel) -> tuple[dict[int, int], dict[int, int]]:
    """Of the left and the right foot: the lowest vertex that goes with the ankle, and with the toes, by joint."""
    height: Float = body.v_template[:, 1]
    owner = body.weights.argmax(1)

    def lowest(joint: int) -> int:
        return int(np.where(owner == joint, height, np.inf).argmin())

    left, right = ({joint: lowest(joint) for joint in (_ANKLES[side], _TOES[side])} for side in (0, 1))
    return left, right


def mean_direction(directions: Array) -> Array:
    """(3,) of length 1: the middle of (T, 3) directions, which a few wrong ones do not move."""
    middle = np.median(directions, 0)
    mean: Array = middle / max(float(np.linalg.norm(middle)), 1e-9)
    return mean


def placed_by(camera: Camera, frames: Int) -> tuple[Array, Array]:
    """(T, 3, 3) and (T, 3) in units of the solve: from the camera of each frame to axes that do not move."""
    from pipeline.world import axes_of

    if camera.solved is None:
        return np.tile(np.eye(3), (len(frames), 1, 1)), np.zeros((len(frames), 3))
    poses = [camera.solved.at(int(frame)) for frame in frames]
    return np.array([axes_of(pose, camera.solved) for pose in poses]), np.array([p.centre for p in poses])


def _low_around(height: Array, times: Array) -> Array:
    """(T,) below which a quarter of (T,) heights are within a while before and after: feet rest half of the time."""
    first = np.searchsorted(times, times - _AROUND).tolist()
    end = np.searchsorted(times, times + _AROUND, side="right").tolist()
    return np.array(
        [
            np.partition(height[a:b], (b - a - 1) // 4)[(b - a - 1) // 4]
            for a, b in zip(first, end, strict=True)
        ]
    )
