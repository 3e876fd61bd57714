"""Which frame of the video a frame of a file is."""

from __future__ import annotations

import numpy as np
import pytest
from fakes_people import walk
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ResultsError
from pipeline.importing.content import Content, Place, ReadFrame
from pipeline.importing.matching import Wish, match

STEPS = st.lists(st.floats(0.02, 0.2), min_size=2, max_size=30)


def place(times) -> Place:
    times = np.asarray(times, np.float64)
    return Place("a.mp4", (320, 240), times, (len(times) - 1) / (times[-1] - times[0]))


def content(numbers, times=None, **known) -> Content:
    times = [None] * len(numbers) if times is None else times
    frames = (
        ReadFrame(n, walk(n, masks=False), time=t, tracks=(1, 2)) for n, t in zip(numbers, times, strict=True)
    )
    return Content("phalp", "a.pkl", "00", tuple(frames), size=(320, 240), **known)


@given(STEPS, st.data())
@settings(max_examples=40, deadline=None)
def test_times_of_a_video_of_any_rate_are_its_frames(steps, data):
    times = np.cumsum(steps)
    times -= times[0]
    some = sorted(data.draw(st.sets(st.integers(0, len(times) - 1), min_size=1)))
    # Numbered otherwise than the video, so that nothing but the time can tell.
    file = content([n + 1000 for n in range(len(some))], times[some].tolist())
    found = match(file, place(times), Wish("time", partial=True))
    assert set(found.frames) <= set(some)
    slow = max(steps) > 1.01 / place(times).rate
    assert slow or list(found.frames) == some
    for frame, read in found.frames.items():
        assert read.result.frame_index == read.number == frame


@pytest.mark.parametrize(("rate", "count"), [(12.5, 10), (25, 20), (50, 40), (100, 80)])
def test_another_rate_is_matched_by_time_unasked(rate, count):
    found = match(content(range(count), count=count, rate=rate), place(np.arange(20) / 25), Wish())
    assert found.how == ("frame" if rate == 25 else "time")
    assert list(found.frames) == list(range(0, 20, 2) if rate == 12.5 else range(20))
    for frame, read in found.frames.items():
        was = round(frame * rate / 25)
        np.testing.assert_array_equal(read.result.people.cam_t, walk(was).people.cam_t)


@pytest.mark.parametrize("count", [18, 19, 21, 22])
def test_a_frame_or_two_at_the_end_are_only_mentioned(count):
    there = range(min(count, 20))
    found = match(content(there, count=count), place(np.arange(20) / 25), Wish())
    assert list(found.frames) == list(there)
    assert any(f"of a video of {count} frames" in notice for notice in found.notices)


@pytest.mark.parametrize("count", [5, 10, 17, 23, 40])
def test_a_count_that_does_not_fit_is_refused_with_both_numbers(count):
    with pytest.raises(ResultsError, match=rf"has {count} frames, a\.mp4 has 20"):
        match(content(range(min(count, 20)), count=count), place(np.arange(20) / 25), Wish())


def test_time_needs_a_rate():
    with pytest.raises(ResultsError, match="does not say its frame rate") as caught:
        match(content(range(20)), place(np.arange(20) / 25), Wish("time"))
    assert "--rate" in caught.value.hint
    assert match(content(range(20)), place(np.arange(20) / 25), Wish("time", rate=25)).how == "time"


def test_another_video_of_the_same_length_is_mentioned():
    there = Place("a.mp4", (320, 240), np.arange(20) / 25, 25.0, identity="one")
    found = match(content(range(20), identity="other", sourced=True), there, Wish())
    assert any("at other times" in notice for notice in found.notices)


def test_masks_and_landmarks_are_scaled_with_the_picture():
    big = Place("a.mp4", (640, 480), np.arange(20) / 25, 25.0)
    frames = (ReadFrame(0, walk(0), tracks=(1, 2)),)
    found = match(Content("phalp", "a.pkl", "00", frames, size=(320, 240), sourced=True), big, Wish())
    was, now = walk(0).people, found.frames[0].result.people
    np.testing.assert_allclose(now.detections.boxes, was.detections.boxes * 2)
    np.testing.assert_allclose(now.keypoints.image, was.keypoints.image * 2)
    np.testing.assert_allclose(found.frames[0].result.rejected.boxes, [[2, 4, 60, 80]])
    assert now.focal_length == was.focal_length * 2
    assert now.detections.masks[0].size == (480, 640)
    np.testing.assert_array_equal(now.cam_t, was.cam_t)


def test_nobody_is_in_two_places_at_once():
    frames = (ReadFrame(3, walk(3), tracks=(7, 7)),)
    with pytest.raises(ResultsError, match="track 7 twice in frame 3"):
        match(Content("phalp", "a.pkl", "00", frames, sourced=True), place(np.arange(20) / 25), Wish())


def test_a_video_of_one_frame():
    one = Place("a.png", (320, 240), np.zeros(1), 25.0)
    assert list(match(content([0]), one, Wish()).frames) == [0]
    assert list(match(content([0, 1], rate=30.0), one, Wish("time", partial=True)).frames) == [0]
