"""What both renderers must do."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace

import cv2
import numpy as np
import psutil
import pytest
from fakes_scene import SIZE, busy_scene, capsule, scene, with_vertices

from pipeline.render import Layers, create_renderer
from pipeline.render.errors import NoOpenGLError
from pipeline.render.renderer import LayerRenderer
from pipeline.smpl.body import project

PLAIN = Layers(silhouettes=False, labels=False, opacity=1.0)


def renderer_or_skip(kind):
    try:
        return create_renderer(kind)
    except NoOpenGLError as error:
        pytest.skip(str(error))


@pytest.fixture(params=["opengl", "software"])
def renderer(request):
    made = renderer_or_skip(request.param)
    yield made
    made.close()


def alpha(overlay):
    return overlay.rgba[..., 3]


def test_an_overlay_belongs_to_its_frame_and_has_the_pictures_size(renderer):
    overlay = renderer.render(scene((0, 0, 5)), Layers())
    assert overlay.frame_index == 3
    assert overlay.rgba.shape == (SIZE[1], SIZE[0], 4)


def test_nobody_is_nothing(renderer):
    assert not renderer.render(scene(), Layers(boxes=True, skeleton=True, trails=True)).rgba.any()


def test_a_body_lies_where_its_vertices_project(renderer):
    one = scene((0.4, -0.1, 6))
    hull = cv2.convexHull(project(one.meshes.vertices[0], one.focal_length, one.size))
    large = np.zeros((SIZE[1] * 8, SIZE[0] * 8), np.uint8)
    cv2.fillConvexPoly(large, np.rint(hull * 8 - 0.5).astype(np.int32), 255)
    expected = cv2.resize(large, SIZE, interpolation=cv2.INTER_AREA)
    drawn = alpha(renderer.render(one, PLAIN))
    # What is wholly inside or outside the hull must be; pixels on its rim may be either.
    assert (drawn[expected == 255] > 0).all()
    assert not drawn[cv2.dilate(expected, np.ones((3, 3))) == 0].any()


def test_the_nearer_hides_the_farther(renderer):
    red, blue = {"color": (255, 0, 0)}, {"color": (0, 0, 255)}
    for near, far in ((0, 1), (1, 0)):
        places = [(0, 0, 0)] * 2
        places[near], places[far] = (0, 0, 5), (0.05, 0, 6)
        centre = renderer.render(scene(*places, marks={near: red, far: blue}), PLAIN).rgba[90, 160]
        assert centre[0] > 2 * centre[2]


def test_depth_is_exact_where_bodies_pass_through_each_other(renderer):
    """Two flat capsules cross like an X seen from above: each is in front on one side."""
    marks = {0: {"color": (255, 0, 0)}, 1: {"color": (0, 0, 255)}}
    crossed = scene((0, 0, 5), (0, 0, 5), marks=marks)
    for slot, angle in enumerate((0.6, -0.6)):
        turn = cv2.Rodrigues(np.array([0, angle, 0]))[0]
        vertices = (capsule()[0] * (3, 1, 0.1)) @ turn.T + (0, 0, 5)
        crossed = with_vertices(crossed, slot, vertices)
    rgba = renderer.render(crossed, PLAIN).rgba.astype(int)
    red = rgba[90, :, 0] > rgba[90, :, 2]
    # A turn about y (down) by a positive angle takes the side with positive x nearer to the camera.
    assert red[165:200].all()
    assert not red[120:155].any()


def test_opacity_is_that_of_the_whole_body(renderer):
    """Front, back and limbs behind do not add up."""
    drawn = alpha(renderer.render(scene((0, 0, 5)), Layers(silhouettes=False, labels=False, opacity=0.5)))
    inside = cv2.erode((drawn > 0).astype(np.uint8), np.ones((5, 5))) > 0
    assert inside.any()
    assert set(np.unique(drawn[inside])) <= {127, 128}


def test_colours_are_premultiplied(renderer):
    rgba = renderer.render(
        busy_scene(), Layers(True, True, True, True, True, True, True, True, True, 0.4)
    ).rgba
    assert (rgba[..., :3] <= rgba[..., 3:].astype(int) + 1).all()


def test_the_hidden_are_not_drawn(renderer):
    hidden = scene((0, 0, 5), marks={0: {"visible": False, "selected": True}})
    assert not renderer.render(hidden, Layers(boxes=True, skeleton=True)).rgba.any()


def test_the_broken_and_the_unseen_do_not_disturb_the_others(renderer):
    lone = renderer.render(scene((0.5, 0, 5), marks={0: {"color": (9, 200, 90)}}), PLAIN)
    vertices = capsule()[0].copy()
    vertices[3] = np.nan
    three = scene((0, 0, 5), (0, 0, -5), (0.5, 0, 5), marks={2: {"color": (9, 200, 90)}})
    np.testing.assert_array_equal(renderer.render(with_vertices(three, 0, vertices), PLAIN).rgba, lone.rgba)


def test_who_stands_in_the_camera_is_cut_at_it(renderer):
    overlay = renderer.render(scene((0, 0.9, 0.1), (0.3, 0, 5)), PLAIN)
    inside = scene((0.0, 0.0, 0.0), (0, 0, 5))
    assert alpha(overlay).any()
    assert alpha(renderer.render(inside, PLAIN)).all()


def test_one_after_the_other_leaves_no_traces(renderer):
    first = renderer.render(scene((0, 0, 5)), Layers())
    renderer.render(scene((-0.5, 0, 3), (0.5, 0, 4), size=(200, 300)), Layers(wireframe=True))
    np.testing.assert_array_equal(renderer.render(scene((0, 0, 5)), Layers()).rgba, first.rgba)


def test_a_contour_runs_around_each_body(renderer):
    two = scene((-0.1, 0, 6), (0.1, 0, 5))
    plain = renderer.render(two, PLAIN).rgba
    lined = renderer.render(two, Layers(labels=False, opacity=1.0)).rgba
    changed = (plain != lined).any(2)
    outer = cv2.morphologyEx((plain[..., 3] > 0).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3))) > 0
    assert changed[outer].mean() > 0.95
    between = changed & ~cv2.dilate(outer.astype(np.uint8), np.ones((5, 5))).astype(bool)
    assert between.sum() > 100


def test_a_contour_stands_alone_when_meshes_are_off(renderer):
    drawn = alpha(renderer.render(scene((0, 0, 5)), Layers(meshes=False, labels=False)))
    assert drawn[90, 160] == 0
    assert drawn.max() > 200


def test_a_wireframe_shows_the_picture_between_its_lines(renderer):
    layers = Layers(meshes=False, silhouettes=False, labels=False, wireframe=True)
    large = scene((0, 0, 1.2))
    covered = alpha(renderer.render(large, layers)) > 0
    whole = alpha(renderer.render(large, PLAIN)) > 0
    assert 0.05 < covered.sum() / whole.sum() < 0.7
    assert not covered[~cv2.dilate(whole.astype(np.uint8), np.ones((3, 3))).astype(bool)].any()


def test_a_wireframe_hides_lines_that_are_behind(renderer):
    layers = Layers(meshes=False, silhouettes=False, labels=False, wireframe=True)
    marks = {0: {"color": (255, 0, 0)}, 1: {"color": (0, 0, 255)}}
    rgba = renderer.render(scene((0, 0, 1.2), (0, 0, 3), marks=marks), layers).rgba
    assert not (rgba[..., 2] > 2 * rgba[..., 0].astype(int) + 40).any()


def test_the_selected_is_ringed_in_black_and_white(renderer):
    selected = scene((0, 0, 6), marks={0: {"selected": True}}, size=(640, 360), focal=1200)
    row = renderer.render(selected, PLAIN).rgba[180, :320].astype(int)
    assert (row[:, :3].min(1) > 150).any()
    assert ((row[:, :3].max(1) < 60) & (row[:, 3] > 150)).any()


@pytest.mark.parametrize(
    "layer",
    ["meshes", "wireframe", "silhouettes", "skeleton", "keypoints", "boxes", "labels", "trails", "rejected"],
)
def test_each_layer_can_be_switched(renderer, layer):
    nothing = Layers(meshes=False, silhouettes=False, labels=False)
    busy = busy_scene()
    assert not renderer.render(busy, nothing).rgba.any()
    assert renderer.render(busy, replace(nothing, **{layer: True})).rgba.any()


def test_software_draws_what_opengl_draws():
    opengl, software = renderer_or_skip("opengl"), create_renderer("software")
    one, other = (r.render(busy_scene(), PLAIN).rgba.astype(int) for r in (opengl, software))
    opengl.close()
    both, either = (one[..., 3] > 0) & (other[..., 3] > 0), (one[..., 3] > 0) | (other[..., 3] > 0)
    assert both.sum() / either.sum() > 0.99
    assert np.abs(one - other)[both].mean() < 2


def test_software_cuts_at_the_camera_as_opengl_does():
    opengl, software = renderer_or_skip("opengl"), create_renderer("software")
    near = scene((0.1, 0.5, 0.15), (0.2, 0, 3))
    one, other = (r.render(near, PLAIN).rgba.astype(int) for r in (opengl, software))
    opengl.close()
    assert ((one[..., 3] > 0) == (other[..., 3] > 0)).mean() > 0.99
    assert np.abs(one - other).mean() < 3


def test_without_opengl_software_takes_over_and_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl", None)
    monkeypatch.delitem(sys.modules, "pipeline.render.opengl", raising=False)
    renderer = create_renderer()
    assert renderer.name == "numpy"
    assert "No OpenGL" in renderer.notice
    assert renderer.render(scene((0, 0, 5)), Layers()).rgba.any()


def test_the_environment_can_ask_for_software(monkeypatch):
    monkeypatch.setenv("RETAKE_RENDERER", "software")
    renderer = create_renderer()
    assert renderer.name == "numpy"
    assert "RETAKE_RENDERER" in renderer.notice


def test_multisampling_smooths_edges_and_nothing_else():
    renderer_or_skip("opengl").close()
    from pipeline.render.opengl import OpenGLRasterizer

    smooth, stepped = LayerRenderer(OpenGLRasterizer(samples=4)), LayerRenderer(OpenGLRasterizer(samples=0))
    two = scene((-0.1, 0, 6), (0.1, 0, 5))
    many, one = (r.render(two, PLAIN).rgba.astype(int) for r in (smooth, stepped))
    smooth.close()
    stepped.close()
    assert len(np.unique(many[..., 3])) > 3
    inside = cv2.erode((one[..., 3] == 255).astype(np.uint8), np.ones((3, 3))) > 0
    assert (many[..., 3][inside] == 255).all()
    assert np.abs(many - one)[inside].mean() < 2
    assert (many[..., :3] <= many[..., 3:] + 1).all()


def test_opengl_runs_in_a_thread_of_its_own():
    renderer_or_skip("opengl").close()
    seen = []

    def work():
        renderer = create_renderer("opengl")
        seen.append(renderer.render(scene((0, 0, 5)), PLAIN).rgba.any())
        renderer.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True]


def test_two_renderers_in_one_thread_do_not_meet():
    one, other = renderer_or_skip("opengl"), renderer_or_skip("opengl")
    left, right = scene((-0.5, 0, 5)), scene((0.5, 0, 5))
    before = one.render(left, PLAIN).rgba
    other.render(right, PLAIN)
    np.testing.assert_array_equal(one.render(left, PLAIN).rgba, before)
    other.close()
    np.testing.assert_array_equal(one.render(left, PLAIN).rgba, before)
    one.close()


def test_opening_and_closing_often_leaks_nothing():
    def cycle():
        renderer = renderer_or_skip("opengl")
        renderer.render(scene((0, 0, 5), size=(640, 480)), PLAIN)
        renderer.close()

    for _ in range(5):
        cycle()
    process = psutil.Process()
    before = process.memory_info().rss, process.num_threads(), process.num_fds()
    for _ in range(20):
        cycle()
    # One set of buffers is 4 MB here; twenty of them would be 80.
    assert process.memory_info().rss - before[0] < 30e6
    assert process.num_threads() <= before[1] + 2
    assert process.num_fds() <= before[2] + 2
