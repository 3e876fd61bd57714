from __future__ import annotations

import numpy as np
import pytest
from fakes_motion import ELBOW, RATE, elbow_at, moving, put_frame
from fakes_walkers import Walker
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipeline.motion.filling import fill_gaps
from pipeline.motion.gaps import gaps
from pipeline.motion.quaternions import aligned, angles, from_matrices, slerp, to_matrices
from pipeline.motion.reading import read_motion
from pipeline.motion.smoothing import STRENGTHS, Smoothing, smooth
from pipeline.session.history import History
from pipeline.session.layer_edits import AddLayer, SwitchLayer
from pipeline.session.layered import shown
from pipeline.session.store import Store
from pipeline.structures import RunOptions


def time_of(frame: int) -> float:
    return frame / RATE


@pytest.fixture
def store():
    with Store(":memory:") as store:
        yield store


rotations = st.tuples(*[st.floats(-3, 3)] * 3).map(lambda v: Rotation.from_rotvec(v).as_matrix())


@given(rotations, rotations, st.floats(0, 1))
@settings(max_examples=80, deadline=None)
def test_slerp_is_on_the_shortest_way_and_even(one, other, share):
    start, end = from_matrices(one), from_matrices(other)
    between = slerp(start, end, share)
    whole = angles(start, end)
    assert angles(start, between) == pytest.approx(share * whole, abs=1e-6)
    assert angles(between, end) == pytest.approx((1 - share) * whole, abs=1e-6)
    np.testing.assert_allclose(
        slerp(-start, end, share), between * np.sign(between @ slerp(-start, end, share))
    )


@given(st.lists(rotations, min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_rotations_are_the_same_after_being_quaternions(matrices):
    turns = aligned(from_matrices(np.array(matrices)))
    np.testing.assert_allclose(to_matrices(turns), np.array(matrices), atol=1e-9)
    assert ((turns[1:] * turns[:-1]).sum(-1) >= 0).all()


def elbows(poses):
    return np.stack([pose.rotations[ELBOW] for pose in poses])


def test_a_gap_is_crossed_at_constant_speed(store):
    moving(store, {*range(5), *range(15, 20)})
    motion = read_motion(store, 1, 0, 19)
    assert gaps(motion.frames, 20) == [(5, 14)]
    poses = fill_gaps(motion, time_of, 20)
    assert [pose.frame for pose in poses] == list(range(5, 15))
    np.testing.assert_allclose(elbows(poses), [elbow_at(f) for f in range(5, 15)], atol=1e-5)
    np.testing.assert_allclose([pose.cam_t[0] for pose in poses], 0.01 * np.arange(5, 15), atol=1e-6)
    assert fill_gaps(motion, time_of, 9) == ()


def test_time_counts_and_not_frame_numbers(store):
    """The video stands still for a second in the middle of the gap."""
    moving(store, {0, 4})
    poses = fill_gaps(read_motion(store, 1, 0, 4), lambda frame: frame / RATE + (frame > 2), 10)
    shares = [pose.cam_t[0] / 0.04 for pose in poses]
    np.testing.assert_allclose(shares, [0.04 / 1.16, 0.08 / 1.16, 1.12 / 1.16], rtol=1e-4)


@given(st.sets(st.integers(0, 14), min_size=1))
@settings(max_examples=40, deadline=None)
def test_filling_leaves_no_gap_and_touches_nothing_else(there):
    with Store(":memory:") as store:
        moving(store, there)
        before = {frame: shown(store, frame).result for frame in there}
        motion = read_motion(store, 1, 0, 20)
        options = {"body_model": motion.body_model, "image_size": list(motion.image_size)}
        history, dump = History(store), store.dump()
        history.do(AddLayer("fill", 1, 0, 14, options, fill_gaps(motion, time_of, 20), "Fill"))
        frames = [
            f for f in range(20) if (s := shown(store, f)) and any(a.track_id == 1 for a in s.assignments)
        ]
        assert frames == list(range(min(there), max(there) + 1))
        assert all(shown(store, frame).result is before[frame] for frame in there)
        history.undo()
        assert store.dump() == dump


def error(poses, noise: float = 0.0) -> float:
    true = from_matrices(np.stack([elbow_at(pose.frame) for pose in poses]))
    return float(np.degrees(angles(from_matrices(elbows(poses)), true)).mean())


def second_difference(poses) -> float:
    turns = from_matrices(elbows(poses))
    return float(np.abs(np.diff(aligned(turns), 2, axis=0)).mean())


@pytest.mark.parametrize("method", ["gaussian", "one_euro"])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_noise_is_less_and_motion_stays(store, method, strength):
    moving(store, set(range(60)), noise=0.1)
    motion = read_motion(store, 1, 0, 59)
    raw = smooth(motion, time_of, Smoothing("gaussian", "light"))[0]
    assert raw.version == motion.versions[0]
    poses = smooth(motion, time_of, Smoothing(method, strength))
    noisy = angles(
        from_matrices(motion.rotations[:, ELBOW]), from_matrices(np.stack([elbow_at(f) for f in range(60)]))
    )
    assert error(poses) < float(np.degrees(noisy).mean()) * 0.95
    turns = aligned(from_matrices(motion.rotations[:, ELBOW]))
    assert second_difference(poses) < 0.7 * float(np.abs(np.diff(turns, 2, axis=0)).mean())


@pytest.mark.parametrize("method", ["gaussian", "one_euro"])
def test_a_steady_motion_neither_lags_nor_shrinks(store, method):
    moving(store, set(range(60)))
    poses = smooth(read_motion(store, 1, 0, 59), time_of, Smoothing(method, "medium"))
    inner = poses[10:-10]
    assert error(inner) < 1.0  # degrees, at 115 degrees a second: less than a quarter of a frame
    signed = [
        (
            Rotation.from_matrix(elbow_at(p.frame)).inv() * Rotation.from_matrix(p.rotations[ELBOW])
        ).as_rotvec()[2]
        for p in inner
    ]
    assert abs(np.degrees(np.mean(signed))) < 0.2


def test_stronger_is_smoother(store):
    moving(store, set(range(60)), noise=0.1)
    motion = read_motion(store, 1, 0, 59)
    for method in ("gaussian", "one_euro"):
        left = [second_difference(smooth(motion, time_of, Smoothing(method, s))) for s in STRENGTHS]
        assert left == sorted(left, reverse=True)


def test_a_long_gap_is_not_smoothed_across(store):
    moving(store, {*range(5), *range(40, 45)})
    motion = read_motion(store, 1, 0, 44)
    poses = smooth(motion, time_of, Smoothing("gaussian", "very strong"))
    alone = smooth(motion.part(slice(0, 5)), time_of, Smoothing("gaussian", "very strong"))
    np.testing.assert_array_equal(elbows(poses[:5]), elbows(alone))


def test_one_frame_can_be_smoothed_and_a_track_that_is_not_there_cannot(store):
    moving(store, {3})
    poses = smooth(read_motion(store, 1, 0, 5), time_of, Smoothing("one_euro"))
    np.testing.assert_allclose(elbows(poses), [elbow_at(3)], atol=1e-6)
    assert read_motion(store, 2, 0, 5) is None
    assert read_motion(store, 1, 4, 9) is None


def test_layers_are_read_one_over_the_other_and_switched_off_give_the_raw_result_back(store):
    moving(store, {*range(5), *range(8, 12)}, noise=0.1)
    raw = {frame: shown(store, frame).result for frame in range(12)}
    history = History(store)
    motion = read_motion(store, 1, 0, 11)
    options = {"body_model": motion.body_model, "image_size": list(motion.image_size)}
    history.do(AddLayer("fill", 1, 0, 11, options, fill_gaps(motion, time_of, 5), "Fill"))
    filled = read_motion(store, 1, 0, 11)
    assert filled.frames.tolist() == list(range(12))
    assert filled.slots.tolist() == [0] * 5 + [-1] * 3 + [0] * 4
    history.do(AddLayer("smooth", 1, 0, 11, options, smooth(filled, time_of, Smoothing()), "Smooth"))
    assert {shown(store, f).made.get(0) for f in range(12)} == {"filled", "smoothed"}
    for layer in (1, 2):
        history.do(SwitchLayer(layer, enabled=False))
    assert all(shown(store, frame).result is raw[frame] for frame in range(12))


def test_another_body_model_is_left_out(store):
    from dataclasses import replace

    from fakes_walkers import seen

    from pipeline.session.record import record

    moving(store, {0, 1, 2})
    result = seen(3, [Walker(0, 5, vx=0.01)])
    record(store, replace(result, people=replace(result.people, body_model="other")), 1)
    assert read_motion(store, 1, 0, 3).frames.tolist() == [0, 1, 2]
    put_frame(store, store.start_run("e", RunOptions(), "r"), 3)
    assert read_motion(store, 1, 0, 3).frames.tolist() == [0, 1, 2, 3]
