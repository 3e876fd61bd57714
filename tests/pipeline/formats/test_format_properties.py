"""What holds of exported points whoever they are of: pixels, and gaps in markers."""

from __future__ import annotations

import numpy as np
from fakes_people import people_at
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.formats.motion import Motion
from pipeline.formats.openpose import openpose_joints, seen_points
from pipeline.formats.sampling import sample
from pipeline.formats.trc import _in_gaps
from pipeline.smpl import builtin_body

METRES = st.floats(-6, 6, allow_nan=False)


@settings(max_examples=25, deadline=None)
@given(places=st.lists(st.tuples(METRES, METRES, METRES), min_size=1, max_size=3), seed=st.integers(0, 99))
def test_a_point_is_seen_where_its_ray_meets_the_picture_and_only_before_the_camera(places, seed):
    people = people_at(places, seed=seed, masks=False)
    pixels, inside = seen_points(builtin_body(), people)
    points = openpose_joints(builtin_body(), people)[:, :25].astype(float) + people.cam_t[:, None]
    depth = points[..., 2]
    rays = points[..., :2] / np.where(depth > 0.01, depth, 1)[..., None] * people.focal_length + [160, 120]
    np.testing.assert_allclose(pixels[inside], rays[inside], rtol=1e-4, atol=0.02)
    clearly = ((rays > 0.1) & (rays < [319.9, 239.9])).all(-1) & (depth > 0.02)
    assert inside[clearly].all()
    assert not inside[depth <= 0].any()
    assert ((pixels[inside] >= 0) & (pixels[inside] < [320, 240])).all()


@settings(max_examples=40, deadline=None)
@given(
    frames=st.sets(st.integers(0, 60), min_size=1, max_size=12).map(sorted),
    rate=st.sampled_from([10.0, 25.0, 30.0, 100.0]),
)
def test_samples_are_missing_exactly_between_frames_that_do_not_follow_one_another(frames, rate):
    motion = walking(np.array(frames))
    samples = sample(None, motion, rate, {"space": "camera", "axes": "y-up"})
    hidden = _in_gaps(motion, samples)
    for time, gone in zip(samples.times, hidden, strict=True):
        place = time * 25
        near = min(abs(place - frame) for frame in frames)
        before, after = int(np.floor(place + 1e-6)), int(np.ceil(place - 1e-6))
        if {before, after} <= set(frames):
            assert not gone, "both frames around it are there"
        elif near > 0.25 * 25 / rate + 1e-6 and place < frames[-1]:
            assert gone, "a frame beside it is not"
    if rate == 25:
        assert hidden.sum() == frames[-1] - frames[0] + 1 - len(frames)


def walking(frames) -> Motion:
    count = len(frames)
    return Motion(
        frames=frames,
        times=frames / 25,
        rotations=np.tile(np.eye(3), (count, 24, 1, 1)),
        betas=np.zeros((count, 10)),
        cam_t=np.stack([frames / 25, 0 * frames, 0 * frames + 4.0], 1),
        edited=np.zeros(count, bool),
        made=np.full(count, "", "<U8"),
        body=builtin_body(),
        engine_ids=("made-up-1",),
    )
