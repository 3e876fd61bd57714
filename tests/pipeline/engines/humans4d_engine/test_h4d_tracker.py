"""PHALP's tracker: who is who, and that it can be put away and taken out again."""

import sys
import warnings

import numpy as np
import pytest
import torch
from fakes_sightings import sightings

from pipeline.engines.humans4d.pose_prediction import PosePredictor
from pipeline.engines.humans4d.tracker import MAX_AGE, TENTATIVE, PhalpTracker


@pytest.fixture
def make_tracker(loaded):
    return lambda: PhalpTracker(loaded.predictor, loaded.appearance.encode)


@pytest.fixture
def tracker(make_tracker):
    return make_tracker()


def walk(tracker, frames, people=(0, 1, 2)) -> list[list[int]]:
    return [tracker.follow(frame, sightings(frame, people)).tolist() for frame in frames]


def test_people_keep_their_numbers(tracker):
    assert walk(tracker, range(20)) == [[1, 2, 3]] * 20


def test_numbers_follow_people_in_whatever_order_they_are_found(tracker):
    rng = np.random.default_rng(0)
    for frame in range(12):
        order = rng.permutation(3).tolist() if frame else [0, 1, 2]
        assert tracker.follow(frame, sightings(frame, order)).tolist() == [one + 1 for one in order]


def test_who_is_missed_for_a_while_is_known_again(tracker):
    walk(tracker, range(8))
    assert walk(tracker, range(8, 14), people=(0, 2)) == [[1, 3]] * 6
    assert walk(tracker, range(14, 16)) == [[1, 2, 3]] * 2


def test_who_is_missed_before_being_sure_of_is_somebody_new(tracker):
    walk(tracker, range(TENTATIVE - 2))
    walk(tracker, range(TENTATIVE - 2, TENTATIVE - 1), people=(0, 2))
    assert walk(tracker, range(TENTATIVE - 1, TENTATIVE + 2)) == [[1, 4, 3]] * 3


def test_somebody_new_gets_a_new_number(tracker):
    walk(tracker, range(6))
    assert walk(tracker, range(6, 9), people=(3, 0, 1, 2)) == [[4, 1, 2, 3]] * 3


def test_frames_that_were_left_out_count_as_frames_without_anybody(make_tracker):
    gap, empty = make_tracker(), make_tracker()
    for tracker in (gap, empty):
        walk(tracker, range(7))
    walk(empty, range(7, 17), people=())
    assert walk(gap, [17]) == walk(empty, [17]) == [[1, 2, 3]]
    assert [track.age for track in gap._tracker.tracks] == [track.age for track in empty._tracker.tracks]


def test_after_a_long_absence_nobody_is_known(tracker):
    walk(tracker, range(7))
    walk(tracker, [7 + MAX_AGE], people=())
    walk(tracker, [9 + MAX_AGE], people=())
    assert walk(tracker, [10 + MAX_AGE]) == [[4, 5, 6]]


def test_nobody_at_all_is_no_matter(tracker):
    assert tracker.follow(0, sightings(0, ())).shape == (0,)
    assert walk(tracker, [1, 2]) == [[1, 2, 3]] * 2


def test_whose_numbers_are_none_matches_nobody(tracker):
    """Upstream makes such a cost 0, which is the best of all."""
    walk(tracker, range(6))
    for frame in range(6, 9):
        numbers = tracker.follow(frame, sightings(frame, (1, 0, 2), broken=(1,))).tolist()
        assert numbers[1:] == [1, 3]
        assert numbers[0] > 3


def test_the_next_number_can_be_set(tracker):
    tracker.reset(first_number=500)
    assert walk(tracker, range(2)) == [[500, 501, 502]] * 2


def test_upstreams_store_of_costs_does_not_grow(tracker):
    walk(tracker, range(6))
    assert not tracker._tracker.tracked_cost


def history(frame):
    """Who is there in a run with comings and goings."""
    people = [0, 1, 2] if frame < 9 or frame > 12 else [0, 2]
    return [*people, 3] if frame >= 6 else people


def run(tracker, frames):
    return {frame: tracker.follow(frame, sightings(frame, history(frame))).tolist() for frame in frames}


@pytest.fixture(scope="module")
def uninterrupted(loaded_engine):
    loaded = loaded_engine._loaded
    tracker = PhalpTracker(loaded.predictor, loaded.appearance.encode)
    return run(tracker, range(20)), tracker.state()


@pytest.mark.parametrize("cut", [1, 3, 7, 10, 12, 19])
def test_put_back_it_goes_on_as_if_nothing_had_been(make_tracker, uninterrupted, cut):
    first, second = make_tracker(), make_tracker()
    run(first, range(cut))
    second.restore(first.state())
    assert second.frame == cut - 1
    numbers, end = uninterrupted
    for frame, found in run(second, range(cut, 20)).items():
        assert found == numbers[frame]
    state = second.state()
    assert state.keys() == end.keys()
    for name, value in end.items():
        np.testing.assert_allclose(state[name], value, rtol=1e-4, atol=1e-5, err_msg=name)


def test_a_state_is_plain_numbers_and_its_own(tracker):
    walk(tracker, range(3))
    state = tracker.state()
    assert all(value.dtype.kind in "iuf" for value in state.values())
    before = {name: value.copy() for name, value in state.items()}
    walk(tracker, range(3, 6))
    for name, value in state.items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)


def test_a_step_tried_twice_from_its_state_gives_the_same(tracker):
    walk(tracker, range(6))
    state, seen = tracker.state(), sightings(6, (2, 0, 1))
    once = tracker.follow(6, seen).tolist()
    tracker.restore(state)
    assert tracker.follow(6, seen).tolist() == once


def test_upstream_disturbs_nothing(packages, loaded, make_tracker):
    sys.modules.pop("phalp.external.deep_sort_.tracker", None)  # its import sets numpy's printing
    printing, filters, stdout = np.get_printoptions(), list(warnings.filters), sys.stdout
    walk(make_tracker(), range(2))
    assert np.get_printoptions() == printing
    assert warnings.filters == filters
    assert sys.stdout is stdout


# the predictor


def fake_past(seed, count):
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, 30, (count, 7)), axis=1)
    return rng.normal(size=(count, 7, 229)).astype(np.float32), times, rng.integers(0, 10, count)


def test_each_person_is_asked_about_at_their_own_time(loaded):
    """Upstream asks about all at the first one's."""
    poses, times, missed = fake_past(0, 4)
    together = loaded.predictor.predict(poses, times, missed)
    assert together.shape == (4, 229)
    for row in range(4):
        some = slice(row, row + 1)
        alone = loaded.predictor.predict(poses[some], times[some], missed[some])
        np.testing.assert_allclose(alone, together[some], atol=1e-5)


class Recording(torch.nn.Module):
    """A network that says which frame it was asked about, and remembers what it was told."""

    def __init__(self):
        super().__init__()
        self.smpl_head = [lambda tokens: ({"global_orient": tokens[:, :9], "body_pose": tokens[:, :207],
                                           "betas": tokens[:, :10]}, None)]  # fmt: skip
        self.loca_head = [lambda tokens: tokens[:, :3]]

    def forward(self, data, mask_type):
        self.data = data
        count, frames = data["has_detection"].shape[:2]
        slots = torch.arange(-1.0, frames)[None, :, None].expand(count, frames + 1, 229)
        return slots, None


def test_sightings_lie_at_their_frames_and_of_two_at_one_the_later_stays():
    zeros, ones = np.zeros((1, 1, 1, 229), np.float32), np.ones((1, 1, 1, 229), np.float32)
    network = Recording()
    predictor = PosePredictor(network, 20, "zero", zeros + 1, ones * 2)
    poses = np.arange(7, dtype=np.float32)[None, :, None].repeat(229, axis=2)
    asked = predictor.predict(poses, np.array([[10, 10, 10, 11, 14, 14, 15]]), np.array([2]))
    assert asked[0, 0] == 8  # slot 5 was the last, two were missed, the next is asked about
    seen = network.data["has_detection"][0, :, 0, 0]
    assert torch.nonzero(seen).ravel().tolist() == [0, 1, 4, 5]
    np.testing.assert_allclose(
        network.data["pose_shape"][0, [0, 1, 4, 5], 0, 0], (np.array([2, 3, 5, 6]) - 1) / 2
    )


def test_beyond_its_frames_the_last_is_asked_about():
    zeros, ones = np.zeros((1, 1, 1, 229), np.float32), np.ones((1, 1, 1, 229), np.float32)
    predictor = PosePredictor(Recording(), 20, "zero", zeros, ones)
    poses = np.zeros((1, 7, 229), np.float32)
    assert predictor.predict(poses, np.array([[0, 5, 9, 30, 31, 32, 40]]), np.array([50]))[0, 0] == 19


def test_all_tensors_of_the_predictor_come_from_the_file(packages, weights, loaded):
    """Upstream leaves the four of `pose_shape_encoder` random."""
    state = torch.load(weights / "phalp/weights/pose_predictor.pth", weights_only=False)["state_dict"]
    own = loaded.predictor.state_dict()
    assert {name for name in state if "pose_shape_encoder" in name} >= {"encoder.pose_shape_encoder.0.weight"}
    for name, value in state.items():
        assert torch.equal(own[name], value), name
