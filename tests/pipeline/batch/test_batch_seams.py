"""Track numbers of one chunk go on in the next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from fakes_batch import make_result
from fakes_engine import stand_in_people

from pipeline.batch.chunks import Chunk
from pipeline.batch.seams import Seams, overlaps
from pipeline.structures import FrameFailure, RunOptions


def chunk(first: int, last: int, run_in: int = 0) -> Chunk:
    return Chunk(Path("/a.mp4"), "c", "f", first, last, run_in, RunOptions(), Path("/w"))


def result(frame: int, *numbers: int):
    people = stand_in_people(frame, len(numbers), (320, 240))
    return replace(make_result(frame), people=people, tracks=np.array(numbers, np.int64))


def numbers(outcomes) -> list[list[int]]:
    return [one.tracks.tolist() for one in outcomes]


def test_numbers_go_on_over_a_seam_and_new_ones_are_free():
    seams = Seams()
    assert numbers(seams.join(chunk(0, 3), [result(at, 1, 2) for at in range(4)])) == [[1, 2]] * 4
    # Here they are numbered the other way round, and a third comes in with a number that is taken.
    later = [result(2, 2, 1), result(3, 2, 1), result(4, 2, 1), result(5, 2, 1, 3)]
    assert numbers(seams.join(chunk(4, 5, run_in=2), later)) == [[1, 2], [1, 2, 3]]
    more = [result(5, 7, 8, 9), result(6, 7, 8, 1)]
    assert numbers(seams.join(chunk(6, 6, run_in=1), more)) == [[1, 2, 4]]


def test_without_an_overlap_numbers_are_new():
    seams = Seams()
    seams.join(chunk(0, 1), [result(at, 1, 2) for at in range(2)])
    assert numbers(seams.join(chunk(2, 2), [result(2, 1, 2)])) == [[3, 4]]
    assert numbers(seams.join(chunk(3, 3), [result(3, 30001, -1)])) == [[30001, -1]]


def test_most_frames_decide():
    seams = Seams()
    seams.join(chunk(0, 3), [result(at, 1, 2) for at in range(4)])
    later = [result(1, 6, 5), result(2, 5, 6), result(3, 5, 6), result(4, 5, 6)]
    assert numbers(seams.join(chunk(4, 4, run_in=3), later)) == [[1, 2]]


def test_failures_and_engines_without_numbers_pass():
    seams = Seams()
    failure = FrameFailure(1, "engine", "failed", "It failed.")
    given = [make_result(0), failure, make_result(2)]
    assert seams.join(chunk(1, 2, run_in=1), given) == given[1:]


def test_overlaps_of_boxes():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 20, 20]], np.float32)
    expected = [[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 0]]
    assert np.allclose(overlaps(boxes, boxes), expected)
