"""COCO keypoints: results to be scored, or a whole data set with images, categories and annotations.

``layout=results`` is a list of ``{image_id, category_id, keypoints, bbox, score}`` as pycocotools' ``loadRes`` wants
it; ``keypoints`` are 17 times x px, y px and the person's score. ``layout=dataset`` is an object with ``info``,
``licenses``, ``images``, ``categories`` and ``annotations``; there the third number is the visibility, 2 for a point in
the picture (whether something hides it is not known), ``area`` (px²) is the mask's, or the box's where there is no
mask, and ``segmentation`` is the mask as run-length code, where there is one.

A point outside the picture or behind the camera is 0, 0, 0. ``bbox`` is x, y, width, height px. ``image_id`` is the
number of the source frame, from 0; images have ``time`` (s) as well, and are named as 4D-Humans names the frames of a
video. Each row also says ``track``, ``edited``, ``made`` ("engine", "filled", "smoothed"), ``engine`` and
``body_model``, which readers pass over.

The points are those of the body: wrists, ankles and the like are joints of the skeleton, and nose, eyes and ears lie on
the skin. COCO's hips were marked by people and lie some centimetres further out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.atomic import replacing
from pipeline.formats.extent import Extent
from pipeline.formats.format import Format, Opened, Option, Written
from pipeline.formats.frame_names import frame_path
from pipeline.formats.openpose import BODY_25, seen_points
from pipeline.formats.persons import Person, persons
from pipeline.job import Job
from pipeline.masks import mask_area
from pipeline.structures import Float, FrameResult, Mask

PERSON = 1
"""COCO's category."""
KEYPOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
_SKELETON = (
    (16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9), (8, 10), (9, 11),
    (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7),
)  # fmt: skip
Flags = npt.NDArray[np.bool_]
_ORDER = [BODY_25.index(name) for name in KEYPOINTS]


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write results or a data set. See the module for the fields."""
    whole = options["layout"] == "dataset"
    frames = opened.frames().tolist()
    engines: set[tuple[str, str]] = set()
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write('{"annotations":[\n' if whole else "[\n")
        for number, row in enumerate(_rows(opened, whole, job)):
            engines.add((row["engine"], row["body_model"]))
            row = {"id": number + 1, **row} if whole else row
            file.write(("" if number == 0 else ",\n") + _json(row))
        file.write("\n]")
        if whole:
            for key, value in _head(opened, frames, engines).items():
                file.write(f",\n{_json(key)}:{_json(value)}")
            file.write("}")
        file.write("\n")
    return Written((path,))


def _rows(opened: Opened, whole: bool, job: Job) -> Iterator[dict[str, Any]]:
    for result in opened.results(job):
        people = persons(opened, result)
        pixels, inside = seen_points(opened.body(result.people.body_model), result.people)
        for person in people:
            points = pixels[person.slot, _ORDER], inside[person.slot, _ORDER]
            made = _annotation if whole else _result
            yield {
                **made(result, person, *points),
                **person.said,
                "engine": result.engine_id,
                "body_model": result.people.body_model,
            }


def _result(result: FrameResult, person: Person, pixels: Float, inside: Flags) -> dict[str, Any]:
    found = result.people.detections
    score = round(float(found.scores[person.slot]), 4)
    return {
        "image_id": result.frame_index,
        "category_id": PERSON,
        "keypoints": _triples(pixels, inside * score),
        "bbox": _xywh(found.boxes[person.slot]),
        "score": score,
    }


def _annotation(result: FrameResult, person: Person, pixels: Float, inside: Flags) -> dict[str, Any]:
    found = result.people.detections
    box = _xywh(found.boxes[person.slot])
    mask = found.masks[person.slot] if found.masks else None
    return {
        "image_id": result.frame_index,
        "category_id": PERSON,
        "keypoints": _triples(pixels, inside * 2),
        "num_keypoints": int(inside.sum()),
        "bbox": box,
        "area": box[2] * box[3] if mask is None else float(mask_area(mask)),
        "iscrowd": 0,
        "score": round(float(found.scores[person.slot]), 4),
        **({} if mask is None else {"segmentation": _code(mask)}),
    }


def _triples(pixels: Float, third: npt.NDArray[Any]) -> list[float]:
    """x, y and a third number of each point; 0, 0, 0 where the third is 0."""
    shown = np.where(third[:, None] > 0, pixels.astype(np.float64), 0.0)
    rows = np.concatenate([np.round(shown, 2), third[:, None]], 1).tolist()
    return [int(value) if value == int(value) else value for row in rows for value in row]


def _xywh(box: Float) -> list[float]:
    x1, y1, x2, y2 = box.astype(float).tolist()
    return [round(value, 2) for value in (x1, y1, x2 - x1, y2 - y1)]


def _code(mask: Mask) -> dict[str, Any]:
    return {"size": list(mask.size), "counts": mask.counts.decode("ascii")}


def _head(opened: Opened, frames: list[int], engines: set[tuple[str, str]]) -> dict[str, Any]:
    info = opened.video.info
    width, height = info.size
    return {
        "info": {
            "description": f"People in {info.path.name}, written by Retake",
            "version": "1",
            "video": info.path.name,
            "rate": float(info.rate),
            "units": "px, s",
            "engines": sorted(engine for engine, _ in engines),
            "body_models": sorted({body for _, body in engines}),
        },
        "licenses": [],
        "categories": [
            {
                "id": PERSON,
                "name": "person",
                "supercategory": "person",
                "keypoints": list(KEYPOINTS),
                "skeleton": [list(bone) for bone in _SKELETON],
            }
        ],
        "images": [
            {
                "id": frame,
                "file_name": frame_path(info.path.stem, frame),
                "width": width,
                "height": height,
                "frame": frame,
                "time": round(opened.video.time_of(frame), 6),
            }
            for frame in frames
        ],
    }


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _size(extent: Extent, options: Mapping[str, str]) -> float:
    if options["layout"] == "results":
        return 530.0 * extent.bodies
    return 700 + 115.0 * extent.frames + (600 + 0.8 * extent.mask) * extent.bodies


COCO = Format(
    key="coco",
    title="COCO keypoints",
    summary="17 points and a box for each person in each frame, in pixels.",
    readers="pycocotools, MMPose, Detectron2, FiftyOne, CVAT and other annotation tools",
    suffix=".json",
    options=(
        Option(
            "layout",
            "Layout",
            ("results", "dataset"),
            "results",
            ("results, to be scored", "data set with images and categories"),
        ),
    ),
    group="Points and boxes",
    write_opened=write,
    size=_size,
)
