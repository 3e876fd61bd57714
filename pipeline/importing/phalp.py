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

from pipeline.camera.refocus import under
from pipeline.errors import ResultsError
from pipeline.importing.checking import numbers, rle, rotations, track_id, whole
from pipeline.importing.content import Content, Given, ReadFrame
from pipeline.structures import Detections, Float, FrameResult, Mask, People, Plan, Rejected, SmplParams

_FOCAL = 5000.0 / 256
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
    ages = _optional(entry, "tracked_time", count, 0)
    real = [slot for slot in range(count) if whole(ages[slot], f"{where}, tracked_time") == 0]
    ghosts = [slot for slot in range(count) if slot not in real]
    size = _size(lists["size"], where)
    people, conf = _people(entry, lists, real, size, body, where), _optional(entry, "conf", count, 1.0)
    rejected = Rejected(
        np.array([_box(lists["bbox"][slot], where) for slot in ghosts], np.float32).reshape(-1, 4),
        np.array([_score(conf[slot], where) for slot in ghosts], np.float32),
        tuple(_ghost(lists["tid"][slot], int(ages[slot])) for slot in ghosts),
    )
    made = _optional(entry, "extra_data", count, None)
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


def _optional(entry: Mapping[str, Any], field: str, count: int, default: Any) -> Sequence[Any]:
    values = entry.get(field)
    return values if isinstance(values, (list, tuple)) and len(values) == count else [default] * count


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


def _box(value: Any, where: str) -> Float:
    x, y, width, height = numbers(value, (4,), f"{where}, bbox")
    return np.array([x, y, x + width, y + height], np.float32)


def _score(value: Any, where: str) -> float:
    return float(np.clip(numbers(value, (), f"{where}, conf"), 0, 1))


def _track(value: Any, where: str) -> int | None:
    """PHALP counts from 0 or 1, the session from 1; `entering` finds a number that is free."""
    number = track_id(value, f"{where}, tid")
    return None if number < 0 else number


def _ghost(track: Any, age: int) -> str:
    if age < 0:
        return f"ghost of track {track}: filled in by LART"
    return f"ghost of track {track}: {age} {'frame' if age == 1 else 'frames'} since it was seen"


def _people(
    entry: Mapping[str, Any],
    lists: Mapping[str, Sequence[Any]],
    real: Sequence[int],
    size: tuple[int, int],
    body: str,
    where: str,
) -> People:
    count = len(lists["tid"])
    smpl = [_smpl(lists["smpl"][slot], f"{where}, track {lists['tid'][slot]}") for slot in real]
    conf = _optional(entry, "conf", count, 1.0)
    camera = [numbers(lists["camera"][slot], (3,), f"{where}, camera") for slot in real]
    people = People(
        Detections(
            np.array([_box(lists["bbox"][slot], where) for slot in real], np.float32).reshape(-1, 4),
            np.array([_score(conf[slot], where) for slot in real], np.float32),
            _masks(entry, real, count, size, where),
        ),
        SmplParams(
            *(
                np.array([one[part] for one in smpl], np.float32).reshape(-1, *shape)
                for part, shape in enumerate(((3, 3), (23, 3, 3), (10,)))
            )
        ),
        np.array(camera, np.float32).reshape(-1, 3),
        _FOCAL * max(size),
        size,
        body,
        _features(entry, real, count, where),
    )
    return under(people, _own_focal(entry, where))


def _own_focal(entry: Mapping[str, Any], where: str) -> float:
    """px, under which the people were run, as our own files say; else 0."""
    ours = entry.get("retake")
    if not isinstance(ours, dict) or "focal_length" not in ours:
        return 0.0
    return float(numbers(ours["focal_length"], (), f"{where}, focal_length"))


def _smpl(value: Any, where: str) -> tuple[Float, Float, Float]:
    if not isinstance(value, dict) or not {"global_orient", "body_pose", "betas"} <= value.keys():
        raise ResultsError(f"{where}: smpl lacks global_orient, body_pose or betas.", "The file is damaged.")
    root = np.asarray(value["global_orient"])
    return (
        rotations(root[0] if root.ndim == 3 and len(root) == 1 else root, (3, 3), f"{where}, global_orient"),
        rotations(value["body_pose"], (23, 3, 3), f"{where}, body_pose"),
        numbers(np.asarray(value["betas"]).reshape(-1), (10,), f"{where}, betas"),
    )


def _masks(
    entry: Mapping[str, Any], real: Sequence[int], count: int, size: tuple[int, int], where: str
) -> tuple[Mask | None, ...]:
    values, extra = _optional(entry, "mask", count, None), _optional(entry, "extra_data", count, None)
    masks = tuple(_mask(values[slot], extra[slot], size, where) for slot in real)
    return masks if any(mask is not None for mask in masks) else ()


def _mask(value: Any, extra: Any, size: tuple[int, int], where: str) -> Mask | None:
    """Our own files say where a mask is only the box."""
    if isinstance(extra, dict) and extra.get("mask_is_box") is True:
        return None
    one = value[0] if isinstance(value, (list, tuple)) and value else value
    return rle(one, size, f"{where}, mask") if isinstance(one, dict) else None


def _features(entry: Mapping[str, Any], real: Sequence[int], count: int, where: str) -> Any:
    values = _optional(entry, "appe", count, None)
    if not real or any(values[slot] is None for slot in real):
        return np.zeros((len(real), 0), np.float16)
    found = [numbers(np.asarray(values[slot]).reshape(-1), (-1,), f"{where}, appe") for slot in real]
    if len({len(one) for one in found}) > 1 or len(found[0]) > 1 << 16:
        raise ResultsError(f"{where}: appe differs in length.", "The file is damaged.")
    return np.clip(np.array(found), -65504, 65504).astype(np.float16)
