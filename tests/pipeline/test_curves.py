"""Curves against motions whose numbers are known."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from fakes_motion import RATE, WALKER, moving

from pipeline.curves.book import CurveBook
from pipeline.curves.kinds import BY_KEY, KINDS, curves_of
from pipeline.curves.rows import no_rows
from pipeline.curves.table import TrackCurves, write_csv
from pipeline.session.store import Store
from pipeline.smpl import builtin_body
from pipeline.smpl.joints import JOINT_NAMES
from pipeline.structures import Changes


def line_of(count, times=None, joints=None, pelvis=None, frames=None):
    rows = no_rows()
    times = np.arange(count) / 25 if times is None else times
    return type(rows)(
        np.ones(count, np.int64),
        np.arange(count) if frames is None else frames,
        times,
        np.zeros(count, np.int8),
        np.zeros((count, 3), np.float32) if pelvis is None else pelvis.astype(np.float32),
        np.zeros((count, 24, 3), np.float32) if joints is None else joints.astype(np.float32),
        np.zeros((count, 10), np.float32),
        np.tile(np.array([10, 20, 40, 100], np.float32), (count, 1)),
        np.full(count, 0.5, np.float32),
    )


def values(rows, key):
    return np.stack([curve.values for curve in curves_of(rows, BY_KEY[key])])


def test_constant_speed_is_constant_also_when_the_frame_rate_varies():
    times = np.cumsum([0, 0.04, 0.02, 0.08, 0.04, 0.1])
    rows = line_of(6, times, pelvis=np.outer(times, [0.9, 0, 1.2]) + np.array([1, 2, 5]))
    np.testing.assert_allclose(values(rows, "speed")[0], 1.5, rtol=1e-5)


def test_nothing_is_measured_across_a_gap():
    frames = np.array([0, 1, 2, 10, 11, 12])
    rows = line_of(6, frames / 25, frames=frames, pelvis=np.outer(frames > 5, [9, 0, 0]))
    np.testing.assert_allclose(values(rows, "speed")[0], 0, atol=1e-6)
    (curve,) = curves_of(rows, BY_KEY["speed"])
    assert curve.follows.tolist() == [False, True, True, False, True, True]
    assert np.isnan(values(rows, "acceleration")[0]).tolist() == [True, False, True, True, False, True]


def test_frames_that_were_run_at_intervals_are_no_gaps():
    frames = np.arange(0, 50, 10)
    rows = line_of(5, frames / 25, frames=frames, pelvis=np.outer(frames / 25, [1, 0, 0]))
    np.testing.assert_allclose(values(rows, "speed")[0], 1, rtol=1e-5)


def test_constant_acceleration_of_one_joint():
    times = np.arange(8) / 50
    joints = np.zeros((8, 24, 3))
    joints[:, 5, 1] = 0.5 * 4.6 * times**2
    mean, greatest = values(line_of(8, times, joints), "acceleration")
    np.testing.assert_allclose(greatest[1:-1], 4.6, rtol=1e-3)
    np.testing.assert_allclose(mean[1:-1], 4.6 / 23, rtol=1e-3)
    assert np.isnan(mean[[0, -1]]).all()


@pytest.mark.parametrize("degrees", [0, 30, 90, 140])
def test_knee_flexion_is_the_angle_of_the_bones(degrees):
    joints = np.zeros((1, 24, 3))
    angle = np.radians(degrees)
    for name, place in (
        ("right_hip", (0, 1, 0)),
        ("right_ankle", (0, -np.cos(angle), -np.sin(angle))),
        ("left_hip", (0, 1, 0)),
        ("left_ankle", (0, -1, 0)),
    ):
        joints[0, JOINT_NAMES.index(name)] = place
    left, right = values(line_of(1, joints=joints), "knees")
    np.testing.assert_allclose([left[0], right[0]], [0, degrees], atol=1e-3)


def test_arms_of_the_body_at_rest_are_stretched_out():
    rest = builtin_body().rest_joints(np.zeros((1, 10), np.float32))
    rows = line_of(1, joints=rest - rest[:, :1])
    np.testing.assert_allclose(values(rows, "elbows"), 0, atol=20)
    np.testing.assert_allclose(values(rows, "shoulders"), 90, atol=25)
    np.testing.assert_allclose(values(rows, "hips"), 0, atol=20)


def test_every_kind_says_nothing_of_nobody_and_something_of_somebody():
    for kind in KINDS:
        assert kind.measure(no_rows()).shape == (len(kind.lines), 0)
        assert kind.measure(line_of(4)).shape == (len(kind.lines), 4)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "s.retake") as store:
        yield store


def test_the_book_reads_tracks_and_again_what_changed(store):
    moving(store, set(range(20)) - {7, 8})
    book = CurveBook(lambda _id: builtin_body(), lambda frame: frame / RATE)
    book.update(store, Changes(None))
    rows = book.rows(1)
    assert rows.frames.tolist() == [f for f in range(20) if f not in (7, 8)]
    assert np.isfinite(rows.joints).all()
    expected = [WALKER.at(int(frame))[2] for frame in rows.frames]
    np.testing.assert_allclose(rows.pelvis[:, 2], expected, atol=0.5)
    book.update(store, Changes(frozenset({3})))
    assert book.rows(1).frames.tolist() == rows.frames.tolist()
    np.testing.assert_array_equal(book.rows(1).joints, rows.joints)
    assert not len(book.rows(99))


def test_a_table_says_units_times_and_what_layers_made(tmp_path):
    rows = line_of(3, np.array([0, 0.04, 0.1]), pelvis=np.array([[0, 0, 5], [1, 0, 5], [2, 0, 5]]))
    rows.made[1] = 1
    curves = tuple(c for key in ("knees", "depth", "acceleration") for c in curves_of(rows, BY_KEY[key]))
    write_csv(tmp_path / "t.csv", [TrackCurves(1, "Anna, the first", curves)])
    head, *lines = csv.reader((tmp_path / "t.csv").read_text("utf-8").splitlines())
    assert head[:5] == ["track", "name", "frame", "time [s]", "made"]
    assert head[5:8] == ["Knee flexion left [deg]", "Knee flexion right [deg]", "Depth [m]"]
    assert head[8] == "Joint acceleration mean [m/s^2]"
    assert lines[1][:5] == ["1", "Anna, the first", "1", "0.040000", "filled"]
    assert [line[7] for line in lines] == ["5", "5", "5"]
    assert lines[0][8] == ""  # no neighbour before
