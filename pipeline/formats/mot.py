"""MOT challenge text: one line a person a frame, ``frame, id, left, top, width, height, confidence, -1, -1, -1``.

Frames count from 1, so the first frame of the video is 1; boxes are px, and (0, 0) is the corner of the first pixel,
as trackers and TrackEval have it (py-motmetrics takes 1 px off both, as MATLAB counts). Only people of a track are
written. The format has no room for flags, engine, rate or video; what is filled in or edited is told beside the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.atomic import replacing
from pipeline.errors import ExportError
from pipeline.formats.extent import per_body
from pipeline.formats.format import Format, Opened, Written
from pipeline.formats.persons import persons, unflagged
from pipeline.job import Job
from pipeline.structures import FrameResult

TITLE = "MOT challenge .txt"


def write(opened: Opened, path: Path, options: Mapping[str, str], job: Job) -> Written:
    """Write the boxes, by frame and then by track."""
    flags: list[tuple[bool, str]] = []
    with replacing(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as file:
        for result in opened.results(job):
            there = persons(opened, result, tracked=True)
            flags += [(person.edited, person.made) for person in there]
            for track, slot in sorted((person.track or 0, person.slot) for person in there):
                file.write(_line(result, track, slot))
        if not flags:
            raise ExportError("No person in the range belongs to a track.", "Choose other frames or tracks.")
    return Written((path,), unflagged(flags, TITLE))


def _line(result: FrameResult, track: int, slot: int) -> str:
    found = result.people.detections
    left, top, right, bottom = found.boxes[slot].astype(float).tolist()
    box = f"{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f}"
    return f"{result.frame_index + 1},{track},{box},{float(found.scores[slot]):.4f},-1,-1,-1\n"


MOT = Format(
    key="mot",
    title=TITLE,
    summary="A box for each person in each frame, in pixels, with the person's number.",
    readers="TrackEval, py-motmetrics, MOTChallenge's scripts, trackers",
    suffix=".txt",
    options=(),
    group="Points and boxes",
    write_opened=write,
    size=per_body(48),
)
