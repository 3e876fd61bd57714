from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_scene import busy_scene, scene

from pipeline.render import Layers, create_renderer
from pipeline.render.annotate import LEFT, RIGHT, _overlap, _place_labels
from pipeline.render.canvas import Canvas
from pipeline.structures import Rejected

NOTHING = Layers(meshes=False, silhouettes=False, labels=False)
PILL = np.full((20, 60, 4), 255, np.uint8)


def drawn(what, **layers):
    return create_renderer("software").render(what, replace(NOTHING, **layers)).rgba


def canvas(width=400, height=300):
    return Canvas(np.zeros((height, width, 4), np.uint8))


def bounds(rgba):
    rows, columns = np.nonzero(rgba[..., 3])
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def box(*values):
    return np.array(values, np.float32)


def test_a_label_stands_above_the_box_in_the_middle():
    sheet = canvas()
    _place_labels(sheet, [(box(100, 100, 200, 280), PILL)])
    x0, _, x1, y1 = bounds(sheet.rgba)
    assert (x0 + x1) / 2 == 150
    assert 90 < y1 < 100


@pytest.mark.parametrize(
    "where", [(-80, -90, 20, 50), (390, 290, 480, 400), (100, 2, 200, 299), (-9e3, 0, 9e3, 9e3)]
)
def test_a_label_stays_inside_the_picture(where):
    sheet = canvas()
    _place_labels(sheet, [(box(*where), PILL)])
    x0, y0, x1, y1 = bounds(sheet.rgba)
    assert (x1 - x0, y1 - y0) == (60, 20)


def test_labels_of_people_close_together_do_not_overlap():
    sheet = canvas()
    _place_labels(sheet, [(box(100 + 8 * i, 100, 180 + 8 * i, 250), PILL) for i in range(4)])
    assert (sheet.rgba[..., 3] > 0).sum() == 4 * 20 * 60


def test_a_broken_box_gets_no_label():
    sheet = canvas()
    _place_labels(sheet, [(box(np.nan, 0, 1, 2), PILL)])
    assert not sheet.rgba.any()


def test_overlap_is_an_area():
    assert _overlap((0, 0, 10, 10), (5, 8, 20, 20)) == 10
    assert _overlap((0, 0, 10, 10), (10, 0, 20, 20)) == 0


def test_a_box_is_drawn_where_it_is():
    one = scene((0, 0, 6), size=(1280, 720), focal=1500)
    person = replace(one.people[0], box=box(300.5, 200.5, 500.5, 600.5), color=(255, 0, 0))
    rgba = drawn(replace(one, people=(person,)), boxes=True)
    # The centre of pixel 300 is 300.5.
    for pixel in (rgba[400, 300], rgba[200, 400]):
        assert pixel[0] > 220
        assert pixel[1:3].max() < 30
    assert not rgba[400, 400].any()


def test_left_and_right_differ_in_colour():
    rgba = drawn(scene((0, 0, 3), size=(1280, 720), focal=1500), skeleton=True)
    assert (rgba[..., :3] == LEFT).all(2).any()
    assert (rgba[..., :3] == RIGHT).all(2).any()


def test_joints_behind_the_camera_are_left_out():
    assert not drawn(scene((0, 0, -3)), skeleton=True).any()


def test_a_rejected_detection_is_dashed():
    rejected = Rejected(box(100, 100, 300, 300)[None], box(0.3), ("too small",))
    rgba = drawn(scene((0, 0, -1), size=(640, 480), rejected=rejected), rejected=True)
    bottom = rgba[299, 100:300, 3] > 0
    assert 0.3 < bottom.mean() < 0.85
    assert np.abs(np.diff(bottom.astype(int))).sum() >= 10


def test_a_trail_fades_and_is_broken_where_the_person_was_not_seen():
    path = np.stack([np.linspace(20, 300, 29), np.full(29, 90)], 1).astype(np.float32)
    path[12:17] = np.nan
    alpha = drawn(scene((0, 0, 5), trails={1: path}), trails=True)[90, :, 3]
    assert alpha[35] < alpha[100] < alpha[290]
    assert not alpha[145:180].any()


def test_a_trail_lies_under_the_body():
    path = np.stack([np.linspace(20, 300, 29), np.full(29, 90)], 1).astype(np.float32)
    one = scene((0, 0, 5))
    opaque = {"meshes": True, "opacity": 1.0}
    with_trail = drawn(replace(one, trails={1: path}), trails=True, **opaque)
    np.testing.assert_array_equal(with_trail[90, 150:170], drawn(one, **opaque)[90, 150:170])


def test_unsure_landmarks_are_hollow():
    busy = busy_scene()
    keypoints = busy.keypoints
    unsure = replace(keypoints, scores=np.zeros_like(keypoints.scores))
    assert not np.array_equal(
        drawn(busy, keypoints=True), drawn(replace(busy, keypoints=unsure), keypoints=True)
    )


def test_the_selected_and_the_edited_are_marked_without_colour():
    plain, marked = scene((0, 0, 6)), scene((0, 0, 6), marks={0: {"edited": True}})
    assert (drawn(plain, boxes=True)[..., 3] != drawn(marked, boxes=True)[..., 3]).sum() > 10
    chosen = scene((0, 0, 6), marks={0: {"selected": True}})
    assert (drawn(plain, boxes=True)[..., 3] != drawn(chosen, boxes=True)[..., 3]).sum() > 50


def test_far_away_points_are_left_out_and_the_rest_is_drawn():
    sheet = canvas()
    sheet.lines([np.array([(0, 0), (1e9, 5)]), np.array([(5.0, 5.0), (50.0, 5.0)])], (255, 0, 0), 2)
    assert sheet.rgba[:12].any()
    assert not sheet.rgba[20:].any()
