"""Who stays by a run's thresholds, and what is said of the others."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.selection import WORTH_TELLING, choose, rejected
from pipeline.structures import RunOptions


def test_the_best_come_first_and_the_rest_has_reasons():
    options = RunOptions(score_threshold=0.5, min_size=40, max_people=2)
    kept, dropped = choose([0.6, 0.9, 0.3, 0.7, 0.8, 0.05], [100, 30, 100, 100, 100, 100], options)
    assert kept == [4, 3]
    assert dropped == [
        (1, "height 30 px below 40 px"),
        (0, "more than 2 people, and the others are surer"),
        (2, "score 0.30 below 0.50"),
    ]


def test_nobody_is_no_matter():
    assert choose([], [], RunOptions()) == ([], [])
    assert rejected([], [], []).boxes.shape == (0, 4)


def test_the_left_out_become_one_value():
    value = rejected([[1, 2, 3, 4]], [0.25], ["score 0.25 below 0.50"])
    np.testing.assert_array_equal(value.boxes, [[1, 2, 3, 4]])
    assert value.reasons == ("score 0.25 below 0.50",)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 500)), max_size=20),
    st.floats(0, 1),
    st.integers(0, 200),
    st.integers(0, 5),
)
def test_everybody_is_kept_or_told_of(people, least, height, most):
    options = RunOptions(score_threshold=least, min_size=height, max_people=most)
    scores, heights = [one[0] for one in people], [one[1] for one in people]
    kept, dropped = choose(scores, heights, options)
    told = [index for index, _ in dropped]
    worth = {index for index in range(len(people)) if scores[index] >= WORTH_TELLING}
    assert len(kept) + len(told) == len({*kept, *told})
    assert worth <= {*kept, *told}
    assert all(scores[index] >= least and heights[index] >= height for index in kept)
    assert [scores[index] for index in kept] == sorted((scores[index] for index in kept), reverse=True)
    assert not most or len(kept) <= most
    assert all(reason for _, reason in dropped)
