"""How well bodies cover the masks of people, at the size of a thumbnail."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from pipeline.problems.observed import FindBody, Flags, Sheet
from pipeline.smpl.body import BodyModel, project
from pipeline.structures import Float, Int, Mask, SmplParams

_SPACING = 0.03  # m: one vertex is drawn of each cube of that size
_CELLS = 96  # along the longer side of a person; a body that fits perfectly reaches 0.84 to 0.95
_CLOSING = 5  # cells that lie between neighbouring vertices, at most


def mask_overlaps(sheet: Sheet, find_body: FindBody) -> Float:
    """(N,) intersection over union of each person's mask and body; NaN where there is no mask or no body.

    What another person's mask covers is left out: it may hide the body.
    """
    overlaps = np.full(len(sheet.slots), np.nan, np.float32)
    masks = [None if mask is None else _runs(mask) for mask in sheet.masks()]
    body = find_body(sheet.people.body_model)
    if body is None or not any(run is not None for run in masks):
        return overlaps
    pixels = _outer_pixels(body, sheet)
    for row, run in enumerate(masks):
        if run is not None and np.isfinite(pixels[row]).all():
            others = [one for place, one in enumerate(masks) if place != row and one is not None]
            box = sheet.people.detections.boxes[sheet.slots[row]]
            overlaps[row] = _overlap(run, pixels[row], box, sheet.people.image_size, others)
    return overlaps


@lru_cache(maxsize=4)
def _thin(body: BodyModel) -> BodyModel:
    """The body with a few of its vertices, without the corrections by pose: millimetres."""
    boxes = np.floor(body.v_template / _SPACING).astype(np.int64)
    _boxes, some = np.unique(boxes, axis=0, return_index=True)
    return replace(
        body,
        v_template=body.v_template[some],
        weights=np.ascontiguousarray(body.weights[some]),
        shapedirs=np.ascontiguousarray(body.shapedirs[some]),
        posedirs=None,
    )


def _outer_pixels(body: BodyModel, sheet: Sheet) -> Float:
    """(N, V, 2) px of the thinned skins; NaN for people who are not in front of the camera."""
    people, slots, thin = sheet.people, sheet.slots, _thin(body)
    smpl = people.smpl
    chosen = SmplParams(smpl.global_orient[slots], smpl.body_pose[slots], smpl.betas[slots])
    placed = thin.skin(chosen)[0] + people.cam_t[slots, None]
    pixels = project(placed, people.focal_length, people.image_size)
    pixels[placed[..., 2].min(1) <= 0] = np.nan
    return pixels


def _overlap(run: Int, pixels: Float, box: Float, size: tuple[int, int], others: list[Int]) -> float:
    """Both on a grid over the body and the box, as far as that lies in the picture."""
    low = np.maximum(np.minimum(pixels.min(0), box[:2]), 0)
    high = np.minimum(np.maximum(pixels.max(0), box[2:]), size)
    if (high - low < 2).any():
        return float("nan")
    cell = max(float((high - low).max()) / _CELLS, 1.0)
    shape = np.ceil((high - low) / cell).astype(int)
    body, mask = _drawn(pixels, low, cell, shape), _sampled(run, low, cell, shape, size)
    hidden = np.zeros_like(mask)
    for other in others:
        hidden |= _sampled(other, low, cell, shape, size)
    body &= ~(hidden & ~mask)
    union = int((body | mask).sum())
    return int((body & mask).sum()) / union if union else float("nan")


def _drawn(pixels: Float, low: Float, cell: float, shape: Int) -> Flags:
    """(h, w) the body on the grid: its vertices, and what lies between them."""
    import cv2

    width, height = shape.tolist()
    places = ((pixels - low) / cell).astype(np.int32)
    inside = ((places >= 0) & (places < shape)).all(1)
    grid = np.zeros((height, width), np.uint8)
    grid[places[inside, 1], places[inside, 0]] = 1
    kernel = np.ones((_CLOSING, _CLOSING), np.uint8)
    return np.asarray(cv2.morphologyEx(grid, cv2.MORPH_CLOSE, kernel)).astype(bool)


def _sampled(run: Int, low: Float, cell: float, shape: Int, size: tuple[int, int]) -> Flags:
    """(h, w) a mask at the middles of the grid's cells, read from its runs."""
    width, height = shape.tolist()
    x = np.minimum(low[0] + (np.arange(width) + 0.5) * cell, size[0] - 1).astype(np.int64)
    y = np.minimum(low[1] + (np.arange(height) + 0.5) * cell, size[1] - 1).astype(np.int64)
    places = x[None] * size[1] + y[:, None]
    return np.asarray(np.searchsorted(run, places, side="right") % 2 == 1)


def _runs(mask: Mask) -> Int:
    """Where the runs of a mask end, counted down the columns; the first run is outside.

    COCO's compressed code (`rleFrString` in pycocotools' maskApi.c), read with numpy: a number is a sequence of 5 bits
    and a bit that says whether more follow, with a sign; from the fourth on it is the difference to the
    number two before.
    """
    codes = np.frombuffer(mask.counts, np.uint8).astype(np.int64) - 48
    ends = np.flatnonzero(codes & 0x20 == 0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(len(codes)) - np.repeat(starts, ends - starts + 1)
    numbers = np.add.reduceat((codes & 0x1F) << 5 * place, starts) if len(starts) else starts
    negative = codes[ends] & 0x10 != 0
    numbers = np.where(negative, numbers - (1 << 5 * (ends - starts + 1)), numbers)
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    ended: Int = np.cumsum(numbers)
    return ended
