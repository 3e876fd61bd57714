"""Differences of two results: who is matched with whom, and by how much joints differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from fakes_people import walk

from pipeline.compare import Side, compare, match
from pipeline.smpl import builtin_body
from pipeline.structures import Detections, SmplParams


def side(result, tracks=None) -> Side:
    return Side(result, tracks or {}, builtin_body().meshes(result.people))


def moved(result, by):
    people = result.people
    return replace(result, people=replace(people, cam_t=people.cam_t + np.float32(by)))


def test_a_body_moved_by_three_centimetres_differs_by_thirty_millimetres_in_place_and_not_in_pose():
    result = walk(5)
    for one in compare(side(result), side(moved(result, (0.03, 0, 0)))):
        np.testing.assert_allclose(one.apart, 30, atol=0.01)
        np.testing.assert_allclose(one.posed, 0, atol=0.01)
        slot = one.slots[0]
        depth = builtin_body().meshes(result.people).joints[slot, :, 2]
        np.testing.assert_allclose(one.pixels, 0.03 * result.people.focal_length / depth, rtol=1e-3)


def test_a_turned_elbow_moves_what_hangs_on_it_and_nothing_else():
    result = walk(5)
    smpl = result.people.smpl
    pose = smpl.body_pose.copy()
    pose[0, 17] = pose[0, 17] @ np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], np.float32)  # the left elbow
    changed = replace(
        result, people=replace(result.people, smpl=SmplParams(smpl.global_orient, pose, smpl.betas))
    )
    first, second = compare(side(result), side(changed))
    assert set(np.flatnonzero(first.posed > 1)) == {20, 22}
    np.testing.assert_array_equal(second.posed, 0)


def test_a_common_track_matches_before_any_box_does():
    result = walk(5)
    pairs = dict(match(side(result, {0: 1, 1: 2}), side(result, {0: 2, 1: 1})))
    assert pairs == {0: 1, 1: 0}


def test_without_tracks_the_boxes_decide_and_nobody_is_matched_twice():
    result = walk(5)
    people = result.people
    boxes = people.detections.boxes
    swapped = replace(
        result, people=replace(people, detections=Detections(boxes[::-1].copy(), people.detections.scores))
    )
    assert dict(match(side(result), side(swapped))) == {0: 1, 1: 0}
    far = replace(
        result, people=replace(people, detections=Detections(boxes + 5000, people.detections.scores))
    )
    assert compare(side(result), side(far)) == ()


def test_nobody_is_compared_with_nobody():
    result = walk(5)
    people = result.people
    nobody = replace(
        people,
        detections=Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)),
        smpl=SmplParams(people.smpl.global_orient[:0], people.smpl.body_pose[:0], people.smpl.betas[:0]),
        cam_t=people.cam_t[:0],
        features=people.features[:0],
        keypoints=None,
    )
    assert compare(side(result), side(replace(result, people=nobody))) == ()
