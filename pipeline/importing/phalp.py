"""PHALP's and 4D-Humans' results, as `pipeline.formats.phalp` describes them.

Read are ``tid``, ``bbox``, ``tracked_time``, ``conf``, ``smpl``, ``camera``, ``size``, ``mask`` and ``appe``, and
of our own files ``source_frame`` and ``retake``. A person with ``tracked_time`` above 0 was not seen in that
frame: PHALP copies what it last saw. LART writes -1 for these, and tensors in place of poses. They are kept as
rejected people.
``camera`` is for the focal length 5000 / 256 * max(H, W) px, which the people keep; our own files say which they had.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from pipeline.errors import ResultsError
from pipeline.importing.checking import track_id, whole
from pipeline.importing.content import Content, Given, ReadFrame
from pipeline.importing.phalp_people import box_of, optional, people_of, score_of
from pipeline.structures import FrameResult, Plan, Rejected

_NEEDED = ("tid", "bbox", "smpl", "camera", "size")


def sniff(raw: Any) -> bool:
    """Whether it is a dictionary of frames with tracks and bodies."""
    if not isinstance(raw, dict) or not raw:
        return False
    frames = [frame for frame in raw.values() if isinstance(frame, dict)]
    return bool(frames) and all("tid" in frame and "smpl" in frame for frame in frames)


def read(raw: Any, given: Given) -> Content:
    """The people of each frame."""
    entries = [(str(key), entry) for key, entry in raw.items()]
    ours = all("source_frame" in entry for _, entry in entries)
    body = _body(entries, given)
    frames = [_frame(key, entry, body, given.path.name) for key, entry in given.each(entries)]
    frames.sort(key=lambda frame: frame.number)
    sizes = {frame.result.people.image_size for frame in frames if frame.result and len(frame.result.people)}
    if len(sizes) > 1:
        raise ResultsError(
            f"{given.path.name} holds pictures of {len(sizes)} sizes: "
            f"{', '.join(f'{w}×{h}' for w, h in sorted(sizes))}.",
            "Results of one video have one size. Was it made of a folder of unlike pictures?",
        )
    return Content(
        "phalp",
        given.path.name,
        given.digest,
        tuple(frames),
        size=next(iter(sizes), None),
        count=None if ours else len(frames),
        sourced=ours,
        notices=() if ours else _shifted(entries, frames),
    )


def _body(entries: Sequence[tuple[str, Mapping[str, Any]]], given: Given) -> str:
    said = {
        str(entry["retake"].get("body_model"))
        for _, entry in entries
        if isinstance(entry.get("retake"), dict)
    }
    if len(said) > 1:
        raise ResultsError(f"{given.path.name} holds bodies of {len(said)} models.", "Export each by itself.")
    return next(iter(said), "") or given.place.smpl_body("neutral")[0]


def _frame(key: str, entry: Mapping[str, Any], body: str, name: str) -> ReadFrame:
    number = _number(key, entry, name)
    where = f"{name}, frame {number}"
    lists = {field: _listed(entry, field, where) for field in _NEEDED}
    count = len(lists["tid"])
    for field, values in lists.items():
        if len(values) != count:
            raise ResultsError(
                f"{where}: {count} tracks, but {len(values)} of {field}.", "The file is damaged."
            )
    ages = optional(entry, "tracked_time", count, 0)
    real = [slot for slot in range(count) if whole(ages[slot], f"{where}, tracked_time") == 0]
    ghosts = [slot for slot in range(count) if slot not in real]
    size = _size(lists["size"], where)
    people, conf = people_of(entry, lists, real, size, body, where), optional(entry, "conf", count, 1.0)
    rejected = Rejected(
        np.array([box_of(lists["bbox"][slot], where) for slot in ghosts], np.float32).reshape(-1, 4),
        np.array([score_of(conf[slot], where) for slot in ghosts], np.float32),
        tuple(_ghost(lists["tid"][slot], int(ages[slot])) for slot in ghosts),
    )
    made = optional(entry, "extra_data", count, None)
    said = [extra if isinstance(extra, dict) else {} for extra in (made[slot] for slot in real)]
    source = entry.get("source_time")
    return ReadFrame(
        number,
        FrameResult(
            number,
            people,
            rejected,
            _engine(entry),
            Plan(device="", masks=bool(people.detections.masks)),
            {},
            0,
        ),
        time=float(source) if isinstance(source, (int, float)) else None,
        tracks=tuple(_track(lists["tid"][slot], where) for slot in real),
        reviewed=frozenset(k for k, extra in enumerate(said) if extra.get("assigned_by_reviewer") is True),
        made={
            k: str(extra["made"])
            for k, extra in enumerate(said)
            if extra.get("made") in ("filled", "smoothed")
        },
        ghosts=len(ghosts),
    )


def _engine(entry: Mapping[str, Any]) -> str:
    ours = entry.get("retake")
    return str(ours.get("engine", "")) if isinstance(ours, dict) else ""


def _number(key: str, entry: Mapping[str, Any], name: str) -> int:
    """Of the source frame, else the order in which PHALP went, else the number of the picture, from 1."""
    for field in ("source_frame", "time"):
        if field in entry:
            return whole(entry[field], f"{name}, {key}, {field}")
    pictured = _pictured(key)
    if pictured is None:
        raise ResultsError(
            f"{name}: nothing says which frame {key!r} is.", "It has neither time nor a numbered picture."
        )
    return pictured


def _pictured(key: str) -> int | None:
    digits = re.search(r"(\d{1,9})$", PurePosixPath(key.replace("\\", "/")).stem)
    return int(digits.group(1)) - 1 if digits else None


def _shifted(
    entries: Sequence[tuple[str, Mapping[str, Any]]], frames: Sequence[ReadFrame]
) -> tuple[str, ...]:
    """Pictures numbered unlike frames: a part of a video was run."""
    pictured = sorted(number for key, _ in entries if (number := _pictured(key)) is not None)
    if len(pictured) != len(frames) or not frames or pictured[0] <= frames[0].number:
        return ()
    offset = pictured[0] - frames[0].number
    return (
        f"Its pictures are numbered from {pictured[0] + 1}: if a part of the video was run, its offset is {offset}.",
    )


def _listed(entry: Mapping[str, Any], field: str, where: str) -> Sequence[Any]:
    values = entry.get(field, [])
    if not isinstance(values, (list, tuple)):
        raise ResultsError(f"{where}: {field} is no list.", "The file is damaged, or of another program.")
    return values


def _size(sizes: Sequence[Any], where: str) -> tuple[int, int]:
    found = {tuple(whole(n, f"{where}, size") for n in _flat(size)) for size in sizes}
    if not found:
        return 0, 0  # nobody there: the video's own is taken
    if len(found) > 1 or len(next(iter(found))) != 2 or not all(0 < n < 100_000 for n in next(iter(found))):
        raise ResultsError(f"{where}: the size {sorted(found)} is none.", "It must be [height, width] in px.")
    height, width = next(iter(found))
    return width, height


def _flat(value: Any) -> list[Any]:
    return np.asarray(value).reshape(-1).tolist()[:4]


def _track(value: Any, where: str) -> int | None:
    """PHALP counts from 0 or 1, the session from 1; `entering` finds a number that is free."""
    number = track_id(value, f"{where}, tid")
    return None if number < 0 else number


def _ghost(track: Any, age: int) -> str:
    if age < 0:
        return f"ghost of track {track}: filled in by LART"
    return f"ghost of track {track}: {age} {'frame' if age == 1 else 'frames'} since it was seen"
