from __future__ import annotations

import itertools

import numpy as np
import pytest

from pipeline.palette import NO_TRACK, PALETTE, track_color

VISION = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.1523, 1.0526, -0.205], [0.1145, 0.7863, 0.099], [-0.0039, -0.0481, 1.0520]]),
    "deuteranopia": np.array(
        [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9690]]
    ),
    "tritanopia": np.array([[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]),
}


def lab(color, vision):
    srgb = np.array(color) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(VISION[vision] @ linear, 0, 1) / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_any_two_colours_can_be_told_apart(vision):
    seen = [lab(color, vision) for color in PALETTE]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 15


def test_each_is_seen_on_a_light_and_a_dark_window():
    assert all(44 < lab(color, "normal")[0] < 91 for color in (*PALETTE, NO_TRACK))


def test_tracks_count_from_one_and_colours_repeat():
    assert track_color(1) == PALETTE[0]
    assert track_color(13) == track_color(1) != track_color(2)
