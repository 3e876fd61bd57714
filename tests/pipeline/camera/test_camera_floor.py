"""The floor and the scale, from people who walk before cameras of which everything is known."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from fakes_camera import FOCAL, RATE, SIZE, Stroll
from fakes_people import result_at
from scipy.spatial.transform import Rotation

from pipeline.camera.errors import CameraError
from pipeline.camera.feet import read_steps, sole_vertices
from pipeline.camera.floor import fit_plane, floor_of
from pipeline.camera.kept import keep_solved
from pipeline.camera.scale import scale_from
from pipeline.camera.values import Camera, CameraSetting, SolvedCamera
from pipeline.job import Job
from pipeline.session.history import History
from pipeline.session.record import record
from pipeline.session.review_edits import ChangeSetting
from pipeline.session.store import Store
from pipeline.smpl import builtin_body
from pipeline.structures import RunOptions
from pipeline.world import world_in, world_of


def session(path, results) -> Store:
    store = Store(path)
    with store.transaction():
        run = store.start_run("made-up-1", RunOptions(), "Run")
    for result in results:
        record(store, result, run)
    return store


def steps_of(store, track=1):
    body = builtin_body()
    return read_steps(
        store,
        track,
        lambda name: body if name == body.id else None,
        lambda f: f / RATE,
        Job(lambda job: None),
    )


def solve(stroll, unit=1.0, turn=None) -> SolvedCamera:
    """What a solver makes of the camera: in axes of its own, in a unit of so many metres."""
    turn = np.eye(3) if turn is None else turn
    poses = [stroll.camera(frame) for frame in range(stroll.frames)]
    count = len(poses)
    return SolvedCamera(
        np.arange(count),
        np.array([rotation @ turn.T for rotation, _ in poses]),
        np.array([turn @ (-rotation.T @ shift) / unit for rotation, shift in poses]),
        np.full((count, 2), FOCAL),
        np.tile([SIZE[0] / 2, SIZE[1] / 2], (count, 1)),
        SIZE,
    )


def strolled(path, stroll) -> Store:
    return session(path, [stroll.result(frame) for frame in range(stroll.frames)])


@pytest.mark.parametrize(
    ("stroll", "height", "tilt"),
    [
        (Stroll(frames=100), 1.4, 7.6),
        (Stroll(frames=100, eye=(0, 2.6, 4.5), roll=10), 2.6, 23.9),
        (Stroll(frames=100, noise=0.02), 1.4, 7.6),
        (Stroll(frames=100, goes=(0.6, 0, 0), noise=0.02), 1.4, 7.6),
    ],
)
def test_the_floor_under_somebody_who_walks_before_a_camera_that_stands(stroll, height, tilt, tmp_path):
    with strolled(tmp_path / "a.retake", stroll) as store:
        floor = floor_of(steps_of(store), Camera())
    assert floor.height == pytest.approx(height, abs=0.05)
    assert floor.tilt == pytest.approx(tilt, abs=1.5)
    up = stroll.camera(0)[0] @ [0, 1, 0]
    assert np.degrees(np.arccos(np.dot(floor.normal, up))) < 2
    assert floor.frames > 60
    assert floor.spread < 0.05
    assert (floor.track, floor.camera, floor.focal_length) == (1, "", FOCAL)


def test_with_a_floor_the_world_is_level_and_the_floor_is_at_zero(tmp_path):
    stroll = Stroll(frames=100, eye=(0, 2.6, 4.5), roll=10)
    with strolled(tmp_path / "a.retake", stroll) as store:
        steps = steps_of(store)
        History(store).do(ChangeSetting("floor", floor_of(steps, Camera()).to_plain(), "Floor"))
        world = world_in(store)
        assert world is world_in(store)
    turn, shift = world.camera_to_world(0)
    soles = (steps.soles @ turn.T + shift)[steps.resting(np.tile(np.eye(3), (100, 1, 1)), np.zeros((100, 3)))]
    assert np.quantile(np.abs(soles[:, 1]), 0.7) < 0.03
    np.testing.assert_allclose(shift, [0, 2.6, 0], atol=0.05)
    np.testing.assert_allclose(world.floor[0], [0, 1, 0])
    assert world.floor[1] == 0


def test_a_camera_that_moves_and_its_floor_are_found_in_one_world(tmp_path):
    """The world is that of the person but for where north is, whatever axes and unit the solver chose."""
    stroll = Stroll(frames=100, eye_goes=(0.6, 0.1, -0.4), noise=0.01)
    turn = Rotation.from_euler("xyz", [110, 30, -50], degrees=True).as_matrix()
    with strolled(tmp_path / "a.retake", stroll) as store:
        steps, solved = steps_of(store), solve(stroll, 0.37, turn)
        name = keep_solved(store, solved)
        scale, error, pairs = scale_from(steps, Camera(CameraSetting(solved=name), solved))
        assert scale == pytest.approx(0.37, rel=0.1)
        assert error < 0.05
        assert pairs > 5
        camera = Camera(CameraSetting(solved=name, scale=0.37, scaled_by="feet"), solved)
        floor = floor_of(steps, camera)
    assert floor.tilt == pytest.approx(7, abs=3)
    world = world_of(camera, floor)
    places = []
    for frame in (0, 40, 90):
        rotation, translation = stroll.camera(frame)
        turned, shifted = world.camera_to_world(frame)
        true = rotation.T @ ([0.3, 0.1, 4.0] - translation)
        places.append((true, turned @ [0.3, 0.1, 4.0] + shifted))
    for (true, found), (other_true, other_found) in pairwise(places):
        assert found[1] == pytest.approx(true[1], abs=0.06)
        np.testing.assert_allclose(
            np.linalg.norm(found - other_found), np.linalg.norm(true - other_true), atol=0.02
        )


def test_a_world_whose_file_says_what_is_up_keeps_its_axes(tmp_path):
    stroll = Stroll(frames=60, eye_goes=(0.5, 0, 0))
    z_up = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    solved = replace(solve(stroll, turn=z_up), up="z")
    camera = Camera(CameraSetting(solved="a"), solved)
    with strolled(tmp_path / "a.retake", stroll) as store:
        world = world_of(camera, floor_of(steps_of(store), camera))
    turned, shifted = world.camera_to_world(20)
    np.testing.assert_allclose(shifted, [0.4, 1.4, 4.5], atol=1e-5)
    np.testing.assert_allclose(turned, stroll.camera(20)[0].T, atol=1e-5)
    assert np.degrees(np.arccos(world.floor[0][1])) < 2
    assert world.floor[1] == pytest.approx(0, abs=0.05)


def test_a_solved_camera_of_which_nothing_else_is_known():
    """Up is what was up for the camera on average, the first camera is where the world begins and looks along -z."""
    stroll = Stroll(eye_goes=(0.5, 0, 0))
    solved = solve(stroll, 2.0, Rotation.from_euler("xyz", [110, 30, -50], degrees=True).as_matrix())
    world = world_of(Camera(CameraSetting(solved="a", scale=2.0), solved), None)
    turn, shift = world.camera_to_world(0)
    np.testing.assert_allclose(shift, 0, atol=1e-6)
    assert (turn @ [0, -1, 0])[1] > 0.99
    assert (turn @ [0, 0, 1])[2] < -0.98
    assert abs((turn @ [0, 0, 1])[0]) < 1e-6
    far = world.camera_to_world(40)[1]
    assert np.linalg.norm(far) == pytest.approx(0.5 * 40 / RATE, rel=1e-4)
    assert world.floor is None


def test_nothing_known_is_a_level_camera_that_stands():
    world = world_of(Camera(), None)
    turn, shift = world.camera_to_world(7)
    np.testing.assert_array_equal(turn, np.diag([1, -1, -1]))
    np.testing.assert_array_equal(shift, 0)
    assert world.note == "the camera stands still; the floor is not known"


def test_a_floor_of_another_camera_is_none(tmp_path):
    stroll = Stroll(frames=60)
    with strolled(tmp_path / "a.retake", stroll) as store:
        floor = floor_of(steps_of(store), Camera())
    solved = solve(stroll)
    assert world_of(Camera(CameraSetting(solved="a"), solved), floor).floor is None
    other = replace(floor, camera="b 1")
    assert world_of(Camera(CameraSetting(solved="a"), solved), other).floor is None
    assert world_of(Camera(), other).floor is None
    assert world_of(Camera(CameraSetting(450.0)), floor).floor is not None


def test_the_scale_cannot_be_told_from_a_camera_that_does_not_move(tmp_path):
    stroll = Stroll(frames=60)
    solved = solve(stroll)
    with (
        strolled(tmp_path / "a.retake", stroll) as store,
        pytest.raises(CameraError, match="does not move"),
    ):
        scale_from(steps_of(store), Camera(CameraSetting(solved="a"), solved))


def test_too_little_to_measure_is_said(tmp_path):
    with strolled(tmp_path / "a.retake", Stroll(frames=3)) as store:
        with pytest.raises(CameraError, match="rest in 3 frames only"):
            floor_of(steps_of(store), Camera())
        with pytest.raises(CameraError, match="in no frame"):
            steps_of(store, 7)
        with pytest.raises(CameraError, match="body model"):
            read_steps(store, 1, lambda name: None, float, Job(lambda job: None))


def test_feet_that_rest_nowhere_in_particular_are_no_floor(tmp_path):
    rng = np.random.default_rng(0)
    results = [result_at(n, [(0, 0, 6)], masks=False) for n in range(40)]
    with session(tmp_path / "a.retake", results) as store:
        steps = steps_of(store)
        wild = replace(steps, soles=np.repeat(rng.normal([0, 0, 6], [0.5, 1, 1], (40, 3))[:, None], 2, 1))
        with pytest.raises(CameraError, match="no plane"):
            floor_of(wild, Camera())


def test_a_plane_through_points_of_which_a_third_are_wrong():
    rng = np.random.default_rng(0)
    normal = Rotation.from_euler("xz", [6, -4], degrees=True).as_matrix() @ [0, 1, 0]
    flat = rng.uniform(-2, 2, (300, 2))
    height = -(flat @ normal[[0, 2]]) / normal[1] + rng.normal(0, 0.01, 300)
    height[:100] += rng.uniform(0.1, 0.6, 100)
    found, offset, _spread = fit_plane(
        np.stack([flat[:, 0], height, flat[:, 1]], 1), np.array([0.0, 1, 0]), 40
    )
    assert np.degrees(np.arccos(found @ normal)) < 0.7
    assert offset == pytest.approx(0, abs=0.01)


def test_points_in_a_line_tilt_the_floor_no_further_than_people_lean():
    line = np.stack([np.linspace(-1, 1, 50), np.zeros(50), np.zeros(50)], 1)
    line[:, 1:] += np.random.default_rng(0).normal(0, 0.01, (50, 2))
    upright = Rotation.from_euler("x", 3, degrees=True).as_matrix() @ [0, 1, 0]
    found, _offset, _spread = fit_plane(line, upright, 8)
    assert np.degrees(np.arccos(found @ upright)) < 3


def test_soles_are_the_lowest_of_the_feet():
    body = builtin_body()
    for side, joints in zip(sole_vertices(body), ((7, 10), (8, 11)), strict=True):
        assert tuple(side) == joints
        for vertex in side.values():
            assert body.v_template[vertex, 1] < body.v_template[:, 1].min() + 0.03
