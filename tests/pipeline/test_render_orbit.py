from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_scene import scene, with_vertices

from pipeline.layers import Layers
from pipeline.orbit import Orbit, OrbitLook, fitted_field, through
from pipeline.render import create_renderer
from pipeline.render.bodies import Normals, Shot, joint_rect, normals_of, prepare
from pipeline.render.errors import NoOpenGLError
from pipeline.render.orbit import OrbitRenderer
from pipeline.render.orbit_cast import Cast, aimed, floor_under
from pipeline.render.orbit_lines import Strokes, draw, draw_before, see
from pipeline.render.orbit_set import camera_lines, floor_lines, floor_step, trail_lines
from pipeline.render.orbit_trails import JointPaths
from pipeline.render.renderer import create_rasterizer
from pipeline.smpl import builtin_body
from pipeline.stage import UPRIGHT, Floor, Past, Placement
from pipeline.structures import (
    Assignment,
    Detections,
    FrameResult,
    People,
    Plan,
    Rejected,
    SmplParams,
)

SIZE = (320, 240)
LOOK = OrbitLook((20, 20, 20), (60, 60, 60), (90, 90, 90), (200, 0, 200))
BARE = Layers(silhouettes=False, labels=False)


@pytest.fixture(params=["opengl", "software"])
def renderer(request):
    try:
        made = OrbitRenderer(request.param)
    except NoOpenGLError as error:
        pytest.skip(str(error))
    yield made
    made.close()


def cast_of(made, **more):
    normals = Normals(made.faces, made.meshes.vertices.shape[1])
    floor = floor_under(made, UPRIGHT)
    return Cast(made, normals_of(made.meshes.vertices, normals), UPRIGHT, floor, **more)


def seen(picture) -> set[int]:
    return {picture.slots[place - 1] for place in np.unique(picture.ids).tolist() if place}


def is_color(picture, color):
    return (picture.rgba[..., :3] == color).all(2)


# the pixels of bodies


@pytest.mark.parametrize("kind", ["opengl", "software"])
def test_depths_are_those_of_the_surface(kind):
    try:
        rasterizer, _ = create_rasterizer(kind)
    except NoOpenGLError as error:
        pytest.skip(str(error))
    people = scene((0, 0, 5.0), (0.9, 0, 8.0), size=SIZE)
    bodies = prepare(people, Normals(people.faces, people.meshes.vertices.shape[1]))
    rect = joint_rect(bodies, 3, SIZE)
    shot = Shot(bodies, people.faces, people.focal_length, SIZE, rect, 1.0, wireframe=False, with_depth=True)
    raster = rasterizer.draw(shot)
    rasterizer.close()
    assert np.isinf(raster.depth[raster.ids == 0]).all()
    middle = raster.depth[SIZE[1] // 2 - rect.y0, SIZE[0] // 2 - rect.x0]
    assert middle == pytest.approx(4.8, abs=0.005)  # a capsule of radius 0.2 at 5 m
    farther = raster.depth[raster.ids == 1]
    assert 7.79 < farther.min() < farther.max() < 8.04


def test_through_the_videos_camera_bodies_are_on_the_pixels_of_the_picture(renderer):
    people = scene((-0.3, 0, 5.0), (0.5, 0.1, 6.0), (0.1, -0.1, 7.0), size=SIZE)
    camera = through(UPRIGHT, fitted_field(people.focal_length, SIZE, SIZE), 5)
    picture = renderer.draw(cast_of(people), camera, SIZE, BARE, LOOK)
    flat = create_renderer("software")
    overlay = flat.render(people, replace(BARE, opacity=1.0))
    flat.close()
    same = (picture.ids > 0) == (overlay.rgba[..., 3] > 0)
    assert same.mean() > 0.999
    inside = (picture.ids > 0) & (overlay.rgba[..., 3] == 255)
    difference = picture.rgba[..., :3].astype(int) - overlay.rgba[..., :3]
    assert np.abs(difference[inside]).mean() < 2


@pytest.mark.parametrize("azimuth", [0, 90, 135, 180, -90])
@pytest.mark.parametrize("elevation", [-60, 0, 45, 90])
def test_bodies_are_closed_and_lit_from_every_side(renderer, azimuth, elevation):
    orbit = Orbit(azimuth, elevation, 4, (0, 0, -5))
    picture = renderer.draw(cast_of(scene((0, 0, 5.0))), orbit, SIZE, BARE, LOOK)
    body = picture.ids > 0
    rows, columns = np.nonzero(body)
    assert body[120, 160]
    assert abs(columns.mean() - 160) < 3
    assert abs(rows.mean() - 120) < 10
    assert picture.rgba[body][:, :3].max(1).min() > 20, "no hole shows the background or a back face"


def test_the_nearer_hides_the_farther_from_whichever_side(renderer):
    people = cast_of(scene((0, 0, 4.0), (0, 0, 6.0)))
    middle = (0, 0, -5)
    for azimuth, nearer in ((0, 0), (180, 1)):
        picture = renderer.draw(people, Orbit(azimuth, 0, 5, middle), SIZE, BARE, LOOK)
        assert picture.slot_at(160, 120) == nearer
    beside = renderer.draw(people, Orbit(90, 0, 5, middle), SIZE, BARE, LOOK)
    assert seen(beside) == {0, 1}
    # Seen from the right of the video's camera, what is nearer to that camera is on the left.
    columns = [np.nonzero(beside.ids == 1 + beside.slots.index(slot))[1].mean() for slot in (0, 1)]
    assert columns[0] < 160 < columns[1]


def test_hidden_and_removed_people_are_not_there(renderer):
    people = scene(
        (-1, 0, 5.0), (0, 0, 5.0), (1, 0, 5.0), marks={0: {"visible": False}, 1: {"removed": True}}
    )
    alone = replace(people, people=people.people[2:])
    orbit = Orbit(0, 0, 5, (0, 0, -5))
    picture, same = (renderer.draw(cast_of(one), orbit, SIZE, Layers(), LOOK) for one in (people, alone))
    assert seen(picture) == {2}
    assert np.array_equal(picture.rgba, same.rgba)


def test_the_colour_is_the_tracks_and_the_selected_has_a_ring(renderer):
    people = scene((0, 0, 5.0), marks={0: {"color": (255, 0, 0)}})
    chosen = scene((0, 0, 5.0), marks={0: {"color": (255, 0, 0), "selected": True}})
    orbit = Orbit(30, 10, 4, (0, 0, -5))
    plain, ringed = (renderer.draw(cast_of(one), orbit, SIZE, BARE, LOOK) for one in (people, chosen))
    red, green, _ = plain.rgba[120, 160, :3].astype(int)
    assert red > green + 60
    white = [(one.rgba[..., :3].min(2) > 120).sum() for one in (plain, ringed)]
    assert white[0] == 0
    assert white[1] > 50


def test_names_stand_where_the_bodies_are_seen(renderer):
    people = cast_of(scene((0, 0, 5.0)))
    orbit = Orbit(60, 10, 6, (0, 0, -5))
    with_name, without = (
        renderer.draw(people, orbit, SIZE, layers, LOOK) for layers in (replace(BARE, labels=True), BARE)
    )
    rows, columns = np.nonzero((with_name.rgba != without.rgba).any(2))
    top = np.nonzero(without.ids)[0].min()
    assert rows.max() < top + 2
    assert abs(columns.mean() - 160) < 20


@pytest.mark.parametrize("layers", [Layers(meshes=False, silhouettes=False), Layers(opacity=0.1)])
def test_bodies_are_always_solid(renderer, layers):
    picture = renderer.draw(cast_of(scene((0, 0, 5.0))), Orbit(0, 0, 4, (0, 0, -5)), SIZE, layers, LOOK)
    assert picture.rgba[120, 160, :3].max() > 90
    assert (picture.rgba[..., 3] == 255).all()


def test_the_skeleton_stands_alone_where_it_does_in_the_picture(renderer):
    layers = Layers(meshes=False, silhouettes=False, skeleton=True, labels=False)
    picture = renderer.draw(cast_of(scene((0, 0, 5.0))), Orbit(0, 0, 4, (0, 0, -5)), SIZE, layers, LOOK)
    inside = picture.ids > 0
    assert 0.2 < is_color(picture, LOOK.background)[inside].mean() < 0.95


def test_coarse_bodies_are_where_fine_ones_are(renderer):
    people = cast_of(scene((0, 0, 5.0), (0.6, 0, 6.0)))
    orbit = Orbit(20, 10, 5, (0, 0, -5))
    fine, half, third = (renderer.draw(people, orbit, (321, 241), BARE, LOOK, k) for k in (1, 2, 3))
    for coarse in (half, third):
        assert coarse.ids.shape == fine.ids.shape == (241, 321)
        assert ((coarse.ids > 0) == (fine.ids > 0)).mean() > 0.985
        assert coarse.coarse
    assert not fine.coarse


def test_who_is_not_finite_or_behind_is_left_out_and_the_rest_is_drawn(renderer):
    people = scene((0, 0, 5.0), (0.8, 0, 5.0))
    broken = with_vertices(people, 1, np.full_like(people.meshes.vertices[1], np.nan))
    picture = renderer.draw(cast_of(broken), Orbit(0, 0, 4, (0, 0, -5)), SIZE, Layers(), LOOK)
    assert seen(picture) == {0}
    away = renderer.draw(cast_of(people), Orbit(180, 0, 4, (0, 0, 40)), SIZE, Layers(), LOOK)
    assert seen(away) == set()


def test_from_inside_a_body_it_is_cut_open(renderer):
    picture = renderer.draw(cast_of(scene((0, 0, 5.0))), Orbit(0, 0, 0.2, (0, 0, -5.1)), SIZE, BARE, LOOK)
    assert (picture.ids > 0).mean() > 0.9


# lines


def test_a_line_behind_a_body_is_hidden_and_one_before_it_is_seen(renderer):
    made = scene((0, 0, 5.0))
    orbit = Orbit(0, 0, 5, (0, 0, -5))
    across = np.array([[[-1, 0, 0], [1, 0, 0]]], float)
    for depth, crosses in ((-4.0, True), (-6.0, False)):
        path = np.moveaxis(across + np.array([0, 0, depth]), 0, 1)[:, :1]
        people = cast_of(made, trails={1: path.astype(np.float32)}, colors={1: (0, 255, 0)})
        picture = renderer.draw(people, orbit, SIZE, BARE, LOOK)
        green = (picture.rgba[..., 1] > 200) & (picture.rgba[..., 0] < 90) & (picture.rgba[..., 2] < 90)
        assert green[120].any()
        assert bool((green & (picture.ids > 0)).sum() > 5) == crosses


def test_a_line_through_a_body_is_seen_up_to_where_it_goes_in(renderer):
    made = scene((0, 0, 5.0))
    path = np.array([[[-1, 0, -3.9]], [[1, 0, -6.1]]], np.float32)  # from before on the left to behind
    people = cast_of(made, trails={1: path}, colors={1: (0, 255, 0)})
    picture = renderer.draw(people, Orbit(0, 0, 5, (0, 0, -5)), SIZE, BARE, LOOK)
    row = (picture.rgba[119:122, :, 1] > 200) & (picture.rgba[119:122, :, 0] < 90)
    columns = np.nonzero((row & (picture.ids[119:122] > 0)).any(0))[0]
    body = np.nonzero(picture.ids[120])[0]
    assert columns.min() <= body.min() + 2
    assert columns.max() < body.mean()


def lines(segments, color=(255, 0, 0), width=1.0):
    return Strokes(np.array(segments, float), color, width)


def test_lines_are_cut_at_the_lookers_eye_and_at_the_picture():
    view = (np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    through_eye = [(0, 0.1, -3), (0, 0.1, 3)]
    behind = [(0, 0, -3), (1, 0, -1)]
    far_off = [(1e7, 0, 1), (1e7, 1, 1)]
    across = [(-1e6, 0, 2), (1e6, 0, 2)]
    found = see([lines([through_eye, behind]), lines([far_off, across])], view, 200.0, SIZE)
    assert found.owner.tolist() == [0, 1]
    assert np.isfinite(found.ends).all()
    assert (found.ends > -20).all()
    assert (found.ends < 400).all()
    rgba = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    draw(rgba, found)
    assert rgba[120, :, 0].min() > 0, "the line across goes from edge to edge"


def test_no_lines_draw_nothing():
    view = (np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    rgba = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    for strokes in ([], [lines(np.zeros((0, 2, 3)))], [lines([[(0, 0, -1), (0, 0, -2)]])]):
        draw(rgba, see(strokes, view, 200.0, SIZE))
    assert not rgba.any()


def test_a_raster_without_depths_cannot_hide_lines():
    from pipeline.render.bodies import Raster, Rect

    view = (np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    found = see([lines([[(-1, 0, 2), (1, 0, 2)]])], view, 200.0, SIZE)
    raster = Raster(Rect(0, 0, 320, 240), np.zeros((240, 320, 4), np.uint8), np.zeros((240, 320), np.uint8))
    with pytest.raises(ValueError, match="no depths"):
        draw_before(raster.rgba, found, raster)


def test_squares_of_the_floor_grow_with_the_distance():
    assert [floor_step(d) for d in (0.1, 2, 5, 12, 20, 60, 1000)] == [0.1, 0.5, 1, 1, 5, 10, 100]


@pytest.mark.parametrize("normal", [(0, 1, 0), (0.3, 0.9, 0.1), (0, 0, 1), (1, 0, 0)])
def test_the_floor_lies_in_its_plane_on_whole_metres_around_the_target(normal):
    normal = np.array(normal, float) / np.linalg.norm(normal)
    orbit = Orbit(0, 0, 5, (7.3, 2.0, -3.8))
    drawn = floor_lines(Floor(normal.astype(np.float32), -0.7), orbit, LOOK)
    ends = np.concatenate([one.segments for one in drawn]).reshape(-1, 3)
    assert np.allclose(ends @ normal, -0.7, atol=1e-4)
    foot = np.array(orbit.target) - (np.dot(orbit.target, normal) + 0.7) * normal
    assert np.linalg.norm(ends.mean(0) - foot) < 1.5
    if normal[1] == 1:
        assert np.allclose(ends[:, [0, 2]], np.rint(ends[:, [0, 2]]), atol=1e-4)


def test_the_floor_fades_out_and_fifth_lines_are_stronger():
    drawn = floor_lines(Floor.flat(0), Orbit(), LOOK)
    shades = [one.color[0] for one in drawn]
    assert min(shades) < 35
    assert max(shades) == 90
    strong = np.concatenate([one.segments for one in drawn if one.color[0] > 62])
    along_x = strong[np.isclose(strong[:, 0, 2], strong[:, 1, 2])]
    assert set(np.rint(along_x[:, 0, 2]).tolist()) <= {-10, -5, 0, 5, 10}


def test_the_lowest_foot_stands_on_the_floor_hidden_people_do_not_count():
    made = scene((0, 0, 5.0), (1, 0.4, 6.0), (2, 9.0, 6.0), marks={2: {"visible": False}})
    assert floor_under(made, UPRIGHT).level == pytest.approx(-1.2)
    nobody = scene((0, 0, 5.0), marks={0: {"visible": False}})
    assert floor_under(nobody, UPRIGHT).level == 0


def test_the_videos_camera_stands_at_its_place_and_looks_at_its_picture():
    camera = Placement(UPRIGHT.rotation, np.array([1, 2, 3], np.float32))
    drawn = camera_lines(camera, 500, (1000, 500), Orbit(0, 0, 5), LOOK).segments
    assert np.allclose(drawn[:4, 0], (1, 2, 3))
    corners = drawn[:4, 1] - (1, 2, 3)
    assert (corners[:, 2] < 0).all()
    assert np.allclose(np.abs(corners[:, 0] / corners[:, 2]), 1)
    assert np.allclose(np.abs(corners[:, 1] / corners[:, 2]), 0.5)
    assert drawn[8:].reshape(-1, 3)[:, 1].min() > 2, "the mark is above"


def test_ways_are_broken_where_nobody_was_seen_and_pale_where_they_are_old():
    path = np.zeros((13, 2, 3), np.float32)
    path[:, :, 0] = np.arange(13)[:, None]
    path[5] = np.nan
    drawn = trail_lines({4: path}, {4: (0, 255, 0)}, LOOK)
    pieces = np.concatenate([one.segments for one in drawn])
    assert len(pieces) == 2 * (12 - 2)
    greens = [one.color[1] for one in drawn]
    assert greens == sorted(greens)
    assert greens[0] < 150
    assert greens[-1] == 255
    assert drawn[0].width < drawn[-1].width
    assert trail_lines({4: path[:1]}, {}, LOOK)[0].segments.size == 0


# where to look


def test_aims():
    made = cast_of(scene((-1, 0, 5.0), (1, 0, 7.0), (30, 0, 9.0), marks={2: {"removed": True}}))
    pelves = UPRIGHT.put(made.scene.meshes.joints[:, 0])
    first = aimed(made, None, None, SIZE)
    assert first.target == pytest.approx(tuple((pelves[0] + pelves[1]) / 2), abs=1e-4)
    stay = Orbit(10, 20, 3, (1, 1, 1))
    assert aimed(made, stay, None, SIZE) == stay
    assert aimed(made, stay, 1, SIZE) == stay.at(tuple(pelves[1].tolist()))
    assert aimed(made, stay, 9, SIZE) == stay
    everybody = aimed(made, stay, "all", SIZE)
    assert (everybody.azimuth, everybody.elevation) == (10, 20)
    camera = aimed(made, stay, "camera", SIZE)
    assert np.allclose(camera.view()[0], UPRIGHT.rotation.T, atol=1e-6)
    assert camera.distance == pytest.approx(6, abs=0.3)
    nobody = cast_of(scene((0, 0, 5.0), marks={0: {"visible": False}}))
    assert aimed(nobody, None, "all", SIZE) == Orbit()


# ways of joints


def result(frame, people, body_model=""):
    rng = np.random.default_rng(frame)
    rotations = np.linalg.qr(rng.normal(size=(people, 24, 3, 3)))[0].astype(np.float32)
    rotations *= np.sign(np.linalg.det(rotations))[..., None, None]
    boxes = np.tile(np.array([0, 0, 10, 10], np.float32), (people, 1))
    return FrameResult(
        frame,
        People(
            Detections(boxes, np.ones(people, np.float32)),
            SmplParams(
                rotations[:, 0], rotations[:, 1:], rng.normal(size=(people, 10)).astype(np.float32) * 0.3
            ),
            rng.normal((0, 0, 5), size=(people, 3)).astype(np.float32),
            1000.0,
            (640, 480),
            body_model or builtin_body().id,
            np.zeros((people, 0), np.float16),
        ),
        Rejected(),
        "engine",
        Plan(),
        {},
        0,
    )


def test_joints_are_where_skinning_has_them_track_by_track():
    body, paths = builtin_body(), JointPaths(kept=3)
    frames = [result(0, 2), None, result(2, 1), result(3, 2), result(4, 2, "another-body")]
    who = {0: {0: 7, 1: 8}, 2: {0: 8}, 3: {0: None, 1: 7}, 4: {0: 7}}
    moving = [Placement(UPRIGHT.rotation, np.array([i, 0, 0], np.float32)) for i in range(5)]
    past = [
        None if one is None else Past(
            one, tuple(Assignment(i, slot, track) for slot, track in who[i].items()), moving[i]
        )
        for i, one in enumerate(frames)
    ]  # fmt: skip
    for _ in range(2):  # the second time from memory
        found = paths.trails(past, (22, 23), body)
        assert set(found) == {7, 8}
        assert found[7].shape == (5, 2, 3)
        assert np.isfinite(found[7]).all((1, 2)).tolist() == [True, False, False, True, False]
        assert np.isfinite(found[8]).all((1, 2)).tolist() == [True, False, True, False, False]
        for frame, slot, track in ((0, 0, 7), (0, 1, 8), (2, 0, 8), (3, 1, 7)):
            joints = body.meshes(frames[frame].people).joints[slot, [22, 23]]
            assert np.allclose(found[track][frame], moving[frame].put(joints), atol=1e-5)


def test_a_frame_that_was_run_again_is_posed_again():
    body, paths = builtin_body(), JointPaths()
    ask = lambda one: paths.trails([Past(one, (Assignment(0, 0, 1),), UPRIGHT)], (0,), body)[1]  # noqa: E731
    first, again = result(0, 1), replace(result(1, 1), frame_index=0)
    assert not np.allclose(ask(first), ask(again))
    assert np.allclose(ask(first), UPRIGHT.put(body.meshes(first.people).joints[:, :1]), atol=1e-5)
