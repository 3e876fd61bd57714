import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipeline.camera.floor_setting import FloorSetting
from pipeline.camera.kept import KeptCamera, camera_in, keep_solved
from pipeline.camera.packing import digest, packed, unpacked
from pipeline.camera.values import Camera, CameraSetting, SolvedCamera, centred, partly
from pipeline.session.history import History
from pipeline.session.review_edits import ChangeSetting
from pipeline.session.store import Store


def solved(frames=(0, 10, 20), up="", principal=(160.0, 120.0), focal=(300.0, 300.0)) -> SolvedCamera:
    count = len(frames)
    turns = Rotation.from_euler("y", np.linspace(0, 40, count)[:, None], degrees=True).as_matrix()
    return SolvedCamera(
        np.array(frames, np.int64),
        turns,
        np.linspace([0, 0, 0], [2, 0, 1], count),
        np.tile(np.array(focal), (count, 1)),
        np.tile(np.array(principal), (count, 1)),
        (320, 240),
        up,
    )


@given(
    st.builds(CameraSetting, st.floats(0, 1e6))
    | st.builds(
        CameraSetting,
        st.just(0.0),
        st.text("0123456789abcdef", min_size=1),
        st.text(),
        st.floats(1e-6, 1e6),
        st.sampled_from(["", "file", "feet", "reviewer"]),
    )
)
def test_settings_come_back_from_json(setting):
    assert CameraSetting.from_plain(json.loads(json.dumps(setting.to_plain()))) == setting


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    json_values, st.dictionaries(st.sampled_from(["focal_length", "scale", "solved", "normal"]), json_values)
)
def test_whatever_stands_in_a_session_it_is_read(anything, fields):
    for plain in (anything, fields):
        setting = CameraSetting.from_plain(plain)
        assert setting.focal_length >= 0
        assert setting.scale > 0
        FloorSetting.from_plain(plain)


def test_a_floor_comes_back_from_json():
    floor = FloorSetting((0.0, 0.6, 0.8), 1.5, "abc 1", 1000.0, 12.0, 1.4, 96, 0.02, 3)
    assert FloorSetting.from_plain(json.loads(json.dumps(floor.to_plain()))) == floor


@given(
    st.floats(100, 5000),
    st.floats(100, 5000),
    st.lists(st.tuples(st.floats(-3, 3), st.floats(1, 9)), min_size=3),
)
def test_a_floor_goes_with_the_bodies_when_the_focal_length_changes(old, new, places):
    normal = np.array([0.05, -0.9, -0.3])
    normal /= np.linalg.norm(normal)
    floor = FloorSetting((*normal,), -1.4, focal_length=old).under(new)
    for x, z in places:
        y = (-1.4 - normal[0] * x - normal[2] * z) / normal[1]
        moved = np.array([x, y, z * new / old])
        assert np.dot(floor.normal, moved) == pytest.approx(floor.offset, abs=1e-6 * max(1, abs(moved).max()))


def test_packing_keeps_every_bit():
    camera = solved(up="-z")
    plain = json.loads(json.dumps(packed(camera)))
    back = unpacked(plain)
    for name in ("frames", "rotations", "centres", "focals", "principals"):
        np.testing.assert_array_equal(getattr(back, name), getattr(camera, name))
    assert (back.size, back.up) == (camera.size, camera.up)
    assert digest(plain) == digest(packed(back))


@pytest.mark.parametrize(
    "plain", [None, [], {}, {"count": 3}, {"count": 1, "size": [1, 2], "data": "AAAA", "up": ""}]
)
def test_what_is_no_packed_camera_is_refused(plain):
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever kind
        unpacked(plain)


def test_between_solved_frames_the_camera_goes_evenly_and_beyond_it_stays():
    camera = solved()
    middle = camera.at(5)
    assert Rotation.from_matrix(middle.rotation).as_euler("yxz", degrees=True)[0] == pytest.approx(10)
    np.testing.assert_allclose(middle.centre, [0.5, 0, 0.25])
    np.testing.assert_allclose(camera.at(10).rotation, camera.rotations[1])
    np.testing.assert_allclose(camera.at(500).centre, [2, 0, 1])
    np.testing.assert_allclose(camera.at(-3).centre, [0, 0, 0])


@given(st.floats(-6, 6), st.floats(-4, 4), st.floats(-0.9, 0.9), st.floats(-0.9, 0.9))
def test_a_principal_point_beside_the_middle_becomes_a_turn(right, down, x, y):
    """In the middle of the picture exactly; elsewhere to what `centred` promises."""
    pose = solved(principal=(160 + right, 120 + down)).at(0)
    turn, focal = centred(pose, (320, 240))
    pixel = np.array([160 * x, 120 * y])
    ray = turn @ [*(pixel / focal), 1.0]
    seen = ray[:2] / ray[2] * pose.focal + pose.principal - [160, 120]
    angle = np.hypot(right, down) / 300
    allowed = 300 * angle * 1.5 * (pixel @ pixel / 300**2) + 300 * angle**2 + 1e-6
    assert np.abs(seen - pixel).max() <= allowed


def test_a_session_keeps_solves_and_undo_leaves_them_to_be_redone(tmp_path):
    with Store(tmp_path / "a.retake") as store:
        assert camera_in(store).focal_length(3) == 0
        history, name = History(store), keep_solved(store, solved())
        history.do(ChangeSetting("camera", CameraSetting(solved=name, scale=2.0).to_plain(), "Import"))
        camera = camera_in(store)
        assert camera is camera_in(store)
        assert camera.focal_length(3) == pytest.approx(300)
        assert camera.setting.scale == 2
        history.undo()
        assert camera_in(store).solved is None
        history.redo()
        assert camera_in(store).solved is not None
    with Store(tmp_path / "a.retake", read_only=True) as store:
        assert camera_in(store).focal_length(3) == pytest.approx(300)


def test_a_solve_that_is_gone_or_damaged_is_none(tmp_path):
    with Store(tmp_path / "a.retake") as store:
        History(store).do(ChangeSetting("camera", CameraSetting(solved="feedc0de").to_plain(), "Import"))
        assert camera_in(store).solved is None
        assert camera_in(store).focal_length(0) == 0


def test_what_is_tried_is_shown_but_not_kept(tmp_path):
    with Store(tmp_path / "a.retake") as store:
        store.companion(KeptCamera).tried = Camera(CameraSetting(777.0))
        assert camera_in(store).focal_length(0) == 777
        store.companion(KeptCamera).tried = None
        assert camera_in(store).focal_length(0) == 0
        assert store.setting("camera") is None


@given(st.floats(-180, 180), st.floats(-180, 180), st.floats(0, 1))
def test_a_part_of_a_turn(yaw, pitch, share):
    turn = Rotation.from_euler("yx", [yaw, pitch], degrees=True)
    part = Rotation.from_matrix(partly(turn.as_matrix(), share))
    assert part.magnitude() == pytest.approx(share * turn.magnitude(), abs=1e-5)
    rest = Rotation.from_matrix(partly(turn.as_matrix(), 1.0))
    assert (rest.inv() * turn).magnitude() < 1e-5
