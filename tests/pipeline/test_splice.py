"""One person more in a result, or another in somebody's place: the others stay bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes_people import people_at
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EngineError
from pipeline.smpl import project
from pipeline.splice import alone, overlaps, person_in, same_person, splice
from pipeline.structures import FrameResult, People, Plan, Rejected


def result_of(people: People, engine: str = "one-1", tracks=None) -> FrameResult:
    return FrameResult(
        4, people, Rejected(), engine, Plan(notes=("searched",)), {"detect": 0.1}, 100, tracks=tracks
    )


@pytest.fixture
def base() -> FrameResult:
    people = people_at([(-1, 0, 5), (1, 0, 6)], seed=1)
    return replace(result_of(people, tracks=np.array([4, 9])), rejected=left_out((10, 10, 40, 90)))


def left_out(*boxes) -> Rejected:
    return Rejected(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(len(boxes), 0.3, np.float32),
        ("score 0.30 below 0.50",) * len(boxes),
    )


def newcomer(**more) -> FrameResult:
    return result_of(people_at([(0, 0.2, 4)], seed=7, **more))


ARRAYS = ("cam_t", "features")


def rows(people: People, slot: int) -> list[bytes]:
    parts = [
        *(people.detections.boxes, people.detections.scores),
        *(people.smpl.global_orient, people.smpl.body_pose, people.smpl.betas, people.cam_t, people.features),
    ]
    if people.keypoints is not None:
        parts += [people.keypoints.image, people.keypoints.scores, people.keypoints.body]
    masks = people.detections.masks
    return [part[slot].tobytes() for part in parts] + [masks[slot].counts if masks and masks[slot] else b""]


def test_somebody_new_comes_behind_the_others(base):
    found = newcomer()
    made = splice(base, found, 0, None, found.people.detections.boxes[0], "One added.")
    assert len(made.people) == 3
    assert [rows(made.people, slot) for slot in (0, 1)] == [rows(base.people, slot) for slot in (0, 1)]
    assert rows(made.people, 2) == rows(found.people, 0)
    assert made.plan.notes == ("searched", "One added.")
    assert made.engine_id == "one-1"
    assert made.tracks.tolist() == [4, 9, -1]


@given(st.integers(0, 1))
def test_somebody_in_ones_place_leaves_the_other(slot):
    base, found = result_of(people_at([(-1, 0, 5), (1, 0, 6)], seed=1)), newcomer()
    made = splice(base, found, 0, slot, found.people.detections.boxes[0], "")
    assert len(made.people) == 2
    assert rows(made.people, 1 - slot) == rows(base.people, 1 - slot)
    assert rows(made.people, slot) == rows(found.people, 0)


def test_another_focal_length_keeps_the_body_on_its_pixels(base):
    found = newcomer()
    far = replace(found.people, focal_length=600.0, cam_t=found.people.cam_t * np.float32([1, 1, 2]))
    made = splice(base, result_of(far), 0, None, found.people.detections.boxes[0], "").people
    assert made.focal_length == base.people.focal_length == 300.0
    before = project(far.cam_t, 600.0, far.image_size)
    after = project(made.cam_t[2:], made.focal_length, made.image_size)
    assert after == pytest.approx(before, abs=1e-3)


def test_what_an_unlike_engine_lacks_is_left_blank(base):
    found = newcomer(masks=False)
    bare = replace(found.people, features=np.zeros((1, 0), np.float16), keypoints=None)
    made = splice(base, result_of(bare, "two-2"), 0, None, (0, 0, 1, 1), "One added.")
    assert made.people.detections.masks[2] is None
    assert not made.people.features[2].any()
    assert not made.people.keypoints.scores[2].any()
    assert made.plan.notes[-1] == "One added. By two-2."
    nobody_masked = replace(
        base, people=replace(base.people, detections=replace(base.people.detections, masks=()))
    )
    assert splice(nobody_masked, result_of(bare), 0, None, (0, 0, 1, 1), "").people.detections.masks == ()
    masked = splice(nobody_masked, newcomer(), 0, None, (0, 0, 1, 1), "").people.detections.masks
    assert masked[:2] == (None, None)
    assert masked[2] is not None


def test_bodies_of_another_model_do_not_mix(base):
    other = replace(newcomer().people, body_model="smpl-neutral")
    with pytest.raises(EngineError, match="another body model"):
        splice(base, result_of(other), 0, None, (0, 0, 1, 1), "")
    empty = replace(base, people=people_at([]), tracks=None)
    assert splice(empty, result_of(other), 0, None, (0, 0, 1, 1), "").people.body_model == "smpl-neutral"


def test_who_is_in_is_left_out_no_more(base):
    found = newcomer()
    asked = (12.0, 12.0, 41.0, 92.0)
    base = replace(base, rejected=left_out((10, 10, 40, 90), (200, 10, 230, 90)))
    made = splice(base, found, 0, None, asked, "")
    assert made.rejected.boxes.tolist() == [[200, 10, 230, 90]]


def test_alone_in_a_frame_nobody_was_looked_for_in():
    found = result_of(people_at([(-1, 0, 5), (1, 0, 6)], seed=1), tracks=np.array([4, 9]))
    made = alone(found, 1, "One added.")
    assert rows(made.people, 0) == rows(found.people, 1)
    assert made.tracks.tolist() == [9]


def test_overlaps_and_whom_a_box_is_drawn_round(base):
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 20, 20]], np.float32)
    assert overlaps((0, 0, 10, 10), boxes).tolist() == pytest.approx([1, 1 / 3, 0])
    x1, y1, x2, y2 = base.people.detections.boxes[1]
    assert same_person(base.people, (x1 + 1, y1 + 2, x2, y2)) == 1
    assert same_person(base.people, (x1, y1, x2, (y1 + y2) / 2)) is None
    assert same_person(people_at([]), (0, 0, 1, 1)) is None
    assert person_in(result_of(people_at([])), (0, 0, 1, 1)) is None
    assert person_in(base, (x1, y1, x2, y2)) == 1
