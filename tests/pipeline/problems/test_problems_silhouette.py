"""Masks against bodies: the small drawing against the whole one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fakes_people import people_at
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from pipeline.masks import encode_mask
from pipeline.problems.observed import Sheet
from pipeline.problems.silhouette import _runs, mask_overlaps
from pipeline.smpl import builtin_body, project
from pipeline.structures import Detections, People

SIZE, FOCAL = (640, 480), 600.0


def find(body_id: str):
    return builtin_body() if body_id == builtin_body().id else None


def drawn(people: People, slot: int, shift: int = 0) -> np.ndarray:
    """(H, W) what the body covers, triangle by triangle."""
    body, mask = builtin_body(), np.zeros(SIZE[::-1], np.uint8)
    pixels = project(body.meshes(people).vertices[slot], FOCAL, SIZE)
    for corners in np.round(pixels[body.faces] + np.float32([shift, 0])).astype(np.int32):
        cv2.fillConvexPoly(mask, corners, 1)
    return mask.astype(bool)


def sheet(masks: list[np.ndarray | None], positions, seed=0) -> Sheet:
    people = people_at(positions, seed=seed, size=SIZE, focal=FOCAL, masks=False)
    codes = tuple(None if mask is None else encode_mask(mask) for mask in masks)
    found = Detections(people.detections.boxes, people.detections.scores, codes)
    values = {name: getattr(people, name) for name in People.__slots__} | {"detections": found}
    count = len(people)
    return Sheet(0, np.arange(count), np.arange(1, count + 1), People(**values))


def bodies(positions, seed=0) -> People:
    return people_at(positions, seed=seed, size=SIZE, focal=FOCAL, masks=False)


@settings(max_examples=60)
@given(hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)))
def test_runs_are_those_of_coco(mask):
    runs = _runs(encode_mask(mask))
    flat = mask.ravel(order="F")
    read = np.searchsorted(runs, np.arange(flat.size), side="right") % 2 == 1
    assert (read == flat).all()


def test_long_runs_are_read():
    mask = np.zeros((1080, 1920), bool)
    mask[200:900, 700:1500] = True
    assert _runs(encode_mask(mask))[-1] == mask.size


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("depth", [2.5, 4.0, 12.0])
def test_a_body_covers_its_own_mask(seed, depth):
    where = [(0.1, 0.0, depth)]
    mask = drawn(bodies(where, seed), 0)
    assert mask_overlaps(sheet([mask], where, seed), find)[0] > 0.8


def test_a_mask_beside_is_seen():
    where = [(0.0, 0.0, 4.0)]
    beside = drawn(bodies(where), 0, shift=60)
    assert mask_overlaps(sheet([beside], where), find)[0] < 0.4


def test_what_hides_somebody_is_not_held_against_them():
    where = [(0.0, 0.0, 3.0), (0.15, 0.0, 5.0)]
    people = bodies(where)
    front, back = drawn(people, 0), drawn(people, 1)
    alone = mask_overlaps(sheet([None, back & ~front], where), find)[1]
    both = mask_overlaps(sheet([front, back & ~front], where), find)[1]
    assert both > 0.65 > alone


def test_without_masks_or_body_nothing_is_measured():
    where = [(0.0, 0.0, 4.0)]
    assert np.isnan(mask_overlaps(sheet([None], where), find)).all()
    mask = drawn(bodies(where), 0)
    assert np.isnan(mask_overlaps(sheet([mask], where), lambda body_id: None)).all()


def test_a_body_outside_the_picture_or_behind_the_camera_is_passed_over():
    whole = np.ones(SIZE[::-1], bool)
    outside = mask_overlaps(sheet([whole, whole], [(0.0, 0.0, -3.0), (40.0, 0.0, 3.0)]), find)
    assert np.isnan(outside).all()
