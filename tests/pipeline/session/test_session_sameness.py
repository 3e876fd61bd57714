"""Telling two sessions apart."""

import dataclasses
import shutil

import numpy as np
import pytest
from fakes_people import walk
from fakes_session import make_session

from pipeline.session.record import record
from pipeline.session.sameness import differences
from pipeline.session.store import Store
from pipeline.structures import Assignment, FrameFailure, RunOptions


@pytest.fixture
def pair(tmp_path):
    """Two sessions of the same content, the second open for changes."""
    made = make_session(tmp_path / "clip.mp4").store_path
    copy = shutil.copy(made, tmp_path / "copy.retake")
    with Store(made, read_only=True) as one, Store(copy) as other:
        yield one, other


def run_again(store, result, options=None):
    with store.transaction():
        run = store.start_run("made-up-1", options or RunOptions(), "Again")
    record(store, result, run)


def test_made_twice_is_the_same_whatever_it_took(tmp_path):
    paths = [make_session(tmp_path / name).store_path for name in ("a.mp4", "b.mp4")]
    for path, name, seconds in zip(paths, ("one", "two"), (1.0, 2.0), strict=True):
        with Store(path) as store:
            late = dataclasses.replace(walk(12), timings={"detect": seconds}, peak_memory=int(seconds))
            run_again(store, late, RunOptions(sequence=name))
    with Store(paths[0], read_only=True) as one, Store(paths[1], read_only=True) as other:
        assert differences(one, other) == []


def test_one_bit_of_a_result_is_found(pair):
    one, other = pair
    result = one.result(3)
    cam_t = result.people.cam_t.copy()
    cam_t[0, 2] = np.nextafter(cam_t[0, 2], np.float32(np.inf))
    people = dataclasses.replace(result.people, cam_t=cam_t)
    run_again(other, dataclasses.replace(result, people=people))
    found = differences(one, other)
    assert any(text.startswith("frame 3: result.people.cam_t: differs by up to") for text in found)
    assert "frame 3: versions: 1 is not 2" in found
    assert all(text.startswith("frame 3:") for text in found)


def test_frames_people_names_failures_and_options_are_compared(pair):
    one, other = pair
    run_again(other, walk(12))
    run_again(other, one.result(4), RunOptions(max_people=1))
    run_again(other, one.result(5), RunOptions(sequence="s"))
    with other.transaction():
        other.set_assignments([Assignment(6, 0, 9, "reviewer")])
        other.set_track_name(1, "Ann")
        other.add_failure(FrameFailure(7, "detect", "failed", "Torn.", ""), 1)
        other.add_failure(FrameFailure(8, "detect", "failed", "Torn.", ""), 1)
    found = "\n".join(differences(one, other))
    for expected in (
        "frame 12: has a result in the second session only",
        "frame 4: options.max_people: 0 is not 1",
        "frame 5: options.sequence: '' is not 'in order'",
        "frame 6: people",
        "frame 7: failure",
        "frame 8: failed in the second session only",
    ):
        assert expected in found
    assert "tracks" in found
    assert "Ann" in found
