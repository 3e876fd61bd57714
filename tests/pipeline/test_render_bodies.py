from __future__ import annotations

import numpy as np
import pytest
from fakes_scene import SIZE, capsule, scene, with_vertices

from pipeline.render.bodies import NEAREST, Normals, Rect, joint_rect, prepare
from pipeline.render.clip import clip_near
from pipeline.smpl.body import project


@pytest.fixture
def normals():
    vertices, faces = capsule()
    return Normals(faces, len(vertices))


def test_normals_are_the_sums_of_face_normals(normals):
    vertices, faces = capsule()
    expected = np.zeros_like(vertices)
    a, b, c = vertices[faces].transpose(1, 0, 2)
    for corner in range(3):
        np.add.at(expected, faces[:, corner], np.cross(b - a, c - a))
    np.testing.assert_allclose(normals(vertices), expected, atol=1e-7)


def test_normals_point_outwards(normals):
    vertices, _ = capsule()
    outward = vertices * (1, 0, 1)
    side = np.abs(vertices[:, 1]) < 0.5
    assert ((normals(vertices) * outward).sum(1)[side] > 0).all()


def test_the_nearest_comes_last(normals):
    bodies = prepare(scene((0, 0, 4), (0.5, 0, 6), (-0.5, 0, 5)), normals)
    assert [body.slot for body in bodies] == [1, 2, 0]


def test_a_rectangle_holds_every_vertex(normals):
    one = scene((0.3, 0, 7))
    rect = prepare(one, normals)[0].rect
    seen = project(one.meshes.vertices[0], one.focal_length, one.size)
    assert rect.x0 == int(seen[:, 0].min())
    assert rect.y1 == int(np.ceil(seen[:, 1].max()))


def test_who_cannot_be_seen_is_left_out(normals):
    people = scene((0, 0, -5), (50, 0, 5), (0, 0, 5), (0, 0, 6), marks={3: {"visible": False}})
    assert [body.slot for body in prepare(people, normals)] == [2]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_who_is_not_finite_is_left_out(normals, bad):
    vertices = capsule()[0] + np.array([0, 0, 5], np.float32)
    vertices[7, 1] = bad
    assert prepare(with_vertices(scene((0, 0, 5)), 0, vertices), normals) == ()


def test_who_crosses_the_camera_may_be_anywhere(normals):
    body = prepare(scene((0, 0, 0.1)), normals)[0]
    assert body.crosses
    assert body.rect == Rect(0, 0, *SIZE)
    assert body.depths[0] == NEAREST


def test_a_joint_rectangle_stays_in_the_picture(normals):
    bodies = prepare(scene((-0.8, 0, 6), (0.8, 0, 6)), normals)
    rect = joint_rect(bodies, 10_000, SIZE)
    assert rect == Rect(0, 0, *SIZE)


def _area(corners):
    return (
        np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
        / 2
    )


@pytest.mark.parametrize("turn", [0, 1, 2])
@pytest.mark.parametrize(
    ("depths", "pieces"), [((1, 1, 1), 1), ((1, -1, -1), 1), ((1, 1, -1), 2), ((-1, -1, -1), 0)]
)
def test_clipping_keeps_what_lies_beyond(depths, pieces, turn):
    corners = np.array([[(0, 0, depths[0]), (1, 0, depths[1]), (0, 1, depths[2])]], np.float32)
    corners = np.roll(corners, turn, 1)
    kept, normals = clip_near(corners, np.ones_like(corners))
    assert len(kept) == pieces
    assert (kept[..., 2] >= NEAREST).all()
    assert (normals == 1).all()
    whole = np.cross(*(corners[0, 1:] - corners[0, 0]))
    for piece in kept:
        assert np.cross(*(piece[1:] - piece[0])) @ whole > 0


def test_clipping_loses_no_area():
    corners = np.array([[(0, 0, -1), (1, 0, 1), (0, 1, 1)]], np.float32)
    before = np.array([[(0, 0, -1), (1, 0, 1), (0, 1, 1)]], np.float32)
    kept, _ = clip_near(corners, corners)
    share = (1 + NEAREST) / 2
    assert _area(kept) == pytest.approx(_area(before) * (1 - share**2), rel=1e-5)
