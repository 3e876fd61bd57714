"""The result file of PHALP and 4D-Humans: a zlib-compressed joblib pickle of plain dicts, lists and arrays.

One entry a frame, keyed ``NAME/img/000001.jpg`` as upstream numbers the pictures it extracts (from 1). ``time`` is
the source frame from 0, and ``source_time`` its presentation time in s. Lists hold one item a person in the
same order: ``tid, bbox, tracked_time, conf, class_name, smpl, camera, camera_bbox, center, scale, size, 3d_joints,
2d_joints, mask, img_path, img_name, annotations, extra_data``; ``tracked_ids`` and ``tracked_bbox`` name the
same people, because no ghosts are written (``tracked_time`` is 0 throughout).

* ``bbox`` x, y, width, height px. ``size`` [H, W] px.
* ``camera`` (3,) m for upstream's focal length 5000 * S / 256 px with S = max(H, W) and the principal point in
  the middle; ``smpl``'s global_orient and ``3d_joints`` are for that lens too, which sees a person beside the middle of
  the picture from another side. See `pipeline.camera.refocus`.
* Readers draw SMPL. For the built-in body, whose shapes mean nothing there, ``betas`` are zeros and ``camera`` puts the
  pelvis of SMPL's average person (to 2 cm) where the pelvis is; ``3d_joints`` go with it. ``body_betas``, and
  ``pelvis_shift`` (3,) m by which ``camera`` was moved, are in ``extra_data``.
* ``camera_bbox`` (3,) weak-perspective s, tx, ty of the 256 px crop, the inverse of upstream's
  ``cam_crop_to_full``.
* ``2d_joints`` (90,) 45 points in [0, 1] of the padded square of side S. ``3d_joints`` (45, 3) m, without the
  translation. The 45 are OpenPose BODY_25, upstream's 19 extra joints, and the origin.
* ``mask`` [COCO RLE with text counts]; a person without a mask gets the box, and ``extra_data`` says so.

Every frame also has ``retake`` with engine, body model, units, axes and rate, which upstream ignores.
Source: 4D-Humans 6ec7965 and PHALP 96f7e6c as read in their own files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt

from pipeline.atomic import replacing
from pipeline.camera.refocus import under
from pipeline.formats.extent import per_body
from pipeline.formats.format import Format, Opened, Written
from pipeline.formats.frame_names import frame_path as path_of
from pipeline.formats.openpose import JOINT_COUNT, openpose_joints
from pipeline.job import Job
from pipeline.masks import encode_mask
from pipeline.smpl import BodyModel, project
from pipeline.smpl.pelvis import SMPL_PELVIS
from pipeline.structures import Float, FrameResult, Mask, People

CROP_SIZE = 256
CROP_FOCAL = 5000.0
_ASPECT = 192 / 256
"""Upstream widens boxes to this width : height before it cuts the square crop."""

_LISTS = (
    "tid", "bbox", "tracked_time", "conf", "class_name", "smpl", "camera", "camera_bbox", "center", "scale",
    "size", "3d_joints", "2d_joints", "mask", "img_path", "img_name", "annotations", "extra_data",
)  # fmt: skip


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one entry a frame. See the module for the keys."""
    name = opened.video.info.path.stem
    content = {
        path_of(name, result.frame_index): _frame(opened, result, path_of(name, result.frame_index))
        for result in opened.results(job)
    }
    with replacing(path) as temporary:
        joblib.dump(content, temporary, compress=3)
        job.check()  # which nobody does while it is compressed
    return Written((path,))


def _frame(opened: Opened, result: FrameResult, frame_path: str) -> dict[str, Any]:
    body = opened.body(result.people.body_model)
    tracks = opened.track_of(result.frame_index)
    edited, made = opened.edited(result.frame_index), opened.made(result.frame_index)
    upstream = under(result.people, CROP_FOCAL / CROP_SIZE * max(result.people.image_size))
    shifts = _shifts(body, upstream)
    joints = openpose_joints(body, result.people), openpose_joints(body, upstream) - shifts[:, None]
    own_betas = upstream.smpl.betas
    upstream = _for_smpl(body, upstream, shifts)
    people = []
    for slot, track in sorted(tracks.items()):
        person = _person(result, upstream, slot, track, joints, frame_path)
        person["extra_data"] |= {"assigned_by_reviewer": slot in edited, "made": made.get(slot, "engine")}
        if not _is_smpl(body):
            person["extra_data"] |= {
                "pelvis_shift": shifts[slot].copy(),
                "body_betas": own_betas[slot].copy(),
            }
        people.append(person)
    lists = {key: [person[key] for person in people] for key in _LISTS}
    return {
        "time": result.frame_index,
        "shot": 0,
        "frame_path": frame_path,
        **lists,
        "tracked_ids": list(lists["tid"]),
        "tracked_bbox": list(lists["bbox"]),
        "source_frame": result.frame_index,
        "source_time": opened.video.time_of(result.frame_index),
        "retake": _provenance(opened, result, body),
    }


def _is_smpl(body: BodyModel) -> bool:
    return body.id.startswith("smpl")


def _shifts(body: BodyModel, people: People) -> Float:
    """(N, 3) m, from where the pelvis of SMPL's average person is at rest to where that of each body is."""
    if _is_smpl(body):
        return np.zeros((len(people), 3), np.float32)
    shifts: Float = (body.rest_joints(people.smpl.betas)[:, 0] - SMPL_PELVIS).astype(np.float32)
    return shifts


def _for_smpl(body: BodyModel, people: People, shifts: Float) -> People:
    """The people as SMPL's average person, whom readers draw, with the pelvis where theirs is."""
    if _is_smpl(body):
        return people
    smpl = replace(people.smpl, betas=np.zeros_like(people.smpl.betas))
    return replace(people, smpl=smpl, cam_t=people.cam_t + shifts)


def _provenance(opened: Opened, result: FrameResult, body: BodyModel) -> dict[str, Any]:
    return {
        "engine": result.engine_id,
        "body_model": body.id,
        "gender": body.gender,
        "focal_length": float(result.people.focal_length),
        "units": "m, px, s",
        "axes": "OpenCV camera: x right, y down, z forward",
        "rate": float(opened.video.info.rate),
        "video": opened.video.info.path.name,
    }


def _person(
    result: FrameResult,
    upstream: People,
    slot: int,
    track: int,
    joints: tuple[Float, Float],
    frame_path: str,
) -> dict[str, Any]:
    people = result.people
    width, height = people.image_size
    side = max(width, height)
    box = people.detections.boxes[slot]
    center, sides = _padded(box)
    camera = upstream.cam_t[slot].copy()
    image = project(joints[0][slot] + people.cam_t[slot], people.focal_length, people.image_size)
    given = people.detections.masks[slot] if people.detections.masks else None
    return {
        "tid": track,
        "bbox": np.array([box[0], box[1], box[2] - box[0], box[3] - box[1]], np.float32),
        "tracked_time": 0,
        "conf": float(people.detections.scores[slot]),
        "class_name": 0,
        "smpl": {
            "global_orient": upstream.smpl.global_orient[slot][None].copy(),
            "body_pose": people.smpl.body_pose[slot].copy(),
            "betas": upstream.smpl.betas[slot].copy(),
        },
        "camera": camera,
        "camera_bbox": crop_camera(camera, center, float(sides.max()), (width, height)),
        "center": center,
        "scale": float(sides.max()) / side,
        "size": [height, width],
        "3d_joints": joints[1][slot].astype(np.float32),
        "2d_joints": _in_padded_square(image, width, height),
        "mask": [_rle(given or _box_mask(box, width, height))],
        "img_path": frame_path,
        "img_name": frame_path.rpartition("/")[2],
        "annotations": [],
        "extra_data": {"mask_is_box": given is None},
    }


def crop_camera(camera: Float, center: Float, box_size: float, image_size: tuple[int, int]) -> Float:
    """Weak-perspective (s, tx, ty) of the crop: `cam_crop_to_full` of hmr2/utils/renderer.py turned round."""
    upstream = CROP_FOCAL / CROP_SIZE * max(image_size)
    scaled = 2 * upstream / float(camera[2])  # box size * s
    offset = (np.asarray(center) - np.array(image_size) / 2) * 2 / scaled
    return np.array([scaled / box_size, camera[0] - offset[0], camera[1] - offset[1]], np.float32)


def _padded(box: Float) -> tuple[Float, npt.NDArray[np.float64]]:
    """Centre and sides of the box widened to upstream's aspect ratio."""
    width, height = float(box[2] - box[0]), float(box[3] - box[1])
    sides = np.array([max(width, height * _ASPECT), max(height, width / _ASPECT)])
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], np.float32), sides


def _in_padded_square(points: Float, width: int, height: int) -> Float:
    side = max(width, height)
    offset = np.array([(side - width) / 2, (side - height) / 2])
    inside: Float = ((points + offset) / side).reshape(2 * JOINT_COUNT).astype(np.float32)
    return inside


def _box_mask(box: Float, width: int, height: int) -> Mask:
    mask = np.zeros((height, width), bool)
    x1, y1, x2, y2 = np.clip(np.round(box), 0, [width, height, width, height]).astype(int)
    mask[y1:y2, x1:x2] = True
    return encode_mask(mask)


def _rle(mask: Mask) -> dict[str, Any]:
    return {"size": list(mask.size), "counts": mask.counts.decode("ascii")}


PHALP = Format(
    key="phalp",
    title="PHALP / 4D-Humans .pkl",
    summary="People frame by frame in the layout of PHALP's own results.",
    readers="4D-Humans, PHALP's renderer, LART, and tools made for their results",
    suffix=".pkl",
    options=(),
    group="Bodies and motion",
    write_opened=write,
    size=per_body(1600, mask=0.5),
)
