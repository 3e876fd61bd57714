"""What is remembered of videos, and no more than that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_people import result_at, walk

from pipeline.service.videos import Tracked, Videos
from pipeline.track import NOBODY


@pytest.fixture
def videos():
    return Videos(most_videos=2, most_answers=3)


def test_people_keep_their_tracks_in_whatever_order_frames_come(videos):
    for frame in (0, 1, 5, 3, 2, 4, 60):
        assert videos.track("a", walk(frame)).tolist() == [1, 2]


def test_a_frame_done_again_keeps_its_tracks_and_a_newcomer_gets_a_new_one(videos):
    videos.track("a", walk(0))
    assert videos.track("a", walk(0)).tolist() == [1, 2]
    assert videos.track("a", result_at(1, [(-0.68, 0, 4), (0.82, 0, 4.5), (5, 0, 20)])).tolist() == [1, 2, 3]


def test_videos_know_nothing_of_each_other(videos):
    assert videos.track("a", walk(0)).tolist() == [1, 2]
    assert videos.track("b", result_at(0, [(0, 0, 4)])).tolist() == [1]
    assert videos.track("", walk(0)).tolist() == [NOBODY, NOBODY]


def test_the_engines_own_numbers_decide(videos):
    def numbered(frame, *numbers):
        return replace(walk(frame), tracks=np.array(numbers, np.int64))

    assert videos.track("a", numbered(0, 7, 9)).tolist() == [1, 2]
    assert videos.track("a", numbered(1, 9, 7)).tolist() == [2, 1]
    assert videos.track("a", numbered(2, 9, 7)).tolist() == [2, 1]
    assert videos.track("a", numbered(3, 11, 7)).tolist() == [2, 1]  # a new number: by where they are


def test_the_video_not_used_for_longest_is_forgotten(videos):
    videos.track("a", walk(0))
    videos.track("b", walk(0))
    videos.track("a", walk(1))
    videos.track("c", walk(0))
    assert set(videos._videos) == {"a", "c"}


def test_frames_remembered_of_a_video_are_bounded(videos):
    for frame in range(400):
        assert videos.track("a", result_at(frame, [(0, 0, 4)])).tolist() == [1]
    assert len(videos._videos["a"].frames) == 300


def test_answers_are_bounded_and_those_asked_for_stay(videos):
    results = {key: Tracked(walk(0), np.array([1, 2])) for key in "abcd"}
    for key in "abc":
        videos.remember(key, results[key])
    assert videos.answer("a") is results["a"]
    videos.remember("d", results["d"])
    assert videos.answer("b") is None
    assert videos.answer("a") is results["a"]
    videos.remember("", results["a"])
    assert videos.answer("") is None
