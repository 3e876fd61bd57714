from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.mediapipe.finding import Found, grouped, same_person, without_doubles
from pipeline.engines.mediapipe.graphs import RawPose
from pipeline.engines.mediapipe.landmarks import Pose, place
from pipeline.engines.mediapipe.people import recognised, selected
from pipeline.engines.mediapipe.proposals import Proposal, alike, tiles, without_nested
from pipeline.engines.mediapipe.regions import Region, containment, overlap, region_of_axis, region_of_box
from pipeline.structures import RunOptions

SIZE = (1280, 720)
# An upright figure in the network's 256 px, by landmark; the rest of the face is at the nose.
_FIGURE = {
    0: (128, 40), 11: (150, 70), 12: (106, 70), 13: (160, 100), 14: (96, 100), 15: (165, 128), 16: (91, 128),
    23: (142, 128), 24: (114, 128), 25: (144, 175), 26: (112, 175), 27: (145, 220), 28: (111, 220),
    33: (128, 128), 34: (128, 26),
}  # fmt: skip


def raw_pose(score: float = 0.99) -> RawPose:
    points = np.zeros((39, 3), np.float32)
    points[:11, :2] = _FIGURE[0]
    points[15:23, :2] = np.array([_FIGURE[15 + k % 2] for k in range(8)])
    points[27:33, :2] = np.array([_FIGURE[27 + k % 2] for k in range(6)])
    for index, (x, y) in _FIGURE.items():
        points[index, :2] = x, y
    mask = np.zeros((256, 256), np.float32)
    mask[30:230, 85:170] = 1
    sure = np.full(39, 0.95, np.float32)
    return RawPose(score, points, sure, sure, points / 150, mask)


def person(
    x: float = 400, y: float = 350, size: float = 500, score: float = 0.99, angle: float = 0.0
) -> Pose:
    return place(raw_pose(score), Region(x, y, size, angle), SIZE)


@given(st.floats(0, 1280), st.floats(0, 720), st.floats(20, 900), st.floats(-3, 3))
def test_a_region_and_the_way_back_agree(x, y, size, angle):
    region = Region(x, y, size, angle)
    assert np.allclose(region.to_picture(np.array([[128.0, 128.0]]), 256), [[x, y]], atol=0.1)
    up = region.to_picture(np.array([[128.0, 0.0]]), 256)[0]
    again = region_of_axis(np.array([x, y]), up)
    assert again.size == pytest.approx(size * 1.25, rel=1e-3)
    assert np.cos(again.angle - angle) == pytest.approx(1, abs=1e-4)


def test_a_cut_shows_the_region_upright():
    image = np.zeros((200, 300, 3), np.uint8)
    image[100, 150:200] = (
        255  # from the centre of the region to the right, which is up for a region turned by 90
    )
    cut = Region(150, 100, 100, np.pi / 2).cut(image, 100)
    assert cut[10:45, 50].min() > 100
    assert cut[60:, :].max() == 0


def test_a_patch_is_pasted_where_it_was_cut():
    pasted = Region(200, 100, 50).paste(np.ones((256, 256), np.float32), (10, 20), (300, 200))
    rows, columns = np.nonzero(pasted > 0.5)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((55, 104, 165, 214), abs=1)


def test_overlap_and_containment():
    one, inner, apart = np.array([0, 0, 10, 10]), np.array([0, 0, 5, 10]), np.array([20, 20, 30, 30])
    assert overlap(one, inner) == pytest.approx(0.5)
    assert containment(one, inner) == pytest.approx(1)
    assert overlap(one, apart) == 0


def test_of_nested_boxes_the_better_stays():
    boxes = np.array([[0, 0, 100, 200], [10, 10, 60, 120], [300, 0, 400, 200]], np.float32)
    assert without_nested(boxes, [0.5, 0.9, 0.4]) == [1, 2]


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (720, 1280), (640, 640), (3840, 800), (90, 60)])
def test_tiles_cover_the_picture(width, height):
    seen = np.zeros((height, width), bool)
    for x, y, w, h in tiles(width, height):
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
        seen[y : y + h, x : x + w] = True
    assert seen.all()


@pytest.mark.parametrize("size", [(3000, 2), (1, 4000), (1, 1), (3000, 40)])
def test_a_strip_of_a_picture_has_few_tiles(size):
    assert len(tiles(*size)) < 200
    assert all(w == h >= 32 for _, _, w, h in tiles(*size))


def test_proposals_for_one_person_make_one_group_and_a_source_counts_once():
    near, far = region_of_box((100, 100, 200, 400)), region_of_box((600, 100, 700, 400))
    shifted = replace(near, x=near.x + 5)
    groups = grouped(
        [
            Proposal(near, 0.5, "a"),
            Proposal(shifted, 0.5, "b"),
            Proposal(shifted, 0.5, "a"),
            Proposal(far, 0.6, "a"),
        ]
    )
    assert [evidence for _, evidence in groups] == pytest.approx([0.75, 0.6])


def test_people_side_by_side_are_not_alike():
    height = 300.0
    one = Region(400, 300, 1.25 * height)
    assert not alike(one, replace(one, x=400 + 0.25 * height))
    assert alike(one, replace(one, x=400 + 0.08 * height, size=one.size * 1.2))


def test_a_pose_lands_where_its_region_is():
    pose = person(400, 350, 512)
    assert np.allclose(pose.points[[23, 24]].mean(0), [400, 350], atol=0.1)
    assert pose.next_region.x == pytest.approx(400, abs=0.1)
    assert pose.next_region.size == pytest.approx(2 * 1.25 * 102 * 2, rel=0.01)
    x1, y1, _, y2 = pose.box
    assert x1 < pose.points[:, 0].min()
    assert y2 >= pose.points[:, 1].max()
    assert y1 < pose.points[0, 1], "the mask knows the hair above the face"


def test_a_box_stays_within_the_picture():
    box = person(1270, 700, 600).box
    assert box.min() >= 0
    assert box[2] <= SIZE[0]
    assert box[3] <= SIZE[1]


def test_a_mask_is_the_regions_in_the_picture():
    pose = person(400, 350, 512)
    mask = pose.full_mask(SIZE)
    assert mask.shape == (720, 1280)
    assert mask[350, 400]
    assert mask.sum() == pytest.approx(200 * 85 * 4, rel=0.1)


def test_the_same_person_found_twice_counts_once():
    one, again, other = person(400), person(408, score=0.9), person(700)
    assert same_person(one, again)
    assert not same_person(one, other)
    left = without_doubles([Found(again, 0.9), Found(one, 0.9), Found(other, 0.9)])
    assert [found.pose for found in left] == [one, other]


def test_a_person_seen_the_other_way_round_is_the_same():
    one = person()
    swapped = [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(k + (1 if k % 2 else -1) for k in range(11, 33))]
    assert same_person(one, replace(one, points=one.points[swapped]))


def test_a_pose_read_into_a_leg_is_not_a_person():
    whole, leg = person(400, 350, 500), person(430, 420, 120, score=0.9)
    assert [found.pose for found in without_doubles([Found(leg, 0.8), Found(whole, 0.9)])] == [whole]


def test_a_child_beside_an_adult_stays():
    adult, child = person(400, 350, 500), person(520, 450, 220)
    assert len(without_doubles([Found(adult, 0.9), Found(child, 0.9)])) == 2


def test_doubt_hidden_landmarks_and_lying_lower_the_score():
    sure = Found(person(), 1.0)
    assert sure.score == pytest.approx(0.99)
    assert Found(replace(person(), doubt=0.3), 1.0).score < 0.2
    assert Found(replace(person(), visibility=np.full(33, 0.1)), 1.0).score < 0.3
    assert 0.5 < Found(person(angle=np.pi / 2), 1.0).score < 0.6


def test_thresholds_say_why():
    small = person(800, size=80)
    found = [
        Found(person(200), 0.9),
        Found(person(500), 0.4),
        Found(small, 0.95),
        Found(person(1000), 0.8),
    ]
    kept, rejected = selected(found, RunOptions(min_size=100, max_people=1))
    assert [one.evidence for one in kept] == [0.9]
    assert sorted(reason.split(" below")[0].split(",")[0] for reason in rejected.reasons) == [
        f"height {small.height:.0f} px",
        "more than 1 people",
        "score 0.40",
    ]
    assert len(rejected.boxes) == 3


def test_drawn_boxes_keep_their_order_and_their_doubtful_people():
    kept, rejected = recognised(
        [Found(person(200, score=0.2), 1.0), Found(person(700, score=0.01), 1.0), Found(person(900), 1.0)]
    )
    assert [one.pose.region.x for one in kept] == [200, 900]
    assert "no person recognised in this box (score 0.01)" in rejected.reasons
