"""Numbers of motions that are known as formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fakes_curves import UPRIGHT, StillCamera, Vfr, about, book_of, frame_of, session

from pipeline.curves.book import CurveBook
from pipeline.curves.differences import acceleration, steps_before, velocity
from pipeline.curves.values import BY_KEY, CURVES, Wish, joined_to_previous
from pipeline.smpl import JOINT_NAMES, builtin_body
from pipeline.structures import Changes

DENSE = np.ones(60, bool)
DENSE[0] = False


def values(store, key, choice="", **more):
    return book_of(store, **more).series(1, Wish(key, choice)).values


def test_constant_speed_is_the_same_at_uneven_times():
    def walk(frame):
        return frame_of(frame, (1.2 * Vfr[frame], 0, 5 + 0.5 * Vfr[frame]))

    with session(range(60), walk) as store:
        speed = values(store, "speed", time_of=lambda frame: Vfr[frame])
        assert speed == pytest.approx(1.3, rel=1e-3)


def test_times_are_those_of_the_video():
    with session(range(60)) as store:
        series = book_of(store, time_of=lambda frame: Vfr[frame]).series(1, Wish("score"))
        assert series.times.tolist() == list(Vfr)
        assert series.frames.tolist() == list(range(60))


def test_a_falling_thing_has_its_acceleration_at_uneven_times():
    times = np.array(Vfr)
    fall = (9.81 / 2 * times**2)[:, None]
    steps = steps_before(times, DENSE)
    assert acceleration(fall, steps)[1:-1] == pytest.approx(9.81)
    assert velocity(fall, steps)[1:-1, 0] == pytest.approx(9.81 * times[1:-1])


def test_an_elbow_that_turns_steadily_has_the_acceleration_of_a_circle():
    rate, forearm = 3.0, None

    def turning(frame):
        return frame_of(frame, turned={"left_elbow": about("y", math.degrees(rate * frame / 100))})

    with session(range(40), turning) as store:
        book = book_of(store, time_of=lambda frame: frame / 100)
        joint = JOINT_NAMES.index("left_wrist")
        found = book.series(1, Wish("acceleration", str(joint))).values[1:-1, 0]
        joints = book._kept[1].joints
        forearm = np.linalg.norm(joints[0, joint] - joints[0, JOINT_NAMES.index("left_elbow")])
        assert found.mean() == pytest.approx(rate**2 * forearm, rel=0.05)
        still = book.series(1, Wish("acceleration", str(JOINT_NAMES.index("right_wrist")))).values[1:-1]
        assert still == pytest.approx(0, abs=0.05)
        largest = book.series(1, Wish("acceleration", "max")).values[1:-1, 0]
        mean = book.series(1, Wish("acceleration", "mean")).values[1:-1, 0]
        assert (largest > found - 0.05).all()
        assert (mean < largest / 3).all()


@pytest.mark.parametrize("degrees", [0, 30, 90, 120])
def test_a_bent_knee_is_bent_by_so_much(degrees):
    with session(range(3), lambda f: frame_of(f, turned={"left_knee": about("x", degrees)})) as store:
        straight = values(session(range(3)), "knee")[0]
        left, right = values(store, "knee")[0]
        # The rest pose itself is not quite straight.
        assert left == pytest.approx(degrees, abs=straight[0] + 0.5)
        assert right == pytest.approx(straight[1], abs=1e-3)
        assert straight.max() < 8


@pytest.mark.parametrize("degrees", [-20, 0, 45, 90])
def test_a_thigh_that_is_raised_to_the_front_is_flexion_however_the_body_stands(degrees):
    turned = {"right_hip": about("x", -degrees)}
    rest = values(session(range(2)), "hip")[0]
    for root in (UPRIGHT, about("xyz", [140, 30, 20])):
        with session(range(2), lambda f, root=root: frame_of(f, turned=turned, root=root)) as store:
            left, right = values(store, "hip")[0]
            assert right - rest[1] == pytest.approx(degrees, abs=0.5)
            assert left == pytest.approx(rest[0], abs=0.1)
    assert abs(rest).max() < 8


def test_arms_of_the_rest_pose_are_level_and_hang_when_lowered():
    with session(range(2)) as store:
        assert values(store, "shoulder")[0] == pytest.approx([90, 90], abs=15)
    lowered = {"left_shoulder": about("z", -80), "right_shoulder": about("z", 80)}
    with session(range(2), lambda f: frame_of(f, turned=lowered)) as store:
        assert values(store, "shoulder")[0] == pytest.approx([10, 10], abs=15)


def test_a_joint_says_by_how_much_it_is_turned_about_any_axis():
    with session(range(2), lambda f: frame_of(f, turned={"neck": about("xyz", [0, 65, 0])})) as store:
        assert values(store, "rotation", str(JOINT_NAMES.index("neck"))) == pytest.approx(65, abs=0.01)
        assert values(store, "rotation", "1") == pytest.approx(0, abs=0.05)


def test_depth_is_of_the_pelvis_in_the_camera():
    with session(range(3), lambda f: frame_of(f, (1, 2, 4 + f))) as store:
        assert values(store, "depth")[:, 0] == pytest.approx([4, 5, 6], abs=1e-5)


def test_a_camera_that_walks_along_leaves_the_world_speed():
    class Dolly:
        def camera_to_world(self, frame):
            return UPRIGHT, np.array([frame / 25 * 2.0, 0, 0], np.float32)

    with session(range(30)) as store:
        assert values(store, "speed") == pytest.approx(0, abs=1e-4)
        assert values(store, "speed", world=Dolly()) == pytest.approx(2.0, rel=1e-3)
        assert values(store, "depth", world=Dolly()) == pytest.approx(5.0, abs=1e-5)


def test_drift_is_how_far_the_rest_joints_are_from_the_usual_ones():
    other = np.zeros(10, np.float32)
    other[0] = 1.0

    def shape(frame):
        return frame_of(frame, betas=other if frame == 4 else np.zeros(10, np.float32))

    with session(range(9), shape) as store:
        drift = values(store, "betas", "drift")[:, 0]
        moved = builtin_body().J_shapedirs[..., 0]
        expected = 1000 * np.sqrt(((moved - moved.mean(0)) ** 2).sum(1).mean())
        assert drift[4] == pytest.approx(expected, rel=1e-4)
        assert np.delete(drift, 4) == pytest.approx(0, abs=1e-4)
        assert values(store, "betas", "all").shape == (9, 10)
        assert values(store, "betas", "0")[:, 0].tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_nothing_is_said_of_motion_over_a_gap():
    frames = [0, 1, 2, 3, 10, 11, 12, 13]

    def jump(frame):
        return frame_of(frame, (frame * 0.04, 0, 5 if frame < 5 else 9))

    with session(frames, jump) as store:
        assert joined_to_previous(np.array(frames)).tolist() == [False, *[True] * 3, False, *[True] * 3]
        assert values(store, "speed") == pytest.approx(1.0, rel=1e-3)
        lost = np.isnan(values(store, "acceleration", "mean")[:, 0])
        assert lost.tolist() == [True, False, False, True] * 2


def test_a_track_run_on_every_fifth_frame_has_no_gaps():
    assert joined_to_previous(np.arange(0, 50, 5)).tolist() == [False, *[True] * 9]
    assert joined_to_previous(np.array([7])).tolist() == [False]
    assert joined_to_previous(np.array([], np.int64)).tolist() == []


def test_two_frames_of_the_same_time_have_no_speed_between_them():
    with session(range(4)) as store:
        found = values(store, "speed", time_of=lambda frame: [0.0, 0.1, 0.1, 0.2][frame])
        assert np.isfinite(found).all()  # from the other neighbour


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.key)
def test_every_choice_has_the_lines_it_says_also_for_nobody(curve):
    with session(range(4)) as store:
        book = book_of(store, tracks=(1, 7))
        for choice in [value for value, _title in curve.choices] or [""]:
            for track, rows in ((1, 4), (7, 0)):
                found = book.series(track, Wish(curve.key, choice))
                assert found.values.shape == (rows, len(curve.lines_of(choice)))
                assert len(found.frames) == len(found.times) == len(found.made) == rows
            assert curve.title_of(choice).startswith(curve.title)


def test_what_needs_joints_is_unknown_without_the_body_model():
    with session(range(4)) as store:
        book = CurveBook(lambda _id: None, lambda frame: frame / 25, lambda _store: StillCamera())
        book.update(store, Changes(None), [1])
        for key in ("knee", "acceleration", "betas"):
            assert np.isnan(book.series(1, Wish(key)).values).all()
        for key in ("speed", "depth", "rotation", "score", "box"):
            assert np.isfinite(book.series(1, Wish(key)).values).all()
        assert book.bodies == ("made-up-body",)
        assert book.engines == ("made-up-1",)


def test_every_curve_says_what_it_is():
    assert len(BY_KEY) == len(CURVES)
    assert all(curve.meaning.endswith(".") for curve in CURVES)
    assert BY_KEY["betas"].unit_of("drift") == "mm"
    assert BY_KEY["betas"].unit_of("all") == ""
