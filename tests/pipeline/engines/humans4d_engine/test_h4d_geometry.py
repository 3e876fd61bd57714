"""Crops, masks and cameras, against the whole picture and against references written the long way."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from torch.nn.functional import grid_sample

from pipeline.engines.humans4d.camera import CROP, FOCAL_OF_CROP, camera_of_picture, focal_length_for
from pipeline.engines.humans4d.crops import SIZE, BoxMask, Square, crop, crops, mask_crop, square_of
from pipeline.engines.humans4d.masks import box_mask, encoded
from pipeline.masks import decode_mask

MEAN, STD = np.array([0.485, 0.456, 0.406]) * 255, np.array([0.229, 0.224, 0.225]) * 255
BOXES = {
    "small": (100.0, 40.0, 160.0, 190.0),
    "nearly blurred": (20.0, 20.0, 200.0, 580.0),
    "large": (300.0, 10.0, 780.0, 790.0),
    "larger than the picture": (-400.0, -900.0, 1400.0, 1900.0),
    "over a corner": (-300.0, -500.0, 350.0, 420.0),
    "over the other corner": (500.0, 300.0, 1300.0, 1500.0),
    "wide": (30.0, 300.0, 850.0, 420.0),
}


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (800, 900, 3)).astype(np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 1.0)


def grey_levels(patch):
    """(256, 256, 3) of a normalised crop."""
    return patch.transpose(1, 2, 0) * STD + MEAN


def upstreams_way(image, square):
    """Blur all of the picture, then cut the crop out of it."""
    blurred, reduction = image, square.side / SIZE / 2
    if reduction > 1.1:
        sigma = (reduction - 1) / 2
        blurred = gaussian_filter(blurred.astype(np.float64), (sigma, sigma, 0), mode="nearest", truncate=4.0)
        blurred = blurred.astype(np.float32)
    half, (x, y) = square.side / 2, square.center
    here = np.array([[x, y], [x, y + half], [x + half, y]], np.float32)
    there = np.array([[128, 128], [128, 256], [256, 128]], np.float32)
    return cv2.warpAffine(blurred, cv2.getAffineTransform(here, there), (SIZE, SIZE), flags=cv2.INTER_LINEAR)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_a_crop_is_that_of_the_whole_picture_blurred(picture, box):
    square = square_of(box)
    reference = upstreams_way(picture, square)
    np.testing.assert_allclose(grey_levels(crop(picture, square)), reference, atol=1e-3)


def test_crops_of_nobody_and_of_several(picture):
    assert crops(picture, [square_of(BOXES["small"])] * 2).shape == (2, 3, SIZE, SIZE)


def test_a_box_beside_the_picture_is_black(picture):
    patch = crop(picture, square_of((5000.0, 5000.0, 6500.0, 7000.0)))
    np.testing.assert_allclose(grey_levels(patch), 0, atol=1e-3)


@given(st.tuples(*[st.floats(-2000, 4000, width=32)] * 2), st.tuples(*[st.floats(0, 3000, width=32)] * 2))
def test_a_square_holds_its_box_at_three_to_four(corner, extent):
    x, y = corner
    width, height = (max(side, 1.0) for side in extent)
    square = square_of((x, y, x + extent[0], y + extent[1]))
    wanted = height if width < 0.75 * height else width / 0.75
    assert square.side == pytest.approx(wanted, rel=1e-3, abs=1e-2)
    np.testing.assert_allclose(square.center, [x + extent[0] / 2, y + extent[1] / 2], atol=0.01)


cameras = st.tuples(st.floats(0.3, 2.0), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))


@given(
    cameras, st.tuples(st.floats(0, 1900), st.floats(0, 1000)), st.floats(60, 1500),
    st.tuples(st.floats(-0.5, 0.5), st.floats(-0.9, 0.9)), st.floats(0, 60000),
)  # fmt: skip
@settings(max_examples=200)
def test_both_cameras_see_the_bodys_origin_plane_at_the_same_pixel(camera, center, side, point, chosen):
    """Of a point in the plane of the body's origin both cameras agree; of others as far as lenses are long."""
    size = (1920, 1088)
    focal = focal_length_for(size, chosen if chosen > 100 else 0.0)
    scale, shift_x, shift_y = camera
    full = camera_of_picture(
        np.array([camera], np.float32),
        np.array([center], np.float32),
        np.array([side], np.float32),
        size,
        focal,
    )[0].astype(np.float64)
    seen = (np.array(point) + full[:2]) / full[2] * focal + np.array(size) / 2
    depth = 2 * FOCAL_OF_CROP / (CROP * scale)
    in_crop = (np.array(point) + np.array([shift_x, shift_y])) / depth * FOCAL_OF_CROP / CROP
    np.testing.assert_allclose(in_crop * side + center, seen, atol=0.05)


def test_the_focal_length_is_the_chosen_one_or_upstreams():
    assert focal_length_for((1920, 1088), 1234.0) == 1234.0
    assert focal_length_for((1920, 1088), 0.0) == 5000 / 256 * 1920


def grid_sampled(probabilities, box, size):
    """The mask of a whole picture, as detectron2 pastes it: sampled at the middle of every pixel."""
    x1, y1, x2, y2 = box
    x = (torch.arange(size[0]) + 0.5 - x1) / (x2 - x1) * 2 - 1
    y = (torch.arange(size[1]) + 0.5 - y1) / (y2 - y1) * 2 - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[None].float()
    sampled = grid_sample(torch.from_numpy(probabilities)[None, None], grid, align_corners=False)
    return sampled[0, 0].numpy()


@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.floats(-30, 90), st.floats(-30, 60)),
    st.tuples(st.floats(2, 80), st.floats(2, 60)),
)
@settings(max_examples=60, deadline=None)
def test_a_mask_is_stretched_over_its_box_as_grid_sample_does(seed, corner, extent):
    size, rng = (100, 70), np.random.default_rng(seed)
    probabilities = rng.random((28, 28)).astype(np.float32)
    box = (*corner, corner[0] + extent[0], corner[1] + extent[1])
    whole = decode_mask(encoded(box_mask(probabilities, box, size), size)).astype(bool)
    reference = grid_sampled(probabilities, box, size)
    sure = np.abs(reference - 0.5) > 1e-3
    np.testing.assert_array_equal(whole[sure], (reference >= 0.5)[sure])


def test_a_mask_of_an_empty_box_is_empty():
    mask = box_mask(np.ones((28, 28), np.float32), (10, 10, 10, 40), (100, 70))
    assert mask.inside.size == 0
    assert not decode_mask(encoded(mask, (100, 70))).any()
    assert mask_crop(mask, Square(np.array([50, 30], np.float32), 60.0)).all()


def test_a_masks_crop_is_its_whole_pictures(picture):
    inside = np.random.default_rng(0).random((200, 120)) > 0.3
    mask = BoxMask(300, 250, inside)
    whole = np.zeros((800, 900), np.uint8)
    whole[250:450, 300:420] = inside * 255
    square = square_of((290.0, 240.0, 430.0, 460.0))
    half, (x, y) = square.side / 2, square.center
    here = np.array([[x, y], [x, y + half], [x + half, y]], np.float32)
    there = np.array([[128, 128], [128, 256], [256, 128]], np.float32)
    warped = cv2.warpAffine(whole, cv2.getAffineTransform(here, there), (SIZE, SIZE))
    found = mask_crop(mask, square)
    assert set(np.unique(found)) <= {0.0, 1.0}
    assert (found != (warped > 0)).mean() < 1e-3
