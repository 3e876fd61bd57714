"""Boxes for PHALP's given-box route: who is where, so that only the bodies are made anew.

A joblib pickle of plain values: ``{'000001.jpg': {'gt_bbox': [[x, y, w, h]], 'extra_data': {'gt_class': [],
'gt_track_id': [...]}}}``, px. Keys are the pictures that PHALP's extractor makes of the video, which count from 1, so
``video.source`` is this file and ``video.base_path`` the folder ``OUTPUT/_DEMO/NAME/img``. PHALP follows the given
numbers with ``use_gt=True``, and knows only frames that are in the file: in one whose ``gt_bbox`` is empty it detects
by itself, which is what ``others=detect`` writes for frames of the range without a box.

``extra_data`` also has the source's ``frame`` and ``time`` (s), ``rate``, ``video``, ``engine``, and for each box
``score``, ``edited`` and ``made`` ("engine", "filled", "smoothed"), which PHALP passes over.
Source: phalp/utils/io.py and ``get_detections`` of phalp/trackers/PHALP.py, PHALP 96f7e6c.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib

from pipeline.atomic import replacing
from pipeline.errors import ExportError
from pipeline.formats.extent import per_body
from pipeline.formats.format import Format, Opened, Option, Written
from pipeline.formats.frame_names import frame_name
from pipeline.formats.persons import persons
from pipeline.job import Job
from pipeline.structures import FrameResult


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write one entry a frame. See the module for the keys."""
    found = {result.frame_index: _frame(opened, result) for result in opened.results(job)}
    given = {frame: content for frame, content in found.items() if content["gt_bbox"]}
    if not given:
        raise ExportError("No person in the range belongs to a track.", "Choose other frames or tracks.")
    if options["others"] == "detect":
        for frame in _range(opened):
            given.setdefault(frame, _entry(opened, frame))
    with replacing(path) as temporary:
        joblib.dump({frame_name(frame): given[frame] for frame in sorted(given)}, temporary)
        job.check()
    return Written((path,))


def _range(opened: Opened) -> range:
    first, last = opened.source.frames or (0, opened.video.frame_count - 1)
    return range(max(first, 0), min(last, opened.video.frame_count - 1) + 1)


def _entry(opened: Opened, frame: int) -> dict[str, Any]:
    """A frame without boxes."""
    info = opened.video.info
    said = {
        "frame": frame,
        "time": round(opened.video.time_of(frame), 6),
        "rate": float(info.rate),
        "video": info.path.name,
    }
    return {"gt_bbox": [], "extra_data": {"gt_class": [], "gt_track_id": [], **said}}


def _frame(opened: Opened, result: FrameResult) -> dict[str, Any]:
    found = result.people.detections
    there = persons(opened, result, tracked=True)
    content = _entry(opened, result.frame_index)
    for person in there:
        left, top, right, bottom = found.boxes[person.slot].astype(float).tolist()
        content["gt_bbox"].append([left, top, right - left, bottom - top])
    content["extra_data"] |= {
        "gt_track_id": [person.track for person in there],
        "score": [float(found.scores[person.slot]) for person in there],
        "edited": [person.edited for person in there],
        "made": [person.made for person in there],
        "engine": result.engine_id,
    }
    return content


BOXES = Format(
    key="boxes",
    title="Given boxes for PHALP",
    summary="Who is where, frame by frame, for PHALP to make the bodies again with given boxes.",
    readers="PHALP and 4D-Humans, as video.source",
    suffix=".boxes.pkl",
    options=(
        Option(
            "others",
            "Other frames",
            ("leave-out", "detect"),
            "leave-out",
            ("left out", "listed, for PHALP to detect people"),
        ),
    ),
    group="Points and boxes",
    write_opened=write,
    size=per_body(60, frame=107),
)
