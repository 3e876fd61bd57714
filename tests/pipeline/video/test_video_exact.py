"""Every kind of video: frame i is the i-th presented frame."""

from __future__ import annotations

import numpy as np
import pytest
from fakes_clips import HEIGHT, WIDTH, number_in
from video_kinds import KINDS

from pipeline.video import open_video

SMALL = 30 * WIDTH * HEIGHT * 2  # bytes: about 30 frames, so that most requests must decode


@pytest.mark.parametrize("kind", KINDS)
def test_random_seeks_and_steps_give_the_right_frame(clip, kind):
    made = clip(kind)
    video = open_video(made.path, cache_bytes=SMALL)
    count = len(made.numbers)
    assert count >= 40
    chance = np.random.default_rng(11)
    jumps = [int(i) for i in chance.integers(0, count, 200)]
    start = int(chance.integers(0, max(1, count - 100)))
    forward = list(range(start, min(count, start + 100)))
    backward = list(range(count - 1, max(-1, count - 61), -1))
    asked = [*jumps, *forward, *backward]
    seen = [number_in(video.frame(i).image) for i in asked]
    assert seen == [made.numbers[i] for i in asked]
    assert video.build_index().complete
    assert video.frame_count == count
    assert not video.notices
    video.close()


@pytest.mark.parametrize("kind", KINDS)
def test_previews_are_what_they_say(clip, kind):
    made = clip(kind)
    video = open_video(made.path, cache_bytes=SMALL)
    video.build_index()
    for i in np.random.default_rng(2).integers(0, len(made.numbers), 40):
        stand_in = video.preview(int(i))
        if stand_in is not None:
            assert stand_in.index != i
            assert number_in(stand_in.image) == made.numbers[stand_in.index]
        assert number_in(video.frame(int(i)).image) == made.numbers[i]
    video.close()
