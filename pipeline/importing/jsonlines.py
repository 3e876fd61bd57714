"""Our own JSON lines, as `pipeline.formats.jsonlines` writes them: everything comes back.

``joints``, ``joints_2d`` and ``world`` follow from the rest and are not read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ResultsError
from pipeline.importing.checking import numbers, rle, rotations, track_id, whole
from pipeline.importing.content import Content, Given, Looks, ReadFrame
from pipeline.importing.inflating import MOST_BYTES, Tell, unheard
from pipeline.structures import (
    Detections,
    FrameFailure,
    FrameResult,
    Keypoints,
    Mask,
    People,
    Plan,
    Rejected,
    SmplParams,
)

VERSION = 1
_LONGEST = 64 * 2**20
_AGAIN = "Export it again."
Line = Mapping[str, Any]


def load(path: Path, tell: Tell = unheard) -> list[Line]:
    """The objects, one a line.

    Args:
        path: The file.
        tell: Hears how much of it was read.

    Raises:
        Cancelled: By `tell`.
        ResultsError: A line is none, or the file is too big.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ResultsError(f"{path.name} has more than {MOST_BYTES // 2**30} GB.", "Export ranges of it.")
    lines: list[Line] = []
    with path.open("rb") as file:
        for count, data in enumerate(iter(lambda: file.readline(_LONGEST), b""), 1):
            tell(min(1.0, file.tell() / max(1, size)))
            if data.strip():
                lines.append(_line(data, f"{path.name}, line {count}"))
    return lines


def _line(data: bytes, where: str) -> Line:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        cut = "" if data.endswith(b"\n") else ": it is cut off"
        raise ResultsError(f"{where} is no JSON{cut}.", _AGAIN) from error
    if not isinstance(value, dict):
        raise ResultsError(f"{where} is no object.", _AGAIN)
    return value


def sniff(raw: Any) -> bool:
    """Whether the first line says so."""
    return isinstance(raw, list) and bool(raw) and raw[0].get("format") == "retake-jsonl"


def read(raw: list[Line], given: Given) -> Content:
    """Frames, tracks and failures."""
    head, name = raw[0], given.path.name
    try:
        if int(head.get("version", 0)) > VERSION:
            raise ResultsError(f"{name} was written by a newer Retake.", "Update Retake, then import it.")
        video = head["video"]
        width, height = (whole(n, f"{name}, size") for n in video["size"])
        found = [_frame(line, (width, height), name) for line in given.each(_of(raw, "frame"))]
        frames = tuple(sorted(found, key=lambda frame: frame.number))
        looks = {track_id(line["track_id"], f"{name}, track"): _looks(line) for line in _of(raw, "track")}
        count = whole(video["frames"], f"{name}, frames")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResultsError(f"{name} is damaged ({type(error).__name__}: {error}).", _AGAIN) from error
    return Content(
        *("jsonl", name, given.digest, frames),
        size=(width, height),
        count=count,
        rate=float(video["rate"]),
        sourced=True,
        identity=str(video.get("index_hash", "")),
        looks=looks,
    )


def _of(lines: list[Line], kind: str) -> list[Line]:
    return [line for line in lines if line.get("type") == kind]


def _looks(line: Line) -> Looks:
    red, green, blue = (whole(n, "a colour") for n in line["color"])
    if not all(0 <= part < 256 for part in (red, green, blue)):
        raise ValueError("a colour is beyond 0 to 255")
    return Looks(str(line["name"]), (red, green, blue), bool(line["visible"]))


def _frame(line: Line, size: tuple[int, int], name: str) -> ReadFrame:
    number = whole(line["frame"], f"{name}, frame")
    time = float(line["time"])
    if "failure" in line:
        said = {**line["failure"], "frame_index": number}
        return ReadFrame(number, None, FrameFailure(**said), time)
    where = f"{name}, frame {number}"
    persons = line["people"]
    result = FrameResult(
        number,
        _people(line, persons, size, where),
        _rejected(line["rejected"], where),
        str(line["engine"]),
        Plan(**{**line["plan"], "notes": tuple(line["plan"].get("notes", ()))}),
        {str(step): float(seconds) for step, seconds in line.get("timings", {}).items()},
        whole(line.get("peak_memory", 0), f"{where}, peak_memory"),
    )
    return ReadFrame(
        number,
        result,
        None,
        time,
        tuple(None if one["track"] is None else track_id(one["track"], f"{where}, track") for one in persons),
        frozenset(slot for slot, one in enumerate(persons) if one["assigned_by"] == "reviewer"),
        {slot: one["made"] for slot, one in enumerate(persons) if one["made"] in ("filled", "smoothed")},
    )


def _people(line: Line, persons: list[Line], size: tuple[int, int], where: str) -> People:
    focal = float(numbers(line["focal_length"], (), f"{where}, focal_length"))
    masks = tuple(_mask(one["mask"], size, where) for one in persons)
    return People(
        Detections(
            _stack(persons, "box", (4,), numbers, where),
            _stack(persons, "score", (), numbers, where),
            masks if any(mask is not None for mask in masks) else (),
        ),
        SmplParams(
            _stack(persons, "global_orient", (3, 3), rotations, where),
            _stack(persons, "body_pose", (23, 3, 3), rotations, where),
            _stack(persons, "betas", (10,), numbers, where),
        ),
        _stack(persons, "cam_t", (3,), numbers, where),
        focal,
        size,
        str(line["body_model"]),
        np.zeros((len(persons), 0), np.float16),
        _keypoints(persons, where),
    )


def _stack(
    persons: list[Line], key: str, shape: tuple[int, ...], check: Callable[..., Any], where: str
) -> Any:
    found = [check(one[key], shape, f"{where}, {key}") for one in persons]
    return np.array(found, np.float32).reshape(-1, *shape)


def _mask(value: Any, size: tuple[int, int], where: str) -> Mask | None:
    return None if value is None else rle(value, size, f"{where}, mask")


def _keypoints(persons: list[Line], where: str) -> Keypoints | None:
    """An engine has them of everybody or of nobody."""
    given = [one["keypoints"] for one in persons]
    if not given or any(points is None for points in given):
        return None
    layouts = {str(points["layout"]) for points in given}
    if len(layouts) != 1:
        raise ValueError("keypoints of several layouts")
    return Keypoints(
        layouts.pop(),
        _points(given, "image", (2,), where),
        _points(given, "scores", (), where),
        _points(given, "body", (3,), where),
    )


def _points(given: list[Line], key: str, rest: tuple[int, ...], where: str) -> Any:
    """A null is one that the engine had no number for."""
    count = len(given[0]["scores"])
    found = np.array([one[key] for one in given], np.float32)
    numbers(np.nan_to_num(found), (len(given), count, *rest), f"{where}, keypoints")
    return found


def _rejected(values: list[Line], where: str) -> Rejected:
    return Rejected(
        _stack(values, "box", (4,), numbers, where),
        _stack(values, "score", (), numbers, where),
        tuple(str(one["reason"]) for one in values),
    )
