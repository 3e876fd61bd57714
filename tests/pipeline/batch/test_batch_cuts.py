"""Cuts are found to the frame, whatever the encoder did."""

from __future__ import annotations

import itertools
from contextlib import closing

import numpy as np
import pytest
from fakes_batch import scenes, write_shots
from fakes_clips import encode, x264

from pipeline.batch.cuts import SHORTEST, cuts_among, find_shots, histogram
from pipeline.places import resource
from pipeline.video import open_video


def shots_of(path) -> tuple:
    with closing(open_video(path)) as video:
        video.build_index()
        return find_shots(video)


@pytest.mark.parametrize("gop", [10, 48, 1000], ids="key frames {}".format)
def test_cuts_are_found_to_the_frame(tmp_path, gop):
    clip = write_shots(tmp_path / "clip.mp4", 70, 31, 99, gop=gop)
    assert shots_of(clip) == ((0, 69), (70, 100), (101, 199))


def test_a_long_way_without_key_frames_is_looked_through(tmp_path):
    draw = scenes(200, 40, 200)
    # The first and the last shot look the same, and there is one key frame.
    clip = encode(
        tmp_path / "clip.mp4", 440, options=x264(1000), draw=lambda n: draw(n if 200 <= n < 240 else n % 200)
    ).path
    assert shots_of(clip) == ((0, 199), (200, 239), (240, 439))


def test_folders_of_pictures_have_shots(tmp_path):
    from PIL import Image

    draw = scenes(30, 40)
    for number in range(70):
        Image.fromarray(draw(number)).save(tmp_path / f"{number:04d}.png")
    assert shots_of(tmp_path) == ((0, 29), (30, 69))


def test_motion_brightening_and_flashes_are_no_cuts():
    rng = np.random.default_rng(3)
    ground = rng.integers(0, 255, (96, 900, 3), np.uint8)
    panned = [histogram(ground[:, 7 * at : 7 * at + 160]) for at in range(60)]
    assert cuts_among(panned, 0) == []
    steady = ground[:, :160] // 2
    brighter = [histogram(np.clip(steady.astype(int) + 2 * at, 0, 255).astype(np.uint8)) for at in range(60)]
    assert cuts_among(brighter, 0) == []


def test_no_shot_is_shorter_than_a_dozen_frames(tmp_path):
    clip = write_shots(tmp_path / "clip.mp4", 40, 1, 40, 5)
    shots = shots_of(clip)
    assert all(last - first + 1 >= SHORTEST for first, last in shots)
    assert [frame for first, last in shots for frame in range(first, last + 1)] == list(range(86))


def test_what_cannot_be_decoded_is_no_cut():
    seen = [histogram(scenes(50)(at)) for at in range(30)]
    with_holes = [None if at in (10, 11, 20) else one for at, one in enumerate(seen)]
    assert cuts_among(with_holes, 0) == []


def test_one_frame_is_one_shot(tmp_path):
    assert shots_of(write_shots(tmp_path / "clip.mp4", 1)) == ((0, 0),)


def test_a_runner_is_one_shot(runner_clip):
    assert shots_of(runner_clip) == ((0, 179),)


def test_two_real_scenes_are_told_apart(runner_clip, tmp_path):
    with closing(open_video(runner_clip)) as video, closing(open_video(resource("demo.mp4"))) as demo:
        one = [histogram(video.frame(at).image) for at in range(20)]
        other = [histogram(demo.frame(at).image) for at in range(20)]
    assert cuts_among(itertools.chain(one, other), 100) == [120]
