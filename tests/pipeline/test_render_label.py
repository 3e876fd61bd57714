from __future__ import annotations

import numpy as np
import pytest

from pipeline.palette import NO_TRACK, PALETTE
from pipeline.render.label import label, readable_on


def luminance(color):
    srgb = np.array(color) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)


@pytest.mark.parametrize("color", [*PALETTE, NO_TRACK, (0, 0, 0), (255, 255, 255)])
def test_letters_can_be_read_on_every_colour(color):
    dark, light = sorted([luminance(color), luminance(readable_on(color))])
    assert (light + 0.05) / (dark + 0.05) > 3.9


def test_letters_are_smooth_and_the_pill_has_its_colour():
    pill = label("Person 1", PALETTE[0], 1.0)
    assert tuple(pill[pill.shape[0] // 2, 3]) == (*PALETTE[0], 255)
    assert len(np.unique(pill[..., 0])) > 20


def test_it_is_drawn_once():
    assert label("Ana", PALETTE[0], 1.0) is label("Ana", PALETTE[0], 1.0)


def test_larger_pictures_have_larger_letters():
    heights = [label("Ana", PALETTE[0], scale).shape[0] for scale in (0.35, 1.0, 2.0)]
    assert heights[0] < heights[1] < heights[2]


def test_long_names_are_cut():
    assert label("x" * 28, PALETTE[0], 1.0).shape[1] < label("W" * 300, PALETTE[0], 1.0).shape[1] < 900


def test_marks_differ_by_more_than_colour():
    plain = label("Ana", PALETTE[0], 1.0)
    edited = label("Ana", PALETTE[0], 1.0, edited=True)
    selected = label("Ana", PALETTE[0], 1.0, selected=True)
    assert edited.shape[1] > plain.shape[1] + 10
    assert selected.shape[0] > plain.shape[0]
    rim = selected[selected.shape[0] // 2, :4].astype(int)
    assert rim[0, :3].min() > 240
    assert rim[2, :3].max() < 40


def test_colours_are_premultiplied():
    pill = label("Ana", PALETTE[3], 1.0, selected=True)
    assert (pill[..., :3] <= pill[..., 3:]).all()


@pytest.mark.parametrize("text", ["", "é漢字🏃", "a\nb"])
def test_any_text_can_be_drawn(text):
    assert label(text, PALETTE[0], 1.0).size
