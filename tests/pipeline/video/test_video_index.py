"""The index: growing, kept between sessions, cancelled, shared by threads."""

from __future__ import annotations

import itertools
import threading
import time
from fractions import Fraction

import numpy as np
import pytest
from fakes_clips import encode, number_in, x264

from pipeline.job import Cancelled, Job
from pipeline.video import open_video, scan
from pipeline.video.index import index_by_time, load_index

BASE = Fraction(1, 1000)


def job() -> Job:
    return Job(lambda job: None)


@pytest.fixture
def small_batches(monkeypatch):
    """So that a clip of 300 frames takes as many batches as a long video."""
    monkeypatch.setattr(scan, "_BATCH", 40)


def test_the_first_frame_needs_hardly_any_index(clip, small_batches):
    video = open_video(clip("h264 gop 250").path)
    assert number_in(video.frame(0).image) == 0
    assert not video.indexed
    assert video.frame_count == 300, "the container's estimate"
    assert len(video._scan.index) < 150
    assert number_in(video.frame(200).image) == 200
    assert video.identity == ""
    video.build_index()
    assert video.indexed
    assert len(video.identity) == 16
    video.close()


def test_progress_is_reported_up_to_the_end(clip, small_batches):
    video = open_video(clip("h264 gop 250").path)
    work, seen = job(), []
    work.listen(lambda: seen.append(work.take_report()))
    index = video.build_index(work)
    assert len(index) == 300
    assert len(seen) >= 6
    assert seen == sorted(seen)
    assert 0 <= seen[0] < 0.3
    assert seen[-1] == 1
    video.close()


def test_a_cancelled_index_keeps_what_it_has_and_goes_on(clip, small_batches):
    video = open_video(clip("h264 gop 250").path)
    work = job()
    work.listen(work.cancel)
    with pytest.raises(Cancelled):
        video.build_index(work)
    assert 0 < len(video._scan.index) < 300
    assert not video.indexed
    assert len(video.build_index()) == 300
    video.close()


def test_closing_stops_an_index_thread(clip, small_batches):
    video = open_video(clip("h264 gop 250").path)
    started, go_on, ends = threading.Event(), threading.Event(), []
    work = job()

    def hold():
        started.set()
        go_on.wait(10)

    def build():
        try:
            video.build_index(work)
        except Cancelled:
            ends.append("cancelled")

    work.listen(hold)
    thread = threading.Thread(target=build)
    thread.start()
    started.wait(10)
    video.close()
    go_on.set()
    thread.join(10)
    assert ends == ["cancelled"]


def test_many_threads_may_ask_for_the_index_at_once(clip, small_batches):
    video = open_video(clip("h264 gop 250").path)
    lengths: list[int] = []
    threads = [threading.Thread(target=lambda: lengths.append(len(video.build_index()))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert lengths == [300] * 6
    video.close()


def test_an_index_is_kept_and_used_again(clip, tmp_path):
    file = tmp_path / "new" / "clip.index"
    path = clip("variable rate").path
    first = open_video(path, index_file=file)
    built = first.build_index()
    second = open_video(path, index_file=file)
    assert second.indexed
    assert second.identity == first.identity
    assert np.array_equal(second._scan.index.key_frames, built.key_frames)
    assert number_in(second.frame(77).image) == 77
    assert second.info == first.info
    assert [other.name for other in file.parent.iterdir()] == [file.name]
    first.close()
    second.close()


def test_a_counted_index_is_kept_too(clip, tmp_path):
    for _ in range(2):
        video = open_video(clip("h264 avi").path, index_file=tmp_path / "i")
        video.build_index()
        assert number_in(video.frame(33).image) == 33
        video.close()


@pytest.mark.parametrize("spoil", ["touched", "grown", "garbage", "cut", "empty"])
def test_an_index_that_does_not_fit_is_made_anew(tmp_path, spoil):
    path, file = tmp_path / "a.mp4", tmp_path / "a.index"
    encode(path, 60, options=x264(10))
    video = open_video(path, index_file=file)
    video.build_index()
    video.close()
    assert open_video(path, index_file=file).indexed
    if spoil == "touched":
        encode(path, 61, options=x264(10))
    elif spoil == "grown":
        path.write_bytes(path.read_bytes() + bytes(8))
    else:
        data = {"garbage": b"no index", "cut": file.read_bytes()[:200], "empty": b""}[spoil]
        file.write_bytes(data)
    video = open_video(path, index_file=file)
    assert not video.indexed
    assert len(video.build_index()) == (61 if spoil == "touched" else 60)
    assert open_video(path, index_file=file).indexed, "it was written again"
    video.close()


def test_an_index_that_cannot_be_kept_is_no_problem(clip, tmp_path):
    (tmp_path / "file").write_text("in the way")
    video = open_video(clip("open gop").path, index_file=tmp_path / "file" / "index")
    assert len(video.build_index()) == 120
    video.close()


def test_nothing_in_a_kept_index_is_unpickled(tmp_path):
    stamp = (1, 2)
    file = tmp_path / "evil"
    with file.open("wb") as target:
        np.savez(target, head=np.array([{"a": 1}], object))
    assert load_index(file, stamp) is None


def test_identity_tells_videos_apart(clip):
    kinds = ["open gop", "variable rate", "edit list mp4", "h264 gop 250"]
    videos = [open_video(clip(kind).path) for kind in kinds]
    assert len({video.build_index().identity for video in videos}) == len(kinds)
    for video in videos:
        video.close()


def test_times_and_indices_fit_together(clip):
    video = open_video(clip("variable rate").path)
    video.build_index()
    assert video.info.variable_rate
    times = [video.time_of(i) for i in range(120)]
    assert times[0] == 0
    assert times == sorted(times)
    assert [video.index_at(time) for time in times] == list(range(120))
    between = [(a + b) / 2 for a, b in itertools.pairwise(times)]
    assert [video.index_at(time) for time in between] == list(range(119))
    assert video.index_at(-1) == 0
    assert video.index_at(1e6) == 119
    assert video.frame(5).time == times[5]
    assert video.frame(5).pts == video.pts_of(5)
    video.close()


def test_rate_and_duration(clip):
    late = open_video(clip("late start").path)
    late.build_index()
    assert late.info.rate == 30
    assert late.info.duration == pytest.approx(4.0, abs=0.01)
    assert not late.info.variable_rate
    assert late.time_of(30) == pytest.approx(1.0, abs=0.001)
    late.close()


def test_frames_with_one_timestamp_are_told_apart_by_their_order():
    index = index_by_time([0, 10, 10, 20, 30], [0, 10, 30], BASE)
    assert index.locate(10, last=0) == 1
    assert index.locate(10, last=1) == 2
    assert index.locate(20, last=2) == 3
    assert index.locate(15, last=1) is None
    assert index.locate(None, last=1) is None
    assert index.keys.tolist() == [0, 30], "10 may be either of two frames"


def test_a_key_frame_that_is_not_shown_starts_the_frames_after_it():
    index = index_by_time([20, 30, 40], [0, 30, 60], BASE)
    assert index.key_frames.tolist() == [0, 1]
    assert [index.key_for(i) for i in range(3)] == [0, 1, 1]


def test_an_index_of_an_hour_is_quick_to_ask():
    """Bounds the order of growth, not the machine: a lookup in 200 000 frames is no pass over them."""
    big = index_by_time(np.arange(200_000), np.arange(0, 200_000, 250), BASE)
    start = time.perf_counter()
    for i in range(0, 200_000, 200):
        assert big.locate(i, i - 1) == i
        big.key_for(i)
    assert time.perf_counter() - start < 1
