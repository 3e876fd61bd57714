"""Where people will be and how little they resemble each other, against the formulas written as loops."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.engines.humans4d.costs import LIMIT, Metric, combine
from pipeline.engines.humans4d.locations import predict_locations


def pasts(seed, count=3):
    """Seven sightings each, some of them the same one again, as a young track's past is."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, 12, (count, 7)), axis=1) + 40
    times[:, -1] = np.maximum(times[:, -1], times[:, 0] + 1)
    seen = rng.uniform(0, 1, (count, 7, 99)).astype(np.float32)
    seen[:, :, 92] = rng.uniform(5, 150, (count, 7))
    return seen, times, rng.integers(0, 60, count)


def ridge(times, values, alpha):
    """A straight line whose slope is held back, found by least squares with one more equation."""
    rows = np.column_stack([np.ones(len(times)), times - times.mean()])
    rows = np.vstack([rows, [0, np.sqrt(alpha)]])
    at_mean, slope = np.linalg.lstsq(rows, np.append(values, 0.0), rcond=None)[0]
    return lambda t: at_mean + slope * (np.asarray(t, float) - times.mean())


def interval(times, values, line, t):
    rest = values - line(times)
    deviation = np.sqrt((rest**2).sum() / (len(values) - 2))
    far = (t - times.mean()) ** 2 / ((times - times.mean()) ** 2).sum()
    return stats.t.ppf(0.975, len(values) - 2) * deviation * np.sqrt(1 + 1 / len(values) + far)


def one_by_one(seen, times, missed):
    rows = []
    for past, when, since in zip(seen.astype(float), times, missed, strict=True):
        ahead = when[-1] + min(since, 48) + 1
        x, y, depth = past[:, 88], past[:, 89], np.log(past[:, 92])
        lines = [ridge(when, values, alpha) for values, alpha in ((x, 1.2), (y, 2.0), (depth, 5.0))]
        bands = [
            interval(when, values, line, ahead) for values, line in zip((x, y, depth), lines, strict=True)
        ]
        at_x, at_y, far = (float(line(ahead)) for line in lines)
        far, repeats = np.exp(far), (np.diff(when) == 0).sum() + 1
        place = [(at_x - 0.5) * far / 5000 * 256, (at_y - 0.5) * far / 5000 * 256, far]
        widths = [bands[0] / repeats, bands[1] / repeats, np.exp(bands[2]) / repeats]
        rows.append([*past[-1, :88], at_x, at_y, *place, *widths, 1, 1, 0])
    return np.array(rows)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_places_are_those_of_a_loop_over_tracks(seed):
    given_ = pasts(seed)
    np.testing.assert_allclose(predict_locations(*given_), one_by_one(*given_), rtol=2e-4, atol=1e-5)


def test_what_is_given_is_not_changed():
    seen, times, missed = pasts(0)
    before = seen.copy()
    predict_locations(seen, times, missed)
    np.testing.assert_array_equal(seen, before)


def test_nobody_is_predicted_too():
    nobody = np.zeros((0, 7, 99), np.float32), np.zeros((0, 7), np.int64), np.zeros(0, np.int64)
    assert predict_locations(*nobody).shape == (0, 99)


def test_a_past_behind_the_camera_spoils_nobody_elses_place():
    seen, times, missed = pasts(1)
    alone = predict_locations(seen[1:], times[1:], missed[1:])
    seen[0, 3, 92] = -1
    together = predict_locations(seen, times, missed)
    np.testing.assert_array_equal(together[1:], alone)
    assert not np.isfinite(together[0]).all()


def tables(seed, tracks=4, people=3):
    rng = np.random.default_rng(seed)
    known_places, places = rng.uniform(0.01, 1, (tracks, 99)), rng.uniform(0.01, 1, (people, 99))
    known_places[:, 92], places[:, 92] = rng.uniform(3, 90, tracks), rng.uniform(3, 90, people)
    known_places[:, 95] = rng.uniform(0.1, 4, tracks)
    looks = rng.uniform(0, 2, (tracks, people))
    scale = rng.choice([0.02, 0.2])
    return (
        looks,
        known_places,
        rng.normal(0, scale, (tracks, 229)),
        places,
        rng.normal(0, scale, (people, 229)),
    )


def formula(looks, track_place, track_pose, place, pose):
    apart = np.sqrt(((track_place[88:90] - place[88:90]) ** 2).sum())
    spread = np.sqrt(track_place[93] ** 2 + track_place[94] ** 2)
    near = track_place[92] / place[92]
    near = 1 / near if near > 1 else near
    depth = -np.log(near) / (0.1 + np.tanh(abs(np.log(1 / track_place[95])))) / 4.1658
    pose = min(((track_pose[:226] - pose[:226]) ** 2).sum(), 1.5)
    cost = (1 + looks * 4.0536) * (1 + pose * 1.3070)
    return cost * np.exp(apart / (0.1 + np.tanh(spread)) / 0.3792) * np.exp(depth)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_costs_are_those_of_a_loop_over_pairs(seed):
    looks, known_places, known_poses, places, poses = tables(seed)
    wanted = [
        [
            formula(looks[t, n], known_places[t], known_poses[t], places[n], poses[n])
            for n in range(len(places))
        ]
        for t in range(len(known_places))
    ]
    np.testing.assert_allclose(combine(looks, known_places, known_poses, places, poses), wanted, rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["looks", "known place", "known pose", "place", "pose"])
def test_what_is_no_number_is_no_match(bad, where):
    looks, known_places, known_poses, places, poses = tables(3)
    good = combine(*(array.copy() for array in (looks, known_places, known_poses, places, poses)))
    row, column = {"looks": (1, 1), "known place": (1, slice(None)), "known pose": (1, slice(None))}.get(
        where, (slice(None), 1)
    )
    {"looks": looks, "known place": known_places, "known pose": known_poses, "place": places, "pose": poses}[
        where
    ][1, {"looks": 1, "known place": 92, "place": 92}.get(where, 7)] = bad
    costs = combine(looks, known_places, known_poses, places, poses)
    assert np.isfinite(costs).all()
    spoilt = np.zeros(costs.shape, bool)
    spoilt[row, column] = True
    assert (costs[spoilt] > LIMIT).all()
    np.testing.assert_array_equal(costs[~spoilt], good[~spoilt])


def encode(maps):
    """The mean of each quarter."""
    return maps.reshape(len(maps), 4, 2, 128, 2, 128).mean((3, 5)) * 1000


def test_only_what_both_show_is_compared():
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(size=(2, 4, 256, 256)), rng.normal(size=(3, 4, 256, 256)).astype(np.float32)
    ours[:, 3], theirs[:, 3] = 1, 1
    ours[0, 3, :128], theirs[1, 3, :, 128:] = -1, -1
    metric = Metric(encode)
    found = metric._texture_distances(list(ours), theirs)
    for row in range(2):
        for column in range(3):
            both = (ours[row, 3:] > 0.5) & (theirs[column, 3:] > 0.5)
            a, b = (
                encode(torch.from_numpy(np.where(both, m, 0)).float()[None])
                for m in (ours[row], theirs[column])
            )
            wanted = (((a - b) / 1000) ** 2).sum() * 100
            assert found[row, column] == pytest.approx(float(wanted), rel=1e-4)


def test_many_pairs_are_compared_in_parts():
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(5, 4, 256, 256)).astype(np.float32)
    maps[:, 3] = 1
    together = Metric(encode)._texture_distances(list(maps), maps)
    assert together.shape == (5, 5)
    np.testing.assert_allclose(np.diag(together), 0, atol=1e-9)
    np.testing.assert_allclose(together, together.T, rtol=1e-4, atol=1e-9)
    assert (together[~np.eye(5, dtype=bool)] > 0).all()
