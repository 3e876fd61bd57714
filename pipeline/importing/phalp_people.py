"""The people of one frame of a PHALP file; see `pipeline.importing.phalp`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.camera.refocus import under
from pipeline.errors import ResultsError
from pipeline.importing.checking import numbers, rle, rotations
from pipeline.structures import Detections, Float, Mask, People, SmplParams

_FOCAL = 5000.0 / 256


def optional(entry: Mapping[str, Any], field: str, count: int, default: Any) -> Sequence[Any]:
    """One value a person of a list that may be missing."""
    values = entry.get(field)
    return values if isinstance(values, (list, tuple)) and len(values) == count else [default] * count


def box_of(value: Any, where: str) -> Float:
    """x1, y1, x2, y2 px from x, y, width, height."""
    x, y, width, height = numbers(value, (4,), f"{where}, bbox")
    return np.array([x, y, x + width, y + height], np.float32)


def score_of(value: Any, where: str) -> float:
    """In [0, 1]."""
    return float(np.clip(numbers(value, (), f"{where}, conf"), 0, 1))


def people_of(
    entry: Mapping[str, Any],
    lists: Mapping[str, Sequence[Any]],
    real: Sequence[int],
    size: tuple[int, int],
    body: str,
    where: str,
) -> People:
    """The people in some slots.

    Args:
        entry: The frame.
        lists: Those of its lists that must be there.
        real: The slots.
        size: (W, H) px.
        body: Id of the body they are for.
        where: File and frame, for messages.

    Raises:
        ResultsError: Something of them is not what it should be.
    """
    count = len(lists["tid"])
    smpl = [_smpl(lists["smpl"][slot], f"{where}, track {lists['tid'][slot]}") for slot in real]
    conf = optional(entry, "conf", count, 1.0)
    extra = optional(entry, "extra_data", count, None)
    smpl = [
        (*one[:2], _own(extra[slot], "body_betas", one[2], where))
        for slot, one in zip(real, smpl, strict=True)
    ]
    camera = [
        numbers(lists["camera"][slot], (3,), f"{where}, camera")
        - _own(extra[slot], "pelvis_shift", np.zeros(3, np.float32), where)
        for slot in real
    ]
    people = People(
        Detections(
            np.array([box_of(lists["bbox"][slot], where) for slot in real], np.float32).reshape(-1, 4),
            np.array([score_of(conf[slot], where) for slot in real], np.float32),
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


def _own(extra: Any, key: str, usual: Float, where: str) -> Float:
    """What our own files say of bodies that are not SMPL's, besides what readers draw."""
    if not isinstance(extra, dict) or key not in extra:
        return usual
    return numbers(extra[key], usual.shape, f"{where}, {key}")


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
    values, extra = optional(entry, "mask", count, None), optional(entry, "extra_data", count, None)
    masks = tuple(_mask(values[slot], extra[slot], size, where) for slot in real)
    return masks if any(mask is not None for mask in masks) else ()


def _mask(value: Any, extra: Any, size: tuple[int, int], where: str) -> Mask | None:
    """Our own files say where a mask is only the box."""
    if isinstance(extra, dict) and extra.get("mask_is_box") is True:
        return None
    one = value[0] if isinstance(value, (list, tuple)) and value else value
    return rle(one, size, f"{where}, mask") if isinstance(one, dict) else None


def _features(entry: Mapping[str, Any], real: Sequence[int], count: int, where: str) -> Any:
    values = optional(entry, "appe", count, None)
    if not real or any(values[slot] is None for slot in real):
        return np.zeros((len(real), 0), np.float16)
    found = [numbers(np.asarray(values[slot]).reshape(-1), (-1,), f"{where}, appe") for slot in real]
    if len({len(one) for one in found}) > 1 or len(found[0]) > 1 << 16:
        raise ResultsError(f"{where}: appe differs in length.", "The file is damaged.")
    return np.clip(np.array(found), -65504, 65504).astype(np.float16)
