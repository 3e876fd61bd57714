from __future__ import annotations

import numpy as np
import pytest

from pipeline.palette import NO_TRACK
from pipeline.scene import TrailIndex, build_scene
from pipeline.smpl import builtin_body
from pipeline.structures import (
    Assignment,
    Changes,
    Detections,
    FrameResult,
    People,
    Plan,
    Rejected,
    SmplParams,
    Track,
)

SIZE = (640, 480)


def result(*places, frame=4):
    count = len(places)
    eye = np.tile(np.eye(3, dtype=np.float32), (count, 24, 1, 1))
    eye[:, 0] = np.diag([1, -1, -1])
    people = People(
        Detections(np.full((count, 4), 9, np.float32), np.full(count, 0.7, np.float32)),
        SmplParams(eye[:, 0].copy(), eye[:, 1:].copy(), np.zeros((count, 10), np.float32)),
        np.array(places, np.float32).reshape(-1, 3),
        500.0,
        SIZE,
        builtin_body().id,
        np.zeros((count, 0), np.float16),
    )
    return FrameResult(frame, people, Rejected(), "engine", Plan(), {}, 0)


def track(number, **changes):
    return Track(
        **{
            "track_id": number,
            "name": "",
            "color": (1, 2, 3),
            "visible": True,
            "frames": 1,
            "first": 0,
            "last": 1,
        }
        | changes
    )


def test_people_take_names_and_colours_from_their_tracks():
    built = build_scene(
        result((0, 0, 4), (1, 0, 4), (2, 0, 4)),
        builtin_body(),
        [Assignment(4, 0, 7), Assignment(4, 1, 8, by="reviewer")],
        [track(7, name="Ana", color=(9, 8, 7)), track(8)],
        selected_slot=1,
    )
    ana, other, stranger = built.people
    assert (ana.title, ana.color, ana.selected, ana.edited) == ("Ana", (9, 8, 7), False, False)
    assert (other.title, other.selected, other.edited) == ("Person 8", True, True)
    assert (stranger.title, stranger.color, stranger.track_id) == ("No track", NO_TRACK, None)
    assert built.meshes.vertices.shape == (3, len(builtin_body().v_template), 3)


def test_assignments_of_other_frames_do_not_count():
    built = build_scene(result((0, 0, 4)), builtin_body(), [Assignment(5, 0, 7)], [track(7)])
    assert built.people[0].track_id is None


def test_hidden_tracks_are_not_drawn_and_have_no_trail():
    path = np.zeros((3, 2), np.float32)
    built = build_scene(
        result((0, 0, 4), (1, 0, 4)),
        builtin_body(),
        [Assignment(4, 0, 1), Assignment(4, 1, 2)],
        [track(1, visible=False), track(2)],
        trails={1: path, 2: path},
    )
    assert [person.slot for person in built.drawn] == [1]
    assert set(built.trails) == {2}


def test_nobody_makes_an_empty_scene():
    assert build_scene(result(), builtin_body(), [], []).people == ()


def test_meshes_made_before_are_used_again():
    meshes = builtin_body().meshes(result((0, 0, 4)).people)
    assert build_scene(result((0, 0, 4)), builtin_body(), [], [], meshes=meshes).meshes is meshes


class Results:
    """Results kept in dictionaries; counts how often it was asked."""

    def __init__(self, results, tracks):
        self.by_frame = {one.frame_index: one for one in results}
        self.tracks = tracks
        self.asked = 0

    def result(self, frame):
        self.asked += 1
        return self.by_frame.get(frame)

    def assignments(self, frame):
        return tuple(Assignment(frame, slot, number) for slot, number in enumerate(self.tracks))


@pytest.fixture
def walk():
    return Results([result((0.1 * f, 0, 4), (-1, 0, 4), frame=f) for f in range(10) if f != 7], [3, None])


def index_of(results):
    return TrailIndex(results, lambda body_id: builtin_body() if body_id == builtin_body().id else None)


def test_a_trail_runs_from_the_oldest_frame_to_this_one(walk):
    path = index_of(walk).trails(9, length=5)[3]
    assert path.shape == (6, 2)
    assert np.isnan(path[3]).all()
    pelvis = builtin_body().meshes(walk.result(9).people).keypoints_2d[0, 0]
    np.testing.assert_allclose(path[5], pelvis, atol=1e-3)
    np.testing.assert_allclose(np.diff(path[:3, 0]), 500 * 0.1 / (pelvis_depth(walk)), rtol=1e-3)


def pelvis_depth(walk):
    return builtin_body().meshes(walk.result(9).people).joints[0, 0, 2]


def test_people_without_a_track_have_no_trail(walk):
    assert set(index_of(walk).trails(9)) == {3}


def test_before_the_first_frame_there_is_nothing(walk):
    path = index_of(walk).trails(1, length=4)[3]
    assert np.isnan(path[:3]).all()
    assert np.isfinite(path[3:]).all()


def test_each_frame_is_read_once_until_it_changes(walk):
    index = index_of(walk)
    index.trails(5, length=5)
    asked = walk.asked
    index.trails(6, length=5)
    assert walk.asked == asked + 1
    index.forget(Changes(frozenset({4})))
    index.trails(6, length=5)
    assert walk.asked == asked + 2
    index.forget(Changes(None))
    index.trails(6, length=5)
    assert walk.asked == asked + 8


def test_changed_results_change_the_trail(walk):
    index = index_of(walk)
    before = index.trails(5)[3][-1]
    walk.by_frame[5] = result((1.5, 0, 4), frame=5)
    walk.tracks = [3]
    index.forget(Changes(frozenset({5})))
    assert index.trails(5)[3][-1, 0] > before[0] + 50


def test_behind_the_camera_there_is_no_trail():
    path = index_of(Results([result((0, 0, -4), frame=0)], [3])).trails(0)[3]
    assert np.isnan(path).all()


def test_results_of_an_unknown_body_have_no_trail(walk):
    assert TrailIndex(walk, lambda body_id: None).trails(9) == {}
