"""Files of boxes without bodies: the MOT challenge's text, and the boxes PHALP is given.

MOT's lines are ``frame, id, left, top, width, height, confidence, ...`` px, frames and ids from 1, -1 for no id.
PHALP's pickle is by picture ``{"gt_bbox": [[x, y, w, h]], "extra_data": {"gt_track_id": [...]}}``, pictures numbered
from 1. What is in such boxes must be reconstructed first: `pipeline.importing.running`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ResultsError
from pipeline.importing.checking import numbers, track_id, whole
from pipeline.importing.inflating import MOST_BYTES, Tell, unheard

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class GivenBox:
    """Where somebody is said to be.

    Attributes:
        box: x1, y1, x2, y2 in px.
        track: Who, or None.
    """

    box: Box
    track: int | None


@dataclass(frozen=True, slots=True)
class BoxTable:
    """The boxes of a file.

    Attributes:
        name: Of the file.
        frames: Boxes by frame, counted from 0.
    """

    name: str
    frames: Mapping[int, tuple[GivenBox, ...]]

    @property
    def tracks(self) -> tuple[int, ...]:
        """Everybody who is named, ascending."""
        return tuple(sorted({b.track for of in self.frames.values() for b in of if b.track is not None}))

    def within(self, frame_count: int, size: tuple[int, int]) -> None:
        """Refuse boxes that are not of a video.

        Raises:
            ResultsError: Frames or boxes lie outside it.
        """
        last = max(self.frames, default=0)
        if last >= frame_count:
            raise ResultsError(
                f"{self.name} has boxes up to frame {last}, the video has frames 0 to {frame_count - 1}.",
                "Are they of another video, or of one with another frame rate?",
            )
        width, height = size
        boxes = [one.box for of in self.frames.values() for one in of]
        out = sum(b[0] >= width or b[1] >= height or b[2] <= 0 or b[3] <= 0 for b in boxes)
        if out * 2 > len(boxes):
            raise ResultsError(
                f"{self.name}: {out} of {len(boxes)} boxes lie outside the picture of {width}×{height}.",
                "Are they of a video of another size?",
            )


def load_text(path: Path, tell: Tell = unheard) -> list[list[str]]:
    """The rows of a text file of commas.

    Args:
        path: The file.
        tell: Hears of it.

    Raises:
        Cancelled: By `tell`.
        ResultsError: It is too big or no text.
    """
    if path.stat().st_size > MOST_BYTES // 16:
        raise ResultsError(f"{path.name} is too big for a file of boxes.", "Cut it into parts.")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = []
            for row in csv.reader(file):
                tell(0.0)
                if row and not row[0].startswith("#"):
                    rows.append(row)
            return rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise ResultsError(
            f"{path.name} is no text of boxes ({error}).", "MOT's lines are 1,1,10,20,30,40,0.9"
        ) from error


def sniff_mot(raw: Any) -> bool:
    """Whether the first line is six or more numbers."""
    return (
        isinstance(raw, list)
        and bool(raw)
        and isinstance(raw[0], list)
        and len(raw[0]) >= 6
        and _all_numbers(raw[0][:6])
    )


def _all_numbers(row: list[str]) -> bool:
    return all(re.fullmatch(r"\s*-?\d+(\.\d*)?([eE][-+]?\d+)?\s*", cell) for cell in row)


def read_mot(raw: list[list[str]], name: str) -> BoxTable:
    """MOT's boxes by frame.

    Raises:
        ResultsError: A line is none.
    """
    found: dict[int, list[GivenBox]] = {}
    for count, row in enumerate(raw, 1):
        where = f"{name}, line {count}"
        if len(row) < 6 or not _all_numbers(row[:6]):
            raise ResultsError(
                f"{where} is no line of MOT's.", "It must begin with frame,id,left,top,width,height."
            )
        frame, track = (whole(float(cell), where) for cell in row[:2])
        box = _box([float(cell) for cell in row[2:6]], where)
        _add(found, frame - 1, GivenBox(box, track if track >= 0 else None), where)
    return _table(name, found)


def sniff_given(raw: Any) -> bool:
    """Whether each entry has boxes."""
    return (
        isinstance(raw, dict)
        and bool(raw)
        and all(isinstance(one, dict) and "gt_bbox" in one for one in raw.values())
    )


def read_given(raw: Mapping[str, Any], name: str) -> BoxTable:
    """PHALP's boxes by frame.

    Raises:
        ResultsError: An entry is none.
    """
    found: dict[int, list[GivenBox]] = {}
    for key, entry in raw.items():
        digits = re.search(r"(\d{1,9})$", Path(str(key)).stem)
        if digits is None:
            raise ResultsError(
                f"{name}: nothing says which frame {key!r} is.", "Pictures are numbered from 1."
            )
        where = f"{name}, {key}"
        boxes = numbers(np.asarray(entry["gt_bbox"]).reshape(-1, 4), (-1, 4), f"{where}, gt_bbox")
        extra = entry.get("extra_data")
        ids = extra.get("gt_track_id", []) if isinstance(extra, dict) else []
        ids = list(ids) if len(ids) == len(boxes) else [None] * len(boxes)
        found.setdefault(int(digits.group(1)) - 1, [])
        for box, who in zip(boxes.tolist(), ids, strict=True):
            _add(found, int(digits.group(1)) - 1, GivenBox(_box(box, where), _who(who, where)), where)
    return _table(name, found)


def _who(value: Any, where: str) -> int | None:
    number = None if value is None else track_id(value, f"{where}, gt_track_id")
    return None if number is None or number < 0 else number


def _box(values: list[float], where: str) -> Box:
    left, top, width, height = numbers(values, (4,), where).tolist()
    if width <= 0 or height <= 0:
        raise ResultsError(f"{where}: a box of {width:g}×{height:g} px is none.", "Make the file again.")
    return left, top, left + width, top + height


def _add(found: dict[int, list[GivenBox]], frame: int, box: GivenBox, where: str) -> None:
    if frame < 0:
        raise ResultsError(f"{where}: frames are counted from 1.", "Make the file again.")
    found.setdefault(frame, []).append(box)


def _table(name: str, found: Mapping[int, list[GivenBox]]) -> BoxTable:
    for frame, boxes in found.items():
        named = [box.track for box in boxes if box.track is not None]
        if len(named) != len(set(named)):
            raise ResultsError(f"{name}: somebody is twice in frame {frame}.", "A track is once in a frame.")
    return BoxTable(name, {frame: tuple(found[frame]) for frame in sorted(found)})
