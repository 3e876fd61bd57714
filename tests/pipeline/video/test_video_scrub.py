"""Scrubbing: prefetch, cache, previews and threads together, always exact."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest
from fakes_clips import HEIGHT, WIDTH, number_in
from hypothesis import given
from hypothesis import strategies as st

from pipeline.job import Cancelled, Job
from pipeline.video import open_video
from pipeline.video.cache import FrameCache

FRAME = WIDTH * HEIGHT * 2  # bytes, more than a decoded frame takes


class Allowance(Job):
    """A job that is cancelled after so many checks; decoding checks once a frame."""

    def __init__(self, checks: int = 1_000_000) -> None:
        super().__init__(lambda job: None)
        self.left = self.given = checks

    def check(self) -> None:
        if self.left == 0:
            raise Cancelled
        self.left -= 1

    @property
    def used(self) -> int:
        return self.given - self.left


def prefetch_a_little(video, index, direction, frames):
    try:
        video.prefetch(index, direction, Allowance(frames))
    except Cancelled:
        return


def test_stepping_back_over_a_single_key_frame_never_waits(clip):
    """Between two steps there is time for twelve frames; the cache holds a third of the clip."""
    video = open_video(clip("one key frame").path, cache_bytes=80 * FRAME)
    video.build_index()
    video.frame(179)
    waits = []
    for i in range(178, -1, -1):
        job = Allowance()
        assert number_in(video.frame(i, job).image) == i
        waits.append(job.used)
        prefetch_a_little(video, i, -1, 12)
    assert sum(waits) == 0
    video.close()


def test_stepping_back_without_prefetch_decodes_each_stretch_once(clip):
    video = open_video(clip("one key frame").path, cache_bytes=80 * FRAME)
    video.build_index()
    waits = []
    for i in range(179, -1, -1):
        job = Allowance()
        video.frame(i, job)
        waits.append(job.used)
    assert np.count_nonzero(waits) <= 8
    video.close()


def test_stepping_forward_after_prefetch_never_waits(clip):
    video = open_video(clip("h264 gop 250").path, cache_bytes=80 * FRAME)
    video.frame(0)
    for i in range(1, 299):
        video.prefetch(i - 1, 1, limit=4)
        job = Allowance()
        assert number_in(video.frame(i, job).image) == i
        assert job.used == 0
    video.close()


def test_prefetch_goes_on_where_it_was_cancelled(clip):
    video = open_video(clip("one key frame").path, cache_bytes=80 * FRAME)
    video.build_index()
    video.frame(170)
    video.frame(0)
    steps = 0
    while (100, 119) not in [(max(first, 100), last) for first, last in video.cached_ranges() if last == 119]:
        prefetch_a_little(video, 120, -1, 7)
        steps += 1
        assert steps < 40, video.cached_ranges()
    assert steps <= -(-120 // 7) + 1
    video.close()


def test_a_cancelled_frame_is_given_by_the_next_call(clip):
    video = open_video(clip("one key frame").path, cache_bytes=80 * FRAME)
    video.build_index()
    with pytest.raises(Cancelled):
        video.frame(150, Allowance(100))
    job = Allowance()
    assert number_in(video.frame(150, job).image) == 150
    assert job.used <= 55
    video.close()


def test_a_jump_far_away_shows_the_nearest_key_frame_first(clip):
    video = open_video(clip("h264 gop 250").path, cache_bytes=80 * FRAME)
    video.build_index()
    video.frame(3)
    stand_in = video.preview(280)
    assert stand_in is not None
    assert stand_in.index == number_in(stand_in.image) == 250
    assert video.preview(251) is None, "the exact frame is as near"
    video.frame(140)
    assert video.preview(139) is None, "it is in the cache"
    near = video.preview(150)
    assert near is not None
    assert near.index == number_in(near.image) == 140
    video.close()


@pytest.mark.parametrize(
    "kind", ["open gop", "transport stream", "variable rate", "h264 avi", "edit list mp4"]
)
def test_random_scrubbing_beside_an_index_thread_is_exact(clip, kind):
    made = clip(kind)
    video = open_video(made.path, cache_bytes=50 * FRAME)
    indexing = threading.Thread(target=video.build_index)
    indexing.start()
    chance = np.random.default_rng(7)
    at, count = 0, len(made.numbers)
    for _ in range(250):
        what = chance.integers(0, 5)
        direction = int(chance.choice([-1, 1]))
        if what == 0:
            at = int(chance.integers(0, count))
        elif what == 1:
            prefetch_a_little(video, at, direction, int(chance.integers(0, 30)))
        elif what == 2 and (stand_in := video.preview(at)) is not None:
            assert number_in(stand_in.image) == made.numbers[stand_in.index]
        else:
            at = min(max(at + direction * int(chance.integers(1, 6)), 0), count - 1)
        frame = video.frame(at)
        assert frame.index == at
        assert number_in(frame.image) == made.numbers[at]
    indexing.join()
    assert video.indexed
    video.close()


def test_two_readers_in_two_threads_do_not_disturb_each_other(clip):
    made = clip("open gop")
    video = open_video(made.path, cache_bytes=40 * FRAME)
    wrong: list[int] = []

    def export(reader):
        wrong.extend(i for i in range(len(made.numbers)) if number_in(reader.frame(i).image) != i)
        reader.close()

    thread = threading.Thread(target=export, args=(video.second_reader(cache_bytes=0),))
    thread.start()
    for i in reversed(range(len(made.numbers))):
        assert number_in(video.frame(i).image) == i
    thread.join()
    assert wrong == []
    video.close()


def test_the_cache_keeps_to_its_bytes_and_says_what_it_holds(clip):
    video = open_video(clip("h264 gop 250").path, cache_bytes=60 * FRAME)
    for i in [*range(90), 200, 150]:
        video.frame(i)
    held = sum(last - first + 1 for first, last in video.cached_ranges())
    assert 10 <= held <= 60
    job = Allowance()
    for first, last in video.cached_ranges():
        video.frame(first, job)
        video.frame(last, job)
    assert job.used == 0
    video.close()


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=80), st.integers(1, 20))
def test_cache_invariants(moves, limit):
    cache: FrameCache[int] = FrameCache(limit * 10, lambda frame: 10)
    for index, look in moves:
        if look:
            cache.focus(index)
        cache.put(index, index)
        assert cache.bytes <= limit * 10
        ranges = cache.ranges()
        held = [i for first, last in ranges for i in range(first, last + 1)]
        assert len(held) * 10 == cache.bytes
        assert all(cache.get(i) == i for i in held)
        assert all(b[0] > a[1] + 1 for a, b in itertools.pairwise(ranges))
        nearest = cache.nearest(index)
        assert nearest is None or abs(nearest - index) == min(abs(i - index) for i in held)


def test_the_cache_lets_go_of_what_lies_behind_first():
    cache: FrameCache[int] = FrameCache(10, lambda frame: 1)
    cache.focus(50)
    for i in range(45, 55):
        cache.put(i, i)
    cache.focus(49)  # moving back
    cache.put(44, 44)
    assert cache.ranges() == ((44, 53),)
    cache.focus(50)  # moving on
    cache.put(54, 54)
    assert cache.ranges() == ((45, 54),)
