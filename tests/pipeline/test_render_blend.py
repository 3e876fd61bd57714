from __future__ import annotations

import numpy as np
import pytest

from pipeline.render import blend
from pipeline.render.blend import lay_over, lay_under
from pipeline.structures import Overlay


def random_overlay(shape, seed=0):
    random = np.random.default_rng(seed)
    alpha = random.integers(0, 256, (*shape, 1))
    return np.concatenate([(random.random((*shape, 3)) * (alpha + 1)).astype(int), alpha], 2).astype(np.uint8)


def exact(rgba, image):
    remaining = 255 - rgba[..., 3:].astype(int)
    return (rgba[..., :3] + np.rint(image * remaining / 255)).astype(np.uint8)


def test_every_alpha_over_every_value_is_rounded_exactly():
    alpha, value = np.meshgrid(np.arange(256), np.arange(256))
    rgba = np.stack([alpha // 2, alpha, alpha * 0, alpha], -1).astype(np.uint8)
    image = np.stack([value] * 3, -1).astype(np.uint8)
    np.testing.assert_array_equal(blend(image, Overlay(0, rgba.copy())), exact(rgba, image))


def test_only_what_is_covered_changes():
    image = np.random.default_rng(1).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    rgba = np.zeros((40, 60, 4), np.uint8)
    rgba[5:9, 10:30] = random_overlay((4, 20))
    blended = blend(image, Overlay(0, rgba.copy()))
    np.testing.assert_array_equal(blended, exact(rgba, image))
    assert not np.shares_memory(blended, image)


def test_nothing_over_a_picture_is_the_picture():
    image = np.full((4, 6, 3), 77, np.uint8)
    np.testing.assert_array_equal(blend(image, Overlay(0, np.zeros((4, 6, 4), np.uint8))), image)


def test_a_read_only_picture_can_be_blended():
    image = np.full((4, 6, 3), 77, np.uint8)
    image.flags.writeable = False
    assert (blend(image, Overlay(0, np.full((4, 6, 4), 255, np.uint8))) == 255).all()


def test_another_size_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        blend(np.zeros((4, 6, 3), np.uint8), Overlay(0, np.zeros((6, 4, 4), np.uint8)))


def test_laying_over_and_under_are_the_same_thing_seen_from_two_sides():
    one, other = random_overlay((9, 7), 1), random_overlay((9, 7), 2)
    below, above = one.copy(), other.copy()
    lay_over(below, other)
    lay_under(above, one)
    np.testing.assert_array_equal(below, above)
    assert (below[..., :3] <= below[..., 3:].astype(int) + 1).all()
