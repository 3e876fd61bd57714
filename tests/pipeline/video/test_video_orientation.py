"""Rotation and mirroring, on pixels and sizes."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from fakes_clips import HEIGHT, WIDTH, encode, number_in, picture, turn, x264

from pipeline.video import open_video
from pipeline.video.orientation import Orientation, orientation_from

# How players show pixel (p, q): at (a p + c q, b p + d q). With it, what is done to an upright picture
# before it is stored, so that it is upright again when shown.
CASES = {
    "upright": ((1, 0, 0, 1), lambda im: im, 0),
    "clockwise": ((0, 1, -1, 0), lambda im: np.rot90(im, 1), 270),
    "upside down": ((-1, 0, 0, -1), lambda im: np.rot90(im, 2), 180),
    "counterclockwise": ((0, -1, 1, 0), lambda im: np.rot90(im, 3), 90),
    "mirrored": ((-1, 0, 0, 1), lambda im: im[:, ::-1], 0),
    "flipped": ((1, 0, 0, -1), lambda im: im[::-1], 180),
    "transposed": ((0, 1, 1, 0), lambda im: im.transpose(1, 0, 2), 90),
}


@pytest.mark.parametrize("case", CASES)
def test_pictures_are_shown_upright(tmp_path, case):
    matrix, store, rotation = CASES[case]
    path = tmp_path / "turned.mp4"
    encode(path, 20, options=x264(10), draw=lambda i: np.ascontiguousarray(store(picture(i + 1000))))
    turn(path, *matrix)
    video = open_video(path)
    assert video.info.size == (WIDTH, HEIGHT)
    assert video.info.rotation == rotation
    for i in (13, 2, 19):
        image = video.frame(i).image
        assert image.shape == (HEIGHT, WIDTH, 3)
        assert number_in(image) == i + 1000
    video.close()


@pytest.mark.parametrize("case", CASES)
def test_size_and_pixels_agree(case):
    a, b, c, d = CASES[case][0]
    how = orientation_from(struct.pack("9i", a, b, 0, c, d, 0, 0, 0, 1))
    stored = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    shown = how.apply(stored)
    assert how.size(6, 4) == (shown.shape[1], shown.shape[0])
    left, top = min(0, a * 5, c * 3, a * 5 + c * 3), min(0, b * 5, d * 3, b * 5 + d * 3)
    for q in range(4):
        for p in range(6):
            x, y = a * p + c * q - left, b * p + d * q - top
            assert (shown[y, x] == stored[q, p]).all()


def test_an_empty_matrix_turns_nothing():
    assert orientation_from(bytes(36)) == Orientation()
